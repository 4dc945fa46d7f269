//! Command lines and replies, taken apart as far as the faulty server needs it.

use tokio::net::TcpStream;

/// A read ends at the mark of urgent data, and the runtime then takes the socket for empty.
pub(super) fn behind_the_mark(client: &TcpStream, heard: &mut Vec<u8>) {
    let mut bytes = [0; 4096];
    let now = rustix::net::RecvFlags::DONTWAIT;
    while let Ok((count @ 1.., _)) = rustix::net::recv(client, &mut bytes[..], now) {
        heard.extend_from_slice(&bytes[..count]);
    }
}

pub(super) fn transfers(verb: &str) -> bool {
    matches!(
        verb,
        "RETR" | "STOR" | "STOU" | "APPE" | "LIST" | "NLST" | "MLSD"
    )
}

/// The verb in large letters, telnet's commands left out, and the argument.
pub(super) fn split(line: &[u8]) -> (String, Vec<u8>) {
    let mut text = Vec::new();
    let mut bytes = line
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'));
    while let Some(byte) = bytes.next() {
        if byte != 0xff {
            text.push(byte);
            continue;
        }
        match bytes.next() {
            Some(0xff) => text.push(0xff),
            Some(0xfb..=0xfe) => drop(bytes.next()),
            _ => {}
        }
    }
    let blank = text.iter().position(|byte| *byte == b' ');
    let (verb, argument) = match blank {
        Some(at) => (&text[..at], text[at + 1..].to_vec()),
        None => (&text[..], Vec::new()),
    };
    (String::from_utf8_lossy(verb).to_uppercase(), argument)
}

/// Takes a whole reply off the bytes, all its lines.
pub(super) fn whole_reply(said: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut end = 0;
    loop {
        let length = said[end..].iter().position(|byte| *byte == b'\n')? + 1;
        let line = &said[end..end + length];
        end += length;
        let code = said.get(..3).unwrap_or_default();
        if line.starts_with(code) && line.get(3) != Some(&b'-') {
            return Some(said.drain(..end).collect());
        }
    }
}
