//! Names and addresses (RFC 1035): which answer belongs to which question.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hashbrown::HashMap;

use crate::Timestamp;
use crate::note::{OtherNote, Text};
use crate::printed::Dns;

/// Questions that wait for their answer.
const QUESTIONS: usize = 256;
/// Addresses whose name is remembered.
const ADDRESSES: usize = 4096;
/// Records of an answer that are read.
const RECORDS: u16 = 64;

/// Questions asked and addresses learned.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    waiting: VecDeque<Question>,
    names: HashMap<IpAddr, (String, u64), foldhash::fast::RandomState>,
    order: VecDeque<IpAddr>,
}

#[derive(Debug)]
struct Question {
    asker: SocketAddr,
    id: u16,
    name: String,
    kind: u16,
    packet: u64,
    time: Timestamp,
}

/// The part of a message that is read: its first question, and the addresses of its answers.
#[derive(Debug)]
pub(super) struct Message {
    id: u16,
    response: bool,
    code: u8,
    name: String,
    kind: u16,
    records: u16,
    addresses: Vec<IpAddr>,
}

impl Message {
    /// Reads a message with one question at least, or with answers.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let field = |at: usize| -> Option<u16> {
            Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
        };
        let (flags, questions, records) = (field(2)?, field(4)?, field(6)?);
        let mut at = 12;
        let (mut name, mut kind) = (String::new(), 0);
        for number in 0..questions.min(RECORDS) {
            let asked = read_name(bytes, &mut at)?;
            if number == 0 {
                (name, kind) = (asked, field(at)?);
            }
            at += 4;
        }
        let mut addresses = Vec::new();
        for _ in 0..records.min(RECORDS) {
            // What the capture cut off is not read, but what came before is.
            let Some(owner) = read_name(bytes, &mut at) else {
                break;
            };
            if name.is_empty() {
                name = owner;
            }
            let (Some(found), Some(length)) = (field(at), field(at + 8)) else {
                break;
            };
            if kind == 0 {
                kind = found;
            }
            let data = bytes.get(at + 10..at + 10 + usize::from(length));
            match (found, data) {
                (1, Some(&[a, b, c, d])) => addresses.push(Ipv4Addr::new(a, b, c, d).into()),
                (28, Some(data)) => {
                    let whole = <[u8; 16]>::try_from(data);
                    addresses.extend(whole.ok().map(|b| IpAddr::from(Ipv6Addr::from(b))));
                }
                _ => {}
            }
            at += 10 + usize::from(length);
        }
        Some(Self {
            id: field(0)?,
            response: flags & 0x8000 != 0,
            code: u8::try_from(flags & 15).unwrap_or(0),
            name,
            kind,
            records,
            addresses,
        })
    }
}

/// A name from its labels, and behind it; compression is followed as far as any name is long.
fn read_name(bytes: &[u8], at: &mut usize) -> Option<String> {
    let mut name = Vec::new();
    let (mut place, mut jumped) = (*at, false);
    for _ in 0..128 {
        let length = *bytes.get(place)?;
        match length {
            0 => {
                if !jumped {
                    *at = place + 1;
                }
                return Some(if name.is_empty() {
                    ".".into()
                } else {
                    Text::new(&name).to_string()
                });
            }
            0xc0.. => {
                let low = *bytes.get(place + 1)?;
                if !jumped {
                    *at = place + 2;
                }
                jumped = true;
                place = usize::from(length & 0x3f) << 8 | usize::from(low);
            }
            1..64 => {
                if !name.is_empty() {
                    name.push(b'.');
                }
                let end = place + 1 + usize::from(length);
                name.extend_from_slice(bytes.get(place + 1..end)?);
                if name.len() > 255 {
                    return None;
                }
                place = end;
            }
            _ => return None,
        }
    }
    None
}

impl Resolver {
    /// Says what a message asks or answers.
    pub(super) fn message(
        &mut self,
        message: Message,
        from: SocketAddr,
        to: SocketAddr,
        packet: u64,
        time: Timestamp,
    ) -> OtherNote {
        let kind = kind_name(message.kind);
        let asked = |asker: SocketAddr| {
            let (id, name, kind) = (message.id, &message.name, message.kind);
            move |q: &Question| q.asker == asker && q.id == id && q.kind == kind && q.name == *name
        };
        if !message.response {
            let again = self.waiting.iter().find(|q| asked(from)(q));
            let again = again.map(|question| question.packet);
            if self.waiting.len() == QUESTIONS {
                self.waiting.pop_front();
            }
            self.waiting.push_back(Question {
                asker: from,
                id: message.id,
                name: message.name.clone(),
                kind: message.kind,
                packet,
                time,
            });
            let name = message.name;
            return OtherNote::DnsQuestion { name, kind, again };
        }
        let index = self.waiting.iter().rposition(|q| asked(to)(q));
        let question = index.and_then(|index| self.waiting.remove(index));
        for &address in &message.addresses {
            self.learn(address, &message.name, packet);
        }
        OtherNote::DnsAnswer {
            name: message.name,
            kind,
            addresses: message.addresses,
            records: message.records,
            failure: failure(message.code),
            question: question.as_ref().map(|question| question.packet),
            after: question.map(|question| time.since(question.time)),
        }
    }

    /// Says what a message asks or answers of which a printed trace has the line. An answer may
    /// not repeat the question.
    pub(super) fn printed(
        &mut self,
        dns: &Dns,
        from: SocketAddr,
        to: SocketAddr,
        packet: u64,
        time: Timestamp,
    ) -> OtherNote {
        let mut waiting = self.waiting.iter().rev();
        let question = waiting.find(|q| dns.response && q.asker == to && q.id == dns.id);
        let asked = question.map(|question| (question.name.clone(), question.kind));
        let (name, kind) = asked.unwrap_or_default();
        let message = Message {
            id: dns.id,
            response: dns.response,
            code: dns.code,
            name: dns.name.clone().unwrap_or(name),
            kind: dns.kind.filter(|_| kind == 0).unwrap_or(kind),
            records: dns.records,
            addresses: dns.addresses.clone(),
        };
        self.message(message, from, to, packet, time)
    }

    fn learn(&mut self, address: IpAddr, name: &str, packet: u64) {
        let known = self.names.insert(address, (name.to_owned(), packet));
        if known.is_some() {
            return;
        }
        self.order.push_back(address);
        if self.order.len() > ADDRESSES
            && let Some(oldest) = self.order.pop_front()
        {
            self.names.remove(&oldest);
        }
    }

    /// The name whose address this is, when an answer with it was captured.
    pub(crate) fn resolved(&self, address: IpAddr) -> Option<OtherNote> {
        let (name, answer) = self.names.get(&address)?;
        Some(OtherNote::Resolved {
            address,
            name: name.clone(),
            answer: *answer,
        })
    }
}

fn kind_name(kind: u16) -> String {
    match kind {
        1 => "A".into(),
        2 => "NS".into(),
        5 => "CNAME".into(),
        6 => "SOA".into(),
        12 => "PTR".into(),
        15 => "MX".into(),
        16 => "TXT".into(),
        28 => "AAAA".into(),
        33 => "SRV".into(),
        65 => "HTTPS".into(),
        255 => "ANY".into(),
        other => format!("TYPE{other}"),
    }
}

/// What a response code says (RFC 1035 §4.1.1), as their names.
fn failure(code: u8) -> Option<&'static str> {
    Some(match code {
        0 => return None,
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        _ => "another failure",
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Message;

    #[test]
    fn a_name_that_points_at_itself_is_given_up() {
        let mut bytes = vec![0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        bytes.extend([0xc0, 12, 0, 1, 0, 1]);
        assert!(Message::read(&bytes).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_message_or_none(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Some(message) = Message::read(&bytes) {
                prop_assert!(message.addresses.len() <= 64);
            }
        }
    }
}
