//! FTP by what is said, and data connections by what announced them.

use std::net::SocketAddrV4;

use crate::wire::{ACK, PSH, RST, SYN, Wire, at, event, links};

fn client() -> SocketAddrV4 {
    at("10.0.0.1:40000")
}

fn server() -> SocketAddrV4 {
    at("10.0.0.2:21")
}

/// A session that has greeted, on a port of its own.
fn greeted(client: SocketAddrV4, server: SocketAddrV4) -> Wire {
    let mut wire = Wire::new();
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    wire
}

#[test]
fn a_session_is_found_in_mid_stream_by_a_command_and_its_reply() {
    let (client, server) = (client(), at("10.0.0.2:2121"));
    let mut wire = Wire::new();
    wire.say(client, server, "USER ann");
    assert_eq!(wire.names(), ["mid_stream", "data"]);
    let told = wire.say(server, client, "331 Password, please");
    assert_eq!(event(told, "reply")["to"]["word"], "USER");
    assert_eq!(wire.names()[0], "recognised");
    wire.say(client, server, "PASV");
    wire.say(server, client, "227 here (10,0,0,2,20,0)");
    wire.data(
        at("10.0.0.1:40001"),
        at("10.0.0.2:5120"),
        at("10.0.0.2:5120"),
    );
    wire.say(client, server, "RETR late");
    assert_eq!(links(&wire.end()), ["data 1 exact RETR late"]);
}

#[test]
fn other_services_on_port_21_or_with_a_220_are_no_ftp() {
    for (port, first, second, protocol) in [
        (
            21,
            (false, "SSH-2.0-OpenSSH_9.2"),
            (true, "SSH-2.0-x"),
            "SSH",
        ),
        (
            21,
            (true, "GET / HTTP/1.1"),
            (false, "HTTP/1.1 200 OK"),
            "HTTP",
        ),
        (
            2525,
            (false, "220 mx.example.org ready"),
            (true, "EHLO here"),
            "SMTP",
        ),
        (21, (false, "+OK POP3 ready"), (true, "USER ann"), "POP3"),
    ] {
        let (client, server) = (client(), SocketAddrV4::new(*server().ip(), port));
        let mut wire = Wire::new();
        wire.open(client, server);
        let mut disowned = Vec::new();
        for (from_client, line) in [first, second] {
            let (from, to) = if from_client {
                (client, server)
            } else {
                (server, client)
            };
            let told = wire.say(from, to, line);
            disowned.extend(told.iter().filter(|e| e["event"] == "disowned").cloned());
        }
        assert_eq!(disowned.len(), 1, "{protocol}");
        assert_eq!(disowned[0]["protocol"], protocol);
        let summary = wire.end();
        assert_eq!(summary.connections[0].connection.to_string(), "tcp 1");
    }
}

#[test]
fn a_dial_that_failed_is_tried_again() {
    let (client, server) = (client(), server());
    let mut wire = greeted(client, server);
    wire.say(client, server, "PASV");
    wire.say(server, client, "227 here (10,0,0,2,20,0)");
    wire.say(client, server, "RETR a");
    wire.send(at("10.0.0.1:40001"), at("10.0.0.2:5120"), SYN, b"");
    wire.send(at("10.0.0.2:5120"), at("10.0.0.1:40001"), RST | ACK, b"");
    wire.data(
        at("10.0.0.1:40002"),
        at("10.0.0.2:5120"),
        at("10.0.0.2:5120"),
    );
    assert_eq!(
        links(&wire.end()),
        ["data 1 exact RETR a", "data 2 reused RETR a"]
    );
}

#[test]
fn one_port_command_serves_many_transfers() {
    let (client, server) = (client(), server());
    let mut wire = greeted(client, server);
    wire.say(client, server, "PORT 10,0,0,1,20,0");
    wire.say(server, client, "200 ok");
    for (number, name) in (2000..).zip(["a", "b", "c"]) {
        wire.say(client, server, &format!("RETR {name}"));
        wire.say(server, client, "150 ok");
        // Not from port 20, and each from another.
        let from = SocketAddrV4::new(*server.ip(), number);
        wire.data(from, at("10.0.0.1:5120"), from);
        wire.say(server, client, "226 ok");
    }
    let expected = [
        "data 1 exact RETR a",
        "data 2 reused RETR b",
        "data 3 reused RETR c",
    ];
    assert_eq!(links(&wire.end()), expected);
}

#[test]
fn a_nat_between_leaves_only_the_port() {
    for (reply, whose) in [
        ("227 here (192,168,1,9,20,0)", "private"),
        ("227 here (0,0,0,0,20,0)", "zero"),
        ("227 here (198,51,100,7,20,0)", "third"),
    ] {
        let (client, server) = (client(), at("203.0.113.5:21"));
        let mut wire = greeted(client, server);
        wire.say(client, server, "PASV");
        let told = wire.say(server, client, reply);
        assert_eq!(event(told, "announced")["whose"], whose);
        wire.say(client, server, "STOR up");
        let dialler = at("10.0.0.1:40001");
        wire.data(dialler, at("203.0.113.5:5120"), dialler);
        assert_eq!(links(&wire.end()), ["data 1 translated STOR up"]);
    }
}

#[test]
fn clients_behind_one_nat_announce_the_same_endpoint() {
    let server = server();
    let clients = [at("203.0.113.1:40000"), at("203.0.113.2:40000")];
    let mut wire = Wire::new();
    for client in clients {
        wire.open(client, server);
        wire.say(server, client, "220 ready");
        wire.say(client, server, "PORT 192,168,0,7,20,0");
        wire.say(server, client, "200 ok");
    }
    wire.say(clients[0], server, "RETR one");
    wire.say(clients[1], server, "RETR two");
    for client in clients {
        let from = at("10.0.0.2:20");
        wire.data(from, SocketAddrV4::new(*client.ip(), 5120), from);
    }
    let expected = ["data 1 translated RETR one", "data 2.1 translated RETR two"];
    assert_eq!(links(&wire.end()), expected);
}

#[test]
fn what_nothing_announced_is_inferred_and_says_so() {
    let (client, server) = (client(), server());
    // The dial before the command, and nothing of PASV in the capture.
    let mut wire = greeted(client, server);
    wire.say(client, server, "SYST");
    wire.say(server, client, "215 UNIX");
    wire.data(
        at("10.0.0.1:40001"),
        at("10.0.0.2:5120"),
        at("10.0.0.2:5120"),
    );
    wire.say(client, server, "RETR lost");
    let told = wire.say(server, client, "150 ok");
    assert_eq!(event(told, "found")["connection"], "data 1");
    assert_eq!(
        links(&wire.end()),
        ["data 1 announcement_missing RETR lost"]
    );
    // Active mode without PORT: to the port of the control connection.
    let mut wire = greeted(client, server);
    wire.say(client, server, "RETR plain");
    wire.say(server, client, "150 ok");
    wire.data(at("10.0.0.2:20"), client, at("10.0.0.2:20"));
    assert_eq!(links(&wire.end()), ["data 1 default_port RETR plain"]);
    // Encrypted.
    let mut wire = greeted(client, server);
    wire.say(client, server, "AUTH TLS");
    let told = wire.say(server, client, "234 go");
    assert!(told.iter().any(|event| event["event"] == "blind"));
    wire.send(client, server, PSH | ACK, b"\x17\x03\x03\x00\x02ab");
    assert_eq!(wire.names()[0], "encrypted");
    wire.data(
        at("10.0.0.1:40001"),
        at("10.0.0.2:5120"),
        at("10.0.0.2:5120"),
    );
    wire.say(server, client, "200 CCC: plain again");
    assert_eq!(wire.names()[..2], ["readable", "reply"]);
    assert_eq!(links(&wire.end()), ["data 1 encrypted - -"]);
}

#[test]
fn connections_that_no_transfer_needs_stay_what_they_are() {
    let (client, server) = (client(), server());
    let mut wire = greeted(client, server);
    wire.data(at("10.0.0.1:40001"), at("10.0.0.2:22"), at("10.0.0.2:22"));
    // Both sides talk: no data connection.
    wire.open(at("10.0.0.1:40002"), at("10.0.0.2:5432"));
    wire.say(at("10.0.0.1:40002"), at("10.0.0.2:5432"), "ping");
    wire.say(at("10.0.0.2:5432"), at("10.0.0.1:40002"), "pong");
    wire.say(client, server, "RETR a");
    wire.say(server, client, "150 ok");
    wire.say(server, client, "226 ok");
    assert_eq!(links(&wire.end()), [] as [&str; 0]);
}

#[test]
fn a_stranger_at_the_endpoint_is_told_and_the_invited_may_still_come() {
    let (client, server) = (client(), server());
    let mut wire = greeted(client, server);
    wire.say(client, server, "PORT 10,0,0,1,20,0");
    wire.say(server, client, "200 ok");
    wire.say(client, server, "RETR a");
    wire.data(
        at("10.0.0.9:4000"),
        at("10.0.0.1:5120"),
        at("10.0.0.9:4000"),
    );
    wire.data(at("10.0.0.2:20"), at("10.0.0.1:5120"), at("10.0.0.2:20"));
    assert_eq!(
        links(&wire.end()),
        ["data 1 stranger RETR a", "data 2 exact RETR a"]
    );
}

#[test]
fn pipelined_transfers_keep_their_own_connections() {
    let (client, server) = (client(), server());
    let mut wire = greeted(client, server);
    wire.say(client, server, "PASV\r\nRETR a\r\nPASV\r\nRETR b");
    wire.say(server, client, "227 here (10,0,0,2,20,0)");
    wire.data(
        at("10.0.0.1:40001"),
        at("10.0.0.2:5120"),
        at("10.0.0.2:5120"),
    );
    wire.say(
        server,
        client,
        "150 ok\r\n226 ok\r\n227 here (10,0,0,2,20,1)",
    );
    wire.data(
        at("10.0.0.1:40002"),
        at("10.0.0.2:5121"),
        at("10.0.0.2:5121"),
    );
    wire.say(server, client, "150 ok\r\n226 ok");
    assert_eq!(
        links(&wire.end()),
        ["data 1 exact RETR a", "data 2 exact RETR b"]
    );
}

#[test]
fn a_data_connection_that_nobody_answered_is_told_once() {
    let mut wire = Wire::new();
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    wire.say(client, server, "PORT 10,0,0,1,4,1");
    wire.say(server, client, "200 ok");
    wire.say(client, server, "RETR file");
    wire.say(server, client, "150 here it comes");
    let (from, to) = (at("10.0.0.2:20"), at("10.0.0.1:1025"));
    for _ in 0..2 {
        wire.segment((from, to), SYN, (7, 0), 1000, b"");
        wire.wait(1_500_000);
    }
    let syn = wire.last() - 1;
    // In active mode a client may say more while it waits.
    wire.say(client, server, "NOOP");
    assert!(!wire.names().contains(&"not_opened"));
    let told = wire.say(server, client, "425 no data connection");
    let expected = serde_json::json!({"event": "not_opened", "connection": "data 1",
        "by": "server", "syn": syn, "attempts": 2});
    assert_eq!(*event(told, "not_opened"), expected);
    wire.say(server, client, "425 no data connection");
    assert!(!wire.names().contains(&"not_opened"));

    // In passive mode the client goes on without a reply; not while it dials.
    wire.say(client, server, "PASV");
    wire.say(server, client, "227 Entering Passive Mode (10,0,0,2,4,1)");
    let (from, to) = (at("10.0.0.1:50000"), at("10.0.0.2:1025"));
    wire.segment((from, to), SYN, (7, 0), 1000, b"");
    wire.say(client, server, "RETR file");
    assert!(!wire.names().contains(&"not_opened"));
    wire.wait(1_500_000);
    let told = wire.say(client, server, "QUIT");
    assert_eq!(event(told, "not_opened")["by"], "client");
}

#[test]
fn who_dials_again_from_the_same_port_is_told_apart_from_who_repeats() {
    let mut wire = Wire::new();
    let (from, to) = (at("10.0.0.2:20"), at("10.0.0.1:1025"));
    for isn in [7, 7, 9_000_000] {
        wire.id += 1;
        wire.segment((from, to), SYN, (isn, 0), 1000, b"");
    }
    let told = |packet: usize| wire.told[packet][0]["event"].as_str().unwrap().to_owned();
    assert_eq!([told(0), told(1), told(2)], ["syn", "syn_again", "syn"]);
    let summary = wire.end();
    assert_eq!(summary.connections.len(), 2);
}
