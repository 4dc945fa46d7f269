//! `ftplab trace` on sessions that it has no part in: other clients, other servers, each in a
//! network of its own, captured live and by tcpdump.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ftplab_tests::{
    FtpData, LIMIT, Running, Signal, assert_code, events, finish, ftp_lines, ftplab, has_program,
    has_pyftpdlib, inside, output, pyftpdlib, said, serve, tshark_data, tshark_lines, vsftpd,
    within,
};
use serde_json::Value;
use tempfile::TempDir;

/// Python's own client: a listing, a file down, a file up, each compared.
const FTPLIB: &str = r#"
import ftplib, sys
user, passive = sys.argv[1], sys.argv[2] == "passive"
with ftplib.FTP() as ftp:
    ftp.connect("127.0.0.1", 21, timeout=50)
    ftp.login(user, "secret")
    ftp.set_pasv(passive)
    names = []
    ftp.retrlines("LIST", names.append)
    assert any("down.bin" in name for name in names), names
    got = []
    ftp.retrbinary("RETR down.bin", got.append)
    with open(sys.argv[3], "wb") as out:
        out.write(b"".join(got))
    with open(sys.argv[3], "rb") as again:
        ftp.storbinary("STOR up.bin", again)
    ftp.quit()
"#;

/// Bytes of the file that goes down and up.
const SIZE: usize = 100_000;

fn content() -> Vec<u8> {
    (0..=250).cycle().step_by(31).take(SIZE).collect()
}

/// Two captures of the same packets: ours, live, and tcpdump's.
struct Captures {
    folder: TempDir,
    live: Running,
    tcpdump: Running,
}

impl Captures {
    /// Both capture when this returns.
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut live = ftplab();
        live.args(["trace", "-i", "lo", "--json", "-w"])
            .arg(folder.path().join("live.pcap"));
        let mut live = Running::start(&mut live);
        live.complains("tracing lo");
        let mut tcpdump = Command::new("tcpdump");
        tcpdump
            .args(["-n", "-i", "lo", "-B", "16384", "-U", "-w"])
            .arg(folder.path().join("tcpdump.pcap"));
        let mut tcpdump = Running::start(&mut tcpdump);
        tcpdump.complains("listening on lo");
        Self {
            folder,
            live,
            tcpdump,
        }
    }

    /// Waits until so many connections have been opened and closed, and ends both. What was told
    /// live, and tcpdump's file.
    fn end(mut self, connections: usize) -> Session {
        self.live.says_times("\"event\":\"closed\"", connections);
        self.live.signal(Signal::INT);
        let output = self.live.finish();
        assert_code(&output, 0);
        // tcpdump has all the packets when its file is as long as ours.
        let (ours, theirs) = (
            self.folder.path().join("live.pcap"),
            self.folder.path().join("tcpdump.pcap"),
        );
        let bytes = |path: &PathBuf| fs::metadata(path).unwrap().len();
        within(LIMIT, "tcpdump writes", || {
            (bytes(&theirs) >= bytes(&ours)).then_some(())
        });
        self.tcpdump.signal(Signal::INT);
        let ended = self.tcpdump.finish();
        assert!(ended.status.success(), "{}", said(&ended));
        assert_eq!(bytes(&ours), bytes(&theirs));
        let live = events(&String::from_utf8(output.stdout).unwrap());
        Session {
            live,
            pcap: theirs,
            _folder: self.folder,
        }
    }
}

/// A session that was captured.
struct Session {
    live: Vec<Value>,
    pcap: PathBuf,
    _folder: TempDir,
}

impl Session {
    /// Every packet is explained, live and from tcpdump's file, with the same words.
    fn assert_explained(&self) {
        let read = events(&output(
            ftplab().args(["trace", "--json", "-r"]).arg(&self.pcap),
        ));
        for events in [&self.live, &read] {
            let summary = events.last().unwrap();
            assert_eq!(summary["event"], "summary", "{summary}");
            let packets = events.iter().filter(|event| event["event"] == "packet");
            assert_eq!(summary["packets"], packets.count(), "{summary}");
            let unexplained: Vec<_> = events
                .iter()
                .filter(|event| event["explained"] == false)
                .collect();
            assert_eq!(summary["packets"], summary["explained"], "{unexplained:#?}");
        }
        for (live, read) in self.live.iter().zip(&read) {
            assert_eq!(untimed(live), untimed(read));
        }
        assert_eq!(self.live.len(), read.len());
        let told = output(ftplab().arg("trace").arg("-r").arg(&self.pcap));
        let count = read.last().unwrap()["packets"].as_u64().unwrap();
        let tally = format!("{count} of {count} packets explained");
        assert!(told.contains(&tally), "no {tally:?}: {told}");
    }

    /// Commands, replies and data connections are those that tshark finds.
    fn assert_tshark_agrees(&self, data_connections: usize) {
        let (ours, theirs) = (ftp_lines(&self.live), tshark_lines(&self.pcap, &[]));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs);
        }
        assert_eq!(ours.len(), theirs.len());
        let data = FtpData::of(&self.live);
        assert_eq!(data.len(), data_connections, "{data:#?}");
        // tshark knows active data connections by the server's port 20 only.
        let known = |data: &&FtpData| data.method != "PORT" || data.ports.0 == 20;
        let known: BTreeSet<_> = data.iter().filter(known).cloned().collect();
        assert_eq!(known, tshark_data(&self.pcap, &[]));
        for data in data.iter().filter(|data| data.method == "PORT") {
            let port = self.port_argument(data.setup_packet);
            assert!(
                data.ports.0 == port || data.ports.1 == port,
                "{port}: {data:?}"
            );
        }
    }

    /// The port that the PORT command in a packet names: its last two numbers.
    fn port_argument(&self, packet: u64) -> u16 {
        let found = self.live.iter().find(|event| {
            event["event"] == "command" && event["verb"] == "PORT" && event["packet"] == packet
        });
        let argument = found.unwrap()["argument"].as_str().unwrap();
        let numbers: Vec<u16> = argument.split(',').map(|n| n.parse().unwrap()).collect();
        numbers[4] * 256 + numbers[5]
    }

    /// `--extract` saves these files as they were served, with their SHA-256.
    fn assert_extracted(&self, names: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let mut trace = ftplab();
        trace.args(["trace", "--json", "-r"]).arg(&self.pcap);
        let told = events(&output(trace.arg("--extract").arg(folder.path())));
        let mut found: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(found, names);
        for name in names {
            let path = folder.path().join(name);
            assert!(fs::read(&path).unwrap() == content(), "{name}");
            let sum = output(Command::new("sha256sum").arg(&path));
            let saved = told
                .iter()
                .find(|event| event["event"] == "saved" && event["name"] == *name);
            let sha256 = saved.unwrap()["sha256"].as_str().unwrap();
            assert!(sum.contains(sha256), "{sum} {sha256}");
        }
    }

    /// What went over the data connections: command, argument, who dialled, and bytes.
    fn transfers(&self) -> BTreeSet<(String, String, String, u64)> {
        let rows = self.live.iter().filter(|event| {
            event["event"] == "connection"
                && event["connection"].as_str().unwrap().starts_with("data")
        });
        rows.map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let bytes: u64 = [0, 1]
                .iter()
                .map(|i| row["bytes"][i].as_u64().unwrap())
                .sum();
            (text("verb"), text("argument"), text("dialled_by"), bytes)
        })
        .collect()
    }
}

/// An event without its times, which two captures of a packet may give differently.
fn untimed(event: &Value) -> Value {
    let mut event = event.clone();
    let fields = event.as_object_mut().unwrap();
    fields.retain(|name, _| !(name.ends_with("_s") || name.ends_with("_ns")));
    event
}

/// Python's client against a server on port 21.
fn ftplib(user: &str, mode: &str, files: &Path) {
    fs::write(files.join("down.bin"), content()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let got = folder.path().join("got.bin");
    let mut python = Command::new("python3");
    python.args(["-c", FTPLIB, user, mode]).arg(&got);
    output(&mut python);
    assert!(
        fs::read(&got).unwrap() == content(),
        "{mode}: not what was served"
    );
    assert!(
        fs::read(files.join("up.bin")).unwrap() == content(),
        "{mode}: not what was sent"
    );
}

fn assert_ftplib_session(session: &Session, mode: &str) {
    session.assert_explained();
    session.assert_tshark_agrees(3);
    let dialler = if mode == "active" { "server" } else { "client" };
    let size = SIZE as u64;
    let files: Vec<_> = session
        .transfers()
        .into_iter()
        .filter(|t| t.0 != "LIST")
        .collect();
    let file =
        |verb: &str, name: &str| (verb.to_owned(), name.to_owned(), dialler.to_owned(), size);
    assert_eq!(files, [file("RETR", "down.bin"), file("STOR", "up.bin")]);
    session.assert_extracted(&["down.bin", "up.bin"]);
}

fn tools(others: &[&str]) -> bool {
    let all = ["tcpdump", "tshark", "ip"].iter().chain(others);
    all.into_iter().all(|name| has_program(name))
}

#[test]
fn ftplib_against_pyftpdlib_active() {
    let test = "ftplib_against_pyftpdlib_active";
    if tools(&["python3"]) && has_pyftpdlib() && inside(test) {
        against_pyftpdlib("active");
    }
}

#[test]
fn ftplib_against_pyftpdlib_passive() {
    let test = "ftplib_against_pyftpdlib_passive";
    if tools(&["python3"]) && has_pyftpdlib() && inside(test) {
        against_pyftpdlib("passive");
    }
}

fn against_pyftpdlib(mode: &str) {
    let files = tempfile::tempdir().unwrap();
    let _server = pyftpdlib(files.path(), 21);
    let captures = Captures::start();
    ftplib("student", mode, files.path());
    assert_ftplib_session(&captures.end(4), mode);
}

#[test]
fn ftplib_against_vsftpd_active() {
    let test = "ftplib_against_vsftpd_active";
    if tools(&["python3", "vsftpd"]) && inside(test) {
        against_vsftpd("active");
    }
}

#[test]
fn ftplib_against_vsftpd_passive() {
    let test = "ftplib_against_vsftpd_passive";
    if tools(&["python3", "vsftpd"]) && inside(test) {
        against_vsftpd("passive");
    }
}

fn against_vsftpd(mode: &str) {
    let home = tempfile::tempdir().unwrap();
    let server = vsftpd(home.path(), 21);
    let captures = Captures::start();
    ftplib("anonymous", mode, &home.path().join("files"));
    server.finish();
    assert_ftplib_session(&captures.end(4), mode);
}

#[test]
fn curl_against_ftplab_serve() {
    if !(tools(&["curl"]) && inside("curl_against_ftplab_serve")) {
        return;
    }
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("down.bin"), content()).unwrap();
    for (flags, announced_by, dialler) in [
        (&[][..], "EPSV", "client"),
        (&["--disable-epsv"], "PASV", "client"),
        (&["--ftp-port", "-"], "EPRT", "server"),
        (&["--ftp-port", "-", "--disable-eprt"], "PORT", "server"),
    ] {
        // Not port 21: the session is recognised by its greeting.
        let (_server, address) = serve(files.path(), "127.0.0.1:0", |_| {});
        let captures = Captures::start();
        let mut curl = Command::new("curl");
        curl.args(["-sS", "--max-time", "50"]).args(flags);
        let got = finish(curl.arg(format!("ftp://{address}/down.bin")));
        assert!(got.status.success() && got.stdout == content(), "{flags:?}");
        let session = captures.end(2);
        session.assert_explained();
        let down = ("RETR", "down.bin", dialler, SIZE as u64);
        let transfers = session.transfers();
        let told: Vec<_> = transfers
            .iter()
            .map(|(a, b, c, n)| (&a[..], &b[..], &c[..], *n))
            .collect();
        assert_eq!(told, [down], "{flags:?}");
        let data = FtpData::of(&session.live);
        assert!(
            data.iter().all(|data| data.method == announced_by),
            "{data:#?}"
        );
    }
}

#[test]
fn lftp_against_ftplab_serve() {
    if !(tools(&["lftp"]) && inside("lftp_against_ftplab_serve")) {
        return;
    }
    let files = tempfile::tempdir().unwrap();
    fs::write(files.path().join("down.bin"), content()).unwrap();
    for (passive, dialler) in [("yes", "client"), ("no", "server")] {
        let here = tempfile::tempdir().unwrap();
        let (_server, address) = serve(files.path(), "127.0.0.1:21", |command| {
            command
                .args(["--user", "student"])
                .env("FTPLAB_PASSWORD", "secret");
        });
        let captures = Captures::start();
        let script = format!(
            "set ftp:passive-mode {passive}; set ftp:use-feat no; set ftp:ssl-allow no; \
             set net:max-retries 1; set net:timeout 50; open -u student,secret ftp://{address}; \
             get down.bin; put down.bin -o up-{passive}.bin; exit"
        );
        let mut lftp = Command::new("lftp");
        output(
            lftp.args(["-c", &script])
                .env("HOME", here.path())
                .current_dir(here.path()),
        );
        assert!(fs::read(here.path().join("down.bin")).unwrap() == content());
        let name = format!("up-{passive}.bin");
        assert!(fs::read(files.path().join(&name)).unwrap() == content());
        let session = captures.end(3);
        session.assert_explained();
        session.assert_tshark_agrees(2);
        let size = SIZE as u64;
        let transfers = session.transfers();
        let told: Vec<_> = transfers
            .iter()
            .map(|(a, b, c, n)| (&a[..], &b[..], &c[..], *n))
            .collect();
        assert_eq!(
            told,
            [
                ("RETR", "down.bin", dialler, size),
                ("STOR", &name, dialler, size)
            ]
        );
    }
}
