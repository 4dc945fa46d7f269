//! Scenarios with a router that does more than forward: firewalls that read PORT and 227, or do
//! not, and a NAT that is captured on both sides.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use ftplab_tests::{
    assert_code, events, finish, ftplab, has_private_network, has_router, output, refused,
    repository, said, words_for,
};
use serde_json::Value;

/// A run: its events, and its packets by their numbers.
struct Played {
    events: Vec<Value>,
    packets: HashMap<u64, Value>,
}

impl Played {
    fn new(name: &str) -> Self {
        let events = events(&output(ftplab().args(["run", name, "--json"])));
        let packets = events.iter().filter(|event| event["event"] == "packet");
        let packets = packets
            .map(|packet| (packet["packet"].as_u64().unwrap(), packet.clone()))
            .collect();
        Self { events, packets }
    }

    fn all(&self, event: &str) -> Vec<&Value> {
        let found = self.events.iter().filter(|other| other["event"] == event);
        found.collect()
    }

    fn codes(&self) -> Vec<u64> {
        let code = |reply: &&Value| reply["code"].as_str().unwrap().parse().unwrap();
        self.all("reply").iter().map(code).collect()
    }

    /// The data connections, in order: where the dialler called, and how each ended.
    fn data(&self) -> Vec<(String, String)> {
        let data = self.all("connection").into_iter();
        let data = data.filter(|row| row["connection"].as_str().unwrap().starts_with("data"));
        data.map(|row| {
            let to = row["to"].as_str().unwrap().to_owned();
            (to, row["ending"].as_str().unwrap().to_owned())
        })
        .collect()
    }
}

#[test]
fn a_firewall_lets_the_server_in_when_it_has_read_port() {
    if !has_router() {
        return;
    }
    let played = Played::new("firewall-active");
    let data = played.data();
    let [(shut, first), (open, second)] = data.as_slice() else {
        panic!("{data:?}");
    };
    assert_eq!((first.as_str(), second.as_str()), ("unanswered", "closed"));
    assert!(shut.starts_with("10.0.0.2:") && open.starts_with("10.0.0.2:"));
    // The server's SYNs leave it, and nothing at all comes back.
    let of = |name: &str| {
        let there = |packet: &&Value| packet["connection"] == name;
        let packets: Vec<&Value> = played.packets.values().filter(there).collect();
        packets
    };
    let syns = of("data 1");
    assert!(!syns.is_empty());
    for syn in &syns {
        assert_eq!(
            (&syn["flags"], &syn["src"]),
            (&"S".into(), &"203.0.113.10".into())
        );
        assert_eq!(syn["src_port"], 20);
    }
    assert!(of("data 2.1").iter().any(|packet| packet["flags"] == "S."));
    let codes = played.codes();
    assert_eq!(codes.iter().filter(|&&code| code == 425).count(), 1);
    assert_eq!(codes.iter().filter(|&&code| code == 226).count(), 1);
    let file = played.all("file");
    assert!(file.iter().all(|file| file["same"] == true) && file.len() == 1);
}

#[test]
fn a_firewall_lets_the_client_in_when_it_has_read_227() {
    if !has_router() {
        return;
    }
    let played = Played::new("firewall-passive");
    let data = played.data();
    let [(shut, first), (open, second)] = data.as_slice() else {
        panic!("{data:?}");
    };
    assert_eq!((first.as_str(), second.as_str()), ("unanswered", "closed"));
    // Both are what a 227 announced.
    let announced: Vec<&str> = played
        .all("announced")
        .iter()
        .map(|note| note["endpoint"].as_str().unwrap())
        .collect();
    assert_eq!(announced, [shut, open]);
    assert!(shut.starts_with("203.0.113.10:"));
    let codes = played.codes();
    assert!(codes.contains(&226) && !codes.contains(&425), "{codes:?}");
}

#[test]
fn a_nat_rewrites_port_and_shifts_the_numbers_behind_it() {
    if !has_router() {
        return;
    }
    let played = Played::new("nat-alg");
    // Without the helper the server is told an address that it cannot reach, and says so.
    let codes = played.codes();
    assert_eq!(
        codes.iter().filter(|&&code| code == 226).count(),
        2,
        "{codes:?}"
    );
    let refused = codes.iter().filter(|&&code| code >= 500).count();
    assert_eq!(refused, 2, "{codes:?}");
    let commands = played.all("command");
    let ports: Vec<&str> = commands
        .iter()
        .filter(|command| command["verb"] == "PORT")
        .map(|command| command["argument"].as_str().unwrap())
        .collect();
    let [before, before_there, after, after_there] = ports.as_slice() else {
        panic!("{ports:?}");
    };
    assert_eq!(before, before_there);
    assert!(before.starts_with("192,168,123,45,"));
    assert_eq!(
        after.strip_prefix("192,168,123,45,").unwrap(),
        after_there.strip_prefix("203,0,113,1,").unwrap()
    );
    let rewritten = played.all("nat_rewritten");
    let [rewritten] = rewritten.as_slice() else {
        panic!("{rewritten:?}");
    };
    assert_eq!(rewritten["was"], format!("PORT {after}"));
    assert_eq!(rewritten["now"], format!("PORT {after_there}"));
    assert_eq!(rewritten["longer"], -3);

    // Three connections are there twice: two for control, one for data.
    let halves = played.all("nat_connection");
    let changed: Vec<&str> = halves
        .iter()
        .map(|note| note["changed"].as_str().unwrap())
        .collect();
    assert_eq!(changed, ["source", "source", "destination"]);
    for (half, [outside, inside]) in
        halves
            .iter()
            .zip([["now", "was"], ["now", "was"], ["was", "now"]])
    {
        let (outside, inside) = (
            half[outside].as_str().unwrap(),
            half[inside].as_str().unwrap(),
        );
        assert_eq!(
            outside.strip_prefix("203.0.113.1:").unwrap(),
            inside.strip_prefix("192.168.123.45:").unwrap()
        );
    }

    // What is said of the numbers is in the packets.
    let copies = played.all("nat_segment");
    let number = |packet: u64, field: &str| played.packets[&packet][field].as_i64().unwrap();
    let mut shifted = Vec::new();
    for copy in &copies {
        let (this, of) = (
            copy["packet"].as_u64().unwrap(),
            copy["of"].as_u64().unwrap(),
        );
        assert!(of < this);
        for (shift, field) in [("seq_shift", "seq"), ("ack_shift", "ack")] {
            // The numbers go round at 2^32.
            let half = 1_i64 << 31;
            let difference = number(this, field) - number(of, field) + half;
            let difference = difference.rem_euclid(1 << 32) - half;
            assert_eq!(copy[shift].as_i64().unwrap(), difference, "{copy}");
        }
        for field in ["payload", "flags"] {
            assert_eq!(played.packets[&this][field], played.packets[&of][field]);
        }
        let shifts = (
            copy["seq_shift"].as_i64().unwrap(),
            copy["ack_shift"].as_i64().unwrap(),
        );
        assert!([(0, 0), (-3, 0), (0, 3)].contains(&shifts), "{copy}");
        if shifts != (0, 0) {
            assert_eq!(copy["since"], rewritten["packet"]);
            shifted.push((this, shifts));
        }
    }
    // From the rewritten PORT to the end of its connection, both ways.
    let control = &played.packets[&rewritten["packet"].as_u64().unwrap()]["connection"];
    let first = &played.packets[&rewritten["of"].as_u64().unwrap()]["connection"];
    let behind = |packet: &&Value| {
        packet["packet"].as_u64() > rewritten["packet"].as_u64()
            && (packet["connection"] == *control || packet["connection"] == *first)
    };
    let behind = played.packets.values().filter(behind).count();
    assert_eq!(shifted.len() * 2, behind);
    // Each packet is one of two.
    let twice = copies.len() + halves.len() + 1;
    assert_eq!(twice * 2, played.packets.len());
}

#[test]
fn both_languages_tell_of_the_translation() {
    if !has_router() {
        return;
    }
    let english = output(ftplab().args(["run", "nat-alg", "--lang", "en"]));
    let one_line = english.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "there the sender is 192.168.123.45",
        "are two halves of one",
        "the router has rewritten what it says",
        "3 bytes shorter",
        "its sequence number is 3 lower than there, since the text of packet",
        "its acknowledgement number is 3 higher than there",
    ] {
        assert!(one_line.contains(part), "{part}\n{english}");
    }
    let chinese = output(ftplab().args(["run", "nat-alg", "--lang", "zh"]));
    for part in ["同一个连接的两半", "路由器改写了它的文本"] {
        assert!(chinese.contains(part), "{part}\n{chinese}");
    }
}

#[test]
fn without_nft_the_scenario_says_how_to_install_it() {
    /// Hides the program, then runs the rest of its arguments.
    const HIDDEN: &str = "for nft in /usr/sbin/nft /sbin/nft /usr/local/sbin/nft; do \
                          if [ -f $nft ]; then mount --bind /dev/null $nft; fi; done; exec \"$@\"";
    if !has_router() {
        return;
    }
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    let command = command
        .args(["sh", "-c", HIDDEN, "sh"])
        .arg(ftplab().get_program())
        .args(["run", "firewall-active"])
        .env("PATH", "/usr/bin:/bin");
    let output = finish(command);
    assert_code(&output, 3);
    let said = said(&output);
    assert!(said.contains("apt install nftables"), "{said}");
    // Nothing was played.
    assert!(output.stdout.is_empty(), "{said}");
}

#[test]
fn without_the_helper_nothing_is_played() {
    /// What nft says where the kernel has no `nf_conntrack_ftp`.
    const NFT: &str =
        "#!/bin/sh\necho 'Error: Could not process rule: No such file or directory' >&2\nexit 1\n";
    if !has_private_network() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let nft = folder.path().join("nft");
    fs::write(&nft, NFT).unwrap();
    fs::set_permissions(&nft, fs::Permissions::from_mode(0o755)).unwrap();
    let output = finish(
        ftplab()
            .args(["run", "firewall-active"])
            .env("PATH", folder.path()),
    );
    assert_code(&output, 3);
    let said = said(&output);
    assert!(
        said.contains("modprobe -a nf_conntrack_ftp nf_nat_ftp"),
        "{said}"
    );
    assert!(output.stdout.is_empty(), "{said}");
}

#[test]
fn mistakes_about_the_router_are_named() {
    let script = output(ftplab().args(["list", "nat-alg"]));
    for (right, wrong, told) in [
        (
            "host server 203.0.113.10",
            "host server 192.168.123.46",
            ":17:3: there is no router",
        ),
        (
            "router hides client",
            "router hids client",
            ":17:10: no thing to tell the router `hids`",
        ),
        (
            "router hides client",
            "router hides cleint",
            ":17:16: no host `cleint` above",
        ),
        (
            "behind 203.0.113.1\n",
            "behind 203.0.113.10\n",
            "203.0.113.10 is the address of server",
        ),
        (
            "behind 203.0.113.1\n",
            "behind 192.168.123.1\n",
            "is in no network of another host",
        ),
        (
            "behind 203.0.113.1\n",
            "behind the router\n",
            "`the` is not an IPv4 address",
        ),
        (
            "router hides client behind 203.0.113.1\n",
            "\n",
            "may see the same packets",
        ),
        (
            "capture at client and",
            "capture at client und",
            "`und` too much",
        ),
        ("fails to get", "fails to quit", "no transfer `quit`"),
        (
            "router reads FTP",
            "router reads SMTP",
            "`SMTP` where `FTP` should be",
        ),
        (
            "mode active",
            "mode active\n  client gives data connections 1500",
            "a time without a unit",
        ),
    ] {
        let said = refused(&script, right, wrong);
        assert!(said.contains(told), "{told}\n{said}");
    }
}

#[test]
fn every_word_about_the_router_is_in_the_document() {
    let page = fs::read_to_string(repository().join("docs/scenarios.md")).unwrap();
    let script = output(ftplab().args(["list", "nat-alg"]));
    let mut words = Vec::new();
    for context in ["router hides", "client fails to get"] {
        let (_, word) = context.rsplit_once(' ').unwrap();
        for word in words_for(&script, context, word) {
            let there = page.split(|c: char| !c.is_ascii_alphanumeric());
            assert!(there.into_iter().any(|there| there == word), "{word}");
            words.push(word);
        }
    }
    let all = "guards hides reads list nlst get put append";
    assert_eq!(words.join(" "), all);
}
