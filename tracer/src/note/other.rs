//! What goes on beside TCP: names, messages of the network, datagrams.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;

use super::parts::seconds_opt;

/// UDP (RFC 768), DNS (RFC 1035), ICMP (RFC 792, RFC 4443), neighbours in IPv6 (RFC 4861),
/// fragments (RFC 791 §3.2).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum OtherNote {
    /// A datagram.
    Udp {
        /// The sender.
        from: SocketAddr,
        /// The receiver.
        to: SocketAddr,
        /// Bytes of payload.
        bytes: u32,
        /// What the port is for, when it is one of the well-known ones.
        service: Option<&'static str>,
    },
    /// A question for the addresses, or something else, of a name.
    DnsQuestion {
        /// The name.
        name: String,
        /// The kind of record: `A`, `AAAA`, `PTR`…
        kind: String,
        /// The packet that asked the same before and had no answer.
        again: Option<u64>,
    },
    /// An answer.
    DnsAnswer {
        /// The name that was asked for.
        name: String,
        /// The kind of record.
        kind: String,
        /// The addresses that it gives.
        addresses: Vec<IpAddr>,
        /// Records in the answer.
        records: u16,
        /// Why there is none, when the server says so.
        failure: Option<&'static str>,
        /// The packet with the question.
        question: Option<u64>,
        /// Time since the question.
        #[serde(rename = "after_s", serialize_with = "seconds_opt")]
        after: Option<Duration>,
    },
    /// The host that is dialled has its address from an answer that was captured.
    Resolved {
        /// The address.
        address: IpAddr,
        /// The name that was asked for.
        name: String,
        /// The packet with the answer.
        answer: u64,
    },
    /// Are you there?
    Echo {
        /// Who asks.
        from: IpAddr,
        /// Who is asked.
        to: IpAddr,
        /// The place in the series.
        sequence: u16,
    },
    /// I am.
    EchoReply {
        /// Who answers.
        from: IpAddr,
        /// The place in the series.
        sequence: u16,
        /// The packet with the request.
        request: Option<u64>,
        /// Time since the request.
        #[serde(rename = "after_s", serialize_with = "seconds_opt")]
        after: Option<Duration>,
    },
    /// A packet could not be delivered.
    Undelivered {
        /// Who says so.
        by: IpAddr,
        /// Why.
        why: Undelivered,
        /// For a packet that is too big: the largest that passes, in bytes.
        mtu: Option<u32>,
        /// The packet, when it was captured.
        about: Option<u64>,
        /// What is quoted tells that packet from all others that were captured: IP's
        /// identification, the sequence number or the checksum. Otherwise it is one that was sent
        /// between the same ends.
        sure: bool,
        /// It was a SYN.
        syn: bool,
        /// What is quoted of it.
        quoted: Option<Quoted>,
    },
    /// Who has this IPv6 address?
    NeighborSolicitation {
        /// The address.
        target: IpAddr,
        /// The asker has no address yet: it makes sure that nobody has this one.
        probe: bool,
    },
    /// I have this IPv6 address.
    NeighborAdvertisement {
        /// The address.
        target: IpAddr,
        /// The packet that asked.
        solicitation: Option<u64>,
    },
    /// Another ICMP message, of a kind that has a name.
    Icmp {
        /// Who sends it.
        from: IpAddr,
        /// The kind.
        message: IcmpMessage,
    },
    /// A piece of a datagram that was too large for the link.
    Fragment {
        /// Bytes of the datagram before it.
        offset: u32,
        /// Bytes of the datagram in it.
        bytes: u32,
        /// It is the last one.
        last: bool,
        /// The packet with the first piece.
        first: Option<u64>,
        /// Bytes of the datagram in all, with the header of its transport: known from UDP's
        /// length, or from where the last piece ends.
        whole: Option<u32>,
        /// Bytes of it that were not captured so far, when that can be known.
        missing: Option<u32>,
        /// Pieces of it that were captured so far, and brought something new.
        pieces: u32,
        /// Bytes of this piece that were captured before.
        known: u32,
        /// With this piece the datagram is whole.
        completes: bool,
    },
    /// A protocol that is known by name and not read further.
    Protocol {
        /// The name.
        name: &'static str,
        /// Its number in IP, or the `EtherType`.
        number: u16,
    },
}

/// What an error message quotes of the packet that it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quoted {
    /// `TCP`, `UDP` or `ICMP`.
    pub protocol: &'static str,
    /// The sender; port 0 when it has none.
    pub from: SocketAddr,
    /// The receiver; port 0 when it has none.
    pub to: SocketAddr,
}

/// Why a packet was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Undelivered {
    /// No way to the network, or no route at all.
    Network,
    /// The host does not answer on its link.
    Host,
    /// The host does not speak the protocol.
    Protocol,
    /// Nobody listens on the port.
    Port,
    /// It was larger than the next link takes, and must not be cut.
    TooBig,
    /// A firewall does not let it pass.
    Prohibited,
    /// It passed too many routers: its time to live ran out.
    HopLimit,
    /// A piece of it did not come in time.
    Reassembly,
    /// Its header is not in order.
    Parameter,
    /// Another reason, by a code that is not in use.
    Other,
}

impl Undelivered {
    /// Whether it speaks of the receiver or of the way to it, rather than of the packet.
    pub(crate) const fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::Network | Self::Host | Self::Protocol | Self::Port | Self::Prohibited
        )
    }
}

/// ICMP messages that are told by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IcmpMessage {
    /// Is there a router here?
    RouterSolicitation,
    /// A router says what addresses are used here.
    RouterAdvertisement,
    /// A router knows a better way.
    Redirect,
    /// A host says which groups it listens to, or is asked.
    Multicast,
    /// What is the time?
    TimeStamp,
    /// Please send less (RFC 6633: no longer in use).
    SourceQuench,
}
