//! Notes as JSON lines.

use std::io;

use super::object::{Object, event, key, text};
use super::segments::segment_line;
use crate::digits::decimal_bytes;
use crate::note::{AckNote, ControlNote, DataNote, Note};

/// A note as its derived `Serialize` writes it, and the packet it is about. The notes that nearly
/// every packet of a transfer has are written field by field, in a fraction of the time; a test
/// holds the two ways to each other.
pub(super) fn note_line(note: &Note, packet: u64, out: &mut Vec<u8>) -> io::Result<()> {
    match note {
        Note::Data(DataNote::Data {
            by,
            first,
            last,
            transfer,
            push,
        }) => {
            let mut object = Object::new(event!("data"), out);
            object.party(text!("by"), *by);
            object.number(key!("first"), *first);
            object.number(key!("last"), *last);
            object.transfer(key!("transfer"), *transfer);
            object.bool(key!("push"), *push);
            object.number(key!("packet"), packet);
            object.end();
        }
        Note::Ack(AckNote::Ack {
            by,
            covered,
            after,
            delayed,
        }) => {
            let mut object = Object::new(event!("ack"), out);
            object.party(text!("by"), *by);
            object.covered(covered);
            object.duration(key!("after_s"), *after)?;
            object.bool(key!("delayed"), *delayed);
            object.number(key!("packet"), packet);
            object.end();
        }
        Note::Ack(AckNote::AckPiggybacked { covered }) => {
            let mut object = Object::new(event!("ack_piggybacked"), out);
            object.covered(covered);
            object.number(key!("packet"), packet);
            object.end();
        }
        Note::Control(ControlNote::Command {
            word,
            verb,
            argument,
            credential,
            transfer,
        }) => {
            let mut object = Object::new(event!("command"), out);
            object.words(key!("word"), word)?;
            match verb {
                Some(verb) => object.text(key!("verb"), verb.as_str())?,
                None => object.null(key!("verb")),
            }
            match argument {
                Some(argument) => object.words(key!("argument"), argument)?,
                None => object.null(key!("argument")),
            }
            match credential {
                Some(credential) => object.value(key!("credential"), credential)?,
                None => object.null(key!("credential")),
            }
            object.transfer(key!("transfer"), *transfer);
            object.number(key!("packet"), packet);
            object.end();
        }
        Note::Control(ControlNote::Reply {
            code,
            text,
            lines,
            to,
            transfer,
        }) => {
            let mut object = Object::new(event!("reply"), out);
            object.code(text!("code"), *code);
            object.words(key!("text"), text)?;
            object.number(key!("lines"), *lines);
            object.command(key!("to"), to.as_ref())?;
            object.transfer(key!("transfer"), *transfer);
            object.number(key!("packet"), packet);
            object.end();
        }
        note if segment_line(note, packet, out)? => {}
        note => {
            serde_json::to_writer(&mut *out, note)?;
            // A note is an object with at least its event, and the packet is its last field.
            out.pop();
            out.extend_from_slice(key!("packet").as_bytes());
            decimal_bytes(out, packet);
            out.extend_from_slice(b"}\n");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use proto::{Code, Verb};
    use serde::Serialize;

    use super::note_line;
    use crate::note::{
        AckNote, ArpNote, CommandRef, ControlNote, Covered, Credential, DataNote, FinOrder,
        HandshakeNote, Link, Note, Offers, Party, Purpose, TeardownNote, Text, TransferRef,
        Unexplained,
    };

    #[derive(Serialize)]
    struct NoteLine<'a> {
        #[serde(flatten)]
        note: &'a Note,
        packet: u64,
    }

    fn party() -> impl Strategy<Value = Party> {
        prop_oneof![
            Just(Party::Client),
            Just(Party::Server),
            any::<std::net::SocketAddr>().prop_map(|mut end| {
                // Packets have neither of these, so they are not written.
                if let std::net::SocketAddr::V6(v6) = &mut end {
                    v6.set_flowinfo(0);
                    v6.set_scope_id(0);
                }
                Party::Endpoint(end)
            }),
        ]
    }

    fn covered() -> impl Strategy<Value = Covered> {
        let packet = any::<Option<u64>>();
        (any::<u32>(), packet.clone(), packet, any::<bool>()).prop_map(
            |(bytes, first, last, fin)| Covered {
                bytes,
                first,
                last,
                fin,
            },
        )
    }

    fn transfer() -> impl Strategy<Value = Option<TransferRef>> {
        let verb = proptest::option::of(proptest::sample::select(Verb::ALL));
        proptest::option::of(
            (any::<u32>(), verb).prop_map(|(number, verb)| TransferRef { number, verb }),
        )
    }

    fn syn(by: Party, to: Party, isn: u32) -> Note {
        Note::Handshake(HandshakeNote::Syn {
            by,
            to,
            from_port: 20,
            to_port: 40_000,
            isn,
            offers: Offers {
                mss: Some(1460),
                window: 65535,
                window_scale: None,
                sack: true,
                timestamps: false,
            },
            purpose: Purpose::Announced {
                by: Verb::Port,
                packet: 7,
                active: true,
                link: Link::Exact,
            },
        })
    }

    /// What every connection has.
    fn connection() -> impl Strategy<Value = Note> {
        let offers = Offers {
            mss: None,
            window: 512,
            window_scale: Some(7),
            sack: false,
            timestamps: true,
        };
        let (orders, three) = (
            [FinOrder::First, FinOrder::Second, FinOrder::Simultaneous],
            any::<[u32; 3]>(),
        );
        (party(), after(), after(), three, any::<bool>(), transfer()).prop_flat_map(
            move |(by, after, total, [a, b, c], flag, transfer)| {
                let order = orders[a as usize % 3];
                proptest::sample::select(vec![
                    Note::Handshake(HandshakeNote::SynAck {
                        by,
                        isn: a,
                        ack: b,
                        offers,
                        after,
                    }),
                    Note::Handshake(HandshakeNote::Established {
                        by,
                        after,
                        total,
                        relative: flag,
                    }),
                    Note::Teardown(TeardownNote::Fin {
                        by,
                        order,
                        seq: b,
                        acks_fin: flag,
                    }),
                    Note::Teardown(TeardownNote::FinAcknowledged { by, ack: a }),
                    Note::Teardown(TeardownNote::Closed {
                        first: by,
                        segments: a.to_be_bytes()[0],
                        simultaneous: flag,
                        lasted: total,
                    }),
                    Note::Data(DataNote::DataComplete {
                        by,
                        bytes: a.into(),
                        missing: b.into(),
                        from_start: flag,
                        segments: c.into(),
                        duration: after.unwrap_or_default(),
                        transfer,
                    }),
                ])
            },
        )
    }

    /// Of every magnitude: from nanoseconds to years.
    fn after() -> impl Strategy<Value = Option<Duration>> {
        let nanos = (any::<u64>(), 0..64).prop_map(|(nanos, shift)| nanos >> shift);
        let round = (0..1000_u64, 0..16_u32).prop_map(|(digits, zeros)| digits * 10_u64.pow(zeros));
        proptest::option::of(
            prop_oneof![nanos, 0..1_000_000_000_u64, round].prop_map(Duration::from_nanos),
        )
    }

    /// As most are, and as they might be.
    fn words() -> impl Strategy<Value = Text> {
        let bytes = prop_oneof![
            "[ -~]{0,40}".prop_map(String::into_bytes),
            any::<String>().prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..20),
        ];
        bytes.prop_map(|bytes| Text::new(&bytes))
    }

    fn control() -> impl Strategy<Value = Note> {
        let verb = proptest::option::of(proptest::sample::select(Verb::ALL));
        let argument = proptest::option::of(words());
        let credential = proptest::option::of(proptest::sample::select(&[
            Credential::UserName,
            Credential::Password,
            Credential::AnonymousPassword,
        ]));
        let command = (words(), verb, argument, credential, transfer()).prop_map(
            |(word, verb, argument, credential, transfer)| ControlNote::Command {
                word,
                verb,
                argument,
                credential,
                transfer,
            },
        );
        let to = (words(), any::<u64>()).prop_map(|(word, packet)| CommandRef { word, packet });
        let code = (0..=999_u16).prop_filter_map("three digits", Code::new);
        let reply = (
            code,
            words(),
            any::<u32>(),
            proptest::option::of(to),
            transfer(),
        )
            .prop_map(|(code, text, lines, to, transfer)| ControlNote::Reply {
                code,
                text,
                lines,
                to,
                transfer,
            });
        prop_oneof![command, reply].prop_map(Note::Control)
    }

    fn note() -> impl Strategy<Value = Note> {
        prop_oneof![
            control(),
            connection(),
            (party(), any::<[u64; 2]>(), transfer(), any::<bool>()).prop_map(
                |(by, [first, last], transfer, push)| Note::Data(DataNote::Data {
                    by,
                    first,
                    last,
                    transfer,
                    push,
                })
            ),
            (party(), covered(), after(), any::<bool>()).prop_map(
                |(by, covered, after, delayed)| {
                    Note::Ack(AckNote::Ack {
                        by,
                        covered,
                        after,
                        delayed,
                    })
                }
            ),
            covered().prop_map(|covered| Note::Ack(AckNote::AckPiggybacked { covered })),
            (party(), party(), any::<u32>()).prop_map(|(by, to, isn)| syn(by, to, isn)),
            Just(Note::Handshake(HandshakeNote::MidStream)),
            Just(Note::Unexplained(Unexplained::Segment)),
            any::<String>()
                .prop_map(|protocol| Note::Unexplained(Unexplained::Protocol { protocol })),
            (any::<u32>(), any::<bool>()).prop_map(|(target, broadcast)| {
                Note::Arp(ArpNote::Request {
                    asker: [10, 0, 0, 1].into(),
                    target: target.into(),
                    broadcast,
                })
            }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_short_way_writes_what_serde_writes(note in note(), packet in any::<u64>()) {
            let mut short = Vec::new();
            note_line(&note, packet, &mut short).unwrap();
            let long = serde_json::to_string(&NoteLine { note: &note, packet }).unwrap();
            prop_assert_eq!(String::from_utf8(short).unwrap(), long + "\n");
        }
    }
}
