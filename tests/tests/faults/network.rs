//! The network takes packets and gives nothing back, in both directions: nobody hears a FIN.

use std::process::Command;

use ftplab_tests::{finish, has_program, inside, said};

use crate::served::Served;
use crate::stages::{Open, Stage};

fn nft(rules: &str) {
    let output = finish(Command::new("nft").arg(rules));
    assert!(output.status.success(), "nft {rules}: {}", said(&output));
}

#[test]
fn peers_that_the_network_swallowed_are_ended() {
    if !has_program("nft") || !inside("network::peers_that_the_network_swallowed_are_ended") {
        return;
    }
    let served = Served::start(&["--idle-timeout", "2s", "--data-timeout", "2s"]);
    let (before, names) = (served.at_rest(), served.names());
    nft("add table ip faults");
    nft("add chain ip faults lost { type filter hook input priority 0; policy accept; }");
    for closes in [false, true] {
        let open: Vec<_> = Stage::ALL
            .iter()
            .map(|stage| stage.reach(&served))
            .collect();
        // Everybody who is connected now, and nobody who comes later.
        let ports: Vec<_> = open
            .iter()
            .flat_map(Open::sockets)
            .map(|socket| socket.local_addr().unwrap().port().to_string())
            .collect();
        let ports = ports.join(", ");
        for side in ["sport", "dport"] {
            nft(&format!(
                "add rule ip faults lost tcp {side} {{ {ports} }} drop"
            ));
        }
        let kept = if closes {
            // Their FINs and resets are lost, too.
            drop(open);
            Vec::new()
        } else {
            open
        };
        served.serves();
        served.settles(&before);
        assert_eq!(served.names(), names);
        drop(kept);
        nft("flush chain ip faults lost");
    }
    served.serves();
}
