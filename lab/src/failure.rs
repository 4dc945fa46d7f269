//! Why a command ended without success, and the exit code that says so.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use crate::secrets::{hidden, hidden_from};

/// A message for the user and an exit code.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something went wrong, or a check failed: exit code 1.
    pub fn failed(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            code: 1,
        }
    }

    /// The command line asks for something that cannot be: exit code 2, as clap's own errors.
    pub fn usage(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            code: 2,
        }
    }

    /// The machine does not permit it; the message names the fix: exit code 3.
    pub fn not_permitted(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            code: 3,
        }
    }

    /// A signal ended it, and everything was put away: the exit code that a shell has for that,
    /// 130 for Ctrl-C.
    pub fn interrupted(message: impl Display, signal: i32) -> Self {
        Self {
            message: message.to_string(),
            code: u8::try_from(signal)
                .ok()
                .and_then(|signal| signal.checked_add(128))
                .unwrap_or(1),
        }
    }

    /// The same with a way out, in a line of its own.
    #[must_use]
    pub fn with_fix(mut self, fix: &str) -> Self {
        self.message.push_str("\n  fix: ");
        self.message.push_str(fix);
        self
    }

    /// The same without the passwords that are in the words of `line`.
    #[must_use]
    pub fn hiding(mut self, line: &str) -> Self {
        self.message = hidden_from(self.message, line.split_whitespace());
        self
    }

    /// What a failed write to the output means: a reader that went away (`| head`) is no
    /// failure, anything else is.
    pub fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self {
                message: String::new(),
                code: 0,
            };
        }
        Self::failed(format!("cannot write the output: {error}"))
    }

    /// What the user is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Tells the user, without the passwords of the command line, and gives the exit code.
    pub fn report(&self) -> ExitCode {
        if !self.message.is_empty() {
            message!("ftplab: {}", hidden(self.message.clone()));
        }
        ExitCode::from(self.code)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::Failure;

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = Failure::output(&io::ErrorKind::BrokenPipe.into());
        assert_eq!((closed.code, closed.message.as_str()), (0, ""));
        assert_eq!(Failure::output(&io::ErrorKind::StorageFull.into()).code, 1);
    }
}
