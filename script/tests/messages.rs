//! What a script that cannot be meant is told: where, what is wrong, and what to write instead.

#![allow(clippy::unwrap_used)]

use script::Script;

const HEAD: &str = "purpose: p\nrule: RFC 959\ngrade: MUST\n";

/// What is said of these lines, which begin at line 5.
fn told(plays: &str, body: &str) -> String {
    let text = format!("{HEAD}plays: {plays}\n{body}\n");
    let read = Script::parse("x", text.as_bytes());
    read.map(|_| panic!("{body} is read"))
        .unwrap_err()
        .to_string()
}

fn is_read(plays: &str, body: &str) {
    let text = format!("{HEAD}plays: {plays}\n{body}\n");
    Script::parse("x", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
}

/// Each: the lines, the place, a part of what is wrong, and the end of the hint.
fn refused(plays: &str, cases: &[(&str, &str, &str, &str)]) {
    for (body, place, what, hint) in cases {
        let said = told(plays, body);
        let begin = format!("x:{place}: ");
        assert!(said.starts_with(&begin), "{body}: {said}");
        assert!(
            said.lines().next().unwrap().contains(what),
            "{body}: {said}"
        );
        assert!(said.ends_with(hint), "{body}: {said}");
    }
}

#[test]
fn what_was_meant_is_named() {
    let meant = [
        (
            "login\nC: NOOP\nS: 200\ncheck $code == 200",
            "8:13",
            "no comparison `==`",
            "did you mean `=`?",
        ),
        (
            "login\nC: NOOP\nS: 200\ncheck $code <> 200",
            "8:13",
            "no comparison `<>`",
            "did you mean `!=`?",
        ),
        (
            "login\nC: PASV\nS: 227\ndata one dial",
            "8:6",
            "no data step `one`",
            "did you mean `data one: dial`?",
        ),
        (
            "login tsl",
            "5:7",
            "without a password",
            "did you mean `tls`?",
        ),
        (
            "login\nC urgnt: \"a\"",
            "6:1",
            "no step `C urgnt:`",
            "did you mean `C urgent:`?",
        ),
        (
            "login\nwire: no rest on data",
            "6:10",
            "`rest` are no TCP flags",
            "did you mean `reset`?",
        ),
        (
            "login\nwire: no pakcet to any",
            "6:10",
            "`pakcet` are",
            "did you mean `packet`?",
        ),
        (
            "login\nwire: F sevrer first",
            "6:9",
            "no host `sevrer`",
            "did you mean `server`?",
        ),
        (
            "login\nwire: S cleint > server.21",
            "6:9",
            "no host `cleint`",
            "did you mean `client`?",
        ),
        (
            "login\nwire: S cleint.any > any",
            "6:9",
            "no host `cleint`",
            "did you mean `client`?",
        ),
    ];
    refused("client", &meant);
    let never = (
        "task: list\nC neber: RETR",
        "6:1",
        "no step `C neber:`",
        "did you mean `C never:`?",
    );
    refused("server", &[never]);
}

#[test]
fn what_is_no_address_is_told_as_a_whole() {
    let hint = "expected four numbers from 0 to 255, such as 10.0.0.9";
    for address in ["300.1.1.1", "10.0.0.300", "10.0.0", "300.1.1.1.21"] {
        let told = told("client", &format!("login\nwire: no packet to {address}"));
        let host = address.strip_suffix(".21").unwrap_or(address);
        let begin = format!("x:6:20: no IPv4 address `{host}`\n");
        assert!(told.starts_with(&begin) && told.ends_with(hint), "{told}");
    }
    is_read(
        "client",
        "login\nwire: no packet to 10.0.0.9\nwire: S client > 10.0.0.9.21",
    );
}

#[test]
fn what_to_write_is_said() {
    let bytes = "such as \"abc\" or 30 * \"a\"";
    refused(
        "client",
        &[
            (
                "login\nS: 200|",
                "6:8",
                "where a reply code should be",
                "a class such as 5xx, or `any`",
            ),
            (
                "login\nC: PASV\nS: 227\ndata dial 127.0.0.1",
                "8:20",
                "an address without a port",
                "or neither: where the last 227 or 229 said",
            ),
            (
                "login\nS: 200 else 500 skp",
                "6:17",
                "`skp` where `skip` should be",
                "did you mean `skip`?",
            ),
            (
                "login\nC raw: 30",
                "6:8",
                "`30` where a text in quotes should be",
                bytes,
            ),
            (
                "login\ncheck $code = 200",
                "6:7",
                "nothing above this line sets $code",
                "the replies that `login` awaits set nothing",
            ),
        ],
    );
    refused(
        "server",
        &[
            (
                "task: get",
                "5:10",
                "a file's name is missing",
                "such as `task: get \"a.txt\"`",
            ),
            (
                "task: put \"x\" 30 bytes",
                "5:15",
                "its text is missing",
                "or `3000 * \"a\"` for many bytes",
            ),
            (
                "task: put \"x\"",
                "5:14",
                "its text is missing",
                "for many bytes",
            ),
            (
                "task: list\nC: RETR in claer",
                "6:12",
                "`claer` where `clear` should be",
                "did you mean `clear`?",
            ),
        ],
    );
}

/// The line that is wrong is shown, and not the end of its block.
#[test]
fn what_cannot_go_together_is_shown_itself() {
    let body = "login\ntogether\nC: NOOP\nS: 200\nend";
    let hint = "expected `C: …`, or `end` above this line";
    refused("client", &[(body, "8:1", "only lines `C: …`", hint)]);
    let body = "login\ntogether\nrepeat 2\nC: NOOP\nend\nend";
    refused("client", &[(body, "7:1", "only lines `C: …`", hint)]);
}

#[test]
fn what_would_test_nothing_is_refused() {
    let lost = "login\ndata listen\ndata listen\nC: PORT $port_arg";
    refused(
        "client",
        &[
            (
                "login\nset 1x \"a\"",
                "6:5",
                "no variable can be called `1x`",
                "`set name \"text\"`",
            ),
            (
                "login\nset $x \"a\"",
                "6:5",
                "no variable can be called `$x`",
                "`set name \"text\"`",
            ),
            (
                "login\nC urgent: \"\"",
                "6:11",
                "nothing to send as urgent",
                "the last one is the urgent one",
            ),
            (
                "shows: S0-3\nlogin",
                "5:1",
                "`shows:` in a script that is no scenario",
                "`plays: lab`",
            ),
            (
                lost,
                "7:1",
                "`data listen` above is lost",
                "such as `data one: listen`",
            ),
        ],
    );
    is_read(
        "client",
        "login\ndata listen\nC: PORT $port_arg\nS: 200\ndata listen\nC: PORT $port_arg",
    );
    is_read("client", "login\ndata one: listen\ndata two: listen");
}

/// A client cannot get what is not there; that it fails then may be what is tested.
#[test]
fn what_a_client_is_to_get_is_given_or_its_failure_awaited() {
    let hint = "`given nothing \"nope\"`";
    let body = "given file \"a\" \"x\"\ntask: get \"nope\"\nthen client exits";
    refused("server", &[(body, "6:1", "no file `nope` is given", hint)]);
    for body in [
        "given file \"/a\" \"x\"\ntask: get \"a\"",
        "given nothing \"a\"\ntask: get \"a\"",
        "task: get \"a\"\nthen client fails",
        "task: get \"a\"\nthen client exits 9",
        "task: get \"a\"\non RETR\nS: 550 No.\nend",
    ] {
        is_read("server", body);
    }
}
