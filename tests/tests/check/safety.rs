//! What a run leaves behind, what its reports repeat, and what its exit code tells

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ftplab_tests::{Running, assert_code, finish, ftplab, within};
use rustix::process::Signal;

use super::{check, script};

const PASSWORD: &str = "hunter2-secret";

/// A server that lets ann in; `answer` may answer a command in its own way.
struct Server {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&heard));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, heard) = (Arc::clone(&answer), Arc::clone(&kept));
                thread::spawn(move || serve(stream.unwrap(), &*answer, &heard));
            }
        });
        Self { address, heard }
    }

    fn heard(&self, verb: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter(|line| line.starts_with(verb))
            .cloned()
            .collect()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &dyn Fn(&str) -> Option<Vec<u8>>,
    heard: &Mutex<Vec<String>>,
) {
    let _ = stream.write_all(b"220 Ready.\r\n");
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        heard.lock().unwrap().push(line.clone());
        if line == "QUIT" {
            let _ = stream.write_all(b"221 Bye.\r\n");
            return;
        }
        let usual = match line.split(' ').next().unwrap_or_default() {
            "USER" => "331 Password.",
            "PASS" if line == format!("PASS {PASSWORD}") => "230 In.",
            "PASS" => "530 No.",
            "PWD" => "257 \"/\" is here.",
            "MKD" => "257 Made.",
            "FEAT" => "502 None.",
            _ => "250 Fine.",
        };
        let reply = answer(&line).unwrap_or_else(|| format!("{usual}\r\n").into_bytes());
        if stream.write_all(&reply).is_err() {
            return;
        }
    }
}

fn ann(server: &Server) -> Command {
    let mut command = ftplab();
    command
        .args(["check", "--server", &server.address, "--user", "ann"])
        .env("FTPLAB_PASSWORD", PASSWORD);
    command
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), b"\n--\n", &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

#[test]
fn a_folder_that_was_there_is_left_alone() {
    let made = Mutex::new(0);
    let server = Server::start(move |line| {
        if !line.starts_with("MKD") {
            return None;
        }
        let mut made = made.lock().unwrap();
        *made += 1;
        // The first is the one that shows whether folders can be made.
        (*made > 1).then(|| b"550 It exists.\r\n".to_vec())
    });
    let script = script("client", "given folder \"a\"\nlogin\nC: NOOP\nS: 250");
    let output = finish(ann(&server).arg(script.path()));
    assert!(text(&output).contains("skipped"), "{}", text(&output));
    assert_eq!(server.heard("MKD").len(), 2);
    let removed = server.heard("RMD");
    assert_eq!(removed.len(), 1, "{removed:?}");
    assert_eq!(removed[0][3..], server.heard("MKD")[0][3..]);
    assert!(server.heard("DELE").is_empty());
}

#[test]
fn no_report_has_a_password() {
    let server = Server::start(|line| {
        let said = line.starts_with("SITE");
        said.then(|| format!("500 {line}? {PASSWORD}!\r\n").into_bytes())
    });
    let raw = script(
        "client",
        "login\nC raw: \"PASS $password\\r\\n\"\nS: 230\nC: SITE $password\nS: 200",
    );
    let checked = script("client", "check $password = \"x\"");
    for format in ["text", "tap", "junit", "json"] {
        let output = finish(
            ann(&server)
                .args(["--format", format])
                .args([raw.path(), checked.path()]),
        );
        assert_code(&output, 1);
        let text = text(&output);
        assert!(!text.contains(PASSWORD), "{format}: {text}");
        assert!(text.contains("****"), "{format}: {text}");
    }
}

#[test]
fn what_steers_a_terminal_is_shown_as_scripts_write_it() {
    let server = Server::start(|line| {
        let said = line == "NOOP" || line.starts_with("USER anonymous");
        said.then(|| b"500 a\x1b[2J\xff\x06b\r\n".to_vec())
    });
    let failed = script("client", "login\nC: NOOP\nS: 200");
    let skipped = script("client", "login\nC: NOOP\nS: 200 else 500 skip");
    let output = finish(ann(&server).args([failed.path(), skipped.path()]));
    let shown = text(&output);
    assert!(!shown.contains('\x1b'), "{shown}");
    assert!(
        shown.contains("got:      `500 a\\x1b[2J\\xff\\x06b`"),
        "{shown}"
    );
    assert!(shown.contains("S: 500 a\\x1b[2J\\xff\\x06b"), "{shown}");
    // The reason why nobody is let in.
    let mut anonymous = ftplab();
    anonymous.args(["check", "--server", &server.address, "--user", "anonymous"]);
    let output = finish(anonymous.arg(failed.path()));
    assert_code(&output, 1);
    assert!(!text(&output).contains('\x1b'), "{}", text(&output));
}

#[test]
fn a_script_that_goes_round_and_round_ends() {
    let began = Instant::now();
    let body = "repeat 100000\nrepeat 100000\nset x \"$n\"\nend\nend";
    let run = check(script("client", body).path(), &["--server", "self"]);
    let failure = run.failure();
    assert_eq!(failure["got"], "one that plays more", "{failure:#}");
    assert!(began.elapsed() < Duration::from_mins(1));
    let run = check(
        script("client", "set x 70000 * \"a\"").path(),
        &["--server", "self"],
    );
    assert_eq!(run.failure()["got"], "a value of more than 65536 bytes");
}

#[test]
fn nobody_connects_only_where_somebody_listens() {
    let run = check(
        script("client", "login\ndata none within 50 ms").path(),
        &["--server", "self"],
    );
    let got = run.failure()["got"].as_str().unwrap();
    assert!(got.contains("does not listen"), "{got}");
}

#[test]
fn an_account_that_was_named_must_work() {
    let server = Server::start(|line| {
        let refused = line.starts_with("CWD /nosuch") || line == "USER anonymous";
        refused.then(|| b"550 No.\r\n".to_vec())
    });
    let login = script("client", "login\nC: NOOP\nS: 250");
    let told = |command: &mut Command, words: &[&str]| {
        let output = finish(command.arg(login.path()));
        assert_code(&output, 1);
        assert!(output.stdout.is_empty(), "{}", text(&output));
        for word in words {
            assert!(text(&output).contains(word), "{word}: {}", text(&output));
        }
    };
    told(
        ann(&server).env("FTPLAB_PASSWORD", "wrong"),
        &["login refused for ann", "fix: check --user"],
    );
    told(
        ann(&server).env_remove("FTPLAB_PASSWORD"),
        &["no password for ann", "fix: set FTPLAB_PASSWORD"],
    );
    told(
        ann(&server).args(["--folder", "/nosuch"]),
        &["--folder /nosuch", "fix: name a folder"],
    );
    let url = format!("ftp://{}/", server.address);
    let mut command = ftplab();
    command
        .args(["check", "--server", &url, "--user", "ann"])
        .env("FTPLAB_PASSWORD", PASSWORD);
    assert_code(&finish(command.arg(login.path())), 0);
    // Nobody was named: what needs a login is skipped, and that is no success.
    let file = tempfile::Builder::new().suffix(".ftp").tempfile().unwrap();
    let needs = "purpose: p\nrule: RFC 959\ngrade: MUST\nneeds: login\n\nlogin\n";
    std::fs::write(file.path(), needs).unwrap();
    let should = tempfile::Builder::new().suffix(".ftp").tempfile().unwrap();
    let text_of = "purpose: p\nrule: RFC 959\ngrade: SHOULD\n\nconnect\nS: 220\n";
    std::fs::write(should.path(), text_of).unwrap();
    let mut command = ftplab();
    command.args(["check", "--server", &server.address]);
    let output = finish(command.args([file.path(), should.path()]));
    assert_code(&output, 1);
    let shown = text(&output);
    assert!(
        shown.contains("nobody can log in (login refused"),
        "{shown}"
    );
    assert!(
        shown.contains("every script graded MUST was skipped"),
        "{shown}"
    );
}

#[test]
fn a_signal_ends_it_and_puts_everything_away() {
    let place = tempfile::tempdir().unwrap();
    let waits = script(
        "client",
        "given folder \"a\"\nlogin\nC: NOOP\nS: 200\nwait 50 s",
    );
    let mut command = ftplab();
    command
        .args(["check", "--server", "self", "--place", "loopback"])
        .arg(waits.path())
        .env("TMPDIR", place.path());
    let left = || std::fs::read_dir(place.path()).unwrap().count();
    let mut running = Running::start(&mut command);
    within(ftplab_tests::LIMIT, "the server's folder", || {
        let server = std::fs::read_dir(place.path()).unwrap().flatten().next()?;
        let mut folders = std::fs::read_dir(server.path()).ok()?.flatten();
        folders
            .find(|folder| folder.path().join("a").is_dir())
            .map(drop)
    });
    running.signal(Signal::INT);
    within(ftplab_tests::LIMIT, "the end", || {
        (!running.is_running()).then_some(())
    });
    let output = running.finish();
    assert_code(&output, 130);
    assert_eq!(left(), 0);
    assert!(!text(&output).contains("stays"), "{}", text(&output));
}

#[test]
fn a_reader_that_goes_away_hides_no_failure() {
    let server = Server::start(|_| None);
    let bad = script("client", "login\nC: NOOP\nS: 500");
    let waits = script("client", "login\nwait 1 s\nC: NOOP\nS: 250");
    let mut child = ann(&server)
        .args(["--jobs", "1"])
        .args([bad.path(), waits.path(), waits.path(), waits.path()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first line, and no more.
    let mut line = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_code(&output, 1);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("1 script graded MUST failed"), "{told}");
}
