//! Opening a connection, in English.

use super::{bytes, party, party_first};
use crate::explain::span;
use crate::note::{HandshakeNote, Inference, Link, Offers, Party, Purpose};

pub(super) fn note(note: &HandshakeNote) -> String {
    match note {
        HandshakeNote::Syn {
            by,
            to,
            from_port,
            to_port,
            isn,
            offers,
            purpose,
        } => format!(
            "Handshake 1 of 3, SYN: {} dials {}{}. Its sequence numbers start at \
             {isn}; the SYN itself takes that number, so its first byte of data will be number {}. \
             Offers: {}.",
            party(by),
            match to {
                Party::Endpoint(_) => party(to),
                _ => format!("{} at port {to_port}", party(to)).into(),
            },
            reason(purpose, *from_port, *to_port),
            isn.wrapping_add(1),
            offered(offers),
        ),
        HandshakeNote::SynAck {
            by,
            isn,
            ack,
            offers,
            after,
        } => format!(
            "Handshake 2 of 3, SYN+ACK: {} accepts{}. ack {ack} means \"I have your SYN, the next \
             number I expect is {ack}\"; its own numbers start at {isn}. Offers: {}.",
            party(by),
            after
                .map(|after| format!(" {} after the SYN", span(after)))
                .unwrap_or_default(),
            offered(offers),
        ),
        HandshakeNote::Established {
            by,
            after,
            total,
            relative,
        } => {
            let numbers = if *relative {
                " From here on numbers are printed relative to where each side began."
            } else {
                ""
            };
            let times = match (after, total) {
                (Some(after), Some(total)) => format!(
                    " {} after the SYN+ACK; SYN to here, one round trip as seen from where this \
                     was captured: {}.",
                    span(*after),
                    span(*total)
                ),
                _ => String::new(),
            };
            format!(
                "Handshake 3 of 3, ACK: {} has the other side's SYN too. The connection is open in \
                 both directions.{times}{numbers}",
                party(by)
            )
        }
        HandshakeNote::SynAckAgain { by, after } => format!(
            "Handshake 2 of 3 again{}: {} has not seen step 3 and repeats its SYN+ACK.",
            after
                .map(|after| format!(", {} after the SYN", span(after)))
                .unwrap_or_default(),
            party(by)
        ),
        HandshakeNote::SynAgain { by, attempt, after } => format!(
            "SYN number {attempt}, {} after the first: {} got no SYN+ACK and dials again.",
            span(*after),
            party(by)
        ),
        HandshakeNote::Simultaneous { by } => format!(
            "{} dials too, before it saw the other's SYN: a simultaneous open.",
            party_first(by)
        ),
        HandshakeNote::SimultaneousAck { by, opens } => format!(
            "{} acknowledges the other's SYN and repeats its own, since both dialled.{}",
            party_first(by),
            if *opens {
                " Both have done so: the connection is open, after four segments instead of three."
            } else {
                ""
            }
        ),
        HandshakeNote::Refused {
            by,
            port,
            syn,
            after,
        } => format!(
            "Refused{}: nobody listens on port {port}, or a firewall refuses, so {} answers the SYN of packet {syn} with RST.",
            after
                .map(|after| format!(" after {}", span(after)))
                .unwrap_or_default(),
            party(by)
        ),
        HandshakeNote::Forgotten => {
            "This connection was seen before, but there were so many that it was forgotten: it is \
             read from here on like one that is new."
                .into()
        }
        HandshakeNote::ChallengeAck { by, ack, syn } => format!(
            "Challenge ACK: {} answers the SYN of packet {syn} not with SYN+ACK but with \
             “I wait for number {ack}”. It believes that an older connection between these two \
             ports is still open. If the other side knows nothing of it, it answers with RST.",
            party(by)
        ),
        HandshakeNote::MidStream => {
            "The capture began after this connection was opened: its handshake is missing.".into()
        }
    }
}

fn reason(purpose: &Purpose, from_port: u16, to_port: u16) -> String {
    match purpose {
        Purpose::Control if to_port == 21 => {
            ", where FTP servers listen: this will be the control connection".into()
        }
        Purpose::Control => ": this will be the control connection".into(),
        Purpose::Announced {
            by,
            packet,
            active,
            link,
        } => {
            let how = match (active, link) {
                (true, Link::Stranger) => {
                    "The server was to dial it, but this is another host: a server with several \
                     addresses, or somebody who guessed the port"
                        .into()
                }
                (false, Link::Stranger) => {
                    "The client was to dial it, but this is another host: a transfer between two \
                     servers, a NAT with several addresses, or somebody who guessed the port"
                        .into()
                }
                (true, _) => format!(
                    "In active mode the server dials, from its port {from_port}: this is the data \
                     connection"
                ),
                (false, _) => {
                    "In passive mode the client dials again: this is the data connection".into()
                }
            };
            let announced = if *active {
                format!(", which {by} in packet {packet} announced")
            } else {
                format!(", which the reply to {by} in packet {packet} announced")
            };
            let fit = match link {
                Link::Exact | Link::Stranger => "",
                Link::Reused => "; it was dialled before and is used again",
                Link::Translated => {
                    "; only the port is the announced one, the address is that of the control \
                     connection"
                }
            };
            format!("{announced}{fit}. {how}")
        }
        Purpose::Inferred { active, reason } => {
            let who = if *active {
                "the server dials the client"
            } else {
                "the client dials the server once more"
            };
            let why = match reason {
                Inference::Encrypted => {
                    "while their session is encrypted, so that its announcements cannot be read"
                }
                Inference::AnnouncementMissing => {
                    "while a transfer lacks its data connection, and the capture has no announcement"
                }
                Inference::Unprinted => {
                    "while their session goes on, and the trace does not show what is announced"
                }
                Inference::DefaultPort => {
                    "at the port that the control connection comes from, the default without PORT \
                     (RFC 959 §3.2)"
                }
            };
            format!(". Inferred: {who} {why}. This is the data connection")
        }
        Purpose::Unannounced => {
            ". It comes from port 20 (ftp-data), but no captured command announced it".into()
        }
        Purpose::Unknown => String::new(),
    }
}

fn offered(offers: &Offers) -> String {
    let mut parts = vec![format!("window {}", bytes(offers.window.into()))];
    if let Some(mss) = offers.mss {
        parts.push(format!("segments of up to {} (mss)", bytes(mss.into())));
    }
    if let Some(shift) = offers.window_scale {
        parts.push(format!(
            "later windows ×{} (wscale)",
            1_u32 << shift.min(14)
        ));
    }
    if offers.sack {
        parts.push("selective ACKs (sackOK)".into());
    }
    if offers.timestamps {
        parts.push("time stamps (TS)".into());
    }
    parts.join(", ")
}
