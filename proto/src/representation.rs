//! How data is represented in a transfer: TYPE, STRU and MODE (RFC 959 §3).

use std::fmt;

/// Why a parameter was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// Malformed: the reply is 501.
    #[error("malformed parameter")]
    Syntax,
    /// Well-formed, but no such code exists: the reply is 504.
    #[error("unknown parameter")]
    Unknown,
}

/// The vertical format of printable data (RFC 959 §3.1.1.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// N: no vertical format.
    #[default]
    NonPrint,
    /// T: telnet format effectors.
    Telnet,
    /// C: carriage control (ASA).
    CarriageControl,
}

impl Format {
    const fn letter(self) -> char {
        match self {
            Self::NonPrint => 'N',
            Self::Telnet => 'T',
            Self::CarriageControl => 'C',
        }
    }
}

/// The representation type (RFC 959 §3.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeCode {
    /// A: text, lines end with CRLF on the wire.
    Ascii(Format),
    /// E: EBCDIC text.
    Ebcdic(Format),
    /// I: bytes as they are.
    Image,
    /// L: logical bytes of this many bits, 1 to 255.
    Local(u8),
}

impl TypeCode {
    /// Reads `A`, `A N`, `E T`, `I`, `L 8`…, in any case of letters.
    ///
    /// # Errors
    /// [`ParameterError::Syntax`] when it is malformed, [`ParameterError::Unknown`] when a letter
    /// is not one of RFC 959's.
    pub fn parse(argument: &[u8]) -> Result<Self, ParameterError> {
        let mut words = argument
            .split(|&byte| byte == b' ')
            .filter(|word| !word.is_empty());
        let first = words.next().ok_or(ParameterError::Syntax)?;
        let second = words.next();
        if words.next().is_some() {
            return Err(ParameterError::Syntax);
        }
        let format = || match second.map(letter) {
            None | Some(Some(b'N')) => Ok(Format::NonPrint),
            Some(Some(b'T')) => Ok(Format::Telnet),
            Some(Some(b'C')) => Ok(Format::CarriageControl),
            Some(_) => Err(ParameterError::Unknown),
        };
        match (letter(first), second) {
            (Some(b'A'), _) => format().map(Self::Ascii),
            (Some(b'E'), _) => format().map(Self::Ebcdic),
            (Some(b'I'), None) => Ok(Self::Image),
            (Some(b'L'), Some(size)) => {
                let size = std::str::from_utf8(size).map_err(|_| ParameterError::Syntax)?;
                if !size.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(ParameterError::Syntax);
                }
                match size.parse() {
                    Ok(size @ 1..) => Ok(Self::Local(size)),
                    _ => Err(ParameterError::Unknown),
                }
            }
            (Some(b'I'), Some(_)) | (Some(b'L'), None) => Err(ParameterError::Syntax),
            _ => Err(ParameterError::Unknown),
        }
    }
}

/// The one letter that `word` is, upper case.
fn letter(word: &[u8]) -> Option<u8> {
    match word {
        [letter] => Some(letter.to_ascii_uppercase()),
        _ => None,
    }
}

impl fmt::Display for TypeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ascii(Format::NonPrint) => f.write_str("A"),
            Self::Ascii(format) => write!(f, "A {}", format.letter()),
            Self::Ebcdic(Format::NonPrint) => f.write_str("E"),
            Self::Ebcdic(format) => write!(f, "E {}", format.letter()),
            Self::Image => f.write_str("I"),
            Self::Local(bits) => write!(f, "L {bits}"),
        }
    }
}

macro_rules! letters {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $letter:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Reads the one letter, in any case.
            ///
            /// # Errors
            /// [`ParameterError::Syntax`] when it is not one letter, [`ParameterError::Unknown`]
            /// when the letter is not one of RFC 959's.
            pub fn parse(argument: &[u8]) -> Result<Self, ParameterError> {
                match letter(argument.trim_ascii()) {
                    $(Some(byte) if byte == $letter => Ok(Self::$variant),)+
                    Some(byte) if byte.is_ascii_alphabetic() => Err(ParameterError::Unknown),
                    _ => Err(ParameterError::Syntax),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Write::write_char(f, char::from(match self { $(Self::$variant => $letter,)+ }))
            }
        }
    };
}

letters! {
    /// The structure of a file (RFC 959 §3.1.2).
    Structure {
        /// F: a stream of bytes.
        File b'F',
        /// R: a sequence of records.
        Record b'R',
        /// P: indexed pages.
        Page b'P',
    }
}

letters! {
    /// How the bytes of a transfer are framed (RFC 959 §3.4).
    Mode {
        /// S: not at all; the end of the connection is the end of the file.
        Stream b'S',
        /// B: blocks with a header.
        Block b'B',
        /// C: blocks, run-length coded.
        Compressed b'C',
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Mode, ParameterError, Structure, TypeCode};

    #[test]
    fn types_are_read_and_refused_as_rfc_959_has_them() {
        assert_eq!(TypeCode::parse(b"a"), Ok(TypeCode::Ascii(Format::NonPrint)));
        assert_eq!(
            TypeCode::parse(b"A n"),
            Ok(TypeCode::Ascii(Format::NonPrint))
        );
        assert_eq!(TypeCode::parse(b"L 8"), Ok(TypeCode::Local(8)));
        for unknown in [&b"Z"[..], b"A X", b"L 0", b"L 256", b"AB"] {
            assert_eq!(
                TypeCode::parse(unknown),
                Err(ParameterError::Unknown),
                "{unknown:?}"
            );
        }
        for malformed in [&b""[..], b" ", b"I N", b"L", b"L +8", b"A N N"] {
            assert_eq!(
                TypeCode::parse(malformed),
                Err(ParameterError::Syntax),
                "{malformed:?}"
            );
        }
    }

    #[test]
    fn one_letter_codes() {
        assert_eq!(Structure::parse(b"f"), Ok(Structure::File));
        assert_eq!(Structure::parse(b"x"), Err(ParameterError::Unknown));
        assert_eq!(Mode::parse(b""), Err(ParameterError::Syntax));
        assert_eq!(Mode::Compressed.to_string(), "C");
    }
}
