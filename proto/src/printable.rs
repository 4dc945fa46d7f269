//! Text of unknown origin, made harmless for a log or a screen.

use std::fmt::{self, Write};

/// Bytes for people: control characters are escaped, and what is not UTF-8 is replaced, so that
/// the text can neither end its line nor steer a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() {
                    write!(f, "{}", character.escape_default())?;
                } else {
                    f.write_char(character)?;
                }
            }
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Printable;

    #[test]
    fn lines_and_terminals_are_safe() {
        assert_eq!(
            Printable(b"a\x1b[2J\r\nb\xc2\x9b\xff\x7f \xc3\xa9").to_string(),
            "a\\u{1b}[2J\\r\\nb\\u{9b}\u{fffd}\\u{7f} \u{e9}"
        );
    }
}
