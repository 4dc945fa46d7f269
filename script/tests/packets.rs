//! Lines about the wire that are read, told and refused.

#![allow(clippy::unwrap_used)]

use script::{FlagsWanted, Port, Script, StepKind, Times, Wire, WirePacket, step_in_words};

const HEAD: &str = "purpose: p\nrule: RFC 959\ngrade: MUST\n";
/// Two sessions, and a data connection with a name.
const ABOVE: &str = "login\nC: PASV\nS: 227\ndata one: dial\nsession two\n";

fn parsed(line: &str) -> Script {
    let text = format!("{HEAD}{ABOVE}wire: {line}\n");
    Script::parse("x", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn wire(line: &str) -> Wire {
    match parsed(line).steps.pop().unwrap().kind {
        StepKind::Wire(wire) => wire,
        other => panic!("{other:?}"),
    }
}

fn packet(line: &str) -> WirePacket {
    match wire(line) {
        Wire::Packet(packet) => packet,
        other => panic!("{other:?}"),
    }
}

#[test]
fn flags_are_written_as_tcpdump_writes_them() {
    for (word, again) in [("SEW", "SEW"), ("UP.", "P.U"), ("F?.U", "F?.U"), ("E", "E")] {
        let flags: FlagsWanted = packet(&format!("{word} any > any")).flags.unwrap();
        assert_eq!(flags.to_string(), again);
    }
    let flags = packet("P.UEW any > any").flags.unwrap();
    assert!(flags.psh && flags.ack && flags.urg && flags.ece && flags.cwr);
    assert!(!flags.syn && !flags.fin && !flags.rst);
}

#[test]
fn all_that_is_asked_is_told_in_words() {
    for (line, told) in [
        (
            "packet client.data > server.data win 0",
            "a packet from the client (data connection) to the server (data connection) with a \
             window of 0, not scaled",
        ),
        (
            "S client > server ttl 64 win > 1000",
            "with the flags S and a time to live of 64 and a window of more than 1000, not scaled",
        ),
        (
            "P. client > server seq 1 ack >= 9 length != 0",
            "and a sequence number of 1 and an acknowledgement number of at least 9 and other than 0 \
             bytes of data",
        ),
        ("U any > any urg < 3", "an urgent pointer of less than 3"),
        (
            "S any > any mss 1460 wscale sackOK no TS",
            "a maximum segment size of 1460 and a window scale and a permission to acknowledge \
             selectively (SACK) and no time stamps",
        ),
        (
            "S any > any mss <= $port wscale > 0 TS no mss",
            "a maximum segment size of at most $port and a window scale of more than 0 and time \
             stamps and no maximum segment size",
        ),
        (
            "packet any > any mss no \"x\" has \"y\" win 5 /z/",
            "with a window of 5, not scaled and a maximum segment size, without `x` in it, with `y` \
             in it, with a match of /z/",
        ),
        (
            "2 times S client > server.data",
            "on the wire comes exactly 2 times a packet from the client to",
        ),
        (
            "at most 1 time R any > any",
            "on the wire comes at most once a packet",
        ),
        (
            "at least 3 times packet any > any",
            "comes at least 3 times a packet",
        ),
        (
            "packet client.control of two > server.data of one",
            "from the client (control connection of session two) to the server (data connection \
             one)",
        ),
        (
            "F server first on data of one",
            "the first FIN of the data connection one is that of the server",
        ),
        (
            "no reset on control of two",
            "no RST ends the control connection of session two",
        ),
    ] {
        let words = step_in_words(&parsed(line).steps.pop().unwrap().kind);
        assert!(words.contains(told), "{line}: {words}");
    }
}

#[test]
fn counts_and_names_are_values() {
    for (line, times, holds) in [
        (
            "2 times S any > any",
            Times::Exactly(2),
            [false, true, false],
        ),
        (
            "at most 2 times S any > any",
            Times::AtMost(2),
            [true, true, false],
        ),
        (
            "at least 2 times S any > any",
            Times::AtLeast(2),
            [false, true, true],
        ),
    ] {
        let Wire::Count(found, _) = wire(line) else {
            panic!("{line}");
        };
        assert_eq!(found, times);
        assert_eq!([1, 2, 3].map(|count| found.holds(count)), holds);
    }
    let named = packet("S client.data of one > any.control of two");
    assert_eq!(named.from.port, Port::Data(Some("one".into())));
    assert_eq!(named.to.port, Port::Control(Some("two".into())));
}

/// The place, what is wrong there, and the cure.
#[test]
fn errors_have_a_place_and_a_cure() {
    let server = "purpose: p\nrule: RFC 959\ngrade: MUST\nplays: server\ntask: list\n";
    for (line, at, what, cure) in [
        ("SA any > any", 7, "`SA` are no TCP flags", "P.U"),
        (
            "UU any > any",
            7,
            "`UU` are no TCP flags",
            "tcpdump's letters",
        ),
        ("S any > any window 5", 19, "`window` says nothing", "`win`"),
        (
            "S any > any sackok",
            19,
            "`sackok` says nothing",
            "did you mean `sackOK`?",
        ),
        ("S any > any win", 22, "a window is missing", ""),
        (
            "S any > any win 65536",
            23,
            "`65536` is no window",
            "up to 65535",
        ),
        (
            "S any > any ttl > 256",
            25,
            "`256` is no time to live",
            "up to 255",
        ),
        (
            "S any > any seq 1:9",
            23,
            "`1:9` is no sequence number",
            "`length`",
        ),
        (
            "S any > any ack x",
            23,
            "`x` is no acknowledgement number",
            "awaited",
        ),
        (
            "U any > any urg -1",
            23,
            "`-1` is no urgent pointer",
            "`urg`",
        ),
        ("S any > any mss = x", 25, "`x` is no segment size", "1460"),
        (
            "S any > any wscale 300",
            26,
            "`300` is no window scale",
            "such as 7",
        ),
        (
            "S any > any mss 1460 no",
            30,
            "nothing to look for",
            "text in quotes",
        ),
        (
            "S any > any win > $prt",
            25,
            "nothing above this line sets $prt",
            "`port`",
        ),
        ("2 S any > any", 9, "`S` where `times` should be", ""),
        (
            "2x times S any > any",
            7,
            "`2x` is not a number of packets",
            "",
        ),
        ("0 times S any > any", 7, "comes 0 times", "`no` for this"),
        (
            "at most 0 times S any > any",
            15,
            "comes 0 times",
            "`no` for this",
        ),
        (
            "at least 0 times S any > any",
            16,
            "at least 0 packets",
            "from 1 on",
        ),
        (
            "at mots 2 times S any > any",
            10,
            "`mots`",
            "did you mean `most`?",
        ),
        ("2 times no S any > any", 15, "`no` are no TCP flags", ""),
        (
            "2 times F server first",
            24,
            "`first` where `>` should be",
            "",
        ),
        (
            "S client.control of tow > any",
            27,
            "the script has no session `tow`",
            "did you mean `two`?",
        ),
        (
            "S client.data of two > any",
            24,
            "the script has no data connection `two`",
            "`one`",
        ),
        (
            "S client.20 of one > any",
            19,
            "neither `control` nor `data`",
            "`client.control of SESSION`",
        ),
        (
            "S client of one > any",
            16,
            "neither `control` nor `data`",
            "SESSION",
        ),
        (
            "no reset on data of",
            26,
            "the line ends where a data connection's name",
            "",
        ),
        (
            "F server first on control of one",
            36,
            "no session `one`",
            "`two`",
        ),
    ] {
        let text = format!("{HEAD}{ABOVE}wire: {line}\n");
        let error = Script::parse("x", text.as_bytes())
            .map(drop)
            .expect_err(line);
        assert_eq!((error.at.line, error.at.column), (9, at), "{error}");
        assert!(error.what.contains(what), "{error}");
        assert!(error.hint.contains(cure), "{error}");
    }
    // Nothing is named here at all.
    for (head, end, cure) in [
        (
            format!("{HEAD}login\n"),
            "control of two",
            "`session two` above",
        ),
        (
            format!("{HEAD}login\n"),
            "data of one",
            "`data one: dial` above",
        ),
        (
            server.to_owned(),
            "control of two",
            "plays the client gives names",
        ),
        (
            format!("{server}on LIST\n  data one: close\nend\n"),
            "data of one",
            "plays the client gives names",
        ),
    ] {
        let text = format!("{head}wire: S client.{end} > any\n");
        let error = Script::parse("x", text.as_bytes()).unwrap_err();
        assert!(error.hint.contains(cure), "{error}");
    }
}
