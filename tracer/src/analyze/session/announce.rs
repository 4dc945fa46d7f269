//! Endpoints that a command or a reply announces, and whose addresses they name.

use std::net::{IpAddr, SocketAddr};

use proto::{HostPort, HostPortError, Verb};

use super::Findings;
use crate::analyze::expect::{Change, Expected};
use crate::note::{Announcement, ControlNote, Encoding, Note, Whose};

/// Records an endpoint, or why it cannot be read.
pub(super) fn announce(
    by: Verb,
    endpoint: Result<SocketAddr, String>,
    announcer: SocketAddr,
    peer: SocketAddr,
    transfer: u32,
    findings: &mut Findings<'_>,
) {
    let endpoint = match endpoint {
        Ok(endpoint) => endpoint,
        Err(problem) => {
            let note = ControlNote::AnnouncementUnreadable { by, problem };
            findings.notes.push(Note::Control(note));
            return;
        }
    };
    let encoding = if matches!(by, Verb::Port | Verb::Pasv | Verb::Lprt | Verb::Lpsv) {
        let [p1, p2] = endpoint.port().to_be_bytes();
        Encoding::SixNumbers { p1, p2 }
    } else {
        Encoding::Decimal
    };
    let address = endpoint.ip().to_canonical();
    let foreign = address != announcer.ip().to_canonical();
    let whose = if !foreign {
        Whose::Own
    } else if address.is_unspecified() {
        Whose::Zero
    } else if address.is_loopback() && !announcer.ip().to_canonical().is_loopback() {
        Whose::Loopback
    } else if address == peer.ip().to_canonical() {
        Whose::Peer
    } else if is_private(address) && !is_private(announcer.ip().to_canonical()) {
        Whose::Private
    } else {
        Whose::Third
    };
    findings
        .notes
        .push(Note::Control(ControlNote::Announced(Announcement {
            by,
            endpoint,
            encoding,
            foreign,
            whose,
        })));
    let packet = findings.packet;
    let elsewhere = matches!(whose, Whose::Third | Whose::Peer | Whose::Loopback);
    let mut expect = |endpoint, translated| {
        findings.changes.push(Change::Expect(Expected {
            by,
            endpoint,
            packet,
            transfer,
            translated,
            bounce: (elsewhere && !translated).then_some(whose),
        }));
    };
    expect(endpoint, false);
    if foreign {
        // Careful clients dial the server itself, whatever address it names; and careful servers
        // the client. A NAT may also have changed one address and not the other.
        expect(SocketAddr::new(announcer.ip(), endpoint.port()), true);
    }
}

/// The endpoint in a 227 reply. Some servers put blanks behind the commas, which clients forgive.
pub(super) fn six_numbers(text: &[u8]) -> Result<HostPort, HostPortError> {
    HostPort::parse_227(text).or_else(|error| {
        let mut dense = Vec::with_capacity(text.len());
        for &byte in text {
            if byte != b' ' || dense.last() != Some(&b',') {
                dense.push(byte);
            }
        }
        HostPort::parse_227(&dense).map_err(|_| error)
    })
}

/// The port of a 229 reply that has EPRT's form, with protocol and address. RFC 2428 §3 wants them
/// empty, since the address is that of the control connection.
pub(super) fn port_of_eprt(text: &[u8]) -> Option<u16> {
    let start = text.iter().position(|&byte| byte == b'(')? + 1;
    let inside = text.get(start..)?;
    let end = inside.iter().rposition(|&byte| byte == b')')?;
    proto::parse_eprt(inside.get(..end)?)
        .map(|endpoint| endpoint.port())
        .ok()
}

/// An address that no packet on the Internet can have (RFC 1918, RFC 6598, RFC 4193), or that
/// only reaches this link or host.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_link_local()
                || v4.is_loopback()
                || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback(),
    }
}
