//! NFS of versions 2 and 3 (RFC 1094, RFC 1813), in calls and replies of RPC (RFC 5531).

mod attributes;
mod handle;
mod names;
mod reply;
mod request;

use super::Printer;
use super::ip::Addresses;
use super::text::{Append, Cut, be32, from, named, upto};
use names::{PROCEDURES, VERSION_2};

pub(super) const PORT: u16 = 2049;

const CALL: u32 = 0;
const REPLY: u32 = 1;

/// Why the printing of a message ends before its end.
enum Stop {
    /// In the middle of a field: tcpdump then leaves all printers.
    Cut,
    /// Where there is nothing to read.
    Short,
}

impl From<Cut> for Stop {
    fn from(Cut: Cut) -> Self {
        Self::Cut
    }
}

/// The calls whose replies may come: only they say what a reply is of.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// At most [`Calls::MAX`]; then the oldest is overwritten.
    entries: Vec<Call>,
    next: usize,
}

#[derive(Debug)]
struct Call {
    id: u32,
    between: Addresses,
    procedure: u32,
    version: u32,
}

impl Calls {
    /// As many as tcpdump remembers.
    const MAX: usize = 64;

    fn enter(&mut self, call: Call) {
        match self.entries.get_mut(self.next) {
            Some(entry) => *entry = call,
            None => self.entries.push(call),
        }
        self.next = (self.next + 1) % Self::MAX;
    }

    fn find(&self, id: u32, reply: &Addresses) -> Option<(u32, u32)> {
        let call = self
            .entries
            .iter()
            .find(|call| call.id == id && call.between.is_answered_by(reply))?;
        Some((call.procedure, call.version))
    }
}

/// A message of the port that NFS has, `from_server` or to it; `false` when it is none.
pub(super) fn nfs(
    p: &mut Printer<'_>,
    addresses: &Addresses,
    (sport, dport): (u16, u16),
    bytes: &[u8],
    len: u32,
) -> Result<bool, Cut> {
    let (Ok(id), Ok(direction)) = (be32(bytes, 0), be32(bytes, 4)) else {
        return Ok(false);
    };
    if dport == PORT && direction == CALL {
        p.text("NFS request xid ");
        p.dec(id);
        p.text(" ");
        p.protocol = "nfs";
        p.dec(len);
        match request::request(p, addresses, bytes, len) {
            Ok(()) => {}
            Err(Stop::Short) => p.truncated(),
            Err(Stop::Cut) => return Err(Cut),
        }
    } else if sport == PORT && direction == REPLY {
        p.text("NFS reply xid ");
        p.dec(id);
        p.text(" ");
        p.protocol = "nfs";
        reply::reply(p, addresses, bytes, len)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Prints the name of a procedure and returns its number in version 3.
fn procedure(p: &mut Printer<'_>, number: u32, version: u32) -> u32 {
    let number = match VERSION_2.get(number as usize) {
        Some(&number) if version != 3 => number,
        _ => number,
    };
    p.text(" ");
    if let Some(name) = named(&PROCEDURES, number) {
        p.text(name);
    } else {
        p.text("proc-");
        p.dec(number);
    }
    number
}

/// A name in quotation marks; returns what follows it.
fn name<'a>(p: &mut Printer<'_>, bytes: &'a [u8]) -> Result<&'a [u8], Stop> {
    let len = be32(bytes, 0)?;
    let Some(padded) = len.checked_next_multiple_of(4) else {
        p.text("[cannot pad to 32-bit boundaries]");
        p.invalid();
        return Err(Stop::Short);
    };
    let name = from(bytes, 4);
    let after = name.get(padded as usize..).ok_or(Stop::Short)?;
    p.text("\"");
    p.characters(upto(name, len), 0, len as usize)?;
    p.text("\"");
    Ok(after)
}

/// `12.000345`
fn time(p: &mut Printer<'_>, seconds: u32, fraction: u32) {
    p.dec(seconds);
    p.text(".");
    for least in [100_000, 10_000, 1000, 100, 10] {
        if fraction < least {
            p.text("0");
        }
    }
    p.dec(fraction);
}

fn octal(p: &mut Printer<'_>, value: u32) {
    p.text(&format!("{value:o}"));
}

/// Two words as one number, in hexadecimal without zeros in front.
fn hex64(p: &mut Printer<'_>, value: u64) {
    p.text(&format!("{value:x}"));
}

fn be64(bytes: &[u8], at: usize) -> Result<u64, Cut> {
    Ok(u64::from(be32(bytes, at)?) << 32 | u64::from(be32(bytes, at + 4)?))
}

fn verifier(p: &mut Printer<'_>, (high, low): (u32, u32)) {
    p.text(" verf ");
    p.out.hex(high, 8);
    p.out.hex(low, 8);
}
