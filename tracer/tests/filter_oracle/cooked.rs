//! What only cooked frames tell: which way they went, and on which interface.

use super::{captures, compare, frames, ours, tcpdump, tcpdump_is_here};

#[test]
fn directions_and_interfaces_are_those_of_tcpdump() {
    if !tcpdump_is_here() {
        return;
    }
    let mut told = 0;
    for file in captures() {
        let frames = frames(&file);
        for expression in [
            "inbound",
            "outbound",
            "outbound and tcp",
            "not inbound or arp",
            "ifindex 1",
            "not ifindex 2",
            "ifindex 2 and outbound",
        ] {
            match tcpdump(&file, &[], expression) {
                Ok(theirs) => {
                    let all: Vec<_> = frames.iter().collect();
                    told += compare(expression, &file, &all, &theirs);
                }
                Err(refused) => {
                    let ours = ours(expression, frames[0].link);
                    assert!(ours.is_err(), "{expression}: {refused}");
                }
            }
        }
    }
    assert!(told > 0);
}
