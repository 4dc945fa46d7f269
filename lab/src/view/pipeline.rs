//! Showing packets on other threads, a batch at a time.
//!
//! ```text
//! reader: read, explain  →  lines: tcpdump's line  →  shower: all that is shown
//!         ↑_______________________ batches, to be filled again _____________↓
//! ```
//!
//! There are so many batches and no more: who is ahead waits for one, and nothing grows.

use std::io::{self, Write as _};
use std::panic;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use tracer::note::Note;
use tracer::{Analyzer, Aside, Explained, Frame, LinkType, Render, TcpdumpLine, Timestamp, decode};

use super::Out;

/// Packets of a batch, and what programs said between them.
const PACKETS: usize = 256;
/// Bytes after which a batch is full, whatever their number.
const BYTES: usize = 192 * 1024;
/// Batches: one for each thread, and some under way.
const BATCHES: usize = 5;

/// Shows packets on other threads.
pub(super) struct Pipeline {
    batch: Batch,
    empty: Receiver<Batch>,
    /// Until they have ended.
    threads: Option<Threads>,
}

struct Threads {
    full: Sender<Batch>,
    /// Where `full` goes when the lines are written on a thread of their own.
    lines: Option<JoinHandle<()>>,
    shower: JoinHandle<io::Result<Shower>>,
}

/// What shows packets, and where.
pub(super) struct Shower {
    pub(super) render: Box<dyn Render>,
    pub(super) out: Out,
}

/// Packets with all that there is to say about them, in buffers that are used again.
struct Batch {
    items: Vec<Item>,
    bytes: Vec<u8>,
    /// Bytes of what programs said.
    said: usize,
    notes: Vec<Note>,
    text: String,
    /// What was shown is to be seen after this batch.
    flush: bool,
}

enum Item {
    Packet {
        time: Timestamp,
        wire_len: u32,
        link: LinkType,
        /// Without its notes.
        explained: Explained<'static>,
        /// Where its bytes, its notes and its line end in the batch.
        ends: [usize; 3],
    },
    Aside {
        time: Timestamp,
        who: String,
        what: String,
    },
}

impl Pipeline {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system has none.
    pub(super) fn start(mut shower: Shower) -> io::Result<Self> {
        let (full, mut filled) = channel::<Batch>();
        let (emptied, empty) = channel();
        for _ in 1..BATCHES {
            // The receiver is here.
            let _ = emptied.send(Batch::new());
        }
        let mut lines = None;
        if let Some(line) = shower.render.take_line() {
            let (written, next) = channel();
            let from = std::mem::replace(&mut filled, next);
            let work = move || write_lines(line, &from, &written);
            lines = Some(thread::Builder::new().name("lines".into()).spawn(work)?);
        }
        let work = move || shower.show(&filled, &emptied);
        let shower = thread::Builder::new().name("shower".into()).spawn(work)?;
        Ok(Self {
            batch: Batch::new(),
            empty,
            threads: Some(Threads {
                full,
                lines,
                shower,
            }),
        })
    }

    /// Shows the frame that `analyzer` explained last, sooner or later.
    ///
    /// # Errors
    /// Why what came before could not be shown.
    pub(super) fn packet(
        &mut self,
        frame: &Frame<'_>,
        explained: Explained<'static>,
        analyzer: &mut Analyzer,
    ) -> io::Result<()> {
        let batch = &mut self.batch;
        batch.bytes.extend_from_slice(frame.bytes);
        analyzer.take_notes(&mut batch.notes);
        let ends = [batch.bytes.len(), batch.notes.len(), 0];
        self.add(Item::Packet {
            time: frame.time,
            wire_len: frame.wire_len,
            link: frame.link,
            explained,
            ends,
        })
    }

    /// Likewise, of what a program did.
    ///
    /// # Errors
    /// As [`Pipeline::packet`].
    pub(super) fn aside(&mut self, aside: &Aside<'_>) -> io::Result<()> {
        let Aside { time, who, what } = *aside;
        self.batch.said += who.len() + what.len();
        self.add(Item::Aside {
            time,
            who: who.to_owned(),
            what: what.to_owned(),
        })
    }

    fn add(&mut self, item: Item) -> io::Result<()> {
        let batch = &mut self.batch;
        batch.items.push(item);
        if batch.items.len() < PACKETS && batch.bytes.len() + batch.said < BYTES {
            return Ok(());
        }
        self.send()
    }

    /// Lets everything be seen soon.
    ///
    /// # Errors
    /// As [`Pipeline::packet`].
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.batch.flush = true;
        self.send()
    }

    fn send(&mut self) -> io::Result<()> {
        let taken = match (self.empty.recv(), &self.threads) {
            (Ok(empty), Some(threads)) => {
                let full = std::mem::replace(&mut self.batch, empty);
                self.batch.clear();
                threads.full.send(full).is_ok()
            }
            _ => false,
        };
        if taken {
            return Ok(());
        }
        // The threads end before us only when something is wrong.
        let Err(error) = self.finish() else {
            return Err(io::Error::other("packets are not shown any more"));
        };
        Err(error)
    }

    /// Waits until everything is shown.
    ///
    /// # Errors
    /// Why not everything was.
    pub(super) fn finish(&mut self) -> io::Result<Shower> {
        let Some(threads) = self.threads.take() else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        // When nobody takes it any more, the shower says why.
        let rest = std::mem::replace(&mut self.batch, Batch::new());
        let _ = threads.full.send(rest);
        drop(threads.full);
        let lines = threads.lines.map_or(Ok(()), JoinHandle::join);
        let shown = threads.shower.join();
        match (lines, shown) {
            (Err(panicked), _) | (_, Err(panicked)) => panic::resume_unwind(panicked),
            (Ok(()), Ok(shown)) => shown,
        }
    }
}

impl Shower {
    fn show(mut self, batches: &Receiver<Batch>, back: &Sender<Batch>) -> io::Result<Self> {
        for batch in batches {
            self.batch(&batch)?;
            // The reader may have what it wants.
            let _ = back.send(batch);
        }
        Ok(self)
    }

    fn batch(&mut self, batch: &Batch) -> io::Result<()> {
        let mut begins = [0; 3];
        for item in &batch.items {
            match item {
                Item::Packet {
                    explained, ends, ..
                } => {
                    let [_, note, text] = begins;
                    let explained = Explained {
                        notes: batch.notes.get(note..ends[1]).unwrap_or_default(),
                        ..*explained
                    };
                    if let Some(frame) = batch.frame(item, begins[0]) {
                        let text = batch.text.get(text..ends[2]).unwrap_or_default();
                        let packet = decode(&frame);
                        let out = &mut self.out;
                        self.render
                            .packet_of_line(&frame, &packet, &explained, text, out)?;
                    }
                    begins = *ends;
                }
                Item::Aside { time, who, what } => {
                    let aside = Aside {
                        time: *time,
                        who,
                        what,
                    };
                    self.render.aside(&aside, &mut self.out)?;
                }
            }
        }
        if batch.flush {
            self.out.flush()?;
        }
        Ok(())
    }
}

fn write_lines(mut line: TcpdumpLine, from: &Receiver<Batch>, to: &Sender<Batch>) {
    for mut batch in from {
        batch.write_lines(&mut line);
        if to.send(batch).is_err() {
            break;
        }
    }
}

impl Batch {
    /// With room, so that buffers do not move while they fill for the first time.
    fn new() -> Self {
        Self {
            items: Vec::with_capacity(PACKETS),
            bytes: Vec::with_capacity(2 * BYTES),
            said: 0,
            notes: Vec::with_capacity(2 * PACKETS),
            text: String::new(),
            flush: false,
        }
    }

    /// The frame of a packet whose bytes begin there.
    fn frame(&self, item: &Item, begin: usize) -> Option<Frame<'_>> {
        let Item::Packet {
            time,
            wire_len,
            link,
            ends,
            ..
        } = *item
        else {
            return None;
        };
        Some(Frame {
            time,
            wire_len,
            link,
            bytes: self.bytes.get(begin..ends[0])?,
        })
    }

    fn write_lines(&mut self, line: &mut TcpdumpLine) {
        let mut begin = 0;
        let mut items = std::mem::take(&mut self.items);
        let mut text = std::mem::take(&mut self.text);
        for item in &mut items {
            if let Some(frame) = self.frame(item, begin) {
                line.write_text(&frame, &mut text);
            }
            if let Item::Packet { ends, .. } = item {
                begin = ends[0];
                ends[2] = text.len();
            }
        }
        self.items = items;
        self.text = text;
    }

    fn clear(&mut self) {
        self.items.clear();
        self.bytes.clear();
        self.said = 0;
        self.notes.clear();
        self.text.clear();
        self.flush = false;
    }
}
