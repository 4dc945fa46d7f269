//! What came from the network, made harmless for a report: nothing in it steers a terminal, ends a
//! line or is a password.

use std::fmt::{self, Write};

use proto::{CommandLine, Printable};

/// Stands for a password.
const MASK: &str = "****";

/// Bytes as a script writes them: `\r`, `\x1b`, `\xff`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a>(pub(super) &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                write_one(f, character)?;
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

fn write_one(out: &mut impl Write, character: char) -> fmt::Result {
    match character {
        '\r' => out.write_str("\\r"),
        '\n' => out.write_str("\\n"),
        '\t' => out.write_str("\\t"),
        '\0' => out.write_str("\\0"),
        _ if character.is_control() || turns(character) => {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                write!(out, "\\x{byte:02x}")?;
            }
            Ok(())
        }
        _ => out.write_char(character),
    }
}

/// Whether a character changes the direction in which others are shown.
const fn turns(character: char) -> bool {
    matches!(
        character,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The begin of bytes as a script writes them, at most so long, and how many there are when that
/// is not all.
pub(super) fn brief(bytes: &[u8], most: usize) -> String {
    match begin(bytes, most) {
        (all, true) => all,
        (begin, false) => {
            let length = tracer::plural(bytes.len() as u64, "byte");
            format!("{begin} ({length})")
        }
    }
}

/// The begin of bytes as a script writes them, at most so long, and whether that is all. A byte
/// that is no text takes four characters.
pub(super) fn begin(bytes: &[u8], most: usize) -> (String, bool) {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        let characters = chunk
            .valid()
            .chars()
            .map(|c| Shown(c.encode_utf8(&mut [0; 4]).as_bytes()).to_string());
        let others = chunk
            .invalid()
            .iter()
            .map(|byte| Shown(&[*byte]).to_string());
        for written in characters.chain(others) {
            if shown.len() + written.len() > most {
                return (shown + "…", false);
            }
            shown += &written;
        }
    }
    (shown, true)
}

/// A command line as a script writes it, its password masked.
pub(super) fn command(line: &[u8]) -> String {
    masked(line).unwrap_or_else(|| Shown(line).to_string())
}

/// A command line with a password in it, which is masked.
pub(super) fn masked(line: &[u8]) -> Option<String> {
    let masked = CommandLine::split(line).masked().to_string();
    (masked != Printable(line).to_string()).then_some(masked)
}

/// The passwords of a run, which no report has.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Vec<Vec<u8>>);

impl Secrets {
    /// The longest first, as one may be in another.
    pub(super) fn new<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let values = values.filter(|value| !value.is_empty());
        let mut values: Vec<Vec<u8>> = values.map(|value| value.as_bytes().to_vec()).collect();
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values)
    }

    /// The bytes without them.
    pub(super) fn hide(&self, bytes: &[u8]) -> Vec<u8> {
        let mut hidden = bytes.to_vec();
        for secret in &self.0 {
            hidden = replace(&hidden, secret);
        }
        hidden
    }

    /// A text without them and without what steers a terminal.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = String::from_utf8_lossy(&self.hide(text.as_bytes())).into_owned();
        for secret in &self.0 {
            text = text.replace(&Shown(secret).to_string(), MASK);
        }
        Shown(text.as_bytes()).to_string()
    }
}

fn replace(bytes: &[u8], secret: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(secret) {
            replaced.extend_from_slice(MASK.as_bytes());
            rest = after;
        } else {
            replaced.push(*first);
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::{Secrets, Shown, brief};

    #[test]
    fn bytes_are_as_a_script_writes_them() {
        let shown = Shown(b"NO\xff\xf1OP\x1b[2J\r\n\xc2\x9b \xc3\xa9").to_string();
        assert_eq!(shown, "NO\\xff\\xf1OP\\x1b[2J\\r\\n\\xc2\\x9b \u{e9}");
        assert_eq!(brief(b"ab\xff\xffcd", 10), "ab\\xff\\xff… (6 bytes)");
        assert_eq!(brief(b"ab\xff\xffcd", 12), "ab\\xff\\xffcd");
        let turned = Shown("\u{202e}".as_bytes()).to_string();
        assert_eq!(turned, "\\xe2\\x80\\xae");
    }

    #[test]
    fn no_password_is_left() {
        let secrets = Secrets::new(["ab", "abc", "", "p\u{7}"].into_iter());
        assert_eq!(secrets.clean("xabcab p\u{7} p\\x07"), "x******** **** ****");
    }
}
