//! What a server says, made harmless for a terminal.

use std::fmt::Write;

use client::{ClientError, Transfer};

/// The bytes as text, whatever could steer a terminal escaped.
pub(super) fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// An error, its lines kept apart.
pub(super) fn error(error: &ClientError) -> String {
    if matches!(error, ClientError::Aborted) {
        return "interrupted; the transfer was aborted".to_owned();
    }
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(|line| shown(line.as_bytes())).collect();
    lines.join("\n")
}

/// How a transfer went.
pub(super) fn transfer(name: &str, transfer: &Transfer) -> String {
    let rate = tracer::rate(transfer.bytes, transfer.duration);
    let rate = rate.map(|rate| format!(", {rate}")).unwrap_or_default();
    format!(
        "{name}: {} bytes in {}{rate}",
        transfer.bytes,
        tracer::span(transfer.duration)
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_steers_the_terminal() {
        let text = super::shown("a\x1b[31m\r\n\u{9b}ü".as_bytes());
        assert_eq!(text, "a\\u{1b}[31m\\r\\n\\u{9b}ü");
        assert_eq!(super::shown(b"\x9b\xff"), "\\x9b\\xff");
    }
}
