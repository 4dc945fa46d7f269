//! Arguments that are text: bytes that fit on one line.

use std::fmt;

/// Why bytes cannot be an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// The argument has no bytes, but the command needs some.
    #[error("the argument is empty")]
    Empty,
    /// NUL and LF cannot be sent within a line; the byte and where it stands, from 0.
    #[error("byte {byte:#04x} at offset {offset} cannot be sent within a line")]
    Unsendable {
        /// The byte: 0x00 or 0x0a.
        byte: u8,
        /// Where it stands in the argument.
        offset: usize,
    },
}

fn check(bytes: &[u8]) -> Result<(), ArgumentError> {
    match bytes.iter().position(|byte| matches!(byte, 0 | b'\n')) {
        Some(offset) => Err(ArgumentError::Unsendable {
            byte: bytes[offset],
            offset,
        }),
        None => Ok(()),
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, empty: $empty:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Vec<u8>);

        impl $name {
            /// Takes bytes that fit on one line.
            ///
            /// # Errors
            /// [`ArgumentError`] when they hold NUL or LF, or are empty where they may not be.
            pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, ArgumentError> {
                let bytes = bytes.into();
                if bytes.is_empty() && !$empty {
                    return Err(ArgumentError::Empty);
                }
                check(&bytes)?;
                Ok(Self(bytes))
            }

            /// The bytes, without any telnet escaping.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl TryFrom<&str> for $name {
            type Error = ArgumentError;
            fn try_from(text: &str) -> Result<Self, ArgumentError> {
                Self::new(text.as_bytes())
            }
        }
    };
}

text! {
    /// A pathname (RFC 959 §5.3.2): at least one byte, no NUL, no LF. CR and 0xFF are allowed
    /// and escaped when sent (RFC 2640 §3.1).
    Pathname, empty: false
}
text! {
    /// Free text: a user name, an account, SITE's string. At least one byte.
    Text, empty: false
}
text! {
    /// A password; may be empty. `Debug` does not show it.
    Password, empty: true
}

impl fmt::Display for Pathname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Pathname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pathname({:?})", String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({:?})", String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::{ArgumentError, Password, Pathname};

    #[test]
    fn a_line_cannot_be_smuggled_into_an_argument() {
        assert_eq!(
            Pathname::new(*b"a\r\nDELE b"),
            Err(ArgumentError::Unsendable {
                byte: b'\n',
                offset: 2
            })
        );
        assert_eq!(Pathname::new(*b""), Err(ArgumentError::Empty));
        assert!(Pathname::new(*b"\xff\r").is_ok());
    }

    #[test]
    fn debug_does_not_show_the_password() {
        let password = Password::new(*b"hunter2").unwrap();
        assert_eq!(format!("{password:?}"), "Password(****)");
    }
}
