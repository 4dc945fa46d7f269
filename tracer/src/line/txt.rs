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

/// `FTP: 220 ready`, from a message of `len` bytes.
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
        first_line(p, bytes, len as usize)?;
    }
    Ok(())
}

/// The first line if it is plain text to its end; nothing if not.
fn first_line(p: &mut Printer<'_>, bytes: &[u8], len: usize) -> Result<(), Cut> {
    let mut end = 0;
    while end < len {
        match byte(bytes, end)? {
            b'\n' => break,
            b'\r' => {
                if end + 1 >= len || byte(bytes, end + 1)? != b'\n' {
                    return Ok(());
                }
                break;
            }
            b'\t' | b' '..=b'~' => end += 1,
            _ => return Ok(()),
        }
    }
    p.text(": ");
    p.out.ascii(bytes.get(..end).ok_or(Cut)?);
    if end == len {
        // The line goes on in another packet.
        p.truncated();
    }
    Ok(())
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
