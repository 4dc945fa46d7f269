//! Who sent most.

use std::cmp::Reverse;
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::printed::with_names;
use crate::{Frame, Network, Packet, StandIn};

/// Addresses that are counted one by one; what others send is counted together.
const ADDRESSES: usize = 16_384;
/// Addresses shown.
const SHOWN: usize = 10;

#[derive(Debug, Default)]
pub(super) struct Talkers {
    /// Packets and bytes on the wire.
    sent: HashMap<IpAddr, [u64; 2], foldhash::fast::RandomState>,
    others: [u64; 2],
}

impl Talkers {
    pub(super) fn packet(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) {
        let Network::Ip(ip) = &packet.network else {
            return;
        };
        let full = self.sent.len() >= ADDRESSES;
        let count = match self.sent.get_mut(&ip.src) {
            Some(count) => count,
            None if full => &mut self.others,
            None => self.sent.entry(ip.src).or_default(),
        };
        count[0] += 1;
        count[1] += u64::from(frame.wire_len);
    }

    /// How many addresses there are, as far as they were counted, and those that sent most.
    pub(super) fn rows(&self, names: &[StandIn]) -> (u64, Vec<[String; 3]>) {
        let mut all: Vec<_> = self.sent.iter().collect();
        all.sort_unstable_by_key(|(address, [_, bytes])| (Reverse(*bytes), **address));
        let row =
            |name: String, count: &[u64; 2]| [name, count[0].to_string(), count[1].to_string()];
        let mut rows: Vec<_> = all
            .iter()
            .take(SHOWN)
            .map(|(address, count)| {
                row(with_names(names, &address.to_string()).into_owned(), count)
            })
            .collect();
        if self.others[0] > 0 {
            rows.push(row(format!("> {ADDRESSES}"), &self.others));
        }
        (all.len() as u64, rows)
    }
}
