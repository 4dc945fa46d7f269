//! `OpenFlow`: the header of each message, and with `-v` the bodies of versions 1.0 and 1.3.

mod errors_1_3;
mod fields;
mod flow;
mod names_1_0;
mod names_1_3;
mod statistics;
mod v1_0;
mod v1_3;
mod vendor;
mod vendors;

use super::Printer;
use super::text::{Append, Cut, be16, be32, byte, from, named};
use fields::Body;

/// Of every message, in bytes.
const HEADER_LEN: u16 = 8;

const VERSIONS: [(u32, &str); 6] = [
    (1, "1.0"),
    (2, "1.1"),
    (3, "1.2"),
    (4, "1.3"),
    (5, "1.4"),
    (6, "1.5"),
];

/// How long the body of a message must be, in bytes.
#[derive(Clone, Copy)]
enum Length {
    Exactly(u16),
    AtLeast(u16),
}
use Length::{AtLeast, Exactly};

const VERSION_1_0: [(&str, Length); 22] = [
    ("HELLO", AtLeast(0)),
    ("ERROR", AtLeast(4)),
    ("ECHO_REQUEST", AtLeast(0)),
    ("ECHO_REPLY", AtLeast(0)),
    ("VENDOR", AtLeast(4)),
    ("FEATURES_REQUEST", Exactly(0)),
    ("FEATURES_REPLY", AtLeast(24)),
    ("GET_CONFIG_REQUEST", Exactly(0)),
    ("GET_CONFIG_REPLY", Exactly(4)),
    ("SET_CONFIG", Exactly(4)),
    ("PACKET_IN", AtLeast(10)),
    ("FLOW_REMOVED", Exactly(80)),
    ("PORT_STATUS", Exactly(56)),
    ("PACKET_OUT", AtLeast(8)),
    ("FLOW_MOD", AtLeast(64)),
    ("PORT_MOD", Exactly(24)),
    ("STATS_REQUEST", AtLeast(4)),
    ("STATS_REPLY", AtLeast(4)),
    ("BARRIER_REQUEST", Exactly(0)),
    ("BARRIER_REPLY", Exactly(0)),
    ("QUEUE_GET_CONFIG_REQUEST", Exactly(4)),
    ("QUEUE_GET_CONFIG_REPLY", AtLeast(8)),
];
const VERSION_1_3: [(&str, Length); 30] = [
    ("HELLO", AtLeast(0)),
    ("ERROR", AtLeast(4)),
    ("ECHO_REQUEST", AtLeast(0)),
    ("ECHO_REPLY", AtLeast(0)),
    ("EXPERIMENTER", AtLeast(8)),
    ("FEATURES_REQUEST", Exactly(0)),
    ("FEATURES_REPLY", Exactly(24)),
    ("GET_CONFIG_REQUEST", Exactly(0)),
    ("GET_CONFIG_REPLY", Exactly(4)),
    ("SET_CONFIG", Exactly(4)),
    ("PACKET_IN", AtLeast(0)),
    ("FLOW_REMOVED", AtLeast(0)),
    ("PORT_STATUS", Exactly(72)),
    ("PACKET_OUT", AtLeast(0)),
    ("FLOW_MOD", AtLeast(0)),
    ("GROUP_MOD", AtLeast(0)),
    ("PORT_MOD", Exactly(32)),
    ("TABLE_MOD", Exactly(8)),
    ("MULTIPART_REQUEST", AtLeast(0)),
    ("MULTIPART_REPLY", AtLeast(0)),
    ("BARRIER_REQUEST", Exactly(0)),
    ("BARRIER_REPLY", Exactly(0)),
    ("QUEUE_GET_CONFIG_REQUEST", Exactly(8)),
    ("QUEUE_GET_CONFIG_REPLY", AtLeast(0)),
    ("ROLE_REQUEST", Exactly(16)),
    ("ROLE_REPLY", Exactly(16)),
    ("GET_ASYNC_REQUEST", Exactly(0)),
    ("GET_ASYNC_REPLY", Exactly(24)),
    ("SET_ASYNC", Exactly(24)),
    ("METER_MOD", AtLeast(0)),
];

pub(super) fn openflow(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "openflow";
    p.text(": OpenFlow");
    let (mut rest, mut left) = (bytes, len);
    while left > 0 {
        let Some(body_len) = message(p, rest, left)? else {
            return Ok(());
        };
        let taken = u32::from(HEADER_LEN + body_len);
        if taken > left {
            return Ok(());
        }
        rest = from(rest, taken as usize);
        left -= taken;
    }
    Ok(())
}

/// Returns how long its body is; nothing when the rest of the segment makes no sense.
fn message(p: &mut Printer<'_>, bytes: &[u8], left: u32) -> Result<Option<u16>, Cut> {
    let version = byte(bytes, 0)?;
    p.text("\n\tversion ");
    match named(&VERSIONS, version.into()) {
        Some(name) => p.text(name),
        None => unknown(p, version),
    }
    if left < 2 {
        return unfinished(p, bytes, left);
    }
    let kind = byte(bytes, 1)?;
    let kinds: &[_] = match version {
        1 => &VERSION_1_0,
        4 => &VERSION_1_3,
        _ => &[],
    };
    let known = kinds.get(usize::from(kind)).copied();
    p.text(", type ");
    match known {
        Some((name, _)) => p.text(name),
        None => unknown(p, kind),
    }
    if left < 4 {
        return unfinished(p, bytes, left);
    }
    let len = be16(bytes, 2)?;
    p.text(", length ");
    p.dec(len);
    let body_len = len.checked_sub(HEADER_LEN);
    if body_len.is_none() {
        p.text(" (too short!)");
    }
    if left < 8 {
        return unfinished(p, bytes, left);
    }
    let transaction = be32(bytes, 4)?;
    p.text(", xid 0x");
    p.out.hex(transaction, 8);
    let Some(body_len) = body_len else {
        p.invalid();
        there(bytes, left)?;
        return Ok(None);
    };
    let body = Body {
        bytes: from(bytes, HEADER_LEN.into()),
        len: body_len.into(),
    };
    match known {
        Some((_, Exactly(len))) if body_len != len => body.refuse(p)?,
        Some((_, AtLeast(len))) if body_len < len => body.refuse(p)?,
        Some(_) if p.verbose() > 0 && version == 1 => v1_0::body(p, kind, body)?,
        Some(_) if p.verbose() > 0 => v1_3::body(p, kind, body)?,
        _ => body.must_hold(body.len)?,
    }
    Ok(Some(body_len))
}

fn unknown(p: &mut Printer<'_>, value: u8) {
    p.text("unknown (0x");
    p.out.hex(value.into(), 2);
    p.text(")");
}

/// The header goes on in another segment.
fn unfinished(p: &mut Printer<'_>, bytes: &[u8], left: u32) -> Result<Option<u16>, Cut> {
    p.text(" (end of TCP payload)");
    there(bytes, left)?;
    Ok(None)
}

/// So many bytes must have been captured.
fn there(bytes: &[u8], len: u32) -> Result<(), Cut> {
    if bytes.len() < len as usize {
        return Err(Cut);
    }
    Ok(())
}
