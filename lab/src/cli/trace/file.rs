//! A capture file, or a pipe from a program that captures.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
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

/// Reads the files one after the other, as if they were one.
pub(super) fn files(
    options: &TraceOptions,
    paths: &[PathBuf],
    selection: Selection,
) -> Result<(), Failure> {
    let mut reading = Reading {
        options,
        selection,
        interrupt: Interrupt::listen()?,
        view: None,
        taken: 0,
    };
    let alone = paths.len() == 1;
    let mut broken = None;
    for path in paths {
        broken = reading.file(path, alone)?;
        if broken.is_some() || reading.is_over() {
            break;
        }
    }
    if let Some(view) = reading.view {
        let (summary, ended) = view.finish()?;
        ended.say(&[])?;
        broken.map_or(Ok(()), Err)?;
        return all_there(options, summary);
    }
    broken.map_or(Ok(()), Err)
}

struct Reading<'a> {
    options: &'a TraceOptions,
    selection: Selection,
    interrupt: Interrupt,
    /// From the first file on.
    view: Option<View>,
    taken: u64,
}

impl Reading<'_> {
    fn is_over(&self) -> bool {
        self.interrupt.asked() || self.options.count.is_some_and(|count| self.taken >= count)
    }

    /// Shows a file. What is wrong with it is returned, to be told when all was shown.
    ///
    /// # Errors
    /// When nothing more can be shown.
    fn file(&mut self, path: &Path, alone: bool) -> Result<Option<Failure>, Failure> {
        let name = if path == Path::new("-") {
            "standard input".into()
        } else {
            path.display().to_string()
        };
        // Nothing can be shown before the header is there, so it is waited for.
        let eager = Rc::new(Cell::new(false));
        let source = match self.open(path, &name, &eager) {
            Ok(source) => source,
            Err(failure) => return Ok(Some(failure)),
        };
        // What is there need not be seen packet by packet, as what is on its way.
        let at_rest = !self.options.follow
            && !self.options.at_once()
            && source
                .source
                .metadata()
                .is_ok_and(|source| source.is_file());
        let source = match kind::of(source) {
            Ok((Kind::Capture, source)) => source,
            Ok((Kind::Printed, source)) if alone => {
                return printed::printed(self.options, &name, source, &self.interrupt, &eager)
                    .map(|()| None);
            }
            Ok((Kind::Printed, _)) => {
                return Ok(Some(Failure::failed(format!(
                    "{name}: a printed trace is read alone: ftplab trace -r {name}"
                ))));
            }
            Err(error) => {
                return Ok(Some(Failure::failed(format!(
                    "{name}: cannot read: {error}"
                ))));
            }
        };
        let mut reader = match PcapReader::new(source) {
            Ok(reader) => reader,
            Err(error) => return Ok(Some(damaged(&name, path, &error))),
        };
        let link = reader.link();
        let ready = known(&name, link).and_then(|()| self.selection.prepare(link));
        if let Err(failure) = ready {
            return Ok(Some(failure));
        }
        if self.view.is_none() {
            let mut view = View::new(&self.options.view, reader.link(), &[])?;
            if let Some(folder) = &self.options.extract {
                view.extract_to(folder)?;
            }
            if self.options.sha256 {
                view.hash_files();
            }
            if at_rest {
                view = view.hurry(&self.options.view)?;
            }
            self.view = Some(view);
        }
        let Some(view) = &mut self.view else {
            return Ok(None);
        };
        let count = self.options.count;
        while !self.interrupt.asked() && count.is_none_or(|count| self.taken < count) {
            match reader.next_record() {
                Ok(Some(record)) => {
                    eager.set(true);
                    if let Err(failure) = known(&name, record.frame.link) {
                        return Ok(Some(failure));
                    }
                    match self.selection.accepts(&record.frame) {
                        Ok(true) => {
                            view.record(&record)?;
                            self.taken += 1;
                            if self.options.at_once() {
                                view.flush()?;
                            }
                        }
                        Ok(false) => {}
                        Err(failure) => return Ok(Some(failure)),
                    }
                }
                Ok(None) => break,
                Err(error) if error.is_not_yet() => {
                    // All that came is to be seen while more is waited for.
                    view.flush()?;
                    eager.set(false);
                }
                // Asked to end, the reader ends the file wherever it is.
                Err(_) if self.interrupt.asked() => break,
                Err(error) => return Ok(Some(damaged(&name, path, &error))),
            }
            if view.is_silenced() && self.options.follow {
                break;
            }
        }
        Ok(None)
    }

    fn open(&self, path: &Path, name: &str, eager: &Rc<Cell<bool>>) -> Result<Patient, Failure> {
        let source = if path == Path::new("-") {
            let stdin = io::stdin().as_fd().try_clone_to_owned();
            stdin.map(File::from)
        } else {
            File::open(path)
        };
        let source = source.map_err(|e| Failure::failed(format!("cannot open {name}: {e}")))?;
        Ok(Patient {
            source,
            follow: self.options.follow,
            interrupt: self.interrupt.clone(),
            eager: Rc::clone(eager),
        })
    }
}

/// What is wrong with a file, with the fix where there is one.
fn damaged(name: &str, path: &Path, error: &PcapError) -> Failure {
    let fix = match error {
        PcapError::Compressed { compression } if path == Path::new("-") => {
            format!(
                "\n  fix: … | {} | ftplab trace -r -",
                compression.unpacker()
            )
        }
        PcapError::Compressed { compression } => {
            format!(
                "\n  fix: {} {name} | ftplab trace -r -",
                compression.unpacker()
            )
        }
        _ => String::new(),
    };
    Failure::failed(format!("{name}: {error}{fix}"))
}

/// Whether frames of this link type can be decoded.
fn known(name: &str, link: LinkType) -> Result<(), Failure> {
    match link {
        LinkType::Other(_) => Err(Failure::failed(format!(
            "{name}: frames of link type {link} cannot be decoded; those of {} can",
            "Ethernet (1), LINUX_SLL (113), LINUX_SLL2 (276), NULL (0), LOOP (108), PPP (9, 50, 51), \
             C_HDLC (104), 802.11 (105, 119, 127, 163) and RAW (101, 12, 14, 228, 229)"
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
