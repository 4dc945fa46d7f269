//! The blocks of pcapng (draft-ietf-opsawg-pcapng): their numbers, the interfaces that they
//! describe, and the options at their ends.

use std::borrow::Cow;

use super::order::Order;
use crate::LinkType;

/// Begins a section; the same in both byte orders.
pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
pub(super) const INTERFACE_DESCRIPTION: u32 = 1;
/// Obsolete, written around 2008.
pub(super) const PACKET: u32 = 2;
pub(super) const SIMPLE_PACKET: u32 = 3;
pub(super) const ENHANCED_PACKET: u32 = 6;
/// In the section's own byte order; read with the wrong one it gives the same bytes reversed.
pub(super) const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

pub(super) const OPTION_END: u16 = 0;
pub(super) const OPTION_COMMENT: u16 = 1;
pub(super) const OPTION_IF_NAME: u16 = 2;
pub(super) const OPTION_IF_TSRESOL: u16 = 9;
pub(super) const OPTION_IF_TSOFFSET: u16 = 14;

/// The most interfaces that one section may describe: a file of nothing else would otherwise
/// take memory without end.
pub const MAX_INTERFACES: usize = 4096;
/// The longest name that is kept, in bytes; those of Linux have at most 15.
const MAX_NAME: usize = 255;

/// An interface that a pcapng file describes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PcapInterface {
    /// Its place in the section, from 0.
    pub index: u32,
    /// Its name, if the file tells; at most 255 bytes.
    pub name: Option<String>,
    /// What its frames begin with.
    pub link: LinkType,
    /// The most that was captured of a frame, in bytes; 0 for no limit.
    pub snaplen: u32,
}

impl PcapInterface {
    pub(super) fn named(mut self, name: &[u8]) -> Self {
        let name = name.get(..MAX_NAME).unwrap_or(name);
        self.name = Some(String::from_utf8_lossy(name).into_owned());
        self
    }
}

/// The options of a block, one by one: number and value.
#[derive(Clone, Debug)]
pub(super) struct Options<'a> {
    rest: &'a [u8],
    order: Order,
}

impl<'a> Options<'a> {
    pub(super) const fn new(rest: &'a [u8], order: Order) -> Self {
        Self { rest, order }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    /// Ends at the end mark, with the bytes, and at an option that does not fit.
    fn next(&mut self) -> Option<Self::Item> {
        let (header, after) = self.rest.split_first_chunk::<4>()?;
        let code = self.order.u16(header, 0);
        let len = usize::from(self.order.u16(header, 2));
        let value = after.get(..len)?;
        // Values are filled up to four bytes; the last one need not be.
        self.rest = after.get(len.next_multiple_of(4)..).unwrap_or_default();
        (code != OPTION_END).then_some((code, value))
    }
}

/// The comments on a frame.
#[derive(Clone, Debug)]
pub struct Comments<'a>(Options<'a>);

impl<'a> Comments<'a> {
    pub(super) const fn new(options: &'a [u8], order: Order) -> Self {
        Self(Options::new(options, order))
    }
}

impl<'a> Iterator for Comments<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Self::Item> {
        let (_, text) = self.0.by_ref().find(|(code, _)| *code == OPTION_COMMENT)?;
        Some(String::from_utf8_lossy(text))
    }
}
