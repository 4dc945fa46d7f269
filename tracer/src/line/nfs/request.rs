//! What a call of NFS asks for.

use super::super::Printer;
use super::super::ip::Addresses;
use super::super::text::{Append, Cut, be32, from, named};
use super::handle::handle;
use super::names::{ACCESS, FILE_TYPES, WRITE_MODES};
use super::{Call, Stop, be64, name, octal, procedure, time, verifier};

/// Where the caller's credentials are, in bytes from the message's start.
const CREDENTIALS: usize = 24;
const CLIENT_TIME: u32 = 2;

pub(super) fn request(
    p: &mut Printer<'_>,
    addresses: &Addresses,
    bytes: &[u8],
    len: u32,
) -> Result<(), Stop> {
    let number = be32(bytes, 20).map_err(|Cut| Stop::Short)?;
    let version = be32(bytes, 16)?;
    p.memory.nfs_calls.enter(Call {
        id: be32(bytes, 0)?,
        between: *addresses,
        procedure: number,
        version,
    });
    let v3 = version == 3;
    let number = procedure(p, number, version);
    if !(1..=21).contains(&number) {
        return Ok(());
    }
    let object = arguments(bytes, len)?;
    let rest = handle(p, object, v3)?;
    match number {
        // The object is all that is shown.
        1 | 2 | 5 | 18 | 19 | 20 => {}
        3 | 8 | 9 | 12 | 13 => {
            p.text(" ");
            name(p, rest)?;
        }
        4 => access(p, be32(rest, 0)?),
        6 => {
            let (count, at) = if v3 {
                (be32(rest, 8)?, be64(rest, 0)?)
            } else {
                (be32(rest, 4)?, be32(rest, 0)?.into())
            };
            bytes_at(p, count, at);
        }
        7 => write(p, rest, v3)?,
        10 => {
            p.text(" ");
            let mut rest = name(p, rest)?;
            p.text(" ->");
            let mut attributes = None;
            if v3 {
                let (found, after) = Attributes::read(rest)?;
                attributes = Some(found);
                rest = after;
            }
            name(p, rest)?;
            if let Some(attributes) = attributes {
                attributes.print(p);
            }
        }
        11 => node(p, rest)?,
        14 => {
            p.text(" ");
            let rest = name(p, rest)?;
            p.text(" ->");
            let rest = handle(p, rest, v3)?;
            p.text(" ");
            name(p, rest)?;
        }
        15 => {
            p.text(" ->");
            let rest = handle(p, rest, v3)?;
            p.text(" ");
            name(p, rest)?;
        }
        16 | 17 => directory(p, rest, v3, number == 17)?,
        _ => bytes_at(p, be32(rest, 8)?, be64(rest, 0)?),
    }
    Ok(())
}

/// Where the procedure's arguments begin: behind the credentials and their verifier. The lengths
/// are compared with `len` as if the message began with them, as tcpdump does.
fn arguments(bytes: &[u8], len: u32) -> Result<&[u8], Stop> {
    let mut rest = from(bytes, CREDENTIALS);
    let mut left = u64::from(len);
    for verifier in [false, true] {
        if left < 8 {
            return Err(Stop::Short);
        }
        let opaque = be32(rest, 4)?;
        let padded = opaque.wrapping_add(3) & !3;
        if from(rest, 8).len() < padded as usize {
            return Err(Stop::Short);
        }
        let taken = 8 + u64::from(padded);
        let fits = if verifier {
            taken < left
        } else {
            taken <= left
        };
        if !fits {
            return Err(Stop::Short);
        }
        rest = from(
            rest,
            (opaque as usize).next_multiple_of(4).saturating_add(8),
        );
        left -= taken;
    }
    Ok(rest)
}

fn bytes_at(p: &mut Printer<'_>, count: u32, at: u64) {
    p.text(" ");
    p.dec(count);
    p.text(" bytes @ ");
    p.dec(at);
}

fn access(p: &mut Printer<'_>, rights: u32) {
    const FULL: u32 = 0x3f;
    if rights & !FULL != 0 {
        p.text(" ");
        p.out.hex(rights, 4);
    } else if rights == FULL {
        p.text(" NFS_ACCESS_FULL");
    } else {
        let mut separator = " ";
        for (bit, name) in ACCESS {
            if rights & bit != 0 {
                p.text(std::mem::replace(&mut separator, "|"));
                p.text(name);
            }
        }
    }
}

fn write(p: &mut Printer<'_>, rest: &[u8], v3: bool) -> Result<(), Stop> {
    let words = [
        be32(rest, 0)?,
        be32(rest, 4)?,
        be32(rest, 8)?,
        be32(rest, 12)?,
    ];
    let [first, second, third, fourth] = words;
    if v3 {
        let count = be32(rest, 16)?;
        p.text(" ");
        p.dec(count);
        p.text(" (");
        p.dec(third);
        p.text(") bytes @ ");
        p.dec(be64(rest, 0)?);
        if p.verbose() > 0 {
            write_mode(p, fourth);
        }
    } else {
        p.text(" ");
        p.dec(fourth);
        p.text(" (");
        p.dec(third);
        p.text(") bytes @ ");
        p.dec(second);
        p.text(" (");
        p.dec(first);
        p.text(")");
    }
    Ok(())
}

pub(super) fn write_mode(p: &mut Printer<'_>, mode: u32) {
    p.text(" <");
    if let Some(name) = named(&WRITE_MODES, mode) {
        p.text(name);
    } else {
        p.text("#");
        p.text(&mode.cast_signed().to_string());
    }
    p.text(">");
}

fn node(p: &mut Printer<'_>, rest: &[u8]) -> Result<(), Stop> {
    p.text(" ");
    let rest = name(p, rest)?;
    let kind = be32(rest, 0)?;
    let (attributes, rest) = Attributes::read(from(rest, 4))?;
    p.text(" ");
    if let Some(name) = named(&FILE_TYPES, kind) {
        p.text(name);
    } else {
        p.text("unk-ft ");
        p.dec(kind);
    }
    if p.verbose() > 0 && matches!(kind, 3 | 4) {
        let (major, minor) = (be32(rest, 0)?, be32(rest, 4)?);
        p.text(" ");
        p.dec(major);
        p.text("/");
        p.dec(minor);
    }
    attributes.print(p);
    Ok(())
}

fn directory(p: &mut Printer<'_>, rest: &[u8], v3: bool, plus: bool) -> Result<(), Stop> {
    if !v3 && !plus {
        bytes_at(p, be32(rest, 4)?, be32(rest, 0)?.into());
        return Ok(());
    }
    let (count, cookie) = (be32(rest, 16)?, be64(rest, 0)?);
    p.text(" ");
    p.dec(count);
    p.text(" bytes @ ");
    p.text(&cookie.cast_signed().to_string());
    if p.verbose() > 0 {
        if plus {
            let most = be32(rest, 20)?;
            p.text(" max ");
            p.dec(most);
        }
        verifier(p, (be32(rest, 8)?, be32(rest, 12)?));
    }
    Ok(())
}

/// What a new object shall have.
struct Attributes {
    mode: Option<u32>,
    owner: Option<u32>,
    group: Option<u32>,
    /// Of the last access, and the last change; seconds and nanoseconds.
    times: [Option<(u32, u32)>; 2],
}

impl Attributes {
    fn read(mut rest: &[u8]) -> Result<(Self, &[u8]), Cut> {
        let mut word = || {
            let word = be32(rest, 0)?;
            rest = from(rest, 4);
            Ok::<_, Cut>(word)
        };
        let mut optional = || {
            if word()? == 0 {
                Ok(None)
            } else {
                word().map(Some)
            }
        };
        let (mode, owner, group) = (optional()?, optional()?, optional()?);
        // The size is not shown.
        optional()?;
        let mut times = [None; 2];
        for time in &mut times {
            if word()? == CLIENT_TIME {
                *time = Some((word()?, word()?));
            }
        }
        let attributes = Self {
            mode,
            owner,
            group,
            times,
        };
        Ok((attributes, rest))
    }

    fn print(&self, p: &mut Printer<'_>) {
        if p.verbose() == 0 {
            return;
        }
        if let Some(mode) = self.mode {
            p.text(" mode ");
            octal(p, mode);
        }
        for (label, id) in [(" uid ", self.owner), (" gid ", self.group)] {
            if let Some(id) = id {
                p.text(label);
                p.dec(id);
            }
        }
        if p.verbose() > 1 {
            for (label, at) in [" atime ", " mtime "].into_iter().zip(self.times) {
                if let Some((seconds, nanoseconds)) = at {
                    p.text(label);
                    time(p, seconds, nanoseconds);
                }
            }
        }
    }
}
