//! The argument of a command, on its way to a type.

use super::{Command, CommandError};
use crate::{ParameterError, Pathname, Text, TimeVal, Verb};

/// The argument of a verb, on its way to a type.
#[derive(Clone, Copy)]
pub(super) struct Argument<'a> {
    pub(super) verb: Verb,
    pub(super) bytes: Option<&'a [u8]>,
}

impl<'a> Argument<'a> {
    /// The argument, if it has any character but spaces (some clients send `LIST `).
    pub(super) fn optional(self) -> Option<&'a [u8]> {
        self.bytes
            .filter(|bytes| bytes.iter().any(|&byte| byte != b' '))
    }

    pub(super) fn required(self) -> Result<&'a [u8], CommandError> {
        match self.bytes {
            Some(bytes) if !bytes.is_empty() => Ok(bytes),
            _ => Err(CommandError::Syntax(self.verb)),
        }
    }

    pub(super) fn none(self, command: Command) -> Result<Command, CommandError> {
        match self.optional() {
            None => Ok(command),
            Some(_) => Err(CommandError::Syntax(self.verb)),
        }
    }

    pub(super) fn text(self) -> Result<Text, CommandError> {
        Text::new(self.required()?).map_err(|error| CommandError::Argument(self.verb, error))
    }

    pub(super) fn optional_text(self) -> Result<Option<Text>, CommandError> {
        self.optional().map(|_| self.text()).transpose()
    }

    pub(super) fn pathname(self) -> Result<Pathname, CommandError> {
        Pathname::new(self.required()?).map_err(|error| CommandError::Argument(self.verb, error))
    }

    pub(super) fn optional_pathname(self) -> Result<Option<Pathname>, CommandError> {
        match self.bytes {
            Some(bytes) if !bytes.is_empty() => self.pathname().map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn number(self) -> Result<u64, CommandError> {
        decimal(self.required()?).ok_or(CommandError::Syntax(self.verb))
    }

    pub(super) fn parameter<T>(
        self,
        parse: fn(&[u8]) -> Result<T, ParameterError>,
    ) -> Result<T, CommandError> {
        parse(self.required()?).map_err(|error| match error {
            ParameterError::Syntax => CommandError::Syntax(self.verb),
            ParameterError::Unknown => CommandError::Parameter(self.verb),
        })
    }

    pub(super) fn allo(self) -> Result<Command, CommandError> {
        let syntax = CommandError::Syntax(self.verb);
        let mut words = self.required()?.split(|&byte| byte == b' ');
        let size = words.next().and_then(decimal).ok_or(syntax)?;
        let record = match (words.next(), words.next(), words.next()) {
            (None, ..) => None,
            (Some(b"R" | b"r"), Some(record), None) => Some(decimal(record).ok_or(syntax)?),
            _ => return Err(syntax),
        };
        Ok(Command::Allo(size, record))
    }

    pub(super) fn mfmt(self) -> Result<Command, CommandError> {
        let syntax = CommandError::Syntax(self.verb);
        let argument = self.required()?;
        let space = argument
            .iter()
            .position(|&byte| byte == b' ')
            .ok_or(syntax)?;
        let time = TimeVal::parse(&argument[..space]).map_err(|_| syntax)?;
        let path = Self {
            bytes: Some(&argument[space + 1..]),
            ..self
        }
        .pathname()?;
        Ok(Command::Mfmt(time, path))
    }
}

/// Digits alone: no sign, no space, no more than 64 bits hold.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}
