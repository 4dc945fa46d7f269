//! Protocols whose messages are lines of text: tcpdump shows the first line.

use super::Printer;
use super::text::{Append, Cut, byte, upto};

/// What tells one text protocol from another.
#[derive(Debug)]
pub(super) struct Protocol {
    /// As in `[|ftp]`.
    name: &'static str,
    /// As before the line.
    caps: &'static str,
    /// The words that begin a request. Only a message that begins with one of them, or whose
    /// second word is a three-digit code, is shown; without such words, every message is.
    requests: Option<&'static [&'static str]>,
}

pub(super) const FTP: Protocol = Protocol {
    name: "ftp",
    caps: "FTP",
    requests: None,
};
pub(super) const SMTP: Protocol = Protocol {
    name: "smtp",
    caps: "SMTP",
    requests: None,
};
pub(super) const WHOIS: Protocol = Protocol {
    name: "whois",
    caps: "WHOIS",
    requests: None,
};
pub(super) const HTTP: Protocol = Protocol {
    name: "http",
    caps: "HTTP",
    requests: Some(&[
        "GET",
        "PUT",
        "HEAD",
        "POST",
        "DELETE",
        "OPTIONS",
        "CONNECT",
        "TRACE",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "MKCOL",
        "PROPFIND",
        "PROPPATCH",
        "SEARCH",
        "POLL",
        "NOTIFY",
        "SUBSCRIBE",
        "UNSUBSCRIBE",
        "BCOPY",
        "BMOVE",
        "BDELETE",
        "BPROPFIND",
        "BPROPPATCH",
        "REPORT",
        "UPDATE",
        "MERGE",
        "LABEL",
        "CHECKIN",
        "CHECKOUT",
        "UNCHECKOUT",
        "MKACTIVITY",
        "MKWORKSPACE",
        "VERSION-CONTROL",
        "BASELINE-CONTROL",
        "CCM_POST",
        "RPC_CONNECT",
    ]),
};
pub(super) const RTSP: Protocol = Protocol {
    name: "rtsp",
    caps: "RTSP",
    requests: Some(&[
        "DESCRIBE",
        "ANNOUNCE",
        "GET_PARAMETER",
        "OPTIONS",
        "PAUSE",
        "PLAY",
        "RECORD",
        "REDIRECT",
        "SETUP",
        "SET_PARAMETER",
        "TEARDOWN",
    ]),
};

pub(super) const SIP: Protocol = Protocol {
    name: "sip",
    caps: "SIP",
    requests: Some(&[
        "ACK",
        "BYE",
        "CANCEL",
        "DO",
        "INFO",
        "INVITE",
        "MESSAGE",
        "NOTIFY",
        "OPTIONS",
        "PRACK",
        "QAUTH",
        "REFER",
        "REGISTER",
        "SPRACK",
        "SUBSCRIBE",
        "UPDATE",
        "PUBLISH",
    ]),
};

/// `FTP: 220 ready`, from a message of `len` bytes; with `-v` all its lines.
pub(super) fn text(
    p: &mut Printer<'_>,
    protocol: &Protocol,
    bytes: &[u8],
    len: u32,
) -> Result<(), Cut> {
    p.protocol = protocol.name;
    let bytes = upto(bytes, len);
    p.text(protocol.caps);
    if protocol
        .requests
        .is_none_or(|requests| is_message(requests, bytes, len as usize))
    {
        let len = len as usize;
        if p.verbose() == 0 {
            line(p, ": ", bytes, 0, len)?;
        } else {
            p.text(", length: ");
            p.dec(len as u64);
            let mut at = 0;
            while at < len {
                match line(p, "\n\t", bytes, at, len)? {
                    Some(next) => at = next,
                    None => break,
                }
            }
        }
    }
    Ok(())
}

/// `: SSH: SSH-2.0-OpenSSH_9.2`: the line by which either side begins.
pub(super) fn ssh(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ssh";
    for (at, letter) in b"SSH-".iter().enumerate() {
        if byte(bytes, at)? != *letter {
            return Ok(());
        }
    }
    let len = len as usize;
    let mut end = 4;
    while end < len {
        match byte(bytes, end)? {
            b'\n' => break,
            b'\r' if end + 1 < len && byte(bytes, end + 1)? == b'\n' => break,
            b' '..=b'~' => end += 1,
            _ => return Ok(()),
        }
    }
    if end < len {
        p.text(": SSH: ");
        p.out.ascii(bytes.get(..end).ok_or(Cut)?);
    }
    Ok(())
}

/// The line at `start` if it is plain text to its end, and nothing if not; returns where the next
/// one begins.
fn line(
    p: &mut Printer<'_>,
    prefix: &str,
    bytes: &[u8],
    start: usize,
    len: usize,
) -> Result<Option<usize>, Cut> {
    let mut end = start;
    let mut next = None;
    while end < len {
        match byte(bytes, end)? {
            b'\n' => {
                next = Some(end + 1);
                break;
            }
            b'\r' => {
                if end + 1 >= len || byte(bytes, end + 1)? != b'\n' {
                    return Ok(None);
                }
                next = Some(end + 2);
                break;
            }
            b'\t' | b' '..=b'~' => end += 1,
            _ => return Ok(None),
        }
    }
    p.text(prefix);
    p.out.ascii(bytes.get(start..end).ok_or(Cut)?);
    if next.is_none() {
        // The line goes on in another packet.
        p.truncated();
    }
    Ok(next)
}

/// Whether the message of `len` bytes begins with a request's word or is a response.
fn is_message(requests: &[&str], bytes: &[u8], len: usize) -> bool {
    let whole = bytes.len() >= len;
    let Some((first, rest)) = token(bytes, whole) else {
        return false;
    };
    let request = requests
        .iter()
        .any(|name| name.as_bytes().eq_ignore_ascii_case(first));
    let is_code = |word: &[u8]| word.len() == 3 && word.iter().all(u8::is_ascii_digit);
    request || token(rest, whole).is_some_and(|(code, _)| is_code(code))
}

/// The longest word that tcpdump has room for.
const MAX_TOKEN: usize = 128;

/// The word at the start and what follows the blanks after it; nothing when it is empty, too
/// long, not plain text, or goes on beyond what was captured of a message that is not `whole`.
fn token(bytes: &[u8], whole: bool) -> Option<(&[u8], &[u8])> {
    let end = bytes
        .iter()
        .position(|b| !b.is_ascii_graphic())
        .unwrap_or(bytes.len());
    let ends_well = match bytes.get(end) {
        Some(after) => matches!(after, b' ' | b'\t' | b'\r' | b'\n'),
        None => whole,
    };
    if end == 0 || end > MAX_TOKEN || !ends_well {
        return None;
    }
    let (word, rest) = bytes.split_at_checked(end)?;
    // tcpdump takes a tab for unprintable here, so that only blanks are passed.
    let blanks = rest.iter().take_while(|&&b| b == b' ').count();
    Some((word, rest.get(blanks..)?))
}
