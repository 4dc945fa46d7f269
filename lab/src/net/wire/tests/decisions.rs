//! Which frame leaves when, on a clock of the test's own.

use std::time::Duration;

use tracer::{TcpFlags, Timestamp};

use crate::net::wire::relay::Relay;
use crate::net::wire::{DropReason, PacketMatch, Rule, WireAction, WireEvent, WirePlan};

const CLIENT: usize = 0;
const SERVER: usize = 1;
const MS: i64 = 1_000_000;

#[test]
fn frames_leave_after_the_delay_and_in_their_order() {
    let plan = WirePlan::new()
        .rtt(Duration::from_millis(24))
        .delay_from("server", Duration::from_millis(5));
    let mut wire = wire(&plan);
    wire.arrive(CLIENT, &udp(1), at(0));
    wire.arrive(CLIENT, &udp(2), at(0));
    wire.arrive(SERVER, &udp(3), at(1));
    assert_eq!(wire.next(), Some(at(6)));
    assert!(wire.depart(at(5)).is_none());
    assert_eq!(departures(&mut wire, 6), [3]);
    assert!(wire.depart(Timestamp(12 * MS - 1)).is_none());
    assert_eq!(departures(&mut wire, 12), [1, 2]);
    assert_eq!(wire.next(), None);
    assert_eq!(wire.take_events().count(), 0);
}

#[test]
fn jitter_keeps_the_order_and_the_seed_decides() {
    let run = |seed| {
        let plan = WirePlan::new()
            .jitter(Duration::from_millis(10))
            .loss(0.3)
            .duplication(0.2)
            .seed(seed);
        let mut wire = wire(&plan);
        let mut leaves = Vec::new();
        for n in 0..200 {
            let now = at(i64::from(n));
            wire.arrive(CLIENT, &udp(n), now);
            // What is not IP takes nothing from chance.
            wire.arrive(CLIENT, &arp(), now);
        }
        while let Some(next) = wire.next() {
            let left = wire.depart(next).unwrap();
            if left.bytes[12..14] == [8, 0] {
                leaves.push((next, number(&left.bytes)));
            }
        }
        (leaves, wire.take_events().collect::<Vec<_>>())
    };
    let (leaves, events) = run(1);
    assert!(
        leaves.is_sorted_by_key(|(time, n)| (*time, *n)),
        "{leaves:?}"
    );
    let lost = WireAction::Dropped(DropReason::Loss);
    let losses = events.iter().filter(|event| event.action == lost).count();
    assert!((30..=90).contains(&losses), "{losses} of 200 lost");
    let copies = events.len() - losses;
    assert_eq!(leaves.len(), 200 - losses + copies);
    assert_eq!(run(1), (leaves.clone(), events));
    assert_ne!(run(2).0, leaves);
}

#[test]
fn chance_takes_nothing_or_everything_when_told_to() {
    let mut never = wire(&WirePlan::new().loss(0.0));
    let mut always = wire(&WirePlan::new().loss(1.0));
    for n in 0..100 {
        never.arrive(CLIENT, &udp(n), at(0));
        always.arrive(CLIENT, &udp(n), at(0));
    }
    assert_eq!(departures(&mut never, 0).len(), 100);
    assert!(departures(&mut always, 0).is_empty());
}

#[test]
fn a_named_packet_is_dropped_doubled_or_late_and_the_others_keep_their_order() {
    let named = |n: u32| PacketMatch::udp().from("client").nth(n);
    let plan = WirePlan::new()
        .delay(Duration::from_millis(1))
        .rule(Rule::drop(named(2)))
        .rule(Rule::duplicate(named(3)))
        .rule(Rule::delay(named(4), Duration::from_millis(7)));
    let mut wire = wire(&plan);
    for n in 1..=6 {
        // The other direction does not count.
        wire.arrive(SERVER, &udp(100), at(0));
        wire.arrive(CLIENT, &udp(n), at(0));
    }
    let first: Vec<u16> = departures(&mut wire, 1);
    let from_client: Vec<u16> = first.into_iter().filter(|n| *n < 100).collect();
    assert_eq!(from_client, [1, 3, 3, 5, 6]);
    assert_eq!(departures(&mut wire, 8), [4]);
    let told: Vec<WireAction> = wire.take_events().map(|event| event.action).collect();
    assert_eq!(
        told,
        [
            WireAction::Dropped(DropReason::Rule(0)),
            WireAction::Duplicated { rule: Some(1) },
            WireAction::Delayed {
                rule: 2,
                by: Duration::from_millis(7)
            },
        ]
    );
}

#[test]
fn each_rule_knows_what_it_has_met() {
    let client = PacketMatch::udp().from("client");
    let plan = WirePlan::new()
        .rule(Rule::drop(client.clone().nth(2)))
        .rule(Rule::duplicate(client.clone().nth(9)))
        .rule(Rule::delay(client.clone(), Duration::from_millis(1)))
        .rule(Rule::drop(client))
        .rule(Rule::drop(PacketMatch::tcp()));
    let mut wire = wire(&plan);
    for n in 1..=3 {
        wire.arrive(CLIENT, &udp(n), at(0));
        wire.arrive(SERVER, &udp(n), at(0));
    }
    let met = wire.tally().rules();
    let counts: Vec<_> = met
        .iter()
        .map(|rule| (rule.alike, rule.meant, rule.decided))
        .collect();
    assert_eq!(
        counts,
        [(3, 1, 1), (3, 0, 0), (3, 3, 2), (3, 3, 0), (0, 0, 0)]
    );
}

#[test]
fn a_packet_waits_for_one_behind_it() {
    // The passive trace: the FIN overtakes the data, which comes 2 ms later.
    let data = PacketMatch::tcp()
        .from("server")
        .source_port(3668)
        .payload(1167);
    let fin = PacketMatch::tcp()
        .from("server")
        .source_port(3668)
        .with(TcpFlags::FIN);
    let plan = WirePlan::new()
        .delay(Duration::from_millis(12))
        .rule(Rule::hold(data.nth(1), fin).then(Duration::from_millis(2)));
    let mut wire = wire(&plan);
    wire.arrive(SERVER, &tcp(3668, TcpFlags::ACK, 1167), at(0));
    wire.arrive(SERVER, &tcp(3668, TcpFlags::ACK, 5), at(1));
    wire.arrive(SERVER, &tcp(3668, FIN_ACK, 0), at(3));
    wire.arrive(SERVER, &tcp(21, TcpFlags::ACK, 24), at(3));
    let mut left = Vec::new();
    while let Some(next) = wire.next() {
        left.push((next, payload(&wire.depart(next).unwrap().bytes)));
    }
    assert_eq!(
        left,
        [(at(13), 5), (at(15), 0), (at(15), 24), (at(17), 1167)]
    );
    let told: Vec<WireEvent> = wire.take_events().collect();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].action, WireAction::Held { rule: 0 });
    let WireAction::Released { rule: 0, by, held } = &told[1].action else {
        panic!("{:?}", told[1]);
    };
    assert_eq!((by.payload, by.flags), (Some(0), Some(FIN_ACK)));
    // It would have left at 12, and was released at 15.
    assert_eq!(*held, Duration::from_millis(3));
    assert_eq!(
        told[1].to_string(),
        "server: TCP 10.0.0.2.3668 > 10.0.0.1.24626 ACK (1167): held 3.000 ms, until \
         TCP 10.0.0.2.3668 > 10.0.0.1.24626 FIN+ACK (0) had passed"
    );
}

#[test]
fn a_wait_for_what_has_passed_already_is_none() {
    let last = PacketMatch::tcp()
        .source_port(20)
        .only(TcpFlags::ACK)
        .payload(0);
    let done = PacketMatch::tcp().source_port(21).begins(b"xxx").nth(1);
    let mut wire = wire(&WirePlan::new().rule(Rule::hold(last, done)));
    wire.arrive(SERVER, &tcp(21, TcpFlags::ACK, 24), at(0));
    assert_eq!(payloads(&mut wire, 0), [24]);
    wire.arrive(SERVER, &tcp(20, TcpFlags::ACK, 0), at(1));
    assert_eq!(payloads(&mut wire, 1), [0]);
    assert_eq!(wire.take_events().count(), 0);
}

#[test]
fn a_wait_in_vain_ends_and_is_told() {
    let first = PacketMatch::tcp().nth(1);
    let never = PacketMatch::of(crate::net::Protocol::Icmp);
    let rule = Rule::hold(first, never).at_most(Duration::from_millis(50));
    let mut wire = wire(&WirePlan::new().delay(Duration::from_millis(10)).rule(rule));
    wire.arrive(CLIENT, &tcp(1, TcpFlags::ACK, 7), at(0));
    wire.arrive(CLIENT, &tcp(1, TcpFlags::ACK, 8), at(0));
    assert_eq!(payloads(&mut wire, 59), [8]);
    assert_eq!(wire.next(), Some(at(60)));
    assert_eq!(payloads(&mut wire, 60), [7]);
    let told: Vec<WireAction> = wire.take_events().map(|event| event.action).collect();
    let waited = WireAction::TimedOut {
        rule: 0,
        held: Duration::from_millis(50),
    };
    assert_eq!(told, [WireAction::Held { rule: 0 }, waited]);
}

#[test]
fn a_release_in_time_counts_however_late_it_is_seen_to() {
    let rule = Rule::hold(PacketMatch::tcp().payload(7), PacketMatch::tcp().payload(8))
        .at_most(Duration::from_millis(50));
    let mut wire = wire(&WirePlan::new().rule(rule));
    wire.arrive(CLIENT, &tcp(1, TcpFlags::ACK, 7), at(0));
    wire.arrive(CLIENT, &tcp(1, TcpFlags::ACK, 8), at(49));
    assert_eq!(payloads(&mut wire, 1000), [8, 7]);
    let last = wire.take_events().last().unwrap();
    assert!(matches!(last.action, WireAction::Released { .. }), "{last}");
}

#[test]
fn what_is_under_way_has_a_bound() {
    let mut wire = wire(&WirePlan::new().delay(Duration::from_secs(1)));
    let frame = vec![0; 1514];
    for _ in 0..40_000 {
        wire.arrive(CLIENT, &frame, at(0));
    }
    let full = WireAction::Dropped(DropReason::Full);
    let dropped = wire
        .take_events()
        .filter(|event| event.action == full)
        .count();
    let mut left = 0;
    while wire.depart(at(1000)).is_some() {
        left += 1;
    }
    assert_eq!(left, 16_384);
    assert_eq!(left + dropped, 40_000);
}

#[test]
fn a_plan_that_cannot_be_is_refused() {
    let ends = ["client", "server"];
    let mistake = |plan: WirePlan| plan.mistake(ends).unwrap_or_default();
    assert_eq!(mistake(WirePlan::new().rtt(Duration::from_millis(24))), "");
    assert_eq!(
        mistake(WirePlan::new().loss(1.5)),
        "a loss of 1.5 is not 0 to 1"
    );
    assert!(mistake(WirePlan::new().loss(f64::NAN)).contains("not 0 to 1"));
    let stranger = Rule::drop(PacketMatch::any().from("router"));
    assert_eq!(
        mistake(WirePlan::new().rule(stranger)),
        "rule 0: \"router\" is not at an end of the cable, which are \"client\" and \"server\""
    );
    let zeroth = Rule::drop(PacketMatch::any().nth(0));
    assert_eq!(
        mistake(WirePlan::new().rule(zeroth)),
        "rule 0: packets are counted from 1"
    );
    let long = WirePlan::new().delay(Duration::from_secs(61));
    assert_eq!(mistake(long), "a delay of 61s is more than 60s");
}

#[test]
fn a_match_says_what_it_means() {
    let fin = PacketMatch::tcp()
        .from("server")
        .source_port(20)
        .destination_port(3172)
        .with(TcpFlags::FIN)
        .without(TcpFlags::RST)
        .nth(2);
    assert_eq!(
        fin.to_string(),
        "no. 2 of TCP from server from port 20 to port 3172 with FIN without RST"
    );
    let reply = PacketMatch::tcp().payload_at_least(24).begins("226 \r\n");
    assert_eq!(
        reply.to_string(),
        "TCP of 24 bytes or more that begins with \"226 \\r\\n\""
    );
}

const FIN_ACK: TcpFlags = TcpFlags(TcpFlags::FIN.0 | TcpFlags::ACK.0);

fn wire(plan: &WirePlan) -> Relay {
    Relay::new(plan, ["client".into(), "server".into()])
}

fn at(ms: i64) -> Timestamp {
    Timestamp(ms * MS)
}

/// The numbers of the datagrams that have left at this time.
fn departures(wire: &mut Relay, ms: i64) -> Vec<u16> {
    std::iter::from_fn(|| wire.depart(at(ms)))
        .map(|left| number(&left.bytes))
        .collect()
}

fn payloads(wire: &mut Relay, ms: i64) -> Vec<usize> {
    std::iter::from_fn(|| wire.depart(at(ms)))
        .map(|left| payload(&left.bytes))
        .collect()
}

/// A datagram whose source port is its number.
fn udp(number: u16) -> Vec<u8> {
    let mut transport = number.to_be_bytes().to_vec();
    transport.extend([0, 53, 0, 8, 0, 0]);
    ip(17, &transport)
}

fn number(frame: &[u8]) -> u16 {
    u16::from_be_bytes([frame[34], frame[35]])
}

fn tcp(port: u16, flags: TcpFlags, payload: usize) -> Vec<u8> {
    let mut transport = port.to_be_bytes().to_vec();
    transport.extend(24626_u16.to_be_bytes());
    transport.extend([0; 8]);
    transport.extend([0x50, u8::try_from(flags.0).unwrap()]);
    transport.extend([0; 6]);
    transport.extend(vec![b'x'; payload]);
    ip(6, &transport)
}

fn payload(frame: &[u8]) -> usize {
    frame.len() - 54
}

fn ip(protocol: u8, transport: &[u8]) -> Vec<u8> {
    let mut frame = vec![2; 12];
    frame.extend([0x08, 0x00, 0x45, 0]);
    let length = u16::try_from(20 + transport.len()).unwrap();
    frame.extend(length.to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
    frame.extend([10, 0, 0, 2, 10, 0, 0, 1]);
    frame.extend(transport);
    frame
}

fn arp() -> Vec<u8> {
    let mut frame = vec![2; 12];
    frame.extend([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend([0; 20]);
    frame
}
