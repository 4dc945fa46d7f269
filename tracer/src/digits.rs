//! Numbers as text, without `fmt`: three digits a step, each step one store of four bytes.

// Only where it is inlined has a piece of text a known length, and is a store and not a call.
#![allow(clippy::inline_always)]

/// Every number below 1000 in four bytes: its digits, then dots.
const PLAIN: &str = text(&table(false));
/// The same with leading zeros and one dot.
const PADDED: &str = text(&table(true));

const fn table(padded: bool) -> [u8; 4000] {
    let mut table = [b'.'; 4000];
    let mut value = 0;
    while value < 1000 {
        let digits = [value / 100, value / 10 % 10, value % 10];
        let mut from = if padded { 0 } else { 3 - width(value) };
        let mut to = 4 * value;
        while from < 3 {
            // One digit always fits.
            #[allow(clippy::cast_possible_truncation)]
            let digit = digits[from] as u8;
            table[to] = b'0' + digit;
            from += 1;
            to += 1;
        }
        value += 1;
    }
    table
}

const fn text(table: &'static [u8; 4000]) -> &'static str {
    match std::str::from_utf8(table) {
        Ok(text) => text,
        Err(_) => panic!("digits are ASCII"),
    }
}

#[inline]
const fn width(value: usize) -> usize {
    1 + (value > 9) as usize + (value > 99) as usize
}

/// Text that grows at its end.
pub(crate) trait Grow {
    /// Appends ASCII text, of which the first `keep` bytes are meant: a store of a fixed size is
    /// cheaper than one that fits.
    fn grow(&mut self, text: &'static str, keep: usize);
}

impl Grow for String {
    #[inline(always)]
    fn grow(&mut self, text: &'static str, keep: usize) {
        let end = self.len() + keep;
        self.push_str(text);
        self.truncate(end);
    }
}

/// Room for a number, filled from the left.
struct Digits {
    bytes: [u8; 24],
    len: usize,
}

impl Grow for Digits {
    #[inline(always)]
    fn grow(&mut self, text: &'static str, keep: usize) {
        let room = self.bytes.get_mut(self.len..);
        let room = room.and_then(<[u8]>::first_chunk_mut::<4>);
        if let (Some(room), Some(four)) = (room, text.as_bytes().first_chunk()) {
            *room = *four;
            self.len += keep;
        }
    }
}

/// [`decimal`] for bytes, in one store.
#[inline(always)]
pub(crate) fn decimal_bytes(out: &mut Vec<u8>, value: u64) {
    let mut digits = Digits {
        bytes: [0; 24],
        len: 0,
    };
    decimal(&mut digits, value);
    put(out, &digits);
}

/// [`ipv4`] for bytes.
#[inline]
pub(crate) fn ipv4_bytes(out: &mut Vec<u8>, address: [u8; 4]) {
    let mut digits = Digits {
        bytes: [0; 24],
        len: 0,
    };
    ipv4(&mut digits, address);
    put(out, &digits);
}

#[inline(always)]
fn put(out: &mut Vec<u8>, digits: &Digits) {
    let end = out.len() + digits.len;
    out.extend_from_slice(&digits.bytes);
    out.truncate(end);
}

/// The four bytes of a number below 1000; nothing for greater ones, which no caller gives.
#[inline(always)]
fn four(table: &'static str, value: usize) -> &'static str {
    table.get(4 * value..4 * value + 4).unwrap_or_default()
}

/// Appends a number in decimal.
#[inline]
pub(crate) fn decimal(out: &mut impl Grow, value: u64) {
    match value {
        0..1000 => first(out, value),
        1000..1_000_000 => {
            first(out, value / 1000);
            next(out, value % 1000);
        }
        _ => long(out, value),
    }
}

/// Appends the last digits of a number, with leading zeros: so many groups of three, at most six.
#[inline]
pub(crate) fn padded(out: &mut impl Grow, value: u64, groups: u32) {
    let unit = 1000_u64.pow(groups);
    rest(out, value % unit, unit / 1000);
}

/// Appends `127.0.0.1`.
#[inline]
pub(crate) fn ipv4(out: &mut impl Grow, [a, b, c, d]: [u8; 4]) {
    for octet in [a, b, c] {
        let octet = usize::from(octet);
        out.grow(four(PLAIN, octet), width(octet) + 1);
    }
    first(out, u64::from(d));
}

#[inline(never)]
fn long(out: &mut impl Grow, value: u64) {
    const BILLION: u64 = 1_000_000_000;
    if value < BILLION {
        first(out, value / 1_000_000);
        return rest(out, value % 1_000_000, 1000);
    }
    decimal(out, value / BILLION);
    rest(out, value % BILLION, 1_000_000);
}

/// The groups of three from the one that counts `unit`s on.
fn rest(out: &mut impl Grow, mut value: u64, mut unit: u64) {
    while unit > 0 {
        next(out, value / unit);
        value %= unit;
        unit /= 1000;
    }
}

#[inline(always)]
fn first(out: &mut impl Grow, value: u64) {
    let value = group(value);
    out.grow(four(PLAIN, value), width(value));
}

#[inline(always)]
fn next(out: &mut impl Grow, value: u64) {
    out.grow(four(PADDED, group(value)), 3);
}

/// The callers give less than 1000.
#[inline(always)]
fn group(value: u64) -> usize {
    usize::try_from(value).map_or(999, |value| value.min(999))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::{decimal, decimal_bytes, ipv4, ipv4_bytes, padded};

    fn written(value: u64) -> String {
        let (mut out, mut bytes) = (String::from("x"), Vec::from(b"x"));
        decimal(&mut out, value);
        decimal_bytes(&mut bytes, value);
        assert_eq!(bytes, out.as_bytes());
        out
    }

    #[test]
    fn the_edges() {
        let powers = (0..20).map(|exponent| 10_u64.pow(exponent));
        for power in powers.chain([u64::MAX]) {
            for value in [power - 1, power, power.saturating_add(1)] {
                assert_eq!(written(value), format!("x{value}"));
            }
        }
        for value in 0..=2000 {
            assert_eq!(written(value), format!("x{value}"));
        }
    }

    proptest! {
        #[test]
        fn the_last_digits_have_leading_zeros(value in any::<u64>()) {
            let mut out = String::new();
            padded(&mut out, value, 1);
            padded(&mut out, value, 3);
            let (one, three) = (value % 1000, value % 1_000_000_000);
            prop_assert_eq!(out, format!("{one:03}{three:09}"));
        }

        #[test]
        fn as_fmt_writes_them(value in any::<u64>(), shift in 0..64, address in any::<u32>()) {
            let value = value >> shift;
            prop_assert_eq!(written(value), format!("x{value}"));
            let mut out = String::new();
            ipv4(&mut out, address.to_be_bytes());
            prop_assert_eq!(&out, &Ipv4Addr::from(address).to_string());
            let mut bytes = Vec::new();
            ipv4_bytes(&mut bytes, address.to_be_bytes());
            prop_assert_eq!(bytes, out.into_bytes());
        }
    }
}
