//! Scripts that are read, told and refused.

use script::{Script, explain};

const PASSIVE: &str = r#"# what a listing needs
purpose: After PASV the server listens where it said, and sends the listing there
rule: RFC 959 section 4.1.2
grade: MUST
needs: login, write, feat MLST
limit: 5 s

given file "a.txt" "hello\r\n"
given file "big" 100000 bytes
login
C: PASV
S: 227 single /\((?<h>\d+,\d+,\d+,\d+),(?<p>\d+),(?<q>\d+)\)/ within 2 s else 500|502 skip
data dial
C: LIST
S: 125|150
data receive has "a.txt" crlf lines
S: 226|250 or closed
check $port >= 1024
repeat 3
  C: NOOP
  S: 2xx
end
when 2xx
  together
    C: NOOP
    C: STAT $h
  end
end
C raw: "US" "ER \xff\xf4" 5000 * "a" "\r\n"
S: nothing within 200 ms
data thief: dial refused
S: closed
then file "a.txt" "hello\r\n" 7 bytes
wire: S client.data > server.$port
wire: F server first
wire: no packet to 10.0.0.9
"#;

const CLIENT: &str = r#"purpose: A client does not go where 227 points to
rule: RFC 2577 section 3
grade: HARDENING
plays: server

given file "a.txt" "hello"
task: get "a.txt"
task: put "b.txt" "text"
on PASV | EPSV once
  S: 227 Entering Passive Mode (10,0,0,9,4,1)
end
on RETR "a.txt"
end
on AUTH
  S raw: "23" 2 * "4" " Go\\r\\n"
  tls untrusted
end
C: USER
C: PASV | EPSV
C never: PORT
C never: PASS in clear
C: PASS under tls
then client exits
then client exits 9 | 78
then client has "a.txt" "hello"
wire: no packet to 10.0.0.9
"#;

#[test]
fn good_scripts_are_read_and_told() {
    for (text, steps) in [(PASSIVE, 21), (CLIENT, 15)] {
        let script = Script::parse("x.ftp", text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(script.steps.len(), steps, "{:#?}", script.steps);
        let told = explain(&script);
        assert!(told.starts_with(&script.header.purpose));
        // One line for each step, with its line in the script.
        for step in &script.steps {
            let at = format!("\n{:>5}  ", step.at.line);
            assert!(told.contains(&at), "{at} in {told}");
        }
    }
}

#[test]
fn the_codes_that_a_client_ends_with_are_told() {
    let script = Script::parse("x.ftp", CLIENT.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
    let told = explain(&script);
    assert!(told.contains("the client ends with code 0\n"), "{told}");
    assert!(
        told.contains("the client ends with code 9 or 78\n"),
        "{told}"
    );
    for (line, place, hint) in [
        (
            "exits 256",
            "x:7:19: `256` is no exit code",
            "from 0 to 255",
        ),
        (
            "exits nine",
            "x:7:19: `nine` is no exit code",
            "such as `9`",
        ),
        ("exits -1", "x:7:19: `-1` is no exit code", "any but 0"),
        ("exits 9 78", "x:7:21: `78` too much", "the end of the line"),
        ("exits 9 |", "x:7:22: the line ends", ""),
    ] {
        let head = "purpose: p\nrule: RFC 959\ngrade: MUST\nplays: server\n\ntask: list\n";
        let text = format!("{head}then client {line}\n");
        let error = Script::parse("x", text.as_bytes()).map(drop).unwrap_err();
        let told = error.to_string();
        assert!(told.starts_with(place) && told.contains(hint), "{told}");
    }
}

/// The place, what is wrong there, and what was expected: each word of it matters to the reader.
#[test]
fn errors_name_place_and_cure() {
    let head = "purpose: p\nrule: RFC 959\ngrade: MUST\n";
    let cases = [
        (
            "dta dial",
            "x:4:1: no step `dta` here",
            "did you mean `data`?",
        ),
        (
            "data dail",
            "x:4:6: no data step `dail`",
            "did you mean `dial`?",
        ),
        (
            "S: 2y0",
            "x:4:4: `2y0` is no reply code",
            "a class such as 5xx",
        ),
        (
            "S: 200 withn 2 s",
            "x:4:8: `withn` says nothing",
            "`within`",
        ),
        (
            "S: 200 within 2 h",
            "x:4:17: `h` is no unit of time",
            "`5 s`",
        ),
        (
            "S: 200 within 2 ms",
            "x:4:15: 2 ms is out of bounds",
            "10 ms",
        ),
        ("S: 200 /(/", "x:4:8: the regular expression", "not one"),
        ("S: 200 \"open", "x:4:8: the text has no end", "closing \""),
        ("C raw: \"\\q\"", "x:4:9: unknown escape \\q", "\\xNN"),
        (
            "C: PORT $prt",
            "x:4:9: nothing above this line sets $prt",
            "",
        ),
        (
            "  C: RETR $usr",
            "x:4:11: nothing above this line",
            "`user`",
        ),
        (
            "repeat 3",
            "x:4:1: the script ends inside `repeat` of line 4",
            "`end`",
        ),
        ("end", "x:4:1: `end` without a block", ""),
        (
            "wire: X a > b",
            "x:4:7: `X` are no TCP flags",
            "tcpdump's letters",
        ),
        (
            "wire: S moon.20 > any",
            "x:4:9: no host `moon`",
            "IP address",
        ),
        ("wire: S server.x > any", "x:4:16: no port `x`", "control"),
        (
            "then client exits",
            "x:4:6: `then client` has no place",
            "look at the server's files",
        ),
        ("S: 200 extra words", "x:4:8: `extra`", ""),
        ("data receive", "x:4:13: nothing is said", "crlf lines"),
        (
            "data send 9999999999999 bytes",
            "x:4:11: 9999999999999 bytes",
            "at most",
        ),
        ("check $user ~ x", "x:4:13: no comparison `~`", ">="),
        ("given fil x", "x:4:7: no thing to be given `fil`", "`file`"),
        ("connect now", "x:4:9: `now` too much", "end of the line"),
        ("S raw: \"220\"", "x:4:1: no step `S raw:` here", "`C raw:`"),
        (
            "tls untrusted",
            "x:4:5: `untrusted` too much",
            "end of the line",
        ),
    ];
    let columns = [
        (
            "C: ECHO a$b c",
            "x:4:10: nothing above this line sets $b",
            "",
        ),
        ("C: ECHO $$b $user$b", "x:4:18: nothing above", "`"),
        ("set x \"$user\" \"$xx\"", "x:4:16: nothing above", "`"),
        ("check a = $b", "x:4:11: nothing above", ""),
        ("needs: login, wirte", "x:4:15: nothing called", "`write`"),
        ("shows: S0-1, S0", "x:4:14: `S0` is no item", "S0-3"),
        (
            "limit: 3 seconds",
            "x:4:10: `seconds` is no unit of time",
            "`5 s`",
        ),
        ("wait 5", "x:4:6: a time without a unit", "`5 s`"),
        (
            "wait 5ms",
            "x:4:6: `5ms` without a blank",
            "expected `5 ms`",
        ),
        ("wait soon", "x:4:6: `soon` is no number", "`5 s`"),
        (
            "data dial within 5 s",
            "x:4:11: no `within` behind `data dial`",
            "`limit:`",
        ),
        (
            "data dial refused within 5 s",
            "x:4:19: no `within`",
            "`limit:`",
        ),
    ];
    let of_server = [
        (
            "on AUTH\n  tls untrustd\nend",
            "x:6:7: no certificate `untrustd`",
            "did you mean `untrusted`?",
        ),
        (
            "on RETR\n  data tls\nend",
            "x:6:3: no `data tls` in a script that plays the server",
            "after PROT P",
        ),
        ("C: PASS in cleer", "x:5:12: ", "`clear`"),
        ("C never: PASS under tlss", "x:5:21: ", "`tls`"),
    ];
    let of_server =
        of_server.map(|(line, place, cure)| (format!("plays: server\n{line}"), place, cure));
    let cases = cases.map(|(line, place, cure)| (line.to_owned(), place, cure));
    let columns = columns.map(|(line, place, cure)| (line.to_owned(), place, cure));
    for (line, place, cure) in cases.into_iter().chain(columns).chain(of_server) {
        let text = format!("{head}{line}\n");
        let error = Script::parse("x", text.as_bytes())
            .expect_err(&line)
            .to_string();
        assert!(
            error.contains(place.split(": ").next().unwrap_or(place)),
            "{line}: {error}"
        );
        assert!(error.contains(cure), "{line}: {error}");
        if let Some((_, what)) = place.split_once(": ") {
            assert!(error.contains(what), "{line}: {error}");
        }
    }
}

#[test]
fn a_head_must_say_what_and_why() {
    for (text, what) in [
        ("connect\n", "no `rule:` line"),
        ("rule: x\nconnect\n", "no `purpose:` line"),
        ("rule: x\npurpose: y\n", "no `grade:` line"),
        ("rule: x\npurpose: y\ngrade: MAY\n", "no grade MAY"),
        ("purpose: y\npurpose: z\n", "second `purpose:`"),
        ("purpose:\n", "says nothing"),
        (
            "rule: x\npurpose: y\ngrade: MUST\nneeds: moon\n",
            "nothing called `moon`",
        ),
    ] {
        let error = Script::parse("x", text.as_bytes())
            .expect_err(text)
            .to_string();
        assert!(error.contains(what), "{text:?}: {error}");
    }
}

/// What is short in the file may be long in memory, or take long to read: all of it has a bound.
#[test]
fn nothing_in_a_script_grows_without_bound() {
    let head = "purpose: p\nrule: RFC 959\ngrade: MUST\n";
    let many = "S: 200 /\\pL{1,50}(a{1,50}){1,50}/\n".repeat(10);
    let cases = [
        (many, "the regular expression is not one"),
        (
            "S: 200 /a/ /b/\n".repeat(300),
            "too many regular expressions",
        ),
        (
            format!("S: 200{}\n", " /a/".repeat(20)),
            "the line is too long",
        ),
        (
            format!("C raw:{}\n", " \"a\"".repeat(110_000)),
            "the line is too long",
        ),
        (
            "C raw: 17000000 * \"a\"\n".into(),
            "the text has 17000000 bytes",
        ),
    ];
    for (text, what) in cases {
        let text = format!("{head}{text}");
        let error = Script::parse("x", text.as_bytes())
            .expect_err(what)
            .to_string();
        assert!(
            error.contains(what),
            "{what}: {}",
            error.lines().next().unwrap_or("")
        );
    }
}

#[test]
fn a_text_that_doubles_meets_its_bound() {
    let text = "purpose: p\nrule: RFC 959\ngrade: MUST\nset a \"x\"\nset b \"$a$a\"\n";
    let script = Script::parse("x", text.as_bytes()).unwrap();
    let Some(script::StepKind::Set { value, .. }) = script.steps.get(1).map(|step| &step.kind)
    else {
        panic!("{script:?}");
    };
    let mut variables = script::Variables::new();
    variables.insert("a".into(), vec![b'x'; 8 << 20]);
    assert_eq!(value.fill(&variables).map(|all| all.len()), Ok(16 << 20));
    variables.insert("a".into(), vec![b'x'; (8 << 20) + 1]);
    assert_eq!(value.fill(&variables), Err(script::FillError::TooLong));
}

proptest::proptest! {
    /// Whatever is in the file: an answer, and no panic.
    #[test]
    fn no_text_is_too_much(bytes: Vec<u8>) {
        let _ = Script::parse("x", &bytes);
    }

    /// Damaged scripts: what is wrong is said at a place inside the script.
    #[test]
    fn damage_is_placed(at in 0..PASSIVE.len(), byte: u8) {
        let mut text = PASSIVE.as_bytes().to_vec();
        text[at] = byte;
        if let Err(error) = Script::parse("x", &text) {
            let lines = 1 + PASSIVE.lines().count();
            proptest::prop_assert!((1..=lines).contains(&(error.at.line as usize)));
            let _ = error.to_string();
        }
    }
}

#[test]
fn what_addresses_and_counters_need_can_be_said() {
    let script = r#"purpose: A port that was given up does not count up
rule: RFC 2577 section 8
grade: HARDENING
needs: login, password, ipv4

login
C: PORT $client_commas,0,25
S: 5xx or nothing
data listen
set low "$port_low"
C: PORT 0,0,0,0,$port_high,$port_low
check $port != $default_data_port + 1
data old: dial refused $client $port
"#;
    let script = Script::parse("up.ftp", script.as_bytes()).unwrap();
    let told = explain(&script);
    for words in [
        "a user who is not anonymous",
        "5xx (no), or says nothing",
        "`$port != $default_data_port + 1` must hold",
    ] {
        assert!(told.contains(words), "{words} is not in\n{told}");
    }
}
