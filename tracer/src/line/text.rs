//! Reading captured bytes that may end anywhere, and appending numbers and addresses.

use crate::digits::{self, decimal};

/// A field lies beyond the captured bytes.
///
/// tcpdump then leaves all its printers at once and closes the line with `[|proto]`, where
/// `proto` is the printer that it was in.
#[derive(Debug)]
pub(super) struct Cut;

pub(super) fn byte(bytes: &[u8], at: usize) -> Result<u8, Cut> {
    bytes.get(at).copied().ok_or(Cut)
}

pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Cut> {
    bytes
        .get(at..)
        .and_then(<[u8]>::first_chunk)
        .copied()
        .ok_or(Cut)
}

pub(super) fn be16(bytes: &[u8], at: usize) -> Result<u16, Cut> {
    array(bytes, at).map(u16::from_be_bytes)
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Result<u32, Cut> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// Everything from `at` on; nothing when the capture ends before.
pub(super) fn from(bytes: &[u8], at: usize) -> &[u8] {
    bytes.get(at..).unwrap_or_default()
}

/// At most the first `len` bytes.
pub(super) fn upto(bytes: &[u8], len: u32) -> &[u8] {
    usize::try_from(len)
        .ok()
        .and_then(|len| bytes.get(..len))
        .unwrap_or(bytes)
}

/// The name that a table has for a number.
pub(super) fn named(names: &[(u32, &'static str)], number: u32) -> Option<&'static str> {
    let found = names.iter().find(|&&(of, _)| of == number);
    found.map(|&(_, name)| name)
}

/// How much was captured, as the 32-bit number that tcpdump prints.
pub(super) fn len32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// Appends without going through `fmt`, which would cost more than everything else here.
pub(super) trait Append {
    fn dec(&mut self, value: impl Into<u64>);
    /// Lower case, at least `width` digits.
    fn hex(&mut self, value: u32, width: u32);
    fn hex_bytes(&mut self, bytes: &[u8]);
    fn ipv4(&mut self, address: [u8; 4]);
    fn ipv6(&mut self, address: [u8; 16]);
    /// Pairs of hexadecimal digits between colons.
    fn link_address(&mut self, address: &[u8]);
    /// ASCII text that the caller has checked to be printable.
    fn ascii(&mut self, bytes: &[u8]);
}

impl Append for String {
    #[inline]
    fn dec(&mut self, value: impl Into<u64>) {
        decimal(self, value.into());
    }

    fn hex(&mut self, value: u32, width: u32) {
        let digits = (u32::BITS - value.leading_zeros()).div_ceil(4).max(1);
        for place in (0..digits.max(width)).rev() {
            let digit = value.checked_shr(place * 4).unwrap_or(0) & 0xf;
            self.push(char::from_digit(digit, 16).unwrap_or('0'));
        }
    }

    fn hex_bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.hex(u32::from(byte), 2);
        }
    }

    fn ipv4(&mut self, address: [u8; 4]) {
        digits::ipv4(self, address);
    }

    /// tcpdump's own rules: the longest run of two or more zero groups is shortened, the first
    /// of equals; an IPv4 address shows as such after `::` and `::ffff:`.
    fn ipv6(&mut self, address: [u8; 16]) {
        let mut groups = [0; 8];
        for (group, pair) in groups.iter_mut().zip(address.as_chunks().0) {
            *group = u16::from_be_bytes(*pair);
        }
        let (start, len) = longest_zero_run(&groups);
        let mapped = len == 6 || (len == 5 && groups[5] == 0xffff);
        for (i, group) in groups.into_iter().enumerate() {
            if (start..start + len).contains(&i) {
                if i == start {
                    self.push(':');
                }
                continue;
            }
            if i != 0 {
                self.push(':');
            }
            if i == 6 && start == 0 && mapped {
                let [.., a, b, c, d] = address;
                self.ipv4([a, b, c, d]);
                return;
            }
            self.hex(u32::from(group), 1);
        }
        if len != 0 && start + len == groups.len() {
            self.push(':');
        }
    }

    fn link_address(&mut self, address: &[u8]) {
        for (i, &byte) in address.iter().enumerate() {
            if i != 0 {
                self.push(':');
            }
            self.hex(u32::from(byte), 2);
        }
    }

    fn ascii(&mut self, bytes: &[u8]) {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.push_str(text),
            Err(_) => bytes.iter().for_each(|&b| self.push(char::from(b))),
        }
    }
}

/// Where the run to shorten begins, and its length; a length of 0 when there is none.
fn longest_zero_run(groups: &[u16; 8]) -> (usize, usize) {
    let (mut best, mut best_len) = (0, 1);
    let mut len = 0;
    for (i, &group) in groups.iter().enumerate() {
        len = if group == 0 { len + 1 } else { 0 };
        if len > best_len {
            (best, best_len) = (i + 1 - len, len);
        }
    }
    if best_len < 2 {
        (0, 0)
    } else {
        (best, best_len)
    }
}

/// Hexadecimal and ASCII, 16 bytes a line, as tcpdump shows what it has no printer for.
pub(super) fn hex_and_ascii(out: &mut String, bytes: &[u8]) {
    hex_and_ascii_indented(out, "\n\t", bytes);
}

/// Likewise, with another indentation.
pub(super) fn hex_and_ascii_indented(out: &mut String, indent: &str, bytes: &[u8]) {
    for (line, bytes) in bytes.chunks(16).enumerate() {
        out.push_str(indent);
        out.push_str("0x");
        out.hex(u32::try_from(line * 16).unwrap_or(u32::MAX), 4);
        out.push_str(": ");
        let start = out.len();
        for pair in bytes.chunks(2) {
            out.push(' ');
            out.hex_bytes(pair);
        }
        for _ in out.len() - start..40 {
            out.push(' ');
        }
        out.push_str("  ");
        for &byte in bytes {
            out.push(if byte.is_ascii_graphic() {
                char::from(byte)
            } else {
                '.'
            });
        }
    }
}

/// As text below the line: what is not printable as a full stop, line feeds as they are.
pub(super) fn ascii_dump(out: &mut String, bytes: &[u8]) {
    out.push('\n');
    for (i, &byte) in bytes.iter().enumerate() {
        match byte {
            // At a line's end it goes without saying.
            b'\r' => {
                if bytes.get(i + 2).is_some() && bytes.get(i + 1) != Some(&b'\n') {
                    out.push('.');
                }
            }
            b'\t' | b'\n' | b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push('.'),
        }
    }
}

/// Hexadecimal only, without the ASCII column.
pub(super) fn hex_only(out: &mut String, bytes: &[u8]) {
    hex_lines(out, "\n\t", bytes);
}

/// Likewise, with another indentation.
pub(super) fn hex_lines(out: &mut String, indent: &str, bytes: &[u8]) {
    hex_from(out, indent, bytes, 0);
}

/// Likewise, counted from an offset.
pub(super) fn hex_from(out: &mut String, indent: &str, bytes: &[u8], offset: usize) {
    for (line, bytes) in bytes.chunks(16).enumerate() {
        out.push_str(indent);
        out.push_str("0x");
        out.hex(u32::try_from(offset + line * 16).unwrap_or(u32::MAX), 4);
        out.push_str(": ");
        for pair in bytes.chunks(2) {
            out.push(' ');
            out.hex_bytes(pair);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Append, hex_and_ascii};

    #[test]
    fn ipv6_addresses_as_tcpdump_writes_them() {
        let text = |address: &str| {
            let mut out = String::new();
            out.ipv6(address.parse::<std::net::Ipv6Addr>().unwrap().octets());
            out
        };
        for address in [
            "::",
            "::1",
            "fe80::1",
            "1::",
            "2001:db8::1:0:0:1",
            "1:0:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(text(address), address);
        }
        assert_eq!(text("::a00:1"), "::10.0.0.1");
    }

    #[test]
    fn numbers_keep_their_width() {
        let mut out = String::new();
        out.hex(0, 1);
        out.push(' ');
        out.hex(0xabc, 4);
        out.push(' ');
        out.hex(u32::MAX, 1);
        out.push(' ');
        out.hex(1, 12);
        assert_eq!(out, "0 0abc ffffffff 000000000001");
    }

    #[test]
    fn dumps_seventeen_bytes() {
        let mut out = String::new();
        hex_and_ascii(&mut out, b"220 ready\r\n012345");
        assert_eq!(
            out,
            "\n\t0x0000:  3232 3020 7265 6164 790d 0a30 3132 3334  220.ready..01234\
             \n\t0x0010:  35                                       5"
        );
    }
}
