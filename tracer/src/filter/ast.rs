//! What an expression says, before it is known what frames begin with.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::MacAddr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Relation(Relation, Arith, Arith),
    Test(Test),
}

impl Expr {
    pub(super) fn or(self, other: Self) -> Self {
        Self::Or(Box::new(self), Box::new(other))
    }
}

/// One comparison of fields of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// The link layer carries this `EtherType`.
    EtherType(u16),
    /// IPv4 carries this protocol; or IPv6, at once or behind a fragment header.
    Protocol {
        v4: bool,
        v6: bool,
        number: u8,
    },
    /// An address in IPv4, ARP or RARP, by `EtherType`.
    Host4 {
        address: Ipv4Addr,
        mask: u32,
        side: Side,
        within: &'static [u16],
    },
    Host6 {
        address: Ipv6Addr,
        prefix: u8,
        side: Side,
    },
    /// Ports from the first to the last, of the protocols with these numbers.
    Ports {
        first: u16,
        last: u16,
        side: Side,
        protocols: &'static [u8],
    },
    EtherHost(MacAddr, Side),
    EtherMulticast,
    Ip4Multicast,
    Ip6Multicast,
    /// A VLAN tag, of this number; what follows in the expression is behind the tag.
    Vlan(Option<u16>),
    /// An MPLS label, of this number; what follows is behind it.
    Mpls(Option<u32>),
    /// PPP over Ethernet, of this session; what follows is what PPP carries.
    PppoeSession(Option<u16>),
    Llc(Llc),
    /// A protocol of ISO, by its first byte.
    Iso(u8),
    /// Sent by the machine that captured; or else received.
    Outbound(bool),
    /// The index of the interface that it was seen on.
    Interface(u32),
}

/// An LLC header, by its service access points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Llc {
    Any,
    To(u8),
    Between(u8),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
    #[default]
    Either,
    Both,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arith {
    Number(u32),
    /// The frame's length on the wire.
    Length,
    Load {
        base: Base,
        index: Box<Arith>,
        /// 1, 2 or 4 bytes.
        size: u8,
    },
    Negative(Box<Arith>),
    Binary(Operator, Box<Arith>, Box<Arith>),
}

/// Where the index of a load counts from, and what must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Link,
    /// The network layer's header, of this `EtherType`.
    Network(u16),
    /// The header behind IPv4's, of this protocol and not in a later fragment.
    Transport(u8),
    /// The header behind IPv6's, when it is that of `ICMPv6`.
    Icmp6,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
}
