//! The file of `-w`: pcap, or pcapng with the explanations as comments.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tracer::{
    Explained, Frame, Language, LinkType, PcapError, PcapWriter, PcapngWriter, Precision,
};

use crate::Failure;

/// What a comment of ours begins with, so that it is known again.
pub(crate) const OURS: &str = "ftplab:";

/// Whether a file of this name is written in the format that holds several link types.
pub(crate) fn is_pcapng(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("pcapng"))
}

/// A capture file in the making.
pub(crate) struct Recording {
    writer: Writer,
    /// What the user called it.
    path: PathBuf,
    /// The file under its temporary name; devices and pipes have none.
    unfinished: Option<NamedTempFile>,
}

impl Recording {
    /// Begins a file; it has its name only when it is whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn create(path: &Path, link: LinkType) -> Result<Self, Failure> {
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::failed(format!("cannot write {}: {error}", path.display()))
        };
        let special = std::fs::metadata(path).is_ok_and(|meta| !meta.is_file());
        let (sink, unfinished): (Box<dyn Write>, _) = if path == Path::new("-") {
            (Box::new(io::stdout()), None)
        } else if special {
            let file = File::options()
                .write(true)
                .open(path)
                .map_err(|e| cannot(&e))?;
            (Box::new(BufWriter::new(file)), None)
        } else {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
            // tempfile's error names the temporary file, of which the user knows nothing.
            let mut refused = None;
            let mut make = |path: &Path| {
                let mut options = File::options();
                let file = options.write(true).create_new(true).mode(0o644).open(path);
                file.inspect_err(|error| refused = error.raw_os_error())
            };
            let made = tempfile::Builder::new()
                .prefix(".ftplab-")
                .suffix(".pcap")
                .make_in(folder.unwrap_or(Path::new(".")), &mut make);
            let file = made.map_err(|error| match refused {
                Some(errno) => cannot(&io::Error::from_raw_os_error(errno)),
                None => cannot(&error),
            })?;
            let sink = file.as_file().try_clone().map_err(|e| cannot(&e))?;
            (Box::new(BufWriter::new(sink)), Some(file))
        };
        let writer = if is_pcapng(path) {
            let application = concat!("ftplab ", env!("CARGO_PKG_VERSION"));
            PcapngWriter::new(sink, application).map(Writer::Ng)
        } else {
            PcapWriter::new(sink, link, Precision::Micros).map(Writer::Classic)
        };
        let writer = writer.map_err(|e| cannot_write(path, &e))?;
        Ok(Self {
            writer,
            path: path.to_owned(),
            unfinished,
        })
    }

    /// Appends a frame with its explanation.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn frame(
        &mut self,
        frame: &Frame<'_>,
        interface: Option<&str>,
        explained: &Explained<'_>,
        language: Language,
    ) -> Result<(), Failure> {
        let written = match &mut self.writer {
            Writer::Classic(writer) => writer.write(frame),
            Writer::Ng(writer) => {
                let notes = explained.notes.iter().map(|note| language.note(note));
                let comment = notes.fold(OURS.to_owned(), |text, note| text + " " + &note);
                writer.write(frame, interface, &comment)
            }
        };
        written.map_err(|error| cannot_write(&self.path, &error))
    }

    /// Lets others see what was written so far.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let flushed = match &mut self.writer {
            Writer::Classic(writer) => writer.flush(),
            Writer::Ng(writer) => writer.flush(),
        };
        flushed.map_err(|error| cannot_write(&self.path, &error))
    }

    /// The file is whole: it gets its name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn keep(self) -> Result<(), Failure> {
        let finished = match self.writer {
            Writer::Classic(writer) => writer.finish(),
            Writer::Ng(writer) => writer.finish(),
        };
        finished
            .and_then(|mut sink| Ok(sink.flush()?))
            .map_err(|error| cannot_write(&self.path, &error))?;
        if let Some(file) = self.unfinished {
            file.persist(&self.path)
                .map_err(|error| cannot_write(&self.path, &error.error.into()))?;
        }
        Ok(())
    }
}

/// Either format.
enum Writer {
    Classic(PcapWriter<Box<dyn Write>>),
    Ng(PcapngWriter<Box<dyn Write>>),
}

/// A capture that cannot be written, unless its reader just went away.
fn cannot_write(path: &Path, error: &PcapError) -> Failure {
    match error {
        PcapError::Write(source) if source.kind() == io::ErrorKind::BrokenPipe => {
            Failure::output(source)
        }
        PcapError::Write(source) => {
            Failure::failed(format!("cannot write {}: {source}", path.display()))
        }
        other => Failure::failed(format!("cannot write {}: {other}", path.display())),
    }
}
