//! Showing packets on other threads, a batch at a time.
//!
//! ```text
//! reader: read, explain  →  lines: tcpdump's line  →  shower: all that is shown
//!         ↑_______________________ batches, to be filled again _____________↓
//! ```
//!
//! There are so many batches, and as many more as the room for them allows: a file can wait until
//! one is empty, live traffic cannot. Of a segment that nobody looks into only the headers wait.

mod batch;
#[cfg(test)]
mod tests;

use std::io::{self, Write as _};
use std::panic;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::thread::{self, JoinHandle};

use tracer::{Analyzer, Aside, Explained, Frame, Packet, Render, TcpdumpLine, decode};

use super::Out;
use batch::{Batch, Item, looked_at};

/// Batches that are there from the start: one for each thread, and some under way.
const BATCHES: usize = 5;
/// Batches with their lines that wait to be shown: what waits longer waits without them.
const WITH_LINES: usize = 2;

/// Shows packets on other threads.
pub(super) struct Pipeline {
    batch: Batch,
    empty: Receiver<Batch>,
    /// Were shown, and are not needed at once.
    spare: Vec<Batch>,
    /// Bytes that batches may take beyond those that were there from the start.
    room: usize,
    /// Bytes of the batches that are on their way.
    waiting: usize,
    /// Somebody looks into what segments carry.
    whole: bool,
    /// All that came is to be seen soon.
    flushed: bool,
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

impl Pipeline {
    /// Starts the threads. So many bytes may wait beyond the batches that are always there.
    ///
    /// # Errors
    /// When the system has none.
    pub(super) fn start(mut shower: Shower, room: usize) -> io::Result<Self> {
        let whole = shower.render.looks_into_segments();
        let (full, mut filled) = channel::<Batch>();
        let (emptied, empty) = channel();
        for _ in 1..BATCHES {
            // The receiver is here.
            let _ = emptied.send(Batch::new());
        }
        let mut lines = None;
        if let Some(line) = shower.render.take_line() {
            let (written, next) = sync_channel(WITH_LINES);
            let from = std::mem::replace(&mut filled, next);
            let work = move || write_lines(line, &from, &written);
            lines = Some(thread::Builder::new().name("lines".into()).spawn(work)?);
        }
        let work = move || shower.show(&filled, &emptied);
        let shower = thread::Builder::new().name("shower".into()).spawn(work)?;
        Ok(Self {
            batch: Batch::new(),
            empty,
            spare: Vec::new(),
            room,
            waiting: 0,
            whole,
            flushed: true,
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
        packet: &Packet<'_>,
        explained: Explained<'static>,
        analyzer: &mut Analyzer,
    ) -> io::Result<()> {
        let bytes = if self.whole {
            frame.bytes
        } else {
            looked_at(frame, packet)
        };
        let batch = &mut self.batch;
        batch.bytes.extend_from_slice(bytes);
        analyzer.take_notes(&mut batch.notes);
        let ends = [batch.bytes.len(), batch.notes.len(), 0];
        self.add(Item::Packet {
            time: frame.time,
            odd_time: frame.odd_time,
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
        self.flushed = false;
        if batch.is_full() {
            return self.send();
        }
        Ok(())
    }

    /// Lets everything be seen soon.
    ///
    /// # Errors
    /// As [`Pipeline::packet`].
    pub(super) fn flush(&mut self) -> io::Result<()> {
        if self.flushed {
            let over = |threads: &Threads| threads.shower.is_finished();
            return if self.threads.as_ref().is_none_or(over) {
                self.broken()
            } else {
                Ok(())
            };
        }
        self.flushed = true;
        self.batch.flush = true;
        self.send()
    }

    fn send(&mut self) -> io::Result<()> {
        let taken = match (self.next_empty(), &self.threads) {
            (Some(empty), Some(threads)) => {
                let mut full = std::mem::replace(&mut self.batch, empty);
                self.batch.clear();
                full.held = full.size();
                self.waiting += full.held;
                threads.full.send(full).is_ok()
            }
            _ => false,
        };
        if taken { Ok(()) } else { self.broken() }
    }

    /// A batch that was shown, or a new one while there is room, or the next that will be shown;
    /// `None` when none will.
    fn next_empty(&mut self) -> Option<Batch> {
        loop {
            match self.empty.try_recv() {
                Ok(shown) => self.shown(shown),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return None,
            }
        }
        if let Some(spare) = self.spare.pop() {
            return Some(spare);
        }
        if self.waiting < self.room {
            return Some(Batch::default());
        }
        let shown = self.empty.recv().ok()?;
        self.shown(shown);
        self.spare.pop()
    }

    /// After a burst its memory is given back.
    fn shown(&mut self, batch: Batch) {
        self.waiting = self.waiting.saturating_sub(batch.held);
        if self.spare.len() < BATCHES {
            self.spare.push(batch);
        }
    }

    /// The threads end before us only when something is wrong.
    fn broken(&mut self) -> io::Result<()> {
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

fn write_lines(mut line: TcpdumpLine, from: &Receiver<Batch>, to: &SyncSender<Batch>) {
    for mut batch in from {
        batch.write_lines(&mut line);
        if to.send(batch).is_err() {
            break;
        }
    }
}
