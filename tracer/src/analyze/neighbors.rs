//! Address resolution: which reply answers which request.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use crate::note::{ArpNote, Note, Unexplained};
use crate::{Arp, ArpOperation, Link, MacAddr, Timestamp};

/// Requests that wait for their reply.
const LIMIT: usize = 256;

/// Requests seen and not answered yet.
#[derive(Debug, Default)]
pub(crate) struct Neighbors {
    waiting: VecDeque<Question>,
}

#[derive(Debug)]
struct Question {
    asker: Ipv4Addr,
    target: Ipv4Addr,
    packet: u64,
    time: Timestamp,
}

impl Neighbors {
    /// Says what an ARP packet asks or answers.
    pub(crate) fn packet(&mut self, arp: &Arp, link: Link, packet: u64, time: Timestamp) -> Note {
        let Arp {
            sender_ip,
            target_ip,
            ..
        } = *arp;
        let note = match arp.operation {
            ArpOperation::Request | ArpOperation::Reply if sender_ip == target_ip => {
                ArpNote::Announcement {
                    address: sender_ip,
                    probe: false,
                }
            }
            ArpOperation::Request if sender_ip.is_unspecified() => ArpNote::Announcement {
                address: target_ip,
                probe: true,
            },
            ArpOperation::Request => {
                if self.waiting.len() == LIMIT {
                    self.waiting.pop_front();
                }
                self.waiting.push_back(Question {
                    asker: sender_ip,
                    target: target_ip,
                    packet,
                    time,
                });
                let broadcast =
                    matches!(link, Link::Ethernet { dst, .. } if dst == MacAddr::BROADCAST);
                ArpNote::Request {
                    asker: sender_ip,
                    target: target_ip,
                    broadcast,
                }
            }
            ArpOperation::Reply => {
                let asked = |q: &Question| q.asker == target_ip && q.target == sender_ip;
                let index = self.waiting.iter().rposition(asked);
                let question = index.and_then(|index| self.waiting.remove(index));
                ArpNote::Reply {
                    owner: sender_ip,
                    mac: arp.sender_mac,
                    request: question.as_ref().map(|q| q.packet),
                    after: question.map(|q| time.since(q.time)),
                }
            }
            ArpOperation::Other(operation) => {
                let protocol = format!("ARP operation {operation}");
                return Note::Unexplained(Unexplained::Protocol { protocol });
            }
        };
        Note::Arp(note)
    }
}
