//! Datagrams that came in pieces (RFC 791 §3.2, RFC 8200 §4.5): how much of each was captured.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use super::super::ranges::Ranges;
use crate::note::OtherNote;
use crate::{Fragment, Ip, Seq, Tcp, TcpFlags, TcpOptions, Timestamp, Transport};

/// Datagrams that are followed at the same time; the oldest is forgotten for the newest.
const LIMIT: usize = 64;
/// After this a receiver has given up (RFC 8200 §4.5 says 60 s): the same identification is that of
/// another datagram.
const LIFETIME: Duration = Duration::from_mins(1);

/// Bytes of a segment that are kept until its first piece comes: no datagram has more.
const EARLY_BYTES: usize = 65_535;
/// The same in pieces: enough for the smallest links in use.
const EARLY_PIECES: usize = 128;

/// Datagrams of which pieces were captured.
#[derive(Debug, Default)]
pub(crate) struct Pieces(VecDeque<Datagram>);

#[derive(Debug)]
struct Datagram {
    key: Key,
    time: Timestamp,
    /// The packet with its first piece.
    first: Option<u64>,
    /// Its length, when a header told it or its last piece came.
    whole: Option<u32>,
    captured: Ranges,
    /// More holes than are kept: nobody knows what is missing.
    unclear: bool,
    pieces: u32,
    tcp: Option<Start>,
    /// Pieces of a segment that came before its first one.
    early: Vec<Early>,
    early_bytes: usize,
}

/// A piece whose segment is not known yet.
#[derive(Debug)]
pub(crate) struct Early {
    fragment: Fragment,
    bytes: Box<[u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    from: IpAddr,
    to: IpAddr,
    id: u32,
    protocol: u8,
}

/// The header of a segment whose bytes go on in later pieces.
#[derive(Clone, Copy, Debug)]
struct Start {
    ports: [u16; 2],
    /// The sequence number of the byte behind the header.
    seq: Seq,
    header: u32,
    ack: Seq,
    flags: TcpFlags,
    window: u16,
}

/// Flags that mean the end of the segment, and so belong to its last piece.
const AT_END: TcpFlags = TcpFlags(TcpFlags::FIN.0 | TcpFlags::PSH.0);

/// The flags of a segment that one of its pieces has: the end is in the last one alone.
fn in_piece(flags: TcpFlags, fragment: Fragment) -> TcpFlags {
    if fragment.more {
        TcpFlags(flags.0 & !AT_END.0)
    } else {
        flags
    }
}

/// A segment's first piece as a segment of its own.
pub(crate) fn beginning<'a>(tcp: &Tcp<'a>, fragment: Fragment) -> Tcp<'a> {
    let flags = in_piece(tcp.flags, fragment);
    Tcp { flags, ..*tcp }
}

/// TCP's number among IP's protocols.
const TCP: u8 = 6;

impl Pieces {
    /// Takes a piece of a datagram in, and says which it is.
    pub(crate) fn take(
        &mut self,
        ip: &Ip<'_>,
        fragment: Fragment,
        packet: u64,
        time: Timestamp,
    ) -> OtherNote {
        let datagram = self.find(ip, fragment, time);
        let Fragment { offset, len, .. } = fragment;
        if offset == 0 {
            datagram.first.get_or_insert(packet);
            datagram.tcp = Start::of(ip, fragment);
            if let Transport::Udp(udp) = &ip.transport {
                // A jumbogram is never cut: the field has the length. It is false when more
                // comes than it has.
                let whole = udp.whole.saturating_add(8);
                if whole > len {
                    datagram.whole.get_or_insert(whole);
                }
            }
        }
        if !fragment.more {
            datagram.whole = Some(offset.saturating_add(len));
        }
        let (start, end) = (Seq(offset), Seq(offset.saturating_add(len)));
        let known = datagram.captured.covered(start, end);
        let complete = datagram.missing() == Some(0);
        if known < len {
            datagram.pieces = datagram.pieces.saturating_add(1);
            datagram.unclear |= !datagram.captured.insert(start, end);
            if let Transport::Fragment(bytes) = ip.transport
                && fragment.protocol == TCP
                && datagram.tcp.is_none()
                && datagram.early.len() < EARLY_PIECES
                && datagram.early_bytes + bytes.len() <= EARLY_BYTES
            {
                datagram.early_bytes += bytes.len();
                let bytes = bytes.into();
                datagram.early.push(Early { fragment, bytes });
            }
        }
        OtherNote::Fragment {
            offset,
            bytes: len,
            last: !fragment.more,
            first: datagram.first.filter(|&first| first != packet),
            whole: datagram.whole,
            missing: datagram.missing(),
            pieces: datagram.pieces,
            known,
            completes: !complete && datagram.missing() == Some(0),
        }
    }

    /// A later piece of a segment as a segment of its own, when its first piece was captured: TCP
    /// is a stream of bytes, and knows no borders.
    pub(crate) fn segment<'a>(&self, ip: &Ip<'a>) -> Option<Tcp<'a>> {
        let (Transport::Fragment(bytes), Some(fragment)) = (&ip.transport, ip.fragment) else {
            return None;
        };
        self.part(ip, fragment, bytes)
    }

    /// The pieces that came before the first one, which is `ip`, in their order. They are kept no
    /// longer.
    pub(crate) fn early(&mut self, ip: &Ip<'_>, fragment: Fragment) -> Vec<Early> {
        let key = Key::of(ip, fragment);
        let Some(datagram) = self.0.iter_mut().rev().find(|d| d.key == key) else {
            return Vec::new();
        };
        datagram.early_bytes = 0;
        let mut early = std::mem::take(&mut datagram.early);
        early.sort_by_key(|piece| piece.fragment.offset);
        early
    }

    /// An early piece as a segment of its own, once the first one came.
    pub(crate) fn late<'a>(&self, ip: &Ip<'_>, early: &'a Early) -> Option<Tcp<'a>> {
        self.part(ip, early.fragment, &early.bytes)
    }

    /// A piece with these bytes as a segment of its own.
    fn part<'a>(&self, ip: &Ip<'_>, fragment: Fragment, bytes: &'a [u8]) -> Option<Tcp<'a>> {
        let key = Key::of(ip, fragment);
        let start = self.0.iter().rev().find(|d| d.key == key)?.tcp?;
        let before = fragment.offset.checked_sub(start.header)?;
        Some(Tcp {
            src_port: start.ports[0],
            dst_port: start.ports[1],
            seq: start.seq + before,
            ack: start.ack,
            flags: in_piece(start.flags, fragment),
            window: start.window,
            checksum: 0,
            urgent: 0,
            options: TcpOptions(&[]),
            payload: bytes,
            len: fragment.len,
        })
    }

    fn find(&mut self, ip: &Ip<'_>, fragment: Fragment, time: Timestamp) -> &mut Datagram {
        let key = Key::of(ip, fragment);
        let found = self.0.iter().position(|datagram| {
            let again = fragment.offset == 0 && datagram.missing() == Some(0);
            datagram.key == key && time.since(datagram.time) < LIFETIME && !again
        });
        if let Some(at) = found {
            return &mut self.0[at];
        }
        self.0.retain(|datagram| datagram.key != key);
        if self.0.len() == LIMIT {
            self.0.pop_front();
        }
        self.0.push_back(Datagram {
            key,
            time,
            first: None,
            whole: None,
            captured: Ranges::default(),
            unclear: false,
            pieces: 0,
            tcp: None,
            early: Vec::new(),
            early_bytes: 0,
        });
        let last = self.0.len() - 1;
        &mut self.0[last]
    }
}

impl Datagram {
    /// Bytes that were not captured so far, when that can be known.
    fn missing(&self) -> Option<u32> {
        let whole = self.whole.filter(|_| !self.unclear)?;
        Some(whole.saturating_sub(self.captured.covered(Seq(0), Seq(whole))))
    }
}

impl Key {
    fn of(ip: &Ip<'_>, fragment: Fragment) -> Self {
        Self {
            from: ip.src,
            to: ip.dst,
            id: ip.id,
            protocol: fragment.protocol,
        }
    }
}

impl Start {
    fn of(ip: &Ip<'_>, fragment: Fragment) -> Option<Self> {
        let Transport::Tcp(tcp) = &ip.transport else {
            return None;
        };
        // The SYN's own number comes before the bytes, and is not sent again with them.
        let syn = tcp.flags.contains(TcpFlags::SYN);
        let flags = TcpFlags(tcp.flags.0 & !TcpFlags::SYN.0);
        Some(Self {
            ports: [tcp.src_port, tcp.dst_port],
            seq: tcp.seq + u32::from(syn),
            header: fragment.len.checked_sub(tcp.len)?,
            ack: tcp.ack,
            flags,
            window: tcp.window,
        })
    }
}
