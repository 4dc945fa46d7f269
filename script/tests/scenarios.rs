//! Scenarios that are read, told and refused.

mod placed;

use script::{Script, explain};

const LAB: &str = r#"purpose: A listing whose FIN comes first
shows: S0-46, G-3
plays: lab

network
  host client 192.168.1.2/24
  host server 10.0.0.2
  host names 10.1.0.2
  all timestamps off
  client acknowledges late
  client acknowledges before closing
  cable rtt 24 ms
  hold 2nd data from server port 20 length 1167 until FIN from server, then 2 ms more
  drop first ACK from client to port 21
  names knows a.example 10.0.0.2
  names refers example b.example 10.1.0.3
  server anonymous
  server file "a b.txt" "hello" 3 * "x"
  server dates 2000-02-29
  client mode active
  client window 65535
end

resolve a.example from port 3170
client login ftp ""
C: SYST
S: 215 "UNIX"
client get "a b.txt" from byte 3
client sends "NOOP" and shuts down
capture ends
"#;

#[test]
fn a_scenario_says_where_and_what() {
    let script = Script::parse("lab.ftp", LAB.as_bytes()).unwrap();
    let network = script.network.as_ref().unwrap();
    assert_eq!(network.hosts.len(), 3);
    assert!(network.is_routed());
    assert_eq!(network.resolver().unwrap().name, "names");
    assert_eq!(network.dated, Some(951_782_400));
    assert_eq!(network.cable.rules.len(), 2);
    assert_eq!(script.header.shows, ["S0-46", "G-3"]);
    assert_eq!(script.steps.len(), 7);
    let told = explain(&script);
    for words in [
        "It shows S0-46, G-3.",
        "downloads a b.txt from byte 3 on",
        "sends `NOOP`",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn mistakes_in_a_network_are_placed() {
    for (right, wrong, at, told) in [
        (
            "cable rtt 24 ms",
            "cable rtt 24",
            "12:13",
            "a time without a unit",
        ),
        (
            "host server 10.0.0.2",
            "host server 10.0.0.300",
            "7:15",
            "no address",
        ),
        (
            "first ACK",
            "fifth ACK",
            "14:8",
            "no packet is called `fifth`",
        ),
        (
            "drop first ACK from client",
            "drop first ACK from clint",
            "14:23",
            "no host `clint`",
        ),
        (
            "client login",
            "client logn",
            "25:8",
            "did you mean `login`?",
        ),
        ("network\n", "netwrk\n", "5:1", "where `network` should be"),
        (
            "  host client 192.168.1.2/24\n",
            "",
            "9:3",
            "`host client 10.0.0.1` above",
        ),
        ("shows: S0-46", "shows: FIN", "2:8", "`FIN` is no item"),
    ] {
        placed::mistake(LAB, [right, wrong, at, told]);
    }
}

proptest::proptest! {
    /// Damaged scenarios.
    #[test]
    fn damage_to_a_scenario_is_placed(at in 0..LAB.len(), byte: u8) {
        let mut text = LAB.as_bytes().to_vec();
        text[at] = byte;
        if let Err(error) = Script::parse("x", &text) {
            let lines = 1 + LAB.lines().count();
            proptest::prop_assert!((1..=lines).contains(&(error.at.line as usize)));
            let _ = error.to_string();
        }
    }
}
