//! How packets are shown: the sink behind the options that `run` and `trace` share.

mod interfaces;
mod options;
mod out;
mod pipeline;

use std::io::{self, BufWriter, Write};
use std::num::NonZero;
use std::path::Path;
use std::thread;

use tracer::{
    Analyzer, Aside, Explained, Frame, Language, LinkType, Packet, Record, StandIn, Summary,
};

use crate::Failure;
use crate::articles::Against;
use crate::recording::{OURS, Recording};
pub(crate) use interfaces::{ELSEWHERE, Interfaces};
pub(crate) use options::{Color, ViewOptions, columns};
pub(crate) use out::Ended;
use out::{OUT, Out};
use pipeline::{Pipeline, Shower};

/// Takes frames, explains and shows them, and keeps them in a file when asked to.
pub(crate) struct View {
    analyzer: Analyzer,
    show: Show,
    recording: Option<Recording>,
    language: Language,
    /// What an article printed of the session, and our packets, to be compared at the end.
    against: Option<Against>,
    /// This machine's interfaces, when the packets are its own.
    interfaces: Interfaces,
    /// Why nothing is shown any more, while packets are still kept.
    silenced: Option<Failure>,
}

/// Where packets are shown.
enum Show {
    /// At once, by the thread that explains them.
    Here(Shower),
    /// By other threads, which are some packets behind.
    Beside(Pipeline),
}

impl View {
    /// A view of frames that begin with `link`. `control_ports` are known beforehand.
    ///
    /// # Errors
    /// When the options contradict each other or the file for `-w` cannot be written.
    pub(crate) fn new(
        options: &ViewOptions,
        link: LinkType,
        control_ports: &[u16],
    ) -> Result<Self, Failure> {
        let to_stdout = options.write() == Some(Path::new("-"));
        let out = if to_stdout {
            Out::Stderr
        } else {
            Out::Stdout(BufWriter::with_capacity(OUT, io::stdout()))
        };
        Ok(Self {
            analyzer: Analyzer::new(options.analyzer(control_ports)),
            show: Show::Here(Shower {
                render: options.render()?,
                out,
            }),
            recording: options
                .write()
                .map(|path| Recording::create(path, link))
                .transpose()?,
            language: options.language(),
            against: None,
            interfaces: Interfaces::default(),
            silenced: None,
        })
    }

    /// The packets are those of this machine's interfaces, which have names.
    pub(crate) fn name_interfaces(&mut self) {
        self.interfaces = Interfaces::here();
    }

    /// Holds the packets against an article's at the end.
    pub(crate) fn hold_against(&mut self, against: Option<Against>) {
        self.against = against;
    }

    /// Saves the files that are transferred.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(crate) fn extract_to(&mut self, folder: &Path) -> Result<(), Failure> {
        self.analyzer.extract_to(folder).map_err(|error| {
            Failure::failed(format!(
                "cannot make the folder {}: {error}",
                folder.display()
            ))
        })
    }

    /// Computes the SHA-256 of the files that are transferred.
    pub(crate) fn hash_files(&mut self) {
        self.analyzer.hash_files();
    }

    /// Lets other threads show the packets, where there are processors for them: for packets that
    /// are there already, and are to be seen soon rather than at once. `options` are those that the
    /// view was made with.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(crate) fn hurry(self, options: &ViewOptions) -> Result<Self, Failure> {
        let alone = thread::available_parallelism().map_or(1, NonZero::get) == 1;
        // Who keeps packets must know at once that nobody looks any more, and goes on.
        if alone || self.recording.is_some() {
            return Ok(self);
        }
        self.beside(options, 0)
    }

    /// Likewise for packets that do not wait to be read: so many bytes of them, and of what there
    /// is to say about them, may wait to be shown.
    ///
    /// # Errors
    /// As [`View::hurry`].
    pub(crate) fn keep_up(self, options: &ViewOptions, room: usize) -> Result<Self, Failure> {
        self.beside(options, room)
    }

    fn beside(mut self, options: &ViewOptions, room: usize) -> Result<Self, Failure> {
        // A summary has nothing to show until the end.
        if options.is_summary() {
            return Ok(self);
        }
        if let Show::Here(shower) = self.show {
            let pipeline = Pipeline::start(shower, room)
                .map_err(|error| Failure::failed(format!("cannot start a thread: {error}")))?;
            self.show = Show::Beside(pipeline);
        }
        Ok(self)
    }

    /// Shows and keeps a frame.
    ///
    /// # Errors
    /// When the output or the file cannot be written.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Failure> {
        self.frame_of(frame, None, None)
    }

    /// Shows and keeps a frame of an interface, which has this number among those of the capture.
    ///
    /// # Errors
    /// As [`View::frame`].
    pub(crate) fn frame_of(
        &mut self,
        frame: &Frame<'_>,
        index: Option<u32>,
        interface: Option<&str>,
    ) -> Result<(), Failure> {
        let interfaces = std::mem::take(&mut self.interfaces);
        let packet = interfaces.decode(frame, index, interface);
        let shown = self.packet_of(frame, &packet, interface);
        self.interfaces = interfaces;
        shown
    }

    /// Shows a packet of a printed trace, which has no bytes.
    ///
    /// # Errors
    /// As [`View::frame`].
    pub(crate) fn printed(&mut self, packet: &Packet<'_>) -> Result<(), Failure> {
        let frame = Frame {
            time: packet.time,
            odd_time: None,
            wire_len: packet.wire_len,
            link: LinkType::Raw,
            bytes: &[],
        };
        self.packet_of(&frame, packet, None)
    }

    fn packet_of(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        interface: Option<&str>,
    ) -> Result<(), Failure> {
        let explained = self.analyzer.push(packet);
        if let Some(against) = &mut self.against {
            against.push(packet, explained.is_copy());
        }
        if let Some(recording) = &mut self.recording {
            recording.frame(frame, interface, &explained, self.language)?;
        }
        if self.silenced.is_some() {
            return Ok(());
        }
        let shown = match &mut self.show {
            Show::Here(Shower { render, out }) => render.packet(frame, packet, &explained, out),
            Show::Beside(pipeline) => {
                let explained = Explained {
                    notes: &[],
                    ..explained
                };
                pipeline.packet(frame, packet, explained, &mut self.analyzer)
            }
        };
        self.shown(shown)
    }

    /// Shows and keeps a frame of a file, after the comments that somebody left on it.
    ///
    /// # Errors
    /// As [`View::frame`].
    pub(crate) fn record(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        for comment in record.comments.clone() {
            if comment.starts_with(OURS) {
                // What was said when the file was written will be said again.
                continue;
            }
            self.aside(&Aside {
                time: record.frame.time,
                who: "comment",
                what: &printable(&comment),
            })?;
        }
        let name = record
            .interface
            .and_then(|interface| interface.name.as_deref());
        let index = record.interface.map(|interface| interface.index);
        let packet = ELSEWHERE.decode(&record.frame, index, name);
        self.packet_of(&record.frame, &packet, name)
    }

    /// A reader that went away ends the showing, but not the keeping of packets.
    fn shown(&mut self, shown: io::Result<()>) -> Result<(), Failure> {
        let Err(error) = shown else { return Ok(()) };
        let failure = Failure::output(&error);
        if self.recording.is_none() {
            return Err(failure);
        }
        self.silenced = Some(failure);
        Ok(())
    }

    /// Whether nothing is shown any more.
    pub(crate) fn is_silenced(&self) -> bool {
        self.silenced.is_some()
    }

    /// Shows what a program did.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn aside(&mut self, aside: &Aside<'_>) -> Result<(), Failure> {
        if self.silenced.is_some() {
            return Ok(());
        }
        let shown = match &mut self.show {
            Show::Here(Shower { render, out }) => render.aside(aside, out),
            Show::Beside(pipeline) => pipeline.aside(aside),
        };
        self.shown(shown)
    }

    /// Shows lines of the command's own above the packets.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn say(&mut self, text: &str) -> Result<(), Failure> {
        let shown = match &mut self.show {
            Show::Here(shower) => shower.out.write_all(text.as_bytes()),
            Show::Beside(_) => Ok(()),
        };
        self.shown(shown)
    }

    /// Lets everything shown so far be seen.
    ///
    /// # Errors
    /// When the output or the file cannot be written.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if let Some(recording) = &mut self.recording {
            recording.flush()?;
        }
        if self.silenced.is_some() {
            return Ok(());
        }
        let shown = match &mut self.show {
            Show::Here(shower) => shower.out.flush(),
            Show::Beside(pipeline) => pipeline.flush(),
        };
        self.shown(shown)
    }

    /// Whether connections were seen and all have ended.
    pub(crate) fn all_closed(&self) -> bool {
        self.analyzer.all_closed()
    }

    /// Shows the end, and gives the file for `-w` its name.
    ///
    /// # Errors
    /// When the output or the file cannot be written.
    pub(crate) fn finish(self) -> Result<(Summary, Ended), Failure> {
        self.finish_named(Vec::new())
    }

    /// Likewise, of a printed trace that has names for some hosts.
    ///
    /// # Errors
    /// As [`View::finish`].
    pub(crate) fn finish_named(self, names: Vec<StandIn>) -> Result<(Summary, Ended), Failure> {
        let mut summary = self.analyzer.finish();
        summary.names = names;
        // The capture is kept even when nobody reads the text any more.
        self.recording.map_or(Ok(()), Recording::keep)?;
        if let Some(failure) = self.silenced {
            return Err(failure);
        }
        let shower = match self.show {
            Show::Here(shower) => Ok(shower),
            Show::Beside(mut pipeline) => pipeline.finish(),
        };
        let failed = |error| Failure::output(&error);
        let Shower {
            mut render,
            mut out,
        } = shower.map_err(failed)?;
        render.finish(&summary, &mut out).map_err(failed)?;
        let ended = Ended {
            out,
            against: self.against,
            language: self.language,
        };
        Ok((summary, ended))
    }
}

/// A comment on one line, harmless for a terminal.
fn printable(comment: &str) -> String {
    comment
        .lines()
        .collect::<Vec<_>>()
        .join(" / ")
        .replace(char::is_control, "?")
}
