//! Prefixes as BGP and LDP write them: a length in bits, and as many bytes as that needs.

use super::super::Printer;
use super::super::text::{Cut, byte};

/// What is found where a prefix must be.
pub(in super::super) enum Prefix {
    Whole(Address),
    /// Longer than an address.
    TooLong,
    /// It goes on beyond what it stands in.
    Unfinished,
}

/// The first bits of an address; the others are zero.
pub(in super::super) struct Address {
    bytes: [u8; 16],
    bits: u8,
    v6: bool,
}

impl Address {
    /// In bytes, without the length that stands before it.
    pub(in super::super) const fn len(&self) -> u32 {
        (self.bits as u32).div_ceil(8)
    }

    pub(super) const fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(in super::super) fn print(&self, p: &mut Printer<'_>) {
        if self.v6 {
            p.ipv6(self.bytes);
        } else {
            p.ipv4(*self.bytes.first_chunk().unwrap_or(&[0; 4]));
        }
        p.text("/");
        p.dec(self.bits);
    }
}

pub(in super::super) fn ipv4(bytes: &[u8], len: u32) -> Result<Prefix, Cut> {
    prefix(bytes, len, false)
}

pub(in super::super) fn ipv6(bytes: &[u8], len: u32) -> Result<Prefix, Cut> {
    prefix(bytes, len, true)
}

fn prefix(bytes: &[u8], len: u32, v6: bool) -> Result<Prefix, Cut> {
    if len < 1 {
        return Ok(Prefix::Unfinished);
    }
    let bits = byte(bytes, 0)?;
    if bits > most(v6) {
        return Ok(Prefix::TooLong);
    }
    if len - 1 < u32::from(bits).div_ceil(8) {
        return Ok(Prefix::Unfinished);
    }
    Ok(Prefix::Whole(address(bytes, 1, bits, v6)?))
}

pub(super) const fn most(v6: bool) -> u8 {
    if v6 { 128 } else { 32 }
}

/// The `bits` bits at `at`, which must not be more than an address has.
pub(super) fn address(bytes: &[u8], at: usize, bits: u8, v6: bool) -> Result<Address, Cut> {
    let len = usize::from(bits).div_ceil(8);
    let found = bytes.get(at..at + len).ok_or(Cut)?;
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(found) {
        *to = *from;
    }
    if !bits.is_multiple_of(8)
        && let Some(last) = bytes.get_mut(len.wrapping_sub(1))
    {
        *last &= !(0xff >> (bits % 8));
    }
    Ok(Address { bytes, bits, v6 })
}
