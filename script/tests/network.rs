//! The lines of a network beside the cable and the two programs, and the steps that need them.

mod placed;

use script::{ClientStep, LabStep, Script, StepKind, Takes, explain};

const LAB: &str = r"purpose: three hosts, open ports and a server that is too kind
plays: lab

network
  host client 10.0.1.10/16
  host server 10.2.0.1
  host victim 10.3.0.1
  client also has 10.0.9.9
  capture at server
  victim listens on port 2525
  server receives datagrams on port 13777
  server answers datagrams on port 13000 with 50 bytes
  server anonymous
  server permits bounce
  server takes 0.0.0.0 for the client
end

client connect from 10.0.9.9 port 1662 data port 1663
client connect from data port 7
client tries ports 4000 to 4011 of victim
client sends datagram from port 1158 to server port 13000 length 42
client sends NOOP and shuts down
";

#[test]
fn all_of_it_is_read_and_told() {
    let script = Script::parse("lab.ftp", LAB.as_bytes()).unwrap();
    let network = script.network.as_ref().unwrap();
    assert_eq!(network.capture_at, ["server"]);
    assert_eq!(network.client.also, Some([10, 0, 9, 9].into()));
    assert!(network.server.permits_bounce && network.server.zero_is_client);
    let ports = |host| network.host(host).unwrap().ports.clone();
    assert_eq!(ports("victim")[0].takes, Takes::Connections);
    let answers: Vec<_> = ports("server").iter().map(|open| open.takes).collect();
    let datagrams = |answer| Takes::Datagrams { answer };
    assert_eq!(answers, [datagrams(None), datagrams(Some(50))]);
    let connects = |step: &script::Step| match &step.kind {
        StepKind::Lab(LabStep::Client(ClientStep::Connect(from))) => Some(*from),
        _ => None,
    };
    let from: Vec<_> = script.steps.iter().filter_map(connects).collect();
    assert_eq!(
        [
            from[0].port,
            from[0].data_port,
            from[1].port,
            from[1].data_port
        ],
        [Some(1662), Some(1663), None, Some(7)]
    );
    let told = explain(&script);
    for words in [
        "connects from 10.0.9.9, port 1662, port 1663 for data and waits",
        "connects from port 7 for data and waits",
        "dials the ports 4000 to 4011 of victim",
        "a datagram of 42 bytes from port 1158 to port 13000 of server",
        "The client has a second address, 10.0.9.9.",
        "On victim, a program takes connections on port 2525.",
        "On server, a program answers datagrams on port 13000 with 50 bytes.",
        "The server dials whomever a PORT names",
        "The server takes 0.0.0.0 in PORT for the client's address.",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn mistakes_are_placed() {
    for (right, wrong, at, told) in [
        (
            "also has 10.0.9.9",
            "also has 10.9.9.9",
            "8:19",
            "not in the client's network",
        ),
        (
            "also has 10.0.9.9",
            "also has 10.0.1.10",
            "8:19",
            "a host's already",
        ),
        (
            "capture at server",
            "capture at sever",
            "9:14",
            "no host `sever` above",
        ),
        ("port 2525", "port 0", "10:26", "0 is not a port"),
        (
            "on port 13777",
            "on port 13000",
            "12:36",
            "port 13000 is taken already",
        ),
        (
            "with 50 bytes",
            "with 65508 bytes",
            "12:47",
            "expected at most 65507",
        ),
        (
            "receives datagrams",
            "receives datagram",
            "11:19",
            "`datagrams`",
        ),
        ("permits bounce", "permits bounces", "14:18", "`bounce`"),
        ("takes 0.0.0.0", "takes 0.0.0", "15:16", "`0.0.0.0`"),
        (
            "from data port 7",
            "from",
            "19:20",
            "nothing to connect from",
        ),
        (
            "to 4011 of victim",
            "to 4011 of victor",
            "20:36",
            "no host `victor`",
        ),
        (
            "4000 to 4011",
            "4000 to 4256",
            "20:20",
            "expected at most 256",
        ),
        (
            "length 42",
            "length 65535",
            "21:66",
            "expected at most 65507",
        ),
    ] {
        placed::mistake(LAB, [right, wrong, at, told]);
    }
}

#[test]
fn one_host_has_no_end_of_ports() {
    let line = "  victim listens on port 2525\n";
    let lines: Vec<String> = (3000..3064)
        .map(|port| format!("  victim listens on port {port}\n"))
        .collect();
    let many = lines.concat();
    let parse = |text: String| Script::parse("lab.ftp", text.as_bytes());
    assert!(parse(LAB.replacen(line, &many, 1)).is_ok());
    let error = parse(LAB.replacen(line, &format!("{line}{many}"), 1)).unwrap_err();
    assert!(error.to_string().contains("at most 64"), "{error}");
}
