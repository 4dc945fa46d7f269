//! 802.11, and the headers that tell how a frame came over the radio.

use super::{CUT_SHORT, Part, Payload};
use crate::{Link, MacAddr, Malformed};

/// Before the 802.11 header: what the receiver noted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Radio {
    /// How long it is, in bytes.
    pub(crate) len: usize,
    /// The 802.11 header is filled up to a multiple of four bytes.
    pub(crate) padded: bool,
    /// The frame ends with its check sequence, of so many bytes.
    pub(crate) check_len: u32,
}

/// The header of Prism cards.
pub(crate) const PRISM: usize = 144;
/// How AVS' header begins, in each of its versions.
pub(crate) const AVS_MAGIC: [u32; 2] = [0x8021_1001, 0x8021_1002];
/// Of radiotap's flags: the check sequence is there; there is padding behind the header.
pub(crate) const WITH_CHECK: u8 = 0x10;
pub(crate) const WITH_PADDING: u8 = 0x20;

/// What the field with frame control says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Control(pub(crate) u16);

/// Of [`Control::kind`].
pub(crate) const DATA: u16 = 2;

impl Control {
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().map(|b| Self(u16::from_le_bytes(*b)))
    }

    /// Management, control, data.
    pub(crate) const fn kind(self) -> u16 {
        self.0 >> 2 & 3
    }

    pub(crate) const fn subtype(self) -> u16 {
        self.0 >> 4 & 0xf
    }

    pub(crate) const fn enters_distribution(self) -> bool {
        self.0 & 0x0100 != 0
    }

    pub(crate) const fn leaves_distribution(self) -> bool {
        self.0 & 0x0200 != 0
    }

    pub(crate) const fn is_protected(self) -> bool {
        self.0 & 0x4000 != 0
    }

    /// Of a data frame: it carries none.
    pub(crate) const fn is_null(self) -> bool {
        self.subtype() & 4 != 0
    }

    /// Of a data frame: it has the field for the quality of service.
    pub(crate) const fn has_quality(self) -> bool {
        self.subtype() & 8 != 0
    }

    /// How long the header of a data frame is.
    pub(crate) const fn data_header(self) -> usize {
        let addresses = if self.enters_distribution() && self.leaves_distribution() {
            30
        } else {
            24
        };
        addresses + if self.has_quality() { 2 } else { 0 }
    }

    /// Where the source's and the destination's address are in a data frame.
    pub(crate) const fn ends(self) -> (usize, usize) {
        match (self.enters_distribution(), self.leaves_distribution()) {
            (false, false) => (10, 4),
            (false, true) => (16, 4),
            (true, false) => (10, 16),
            (true, true) => (24, 16),
        }
    }
}

/// Radiotap: a length, and a bit for each field that follows.
pub(crate) fn radiotap(bytes: &[u8]) -> Option<Radio> {
    let len = usize::from(u16::from_le_bytes(*bytes.get(2..)?.first_chunk()?));
    let header = bytes.get(..len)?;
    let word = |at: usize| -> Option<u32> {
        let bytes = header.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    };
    let present = word(4)?;
    // The highest bit says that there is one more word of bits.
    let mut at = 4;
    while word(at)? & 1 << 31 != 0 {
        at += 4;
    }
    at += 4;
    if present & 1 != 0 {
        // The clock, of eight bytes.
        at = at.next_multiple_of(8) + 8;
    }
    let flags = if present & 2 == 0 {
        0
    } else {
        *header.get(at)?
    };
    Some(Radio {
        len,
        padded: flags & WITH_PADDING != 0,
        check_len: if flags & WITH_CHECK == 0 { 0 } else { 4 },
    })
}

/// AVS: a magic number, and a length.
pub(crate) fn avs(bytes: &[u8]) -> Option<Radio> {
    let len = u32::from_be_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
    (len >= 8 && len <= bytes.len()).then_some(Radio {
        len,
        ..Radio::default()
    })
}

/// Prism's header, or AVS' in its place.
pub(crate) fn prism(bytes: &[u8]) -> Option<Radio> {
    let magic = u32::from_be_bytes(*bytes.first_chunk()?);
    if AVS_MAGIC.contains(&magic) {
        return avs(bytes);
    }
    (bytes.len() >= PRISM).then_some(Radio {
        len: PRISM,
        ..Radio::default()
    })
}

/// A frame behind what the receiver noted, which is `None` when it is cut short.
pub(super) fn frame(part: Part<'_>, radio: Option<Radio>) -> (Link, Payload<'_>) {
    let cut = |layer| {
        let problem = CUT_SHORT;
        (Link::None, Err(Malformed { layer, problem }))
    };
    let Some(radio) = radio else {
        return cut("radio");
    };
    let part = part.skip(u32::try_from(radio.len).unwrap_or(u32::MAX));
    let part = part.resize(part.len.saturating_sub(radio.check_len));
    let Some(control) = Control::of(part.captured) else {
        return cut("802.11");
    };
    if control.kind() != DATA || control.is_null() || control.is_protected() {
        return (Link::None, Ok((0, part)));
    }
    let address = |at| -> Option<MacAddr> {
        let bytes = part.captured.get(at..)?.first_chunk()?;
        Some(MacAddr(*bytes))
    };
    let (source, destination) = control.ends();
    let (Some(src), Some(dst)) = (address(source), address(destination)) else {
        return cut("802.11");
    };
    let vlan = None;
    let link = Link::Ethernet { src, dst, vlan };
    let mut header = control.data_header();
    if radio.padded {
        header = header.next_multiple_of(4);
    }
    (link, snap(part.skip(u32::try_from(header).unwrap_or(0))))
}

/// The type that RFC 1042 puts behind an LLC header.
fn snap(part: Part<'_>) -> Payload<'_> {
    let header = part.captured.first_chunk();
    match header {
        Some(&[0xaa, 0xaa, 0x03, 0, 0, 0 | 0xf8, high, low]) => {
            Ok((u16::from_be_bytes([high, low]), part.skip(8)))
        }
        Some(_) => Ok((0, part)),
        None => Err(Malformed {
            layer: "LLC",
            problem: CUT_SHORT,
        }),
    }
}
