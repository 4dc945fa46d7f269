//! docs/json.md against the events themselves: a value of every kind is built, written by the
//! real renderer, and its names are compared with those in the document.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ftplab_tests::{finish, ftplab, has_private_network, output, repository};
use serde_json::Value;
use tracer::note::{ConnectionName, Party};
use tracer::{
    Aside, Explained, Frame, Json, LineOptions, LinkType, Place, PrintedReader, Render, Timestamp,
    decode,
};

use super::kinds::{SEGMENT, notes, sections, summary};
use super::page::Page;

/// The names of an event's fields; those of an object inside have its name before a dot.
type Events = BTreeMap<String, BTreeSet<String>>;

#[test]
fn json_md_names_every_event_and_every_field() {
    let mut real = Events::new();
    for line in written() {
        add(&mut real, &line);
    }
    if has_private_network() {
        // What the program adds of its own is in a run.
        let text = output(ftplab().args(["run", "active", "--json", "--with-app"]));
        text.lines().for_each(|line| add(&mut real, line));
        idle().lines().for_each(|line| add(&mut real, line));
    } else {
        let file = ["bytes", "direction", "name", "same"].map(String::from);
        real.insert("file".to_owned(), file.into());
        let idle = ["alike", "line", "meant", "rule"].map(String::from);
        real.insert("idle_rule".to_owned(), idle.into());
    }
    // Two sessions of an article that are not the same have a line of each kind.
    let [one, other] = ["s0-active.txt", "s0-passive.txt"]
        .map(|name| repository().join("tests/traces").join(name));
    let compared = finish(ftplab().arg("compare").args([one, other]).arg("--json"));
    let compared = String::from_utf8(compared.stdout).unwrap();
    for found in ["both", "absent", "alone"] {
        assert!(
            compared.contains(&format!("\"found\":\"{found}\"")),
            "{compared}"
        );
    }
    compared.lines().for_each(|line| add(&mut real, line));
    let documented = documented();
    let names = |events: &Events| events.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&documented), names(&real));
    for (event, fields) in &real {
        assert_eq!(&documented[event], fields, "the fields of {event}");
    }
}

/// A run of a scenario with a line about the cable that does nothing.
fn idle() -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("idle.ftp");
    let scenario = "purpose: p\nplays: lab\nnetwork\nhost client 10.0.0.1\nhost server 10.0.0.2\n\
                    server anonymous\ndrop RST from client\nend\nclient connect\nclient quit\n";
    std::fs::write(&file, scenario).unwrap();
    let output = finish(ftplab().arg("run").arg(&file).arg("--json"));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn no_line_has_a_name_twice() {
    for line in written() {
        let mut seen = BTreeSet::new();
        for name in names_in_order(&line) {
            assert!(seen.insert(name.clone()), "{name} occurs twice in {line}");
        }
    }
}

#[test]
fn json_md_names_the_fields_of_what_is_no_event() {
    let capture = |name| repository().join("tests/pcaps").join(name);
    let mut diff = ftplab();
    diff.args(["diff", "--json"])
        .args(["session.pcap", "details.pcap"].map(capture));
    let mut errata = ftplab();
    errata.args(["errata", "--json"]);
    for (heading, mut command) in [
        ("## Differences between captures", diff),
        ("## The errata", errata),
    ] {
        let page = Page::read(Path::new("docs/json.md"));
        let prose = page.prose().map(|(_, line)| line);
        let section: Vec<&str> = prose
            .skip_while(|line| *line != heading)
            .skip(1)
            .take_while(|line| !line.starts_with("## "))
            .collect();
        let section = section.join("\n");
        let mut fields = BTreeSet::new();
        for line in output(&mut command).lines() {
            below(&serde_json::from_str(line).unwrap(), &mut fields);
        }
        assert!(fields.len() > 6, "{fields:?}");
        for field in fields {
            assert!(
                section.contains(&format!("`{field}`")),
                "{heading}: {field}"
            );
        }
    }
}

/// The names at any depth.
fn below(value: &Value, fields: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                fields.insert(name.clone());
                below(value, fields);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| below(value, fields)),
        _ => {}
    }
}

/// What the document says: a heading with the event's name, and a table with a row a field.
fn documented() -> Events {
    let page = Page::read(Path::new("docs/json.md"));
    let mut events = Events::new();
    let mut event = None;
    for (_, line) in page.prose() {
        if line.starts_with('#') {
            let name = line
                .strip_prefix("### `")
                .and_then(|rest| rest.strip_suffix('`'));
            event = name.map(String::from);
            if let Some(name) = name {
                let before = events.insert(name.to_owned(), BTreeSet::new());
                assert_eq!(before, None, "{name} is there twice");
            }
        } else if let Some(event) = &event
            && let Some(row) = line.strip_prefix("| `")
            && let Some((field, _)) = row.split_once('`')
        {
            events.get_mut(event).unwrap().insert(field.to_owned());
        }
    }
    events
}

fn add(events: &mut Events, line: &str) {
    let value: Value = serde_json::from_str(line).unwrap();
    let event = value["event"].as_str().unwrap().to_owned();
    let note = ![
        "app",
        "compared",
        "comparison",
        "connection",
        "file",
        "idle_rule",
        "left_out",
        "packet",
        "section",
        "summary",
        "verdict",
    ]
    .contains(&event.as_str());
    let fields = events.entry(event).or_default();
    names(&value, "", fields);
    // What every line has is told once.
    fields.remove("event");
    if note {
        fields.remove("packet");
    }
}

fn names(value: &Value, before: &str, fields: &mut BTreeSet<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = format!("{before}{name}");
        names(value, &format!("{name}."), fields);
        fields.insert(name);
    }
}

/// The names of the outermost object as they stand in the text, which a parsed value hides when
/// one comes twice.
fn names_in_order(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '"' => {
                let mut escaped = false;
                let end = rest.find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                });
                let (text, after) = rest.split_at(end.unwrap());
                rest = &after[1..];
                if depth == 1 && rest.starts_with(':') {
                    names.push(text.to_owned());
                }
            }
            _ => {}
        }
    }
    names
}

/// One line or more of every event that the tracer knows.
fn written() -> Vec<String> {
    let frame = Frame {
        time: Timestamp(0),
        odd_time: None,
        wire_len: 54,
        link: LinkType::Ethernet,
        bytes: &SEGMENT,
    };
    let packet = decode(&frame);
    let place = Some(Place {
        connection: ConnectionName::Control { session: 1 },
        from: Party::Client,
    });
    let mut json = Json::new(LineOptions::default());
    let mut out = Vec::new();
    let notes = notes();
    for section in sections() {
        let explained = Explained {
            number: 1,
            section: Some(section),
            place,
            notes: &notes,
        };
        json.packet(&frame, &packet, &explained, &mut out).unwrap();
    }
    let line = "13:50:46.500000 10.0.0.1.3171 > 10.0.0.2.21: P 1:3(2) ack 1 win 5 (DF)";
    let mut printed = PrintedReader::new(line.as_bytes());
    let packet = printed.next_packet().unwrap().unwrap();
    let explained = Explained {
        number: 1,
        section: None,
        place,
        notes: &notes,
    };
    json.packet(&frame, &packet, &explained, &mut out).unwrap();
    let aside = Aside {
        time: Timestamp(0),
        who: "client",
        what: "connect()",
    };
    json.aside(&aside, &mut out).unwrap();
    json.finish(&summary(), &mut out).unwrap();
    String::from_utf8(out)
        .unwrap()
        .lines()
        .map(String::from)
        .collect()
}
