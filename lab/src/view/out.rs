//! Where what is shown goes, and what follows the end of a view.

use std::io::{self, BufWriter, Stdout, Write};

use tracer::Language;

use super::ViewOptions;
use crate::Failure;
use crate::articles::{Against, Told};

/// How much is written to stdout at a time, in bytes, while packets come without a pause.
pub(super) const OUT: usize = 1 << 18;

/// Stdout, unless the packets themselves go there.
pub(super) enum Out {
    Stdout(BufWriter<Stdout>),
    Stderr,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Stderr => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Stderr => io::stderr().flush(),
        }
    }
}

/// A view that has shown its end; more lines may follow.
pub(crate) struct Ended {
    pub(super) out: Out,
    pub(super) against: Option<Against>,
    pub(super) language: Language,
}

impl Ended {
    /// Shows how the packets compare with an article's, when that was asked for: below the
    /// narration, as further events, and on stderr where stdout is lines of another kind.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn compare(&mut self, options: &ViewOptions) -> Result<Option<Failure>, Failure> {
        let Some(against) = self.against.take() else {
            return Ok(None);
        };
        let told = Told::Lines(self.language);
        if options.is_json() {
            return against.show(Told::Json, &mut self.out);
        }
        if !options.is_narrated() {
            return against.show(told, &mut io::stderr());
        }
        writeln!(self.out).map_err(|error| Failure::output(&error))?;
        against.show(told, &mut self.out)
    }

    /// Writes lines of the command's own and lets everything be seen.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn say(mut self, lines: &[String]) -> Result<(), Failure> {
        lines
            .iter()
            .try_for_each(|line| writeln!(self.out, "{line}"))
            .and_then(|()| self.out.flush())
            .map_err(|error| Failure::output(&error))
    }
}
