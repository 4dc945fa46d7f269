//! Expressions that are put together by chance.

use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tracer::LinkType;

use super::expressions::{ETHERNET, EXPRESSIONS};
use super::{compare, frames, ours, tcpdump, tcpdump_is_here};

fn primitive() -> impl Strategy<Value = String> {
    let side = prop::sample::select(vec!["", "src ", "dst ", "src or dst ", "src and dst "]);
    let address = prop::sample::select(vec!["10.0.0.1", "10.0.0.2", "fd00::1", "127.0.0.1"]);
    let net = prop::sample::select(vec!["10.0.0.0/8", "10.0.0.0/31", "fd00::/16", "10", "127"]);
    let port = prop::sample::select(vec!["21", "20", "3171", "53", "0"]);
    let with_port = prop::sample::select(vec!["", "tcp ", "udp "]);
    let fixed = prop::sample::select(
        EXPRESSIONS
            .iter()
            .chain(ETHERNET)
            .copied()
            .collect::<Vec<_>>(),
    );
    prop_oneof![
        (side.clone(), address).prop_map(|(side, to)| format!("{side}host {to}")),
        (side.clone(), net).prop_map(|(side, to)| format!("{side}net {to}")),
        (with_port.clone(), side.clone(), port.clone())
            .prop_map(|(of, side, port)| format!("{of}{side}port {port}")),
        (with_port, side, port.clone(), port)
            .prop_map(|(of, side, a, b)| format!("{of}{side}portrange {a}-{b}")),
        fixed.prop_map(|text| format!("({text})")),
        relation(),
    ]
}

fn relation() -> impl Strategy<Value = String> {
    let base = prop::sample::select(vec!["ip", "tcp", "udp", "ip6", "ether", "icmp", "arp"]);
    let size = prop::sample::select(vec!["", ":1", ":2", ":4"]);
    let operator = prop::sample::select(vec!["+", "-", "*", "/", "&", "|", "<<", ">>"]);
    let relation = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    (
        base,
        0..44_u32,
        size,
        operator,
        1..32_u32,
        relation,
        0..70_u32,
    )
        .prop_map(|(base, at, size, operator, by, relation, value)| {
            format!("{base}[{at}{size}] {operator} {by} {relation} {value}")
        })
}

fn expression() -> impl Strategy<Value = String> {
    primitive().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} and {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} or {b}")),
            inner.clone().prop_map(|a| format!("not {a}")),
            inner.prop_map(|a| format!("({a})")),
        ]
    })
}

#[test]
fn generated_filters_select_what_tcpdump_selects() {
    if !tcpdump_is_here() {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pcaps");
    let file = folder.join("session.pcap");
    let mut all = frames(&file);
    all.extend(frames(&folder.join("oddities.pcap")));
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[21; 32]),
    );
    let mut selected = 0;
    for _ in 0..400 {
        let text = expression().new_tree(&mut runner).unwrap().current();
        match tcpdump(&file, &[], &text) {
            Ok(theirs) => {
                // Where a field is beyond the captured bytes, their optimiser may find that it
                // does not matter: either answer will do.
                let plain = tcpdump(&file, &["-O"], &text).unwrap();
                let (same, _): (Vec<_>, Vec<_>) = all.iter().partition(|owned| {
                    theirs.accepts(&owned.frame()) == plain.accepts(&owned.frame())
                });
                selected += compare(&text, &file, &same, &theirs);
            }
            // What can never hold it calls a mistake.
            Err(refused) if refused.contains("rejects all packets") => {
                let program = ours(&text, LinkType::Ethernet).unwrap();
                assert!(
                    !all.iter().any(|owned| program.accepts(&owned.frame())),
                    "{text}"
                );
            }
            Err(refused) => panic!("{text}: {refused}"),
        }
    }
    assert!(selected > 10_000, "{selected} frames");
}
