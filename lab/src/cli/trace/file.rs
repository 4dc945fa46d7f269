//! A capture file, or a pipe from a program that captures.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tracer::{LinkType, PcapError, PcapReader};

use super::kind::{self, Kind};
use super::printed;
use super::select::Selection;
use super::{TraceOptions, all_there};
use crate::Failure;
use crate::interrupt::Interrupt;
use crate::view::View;

pub(super) fn file(
    options: &TraceOptions,
    path: &Path,
    mut selection: Selection,
) -> Result<(), Failure> {
    let stdin = path == Path::new("-");
    let name = if stdin {
        "standard input".into()
    } else {
        path.display().to_string()
    };
    let interrupt = Interrupt::listen()?;
    let source = if stdin {
        let stdin = io::stdin().as_fd().try_clone_to_owned();
        stdin.map(File::from)
    } else {
        File::open(path)
    };
    let source = source.map_err(|e| Failure::failed(format!("cannot open {name}: {e}")))?;
    // What is there need not be seen packet by packet, as what is on its way.
    let ready = !options.follow && source.metadata().is_ok_and(|source| source.is_file());
    // Nothing can be shown before the header is there, so it is waited for.
    let eager = Rc::new(Cell::new(false));
    let source = Patient {
        source,
        follow: options.follow,
        interrupt: interrupt.clone(),
        eager: Rc::clone(&eager),
    };
    let (kind, source) = kind::of(source)
        .map_err(|error| Failure::failed(format!("{name}: cannot read: {error}")))?;
    if kind == Kind::Printed {
        return printed::printed(options, &name, source, &interrupt, &eager);
    }
    let damaged = |error: &PcapError| Failure::failed(format!("{name}: {error}"));
    let mut reader = PcapReader::new(source).map_err(|e| damaged(&e))?;
    known(&name, reader.link())?;
    selection.prepare(reader.link())?;
    let mut view = View::new(&options.view, reader.link(), &[])?;
    if let Some(folder) = &options.extract {
        view.extract_to(folder)?;
    }
    if options.sha256 {
        view.hash_files()?;
    }
    if ready {
        view = view.hurry(&options.view)?;
    }
    let mut taken = 0;
    let mut broken = None;
    while !interrupt.asked() && options.count.is_none_or(|count| taken < count) {
        match reader.next_record() {
            Ok(Some(record)) => {
                eager.set(true);
                if let Err(failure) = known(&name, record.frame.link) {
                    broken = Some(failure);
                    break;
                }
                match selection.accepts(&record.frame) {
                    Ok(true) => {
                        view.record(&record)?;
                        taken += 1;
                    }
                    Ok(false) => {}
                    Err(failure) => {
                        broken = Some(failure);
                        break;
                    }
                }
            }
            Ok(None) => break,
            Err(error) if error.is_not_yet() => {
                // All that came is to be seen while more is waited for.
                view.flush()?;
                eager.set(false);
            }
            // Asked to end, the reader ends the file wherever it is.
            Err(_) if interrupt.asked() => break,
            Err(error) => {
                broken = Some(damaged(&error));
                break;
            }
        }
        if view.is_silenced() && options.follow {
            break;
        }
    }
    let (summary, ended) = view.finish()?;
    ended.say(&[])?;
    broken.map_or(Ok(()), Err)?;
    all_there(options, summary)
}

/// Whether frames of this link type can be decoded.
fn known(name: &str, link: LinkType) -> Result<(), Failure> {
    match link {
        LinkType::Other(_) => Err(Failure::failed(format!(
            "{name}: frames of link type {link} cannot be decoded; those of {} can",
            "Ethernet (1), LINUX_SLL (113), LINUX_SLL2 (276), NULL (0), LOOP (108) and \
             RAW (101, 12, 14, 228, 229)"
        ))),
        _ => Ok(()),
    }
}

/// Reads, but does not wait longer than a moment without asking whether it should end.
struct Patient {
    source: File,
    /// The end of the file is where it will grow.
    follow: bool,
    interrupt: Interrupt,
    /// Not to wait at all: what was read is to be shown first.
    eager: Rc<Cell<bool>>,
}

const MOMENT: Duration = Duration::from_millis(50);

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.interrupt.asked() {
            let moment = if self.eager.get() {
                Duration::ZERO
            } else {
                MOMENT
            };
            let moment = Timespec::try_from(moment).map_err(io::Error::other)?;
            let mut fds = [PollFd::new(&self.source, PollFlags::IN)];
            match poll(&mut fds, Some(&moment)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => {
                    let count = self.source.read(buffer)?;
                    if count > 0 || !self.follow {
                        return Ok(count);
                    }
                    if !self.eager.get() {
                        // The end of a file counts as readable.
                        thread::sleep(MOMENT);
                    }
                }
                Err(error) => return Err(error.into()),
            }
            if self.eager.get() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
        }
        Ok(0)
    }
}
