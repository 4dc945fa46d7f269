//! Beside TCP, in English.

use super::bytes;
use crate::explain::{endpoint, plural, span};
use crate::note::{IcmpMessage, OtherNote, Quoted, Undelivered};

pub(super) fn note(note: &OtherNote) -> String {
    match note {
        OtherNote::Udp {
            from,
            to,
            bytes: count,
            service,
        } => format!(
            "A datagram{} from {} to {}: {}. UDP has no handshake and promises nothing.",
            service
                .map(|service| format!(" ({service})"))
                .unwrap_or_default(),
            endpoint(*from),
            endpoint(*to),
            bytes(u64::from(*count))
        ),
        OtherNote::DnsQuestion { name, kind, again } => format!(
            "DNS: what is the {kind} record of {name}?{}",
            again
                .map(|packet| format!(" Asked before in packet {packet}, without an answer."))
                .unwrap_or_default()
        ),
        OtherNote::DnsAnswer {
            name,
            kind,
            addresses,
            records,
            failure,
            question,
            after,
        } => {
            let to = match (question, after) {
                (Some(question), Some(after)) => {
                    format!(" to packet {question}, {} later", span(*after))
                }
                _ => " to a question that was not captured".into(),
            };
            let what = match (failure, &addresses[..]) {
                (Some(failure), _) => format!("none, {failure}"),
                (None, []) if *records == 0 => "there is no such record".into(),
                (None, []) => plural(u64::from(*records), "record"),
                (None, addresses) => {
                    let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                    list.join(", ")
                }
            };
            format!("DNS answer{to}: {name} {kind}: {what}.")
        }
        OtherNote::Resolved {
            address,
            name,
            answer,
        } => format!("The address {address} is what packet {answer} answered for {name}."),
        OtherNote::Echo { from, to, sequence } => {
            format!("Ping {sequence}: {from} asks whether {to} is there.")
        }
        OtherNote::EchoReply {
            from,
            sequence,
            request,
            after,
        } => match (request, after) {
            (Some(request), Some(after)) => format!(
                "Ping {sequence} is answered: {from} is there. The request was packet {request}, {} \
                 before.",
                span(*after)
            ),
            _ => format!("{from} answers a ping ({sequence}) that was not captured."),
        },
        OtherNote::Undelivered {
            by,
            why,
            mtu,
            about,
            sure,
            syn,
            quoted,
        } => format!(
            "{by} says that {} was not delivered: {}{}.{}",
            what(*about, *syn, *quoted),
            reason(*why),
            mtu.map(|mtu| format!("; at most {} pass", bytes(u64::from(mtu))))
                .unwrap_or_default(),
            match about {
                Some(_) if !sure => {
                    " What it quotes does not tell which packet is meant: this is one that was \
                     sent between the same ends."
                }
                _ => "",
            }
        ),
        OtherNote::NeighborSolicitation {
            target,
            probe: false,
        } => {
            format!("Who has {target}? IPv6 asks so for an Ethernet address, as IPv4 does by ARP.")
        }
        OtherNote::NeighborSolicitation {
            target,
            probe: true,
        } => format!("A host makes sure that nobody has {target} before it uses that address."),
        OtherNote::NeighborAdvertisement {
            target,
            solicitation,
        } => match solicitation {
            Some(packet) => format!("The answer to packet {packet}: {target} is here."),
            None => format!("{target} says where it is, though nobody was seen to ask."),
        },
        OtherNote::Icmp { from, message } => format!("{from} {}.", icmp(*message)),
        OtherNote::Fragment {
            offset,
            bytes: count,
            last,
            first,
            whole,
            missing,
            pieces,
            known,
            completes,
        } => {
            let place = match (offset, last) {
                (0, _) => "The first piece of a datagram that was too large for a link \
                           (fragmentation)"
                    .into(),
                (_, last) => format!(
                    "{} of {}",
                    if *last { "The last piece" } else { "A piece" },
                    match first {
                        Some(first) => {
                            format!(
                                "the datagram that begins in packet {first}, which has the ports"
                            )
                        }
                        None => "a datagram whose beginning has not been captured".into(),
                    }
                ),
            };
            let count = bytes(u64::from(*count));
            let which = match (offset, whole) {
                (0, Some(whole)) => format!("{count} of {whole}, with the header above IP's"),
                (0, None) => format!("{count}; how many there are in all, the last piece tells"),
                (offset, Some(whole)) => format!("{count} from offset {offset} on, of {whole}"),
                (offset, None) => format!("{count} from offset {offset} on"),
            };
            let known = match known {
                0 => String::new(),
                known => format!(
                    " {} of this piece had been captured before.",
                    bytes(u64::from(*known))
                ),
            };
            let state = match (whole, missing) {
                (Some(whole), _) if *completes => format!(
                    " Now the datagram is whole: {} in {}.",
                    bytes(u64::from(*whole)),
                    plural(u64::from(*pieces), "piece")
                ),
                (_, Some(missing @ 1..)) if *last => format!(
                    " But {} of the datagram {} not been captured so far.",
                    bytes(u64::from(*missing)),
                    if *missing == 1 { "has" } else { "have" }
                ),
                _ => String::new(),
            };
            format!("{place}: {which}.{known}{state}")
        }
        OtherNote::Protocol { name, number } => {
            format!("{name} (number {number}): it carries no FTP, and is not read further.")
        }
    }
}

fn what(packet: Option<u64>, syn: bool, quoted: Option<Quoted>) -> String {
    let name = if syn { "the SYN of packet" } else { "packet" };
    let ends = quoted.map(|q| {
        if q.protocol == "ICMP" {
            format!("ICMP from {} to {}", q.from.ip(), q.to.ip())
        } else {
            format!(
                "{} from {} to {}",
                q.protocol,
                endpoint(q.from),
                endpoint(q.to)
            )
        }
    });
    match (packet, ends) {
        (Some(packet), Some(ends)) => format!("{name} {packet} ({ends})"),
        (None, Some(ends)) => format!("a packet that was not captured ({ends})"),
        _ => "a packet that it does not name".into(),
    }
}

fn reason(why: Undelivered) -> &'static str {
    match why {
        Undelivered::Network => "no way leads to that network",
        Undelivered::Host => "the host does not answer on its link",
        Undelivered::Protocol => "the host does not speak that protocol",
        Undelivered::Port => "nobody listens on that port",
        Undelivered::TooBig => "it is larger than the next link takes, and must not be cut",
        Undelivered::Prohibited => "a firewall does not let it pass",
        Undelivered::HopLimit => "it passed as many routers as it may (time to live)",
        Undelivered::Reassembly => "a piece of it did not come in time",
        Undelivered::Parameter => "its header is not in order",
        Undelivered::Other => "for a reason that has no name",
    }
}

fn icmp(message: IcmpMessage) -> &'static str {
    match message {
        IcmpMessage::RouterSolicitation => "asks whether there is a router here",
        IcmpMessage::RouterAdvertisement => "is a router, and says which addresses are used here",
        IcmpMessage::Redirect => "knows a better way for what it was given",
        IcmpMessage::Multicast => "says which multicast groups it listens to, or asks for that",
        IcmpMessage::TimeStamp => "asks for the time, or tells it",
        IcmpMessage::SourceQuench => "wants less to be sent (a message no longer in use, RFC 6633)",
    }
}
