//! Packets on their way to be shown, many at a time.

use tracer::note::Note;
use tracer::{Explained, Frame, LinkType, Packet, Stamp, TcpdumpLine, Timestamp};

/// Packets of a batch, and what programs said between them.
const PACKETS: usize = 256;
/// Bytes after which a batch is full, whatever their number.
const BYTES: usize = 192 * 1024;
/// What is worth leaving out of a segment, in bytes.
const WORTH: usize = 128;

/// Packets with all that there is to say about them, in buffers that are used again.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    pub(super) bytes: Vec<u8>,
    /// Bytes of what programs said.
    pub(super) said: usize,
    pub(super) notes: Vec<Note>,
    pub(super) text: String,
    /// What was shown is to be seen after this batch.
    pub(super) flush: bool,
    /// What it takes while it is on its way, in bytes.
    pub(super) held: usize,
}

pub(super) enum Item {
    Packet {
        time: Timestamp,
        odd_time: Option<Stamp>,
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

impl Batch {
    /// With room, so that buffers do not move while they fill for the first time.
    pub(super) fn new() -> Self {
        Self {
            items: Vec::with_capacity(PACKETS),
            bytes: Vec::with_capacity(2 * BYTES),
            notes: Vec::with_capacity(2 * PACKETS),
            ..Self::default()
        }
    }

    /// The memory that it takes, in bytes, but for what its notes quote.
    pub(super) fn size(&self) -> usize {
        let [items, notes] = [size_of::<Item>(), size_of::<Note>()];
        self.items.capacity() * items
            + self.notes.capacity() * notes
            + self.bytes.capacity()
            + self.text.capacity()
            + self.said
    }

    /// The frame of a packet whose bytes begin there.
    pub(super) fn frame(&self, item: &Item, begin: usize) -> Option<Frame<'_>> {
        let Item::Packet {
            time,
            odd_time,
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
            odd_time,
            wire_len,
            link,
            bytes: self.bytes.get(begin..ends[0])?,
        })
    }

    pub(super) fn write_lines(&mut self, line: &mut TcpdumpLine) {
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

    pub(super) fn is_full(&self) -> bool {
        self.items.len() >= PACKETS || self.bytes.len() + self.said >= BYTES
    }

    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.bytes.clear();
        self.said = 0;
        self.notes.clear();
        self.text.clear();
        self.flush = false;
    }
}

/// The bytes of a frame without those that a segment carries, unless its line tells of them.
pub(super) fn looked_at<'a>(frame: &Frame<'a>, packet: &Packet<'_>) -> &'a [u8] {
    let carried = packet.tcp().map_or(0, |(_, tcp)| {
        if TcpdumpLine::tells_of(tcp.src_port) || TcpdumpLine::tells_of(tcp.dst_port) {
            0
        } else {
            tcp.payload.len()
        }
    });
    if carried < WORTH {
        return frame.bytes;
    }
    // What an Ethernet trailer adds does no harm.
    let headers = frame.bytes.len().saturating_sub(carried);
    frame.bytes.get(..headers).unwrap_or(frame.bytes)
}
