//! Servers that send without end, never answer, or hang up at every byte: each gets a verdict

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use ftplab_tests::{assert_code, finish};

use super::server::{PASSWORD, Server, ann};
use super::{check, script, text};

/// All at once: they are waited for more than they work.
#[test]
fn each_gets_a_verdict() {
    let all: [fn(); 14] = [
        lines_without_end,
        a_line_without_end,
        replies_without_end,
        no_answer,
        a_hangup_at_every_byte,
        a_server_that_never_reads,
        data_without_end,
        no_answer_to_the_clean_up,
        no_answer_before_the_first_line,
        no_greeting,
        no_farewell,
        one_session_at_a_time,
        no_session_for_the_second_user,
        no_session_for_anonymous,
    ];
    thread::scope(|scope| {
        for one in all {
            scope.spawn(one);
        }
    });
}

/// How many connections are made before the first script's.
const BEFORE: usize = 2;

/// Answers as a server that lets nobody in, and after that as it is told; returns its address.
/// It ends with the test.
fn server(hostile: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let hostile = std::sync::Arc::new(hostile);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let hostile = std::sync::Arc::clone(&hostile);
            let stream = stream.unwrap();
            thread::spawn(move || {
                if number < BEFORE {
                    refuse(stream);
                } else {
                    hostile(stream);
                }
            });
        }
    });
    address
}

/// Greets, and refuses everything.
fn refuse(mut stream: TcpStream) {
    let mut bytes = [0; 1000];
    let _ = stream.write_all(b"220 Ready.\r\n");
    while let Ok(1..) = stream.read(&mut bytes) {
        if stream.write_all(b"500 No.\r\n").is_err() {
            return;
        }
    }
}

/// What a script says about such a server.
fn got(server: &str, body: &str) -> String {
    let script = script("client", body);
    let run = check(script.path(), &["--server", server]);
    run.failure()["got"].as_str().unwrap().to_owned()
}

fn again(mut stream: TcpStream, bytes: &[u8]) {
    while stream.write_all(bytes).is_ok() {}
}

fn lines_without_end() {
    let server = server(|stream| again(stream, b"220-and so on\r\n"));
    let got = got(&server, "connect\nS: 220");
    assert!(got.contains("lines") || got.contains("long"), "{got}");
}

fn a_line_without_end() {
    let server = server(|stream| again(stream, &[b'2'; 4096]));
    let got = got(&server, "connect\nS: 220");
    let told = "no reply in time, but a line without an end: `2222";
    assert!(got.starts_with(told), "{got}");
}

fn replies_without_end() {
    let server = server(|stream| again(stream, b"220 Ready.\r\n"));
    let got = got(&server, "connect\nrepeat 3\nS: 220\nend\nS: closed");
    assert_eq!(got, "`220 Ready.`");
}

fn no_answer() {
    let server = server(|mut stream| {
        let _ = stream.read(&mut [0; 1000]);
        thread::sleep(Duration::from_mins(1));
    });
    assert_eq!(got(&server, "connect\nS: 220"), "no reply in time");
}

fn a_hangup_at_every_byte() {
    let reply = b"220 Ready.\r\n";
    for cut in 0..reply.len() {
        let server = server(move |mut stream| {
            let _ = stream.write_all(&reply[..cut]);
        });
        let got = got(&server, "connect\nS: 220");
        let how = if cut == 0 {
            "closed in order"
        } else {
            "closed in the middle of a line"
        };
        assert_eq!(got, format!("a connection that was {how}"), "{cut}");
    }
}

fn a_server_that_never_reads() {
    let server = server(|mut stream| {
        let _ = stream.write_all(b"220 Ready.\r\n");
        thread::sleep(Duration::from_mins(1));
    });
    let body = "connect\nS: 220\nC raw: 16000000 * \"a\"";
    assert_eq!(got(&server, body), "the server did not read it");
}

fn data_without_end() {
    let data = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = data.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in data.incoming() {
            again(stream.unwrap(), &[b'x'; 4096]);
        }
    });
    let server = server(move |mut stream| {
        let reply = format!("220 Ready.\r\n229 Here (|||{port}|)\r\n");
        let _ = stream.write_all(reply.as_bytes());
        thread::sleep(Duration::from_mins(1));
    });
    let begin = "connect\nS: 220\nC: EPSV\nS: 229\ndata dial\n";
    let received = got(&server, &format!("{begin}data receive nothing"));
    assert!(
        received.starts_with("more than") || received.starts_with("the connection did not end"),
        "{received}"
    );
}

/// Whoever waits for the end of a run does not wait for ever.
fn no_answer_to_the_clean_up() {
    let server = Server::start(|line| {
        let asked = line.starts_with("RMD") && line.ends_with("-0");
        let silent = asked || ["PASV", "EPSV", "MLSD"].contains(&line);
        silent.then(Vec::new)
    });
    let made = script("client", "given folder \"a\"\nlogin\nC: NOOP\nS: 250");
    let output = finish(ann(&server).arg(made.path()));
    assert_code(&output, 0);
    let told = text(&output);
    assert!(
        told.contains("stays on the server: it took longer than 15 s"),
        "{told}"
    );
}

/// What is asked around the scripts is asked of the server all the same: silence is no refusal.
/// There is one time for all that comes before the first script, whatever that says of its own.
fn no_answer_before_the_first_line() {
    let alone = script("client", "login\nC: NOOP\nS: 250");
    let made = script("client", "given file \"a\" \"x\"\nlogin\nC: NOOP\nS: 250");
    let text_of = std::fs::read_to_string(alone.path()).unwrap();
    std::fs::write(alone.path(), text_of.replace("limit: 2 s", "limit: 600 s")).unwrap();
    let (plain, made) = (alone.path(), made.path());
    let before = |awaited: &str| {
        format!("{awaited} within 5s, which is for all that is asked before the first script")
    };
    let around = |verb: &str| format!("got:      the server did not answer {verb} within 5s");
    thread::scope(|scope| {
        for (silent, path, told) in [
            ("FEAT", plain, before("no answer to FEAT")),
            ("USER ann", plain, before("no answer to USER")),
            ("PASS", plain, before("no answer to PASS")),
            ("PWD", plain, before("no answer to PWD")),
            ("MKD", plain, before("no answer to MKD")),
            ("RMD", plain, before("no answer to RMD")),
            ("USER anonymous", plain, before("no answer to USER")),
            ("-0", made, around("MKD")),
            ("EPSV", made, around("EPSV")),
        ] {
            scope.spawn(move || {
                let server = Server::start(move |line| {
                    let this = line.starts_with(silent)
                        || (silent == "-0" && line.starts_with("MKD") && line.ends_with(silent));
                    this.then(Vec::new)
                });
                let output = finish(ann(&server).args([path, plain]).args(["--timeout", "5s"]));
                assert_code(&output, 1);
                let shown = text(&output);
                assert!(shown.contains(&told), "{silent}: {shown}");
                let told = format!("-probe may stay on the server: no answer to {silent}\n");
                let is_probe = ["MKD", "RMD"].contains(&silent);
                assert_eq!(shown.contains(&told), is_probe, "{shown}");
                assert_eq!(shown.contains("-probe"), is_probe, "{shown}");
            });
        }
    });
}

/// It takes the connection, and that is all.
fn no_greeting() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let kept = thread::spawn(move || listener.accept().unwrap());
    let alone = script("client", "login\nC: NOOP\nS: 250");
    let output = finish(
        ftplab_tests::ftplab()
            .args(["check", "--server", &address, "--timeout", "2s"])
            .arg(alone.path()),
    );
    assert_code(&output, 1);
    let told = text(&output);
    assert!(
        told.contains("no greeting within 2s, which is for"),
        "{told}"
    );
    assert!(
        told.contains("fix: is it FTP, in clear text at first?"),
        "{told}"
    );
    kept.join().unwrap();
}

/// A farewell that nobody answers keeps nobody, and takes nothing of the time for the rest: three
/// of them are more than 5 s.
fn no_farewell() {
    let server = Server::start(|line| (line == "QUIT").then(Vec::new));
    let alone = script("client", "login\nC: NOOP\nS: 250");
    let output = finish(
        with_a_second(&server)
            .args(["--timeout", "5s"])
            .arg(alone.path()),
    );
    assert_code(&output, 0);
}

/// As ann, with bob as the second user.
fn with_a_second(server: &Server) -> Command {
    let mut command = ann(server);
    command
        .args(["--second-user", "bob"])
        .env("FTPLAB_SECOND_PASSWORD", PASSWORD);
    command
}

/// Nobody is refused because ftplab itself is still there.
fn one_session_at_a_time() {
    let server = Server::choosing(|_, open| open == 0, |_| None);
    let alone = script("client", "login\nC: NOOP\nS: 250");
    let output = finish(with_a_second(&server).arg(alone.path()));
    assert_code(&output, 0);
}

/// A session that does not begin is no refused login.
fn no_session_for_the_second_user() {
    let server = Server::choosing(|number, _| number != 1, |_| None);
    let alone = script("client", "login\nC: NOOP\nS: 250");
    let output = finish(with_a_second(&server).arg(alone.path()));
    assert_code(&output, 1);
    let told = text(&output);
    let why = "no session for the second user: connection: 421 Full.\n  fix: a server is there, \
               but takes nobody now";
    assert!(told.contains(why), "{told}");
    assert!(!told.contains("refused"), "{told}");
}

fn no_session_for_anonymous() {
    let server = Server::choosing(|number, _| number != 1, |_| None);
    let wants = script("client", "connect\nS: 220\nC: USER anonymous\nS: 331");
    let text_of = std::fs::read_to_string(wants.path()).unwrap();
    let needs = text_of.replace("limit: 2 s", "limit: 2 s\nneeds: anonymous");
    std::fs::write(wants.path(), needs).unwrap();
    let told = text(&finish(ann(&server).arg(wants.path())));
    let why = "no session for anonymous (connection: 421 Full.)";
    assert!(told.contains(why), "{told}");
    assert!(!told.contains("not let in"), "{told}");
}
