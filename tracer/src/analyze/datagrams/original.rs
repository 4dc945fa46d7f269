//! What an error message quotes of the packet that it is about.

use std::net::IpAddr;

use super::{TCP, UDP, be16};
use crate::Seq;
use crate::note::Quoted;

/// The beginning of the packet that an error message is about.
pub(super) struct Original {
    pub(super) protocol: u8,
    /// IP's identification; IPv6 has none.
    pub(super) id: Option<u16>,
    /// The four bytes behind the ports: TCP's sequence number, UDP's length and checksum, a ping's
    /// identifier and place in the series.
    pub(super) seq: Seq,
    pub(super) quoted: Quoted,
}

impl Original {
    pub(super) fn read(quote: &[u8]) -> Option<Self> {
        type Parts<'a> = (IpAddr, IpAddr, u8, Option<u16>, &'a [u8]);
        let (src, dst, protocol, id, rest): Parts<'_> = match quote.first()? >> 4 {
            4 => {
                let header: &[u8; 20] = quote.first_chunk()?;
                let four =
                    |at: usize| -> Option<[u8; 4]> { Some(*quote.get(at..)?.first_chunk()?) };
                let length = usize::from(header[0] & 15) * 4;
                (
                    four(12)?.into(),
                    four(16)?.into(),
                    header[9],
                    be16(header, 4),
                    quote.get(length..)?,
                )
            }
            6 => {
                let sixteen =
                    |at: usize| -> Option<[u8; 16]> { Some(*quote.get(at..)?.first_chunk()?) };
                let next = *quote.get(6)?;
                (
                    sixteen(8)?.into(),
                    sixteen(24)?.into(),
                    next,
                    None,
                    quote.get(40..)?,
                )
            }
            _ => return None,
        };
        let (name, ports) = match protocol {
            TCP => ("TCP", true),
            UDP => ("UDP", true),
            1 | 58 => ("ICMP", false),
            _ => return None,
        };
        let port = |at| if ports { be16(rest, at) } else { Some(0) };
        let seq = rest.get(4..).and_then(|b| b.first_chunk());
        Some(Self {
            protocol,
            id,
            seq: Seq(seq.map_or(0, |b| u32::from_be_bytes(*b))),
            quoted: Quoted {
                protocol: name,
                from: (src, port(0)?).into(),
                to: (dst, port(2)?).into(),
            },
        })
    }
}
