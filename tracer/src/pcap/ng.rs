//! pcapng: sections of blocks, each in the byte order of its section, each block with its length
//! at both ends.

use std::io::Read;

use super::block::{
    BYTE_ORDER_MAGIC, ENHANCED_PACKET, INTERFACE_DESCRIPTION, MAX_INTERFACES, OPTION_IF_NAME,
    OPTION_IF_TSOFFSET, OPTION_IF_TSRESOL, Options, PACKET, PcapInterface, SECTION_HEADER,
    SIMPLE_PACKET,
};
use super::clock::{Clock, Resolution};
use super::envelope::Block;
use super::order::Order;
use super::window::Window;
use super::{Found, MAX_RECORD_LEN, PcapError};
use crate::{LinkType, Timestamp};

/// Where the reading of a pcapng file is.
#[derive(Debug)]
pub(super) struct Ng {
    order: Order,
    interfaces: Vec<Described>,
    /// The rest of a block that is being passed over.
    skipping: Option<Skipping>,
}

#[derive(Debug)]
struct Described {
    interface: PcapInterface,
    clock: Clock,
}

#[derive(Debug)]
struct Skipping {
    block: u64,
    len: u32,
    left: u64,
}

impl Ng {
    /// Reads on until the first interface is described.
    pub(super) fn open<R: Read>(window: &mut Window<R>) -> Result<Self, PcapError> {
        let mut ng = Self {
            order: Order::Little,
            interfaces: Vec::new(),
            skipping: None,
        };
        while ng.interfaces.is_empty() {
            window.begin();
            let Some(block) = ng.block(window)? else {
                break;
            };
            if matches!(block.kind, ENHANCED_PACKET | PACKET | SIMPLE_PACKET) {
                return Err(block.damaged("it comes before any interface is described".into()));
            }
            ng.note(&block, window)?;
        }
        Ok(ng)
    }

    pub(super) fn first(&self) -> Option<&PcapInterface> {
        self.interface(0)
    }

    pub(super) fn interface(&self, index: u32) -> Option<&PcapInterface> {
        let described = self.interfaces.get(index as usize)?;
        Some(&described.interface)
    }

    pub(super) fn next<R: Read>(
        &mut self,
        window: &mut Window<R>,
    ) -> Result<Option<Found>, PcapError> {
        loop {
            window.begin();
            let Some(block) = self.block(window)? else {
                return Ok(None);
            };
            let body = window.taken(8..block.len as usize - 4);
            match block.kind {
                ENHANCED_PACKET => return self.enhanced(&block, body).map(Some),
                PACKET => return self.obsolete(&block, body).map(Some),
                SIMPLE_PACKET => return self.simple(&block, body).map(Some),
                _ => self.note(&block, window)?,
            }
        }
    }

    /// The next block that is of use; others are passed over.
    fn block<R: Read>(&mut self, window: &mut Window<R>) -> Result<Option<Block>, PcapError> {
        loop {
            self.skip(window)?;
            let offset = window.offset();
            let Some(header) = window
                .take(8, "block header")?
                .and_then(<[u8]>::first_chunk::<8>)
                .copied()
            else {
                return Ok(None);
            };
            let mut order = self.order;
            let mut taken = 8;
            let kind = order.u32(&header, 0);
            if kind == SECTION_HEADER {
                let what = "section header block";
                let magic = rest(window, offset, 4, what)?;
                order = match (Order::Little.u32(magic, 0), Order::Big.u32(magic, 0)) {
                    (BYTE_ORDER_MAGIC, _) => Order::Little,
                    (_, BYTE_ORDER_MAGIC) => Order::Big,
                    (_, found) => {
                        return Err(PcapError::Damaged {
                            offset,
                            what,
                            problem: format!(
                                "expected the byte-order magic 1a2b3c4d, found {found:08x}"
                            ),
                        });
                    }
                };
                taken = 12;
            }
            let len = order.u32(&header, 4);
            let block = Block { offset, kind, len };
            block.check(taken)?;
            let what = block.name();
            if kind == SECTION_HEADER {
                self.order = order;
                self.interfaces.clear();
            } else if !block.is_of_use() {
                self.skipping = Some(Skipping {
                    block: offset,
                    len,
                    left: u64::from(len) - 12,
                });
                continue;
            }
            let rest = rest(window, offset, len as usize - taken, what)?;
            let again = order.u32(rest, rest.len() - 4);
            if again != len {
                return Err(block.damaged(format!(
                    "expected its length {len} again at its end, found {again}"
                )));
            }
            return Ok(Some(block));
        }
    }

    /// Passes over the rest of a block, without keeping it.
    fn skip<R: Read>(&mut self, window: &mut Window<R>) -> Result<(), PcapError> {
        let Some(skipping) = &mut self.skipping else {
            return Ok(());
        };
        let (offset, len) = (skipping.block, skipping.len);
        let cut_short = |left: u64| PcapError::Truncated {
            offset,
            what: "block",
            expected: u64::from(len),
            found: u64::from(len) - 4 - left,
        };
        while skipping.left > 0 {
            let passed = window.skip(skipping.left)?;
            if passed == 0 {
                return Err(cut_short(skipping.left));
            }
            skipping.left -= passed;
        }
        window.begin();
        let order = self.order;
        let again = rest(window, offset, 4, "block")?;
        let again = order.u32(again, 0);
        if again != len {
            return Err(PcapError::Damaged {
                offset,
                what: "block",
                problem: format!("expected its length {len} again at its end, found {again}"),
            });
        }
        window.begin();
        self.skipping = None;
        Ok(())
    }

    /// Takes in a block that carries no frame.
    fn note<R: Read>(&mut self, block: &Block, window: &Window<R>) -> Result<(), PcapError> {
        let body = window.taken(8..block.len as usize - 4);
        match block.kind {
            SECTION_HEADER => {
                let (major, minor) = (self.order.u16(body, 4), self.order.u16(body, 6));
                // 1.2 is what some programs wrote for 1.0.
                if major != 1 || !matches!(minor, 0 | 2) {
                    let problem = format!("expected pcapng version 1.0, found {major}.{minor}");
                    return Err(block.damaged(problem));
                }
                Ok(())
            }
            INTERFACE_DESCRIPTION => self.describe(block, body),
            _ => Ok(()),
        }
    }

    fn describe(&mut self, block: &Block, body: &[u8]) -> Result<(), PcapError> {
        if self.interfaces.len() >= MAX_INTERFACES {
            let problem = format!("expected at most {MAX_INTERFACES} interfaces in a section");
            return Err(block.damaged(problem));
        }
        let mut interface = PcapInterface {
            index: u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX),
            name: None,
            link: LinkType::from_pcap(self.order.u16(body, 0).into()),
            snaplen: self.order.u32(body, 4),
        };
        let mut clock = Clock {
            resolution: Resolution::Decimal(1_000_000),
            offset: 0,
        };
        let options = body.get(8..).unwrap_or_default();
        for (code, value) in Options::new(options, self.order) {
            match (code, value) {
                (OPTION_IF_NAME, name) => interface = interface.named(name),
                (OPTION_IF_TSRESOL, &[exponent, ..]) => {
                    clock.resolution = Resolution::of(exponent).ok_or_else(|| {
                        block.damaged(format!("if_tsresol {exponent:#04x} is finer than 10^-38 s"))
                    })?;
                }
                (OPTION_IF_TSOFFSET, value) if value.len() == 8 => {
                    clock.offset = self.order.u64(value, 0).cast_signed();
                }
                _ => {}
            }
        }
        self.interfaces.push(Described { interface, clock });
        Ok(())
    }

    fn enhanced(&self, block: &Block, body: &[u8]) -> Result<Found, PcapError> {
        let interface = self.order.u32(body, 0);
        self.stamped(block, body, interface)
    }

    /// The same but for the counter of drops beside the interface's number.
    fn obsolete(&self, block: &Block, body: &[u8]) -> Result<Found, PcapError> {
        let interface = self.order.u16(body, 0).into();
        self.stamped(block, body, interface)
    }

    fn stamped(&self, block: &Block, body: &[u8], interface: u32) -> Result<Found, PcapError> {
        let described = self.described(block, interface)?;
        let field = |at| self.order.u32(body, at);
        let ticks = u64::from(field(4)) << 32 | u64::from(field(8));
        let (captured, wire_len) = (field(12), field(16));
        if captured > MAX_RECORD_LEN {
            return Err(PcapError::RecordTooLong {
                offset: block.offset,
                found: captured,
            });
        }
        let begin = 20;
        let end = begin + captured as usize;
        if end > body.len() {
            return Err(block.damaged(format!(
                "expected a frame of at most {} bytes, as the block has room for, found {captured}",
                body.len() - begin
            )));
        }
        let options = end.next_multiple_of(4).min(body.len())..body.len();
        Ok(Found {
            time: described.clock.time(ticks),
            odd_time: None,
            wire_len,
            link: described.interface.link,
            // The body begins after the type and the length.
            bytes: begin + 8..end + 8,
            options: options.start + 8..options.end + 8,
            order: self.order,
            interface: Some(interface),
        })
    }

    /// No time, and no options: the frame is of the first interface, and its length is the
    /// smaller of that on the wire and the snap length.
    fn simple(&self, block: &Block, body: &[u8]) -> Result<Found, PcapError> {
        let interface = &self.described(block, 0)?.interface;
        let wire_len = self.order.u32(body, 0);
        let captured = match interface.snaplen {
            0 => wire_len,
            snaplen => wire_len.min(snaplen),
        };
        if captured > MAX_RECORD_LEN {
            return Err(PcapError::RecordTooLong {
                offset: block.offset,
                found: captured,
            });
        }
        let end = 4 + captured as usize;
        if end > body.len() {
            return Err(block.damaged(format!(
                "expected a frame of at most {} bytes, as the block has room for, found {captured}",
                body.len() - 4
            )));
        }
        Ok(Found {
            time: Timestamp(0),
            odd_time: None,
            wire_len,
            link: interface.link,
            bytes: 12..end + 8,
            options: 0..0,
            order: self.order,
            interface: Some(0),
        })
    }

    fn described(&self, block: &Block, interface: u32) -> Result<&Described, PcapError> {
        self.interfaces.get(interface as usize).ok_or_else(|| {
            block.damaged(format!(
                "expected one of the {} interfaces that were described, found number {interface}",
                self.interfaces.len()
            ))
        })
    }
}

/// More of a block that begins at `offset`.
fn rest<'w, R: Read>(
    window: &'w mut Window<R>,
    offset: u64,
    len: usize,
    what: &'static str,
) -> Result<&'w [u8], PcapError> {
    let before = window.offset() - offset;
    window
        .take(len, what)
        .map_err(|error| match error {
            PcapError::Truncated { found, .. } => PcapError::Truncated {
                offset,
                what,
                expected: before + len as u64,
                found: before + found,
            },
            other => other,
        })?
        .ok_or(PcapError::Truncated {
            offset,
            what,
            expected: before + len as u64,
            found: before,
        })
}
