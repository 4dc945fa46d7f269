//! The fields of a message's body, one after the other.

use super::super::Printer;
use super::super::text::{Append, Cut, array, from, hex_and_ascii_indented, len32, named, upto};

/// Names of bits.
pub(super) struct Bits {
    /// Those that mean anything, with a name or without one.
    pub(super) assigned: u32,
    pub(super) names: &'static [(u32, &'static str)],
}

/// What a number is called.
type Names = [(u32, &'static str)];

/// What stands for a number without a name.
#[derive(Clone, Copy)]
pub(super) enum Otherwise {
    Decimal,
    /// With so many digits.
    Hexadecimal(u32),
    /// Behind this, in parentheses.
    Called(&'static str, u32),
    Text(&'static str),
}
pub(super) use Otherwise::{Called, Decimal, Hexadecimal, Text};

/// What is left of a body.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    /// As captured, and on beyond the body.
    pub(super) bytes: &'a [u8],
    pub(super) len: u32,
}

impl Body<'_> {
    /// Steps over bytes that need not be there.
    pub(super) fn pass(&mut self, len: u32) {
        self.bytes = from(self.bytes, len as usize);
        self.len = self.len.wrapping_sub(len);
    }

    /// Steps over bytes that must have been captured.
    pub(super) fn skip(&mut self, len: u32) -> Result<(), Cut> {
        self.must_hold(len)?;
        self.pass(len);
        Ok(())
    }

    pub(super) fn must_hold(&self, len: u32) -> Result<(), Cut> {
        if self.bytes.len() < len as usize {
            return Err(Cut);
        }
        Ok(())
    }

    /// A part of it, from where it stands on.
    pub(super) const fn part(&self, len: u32) -> Self {
        Self {
            bytes: self.bytes,
            len,
        }
    }

    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], Cut> {
        let taken = array(self.bytes, 0)?;
        self.bytes = from(self.bytes, N);
        self.len = self.len.wrapping_sub(u32::try_from(N).unwrap_or(0));
        Ok(taken)
    }

    /// A number of one, two or four bytes.
    pub(super) fn number(&mut self, size: u8) -> Result<u32, Cut> {
        Ok(match size {
            1 => self.take().map(|[byte]: [u8; 1]| byte)?.into(),
            2 => u16::from_be_bytes(self.take()?).into(),
            _ => u32::from_be_bytes(self.take()?),
        })
    }

    pub(super) fn decimal(
        &mut self,
        p: &mut Printer<'_>,
        label: &str,
        size: u8,
    ) -> Result<u32, Cut> {
        let value = self.number(size)?;
        p.text(label);
        p.dec(value);
        Ok(value)
    }

    /// Likewise, and nothing of a zero.
    pub(super) fn unless_zero(
        &mut self,
        p: &mut Printer<'_>,
        label: &str,
        size: u8,
    ) -> Result<(), Cut> {
        let value = self.number(size)?;
        if value != 0 {
            p.text(label);
            p.dec(value);
        }
        Ok(())
    }

    /// Of eight bytes.
    pub(super) fn count(&mut self, p: &mut Printer<'_>, label: &str) -> Result<(), Cut> {
        let value = u64::from_be_bytes(self.take()?);
        p.text(label);
        p.dec(value);
        Ok(())
    }

    /// Likewise, in hexadecimal.
    pub(super) fn cookie(&mut self, p: &mut Printer<'_>, label: &str) -> Result<(), Cut> {
        let value: [u8; 8] = self.take()?;
        p.text(label);
        p.text("0x");
        p.out.hex_bytes(&value);
        Ok(())
    }

    pub(super) fn hexadecimal(
        &mut self,
        p: &mut Printer<'_>,
        label: &str,
        size: u8,
    ) -> Result<u32, Cut> {
        let value = self.number(size)?;
        p.text(label);
        p.text("0x");
        p.out.hex(value, u32::from(size) * 2);
        Ok(value)
    }

    pub(super) fn named(
        &mut self,
        p: &mut Printer<'_>,
        label: &str,
        size: u8,
        (names, otherwise): (&Names, Otherwise),
    ) -> Result<u32, Cut> {
        let value = self.number(size)?;
        p.text(label);
        name(p, value, (names, otherwise));
        Ok(value)
    }

    /// The number in hexadecimal, then the names of its bits.
    pub(super) fn bits(
        &mut self,
        p: &mut Printer<'_>,
        label: &str,
        size: u8,
        bits: &Bits,
    ) -> Result<(), Cut> {
        let value = self.hexadecimal(p, label, size)?;
        bits.print(p, value);
        Ok(())
    }

    pub(super) fn link_address(&mut self, p: &mut Printer<'_>, label: &str) -> Result<(), Cut> {
        let address = self.take()?;
        p.text(label);
        p.ethernet_address(address);
        Ok(())
    }

    pub(super) fn ip_address(&mut self, p: &mut Printer<'_>, label: &str) -> Result<(), Cut> {
        let address = self.take()?;
        p.text(label);
        p.ipv4(address);
        Ok(())
    }

    /// Text up to its end or a zero, between quotation marks.
    pub(super) fn quoted(&mut self, p: &mut Printer<'_>, label: &str, len: u32) -> Result<(), Cut> {
        p.text(label);
        p.text("'");
        let field = upto(self.bytes, len);
        let text = field.split(|&byte| byte == 0).next().unwrap_or_default();
        p.characters(text, 0, text.len())?;
        if len32(text) < len && text.len() == self.bytes.len() {
            return Err(Cut);
        }
        p.text("'");
        self.pass(len);
        Ok(())
    }

    /// All of the rest makes no sense; it must have been captured nevertheless.
    pub(super) fn refuse(&self, p: &mut Printer<'_>) -> Result<(), Cut> {
        p.invalid();
        self.must_hold(self.len)
    }

    /// Bytes of any kind.
    pub(super) fn data(&self, p: &mut Printer<'_>) -> Result<(), Cut> {
        if self.len == 0 {
            return Ok(());
        }
        p.text("\n\t data (");
        p.dec(self.len);
        p.text(" octets)");
        if p.verbose() > 1 {
            hex_and_ascii_indented(p.out, "\n\t  ", upto(self.bytes, self.len));
        }
        self.must_hold(self.len)
    }
}

impl Bits {
    pub(super) fn print(&self, p: &mut Printer<'_>, value: u32) {
        if value & self.assigned != 0 {
            p.text(" (");
            let mut separator = "";
            for &(bit, name) in self.names {
                if value & bit == bit {
                    p.text(std::mem::replace(&mut separator, ", "));
                    p.text(name);
                }
            }
            p.text(")");
        }
        if value & !self.assigned != 0 {
            p.text(" (bogus)");
        }
    }
}

pub(super) fn name(p: &mut Printer<'_>, value: u32, (names, otherwise): (&Names, Otherwise)) {
    match (named(names, value), otherwise) {
        (Some(name), _) => p.text(name),
        (None, Decimal) => p.dec(value),
        (None, Hexadecimal(digits)) => {
            p.text("0x");
            p.out.hex(value, digits);
        }
        (None, Called(what, digits)) => {
            p.text(what);
            p.text(" (0x");
            p.out.hex(value, digits);
            p.text(")");
        }
        (None, Text(text)) => p.text(text),
    }
}
