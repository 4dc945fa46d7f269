//! What the program says to its user, on stderr. Nobody may be there to read it, which is no
//! reason to stop: a server whose log was closed goes on serving.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Writes a line to stderr, as `eprintln!` does; but a reader that went away is no panic.
macro_rules! message {
    ($($text:tt)+) => {
        $crate::message::line(format_args!($($text)+))
    };
}

/// Writes a line to stderr, in one call, so that lines of several threads stay whole.
pub(crate) fn line(text: Arguments<'_>) {
    write(format_args!("{text}\n"));
}

/// The same without an end of the line.
pub(crate) fn write(text: Arguments<'_>) {
    // Nobody is left to tell.
    let _ = io::stderr().write_all(text.to_string().as_bytes());
}

/// The stderr of a log: what cannot be written is lost, and that is no error, of which the log
/// would have to tell on stderr.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
