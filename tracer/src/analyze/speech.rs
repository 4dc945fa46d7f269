//! FTP by what is said, whatever the port; and what other protocols say on FTP's port.

use proto::{Code, CommandLine, Verb};

/// Longest first line that is judged, in bytes.
const LINE: usize = 600;

/// The first line of a segment, without its end; `None` when it has no end within reason.
fn first_line(payload: &[u8]) -> Option<&[u8]> {
    let head = &payload[..payload.len().min(LINE)];
    let end = head.iter().position(|&byte| byte == b'\n')?;
    let line = &head[..end];
    Some(line.strip_suffix(b"\r").unwrap_or(line))
}

/// Whether a segment begins with a command that hardly any protocol but FTP has. LIST, QUIT,
/// NOOP, HELP, STAT and MODE are words of mail and news as well.
pub(super) fn is_command(payload: &[u8]) -> bool {
    let Some(line) = first_line(payload) else {
        return false;
    };
    let command = CommandLine::split(line);
    let argument = command.argument.unwrap_or_default();
    match command.verb {
        Some(Verb::List | Verb::Quit | Verb::Noop | Verb::Help | Verb::Stat | Verb::Mode)
        | None => false,
        Some(Verb::Auth) => {
            argument.to_ascii_uppercase().starts_with(b"TLS")
                || argument.eq_ignore_ascii_case(b"SSL")
        }
        Some(_) => true,
    }
}

/// Whether a segment begins with the line of a reply.
pub(super) fn is_reply(payload: &[u8]) -> bool {
    let Some(line) = first_line(payload) else {
        return false;
    };
    let Some((digits, rest)) = line.split_at_checked(3) else {
        return false;
    };
    Code::parse(digits).is_some_and(|code| (100..=659).contains(&code.value()))
        && matches!(rest, [] | [b' ' | b'-', ..])
}

/// Whether a segment is plain text of a control connection: encrypted records never are.
pub(super) fn is_plain(payload: &[u8]) -> bool {
    payload.ends_with(b"\r\n")
        && payload
            .iter()
            .all(|&byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~' | 0x80..))
        && (is_command(payload) || is_reply(payload))
}

/// Whether a segment begins with a TLS handshake record that carries a `ClientHello`
/// (RFC 8446 §5.1).
pub(super) fn is_client_hello(payload: &[u8]) -> bool {
    matches!(payload, [0x16, 3, 0..=4, _, _, 1, ..])
}

/// The protocol whose command this is, when it is not FTP's.
pub(super) fn foreign_command(command: &CommandLine<'_>) -> Option<&'static str> {
    let argument = command.argument.unwrap_or_default();
    let upper = command.word.to_ascii_uppercase();
    match upper.as_slice() {
        b"EHLO" | b"HELO" | b"LHLO" => Some("SMTP"),
        b"MAIL" if argument.to_ascii_uppercase().starts_with(b"FROM:") => Some("SMTP"),
        b"GET" | b"HEAD" | b"POST" | b"PUT" | b"OPTIONS" | b"CONNECT" => argument
            .windows(6)
            .any(|window| window == b" HTTP/")
            .then_some("HTTP"),
        b"NICK" => Some("IRC"),
        b"CAPA" => Some("POP3"),
        word if word.starts_with(b"SSH-") => Some("SSH"),
        _ => None,
    }
}

/// The protocol whose server begins with this line, which is no reply.
pub(super) fn foreign_greeting(line: &[u8]) -> Option<&'static str> {
    const GREETINGS: [(&[u8], &str); 6] = [
        (b"SSH-", "SSH"),
        (b"+OK", "POP3"),
        (b"* OK", "IMAP"),
        (b"RFB ", "VNC"),
        (b"HTTP/", "HTTP"),
        (b":", "IRC"),
    ];
    GREETINGS
        .iter()
        .find(|(begin, _)| line.starts_with(begin))
        .map(|&(_, protocol)| protocol)
}

#[cfg(test)]
mod tests {
    use super::{is_client_hello, is_command, is_plain, is_reply};

    #[test]
    fn commands_of_mail_and_news_do_not_make_ftp() {
        for line in [
            &b"USER ann\r\n"[..],
            b"pasv\r\n",
            b"AUTH TLS\r\n",
            b"CWD /\n",
        ] {
            assert!(is_command(line), "{}", line.escape_ascii());
        }
        for line in [
            &b"LIST\r\n"[..],
            b"AUTH LOGIN\r\n",
            b"EHLO here\r\n",
            b"QUIT\r\n",
            b"USER ann",
            b"GET / HTTP/1.1\r\n",
        ] {
            assert!(!is_command(line), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn replies_are_three_digits_and_a_line() {
        assert!(
            is_reply(b"331 Password\r\n") && is_reply(b"230-Hello\r\n") && is_reply(b"200\r\n")
        );
        assert!(!is_reply(b"3310 x\r\n") && !is_reply(b"331 x") && !is_reply(b"999 x\r\n"));
    }

    #[test]
    fn encrypted_records_are_not_plain() {
        assert!(is_plain(b"200 Clear again\r\n"));
        assert!(!is_plain(b"\x17\x03\x03\x00\x02\r\n") && !is_plain(b"hello\r\n"));
        assert!(is_client_hello(b"\x16\x03\x01\x00\x05\x01\x00"));
    }
}
