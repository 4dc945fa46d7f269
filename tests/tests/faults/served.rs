//! `ftplab serve` as a process whose descriptors, threads and files can be counted.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ftplab_tests::{LIMIT, Running, ftplab, within};
use tempfile::TempDir;

use crate::peer::Peer;

/// What the temporary name of an upload begins with.
const UNFINISHED: &str = ".ftplab-upload-";

/// The contents of `down.bin`: more than all the kernel's buffers of a connection hold.
pub(crate) const DOWN: usize = 16 << 20;

/// A server that runs.
pub(crate) struct Served {
    pub(crate) running: Running,
    pub(crate) addr: SocketAddr,
    pub(crate) root: PathBuf,
    /// Where the certificate is; removed at the end.
    pub(crate) home: TempDir,
    pub(crate) certificate: Vec<u8>,
    /// How many sockets it has without any client.
    own_sockets: usize,
}

/// What a server holds at one moment.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// How many descriptors of each kind: `socket`, `pipe`, or a path.
    descriptors: BTreeMap<String, usize>,
    threads: usize,
    /// Unfinished uploads in the served folder, which must all be in its top.
    unfinished: Vec<String>,
}

impl Figures {
    /// How many descriptors there are in all.
    pub(crate) fn count(&self) -> usize {
        self.descriptors.values().sum()
    }
}

impl Served {
    /// Serves a new folder with `down.bin` and many small files to `ann`, who may write.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_under(flags, |command| command)
    }

    /// The same, with the command changed: put under a limit, for example. The process that is
    /// started must become the server.
    pub(crate) fn start_under(flags: &[&str], under: impl FnOnce(Command) -> Command) -> Self {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("served");
        fs::create_dir(&root).unwrap();
        let down = fs::File::create(root.join("down.bin")).unwrap();
        down.set_len(DOWN as u64).unwrap();
        for number in 0..50 {
            fs::write(root.join(format!("small-{number}")), "small\n").unwrap();
        }
        Self::start_at(home, &root, flags, under)
    }

    /// Serves `root`, whatever is in it. `home` is kept as long as the server.
    pub(crate) fn start_at(
        home: TempDir,
        root: &Path,
        flags: &[&str],
        under: impl FnOnce(Command) -> Command,
    ) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (home.path().join("cert.pem"), home.path().join("key.pem"));
        fs::write(&certificate, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let mut command = ftplab();
        command
            .arg("serve")
            .arg(root)
            .args(["--json", "--user", "ann"]);
        command
            .arg("--tls-cert")
            .arg(certificate)
            .arg("--tls-key")
            .arg(key);
        command.env("FTPLAB_PASSWORD", "secret").args(flags);
        if !flags.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut running = Running::start(&mut under(command));
        let line = running.says("listening");
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        let mut served = Self {
            addr: event["address"].as_str().unwrap().parse().unwrap(),
            running,
            root: root.to_path_buf(),
            home,
            certificate: made.cert.der().to_vec(),
            own_sockets: 0,
        };
        served.own_sockets = served.sockets();
        served
    }

    /// A folder that nobody else has, not the served one.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// What it holds, once it has served somebody and nobody is there any more.
    pub(crate) fn at_rest(&self) -> Figures {
        self.serves();
        self.quiet();
        self.figures()
    }

    /// Waits until no more sockets are open than before the first client came.
    fn quiet(&self) {
        within(LIMIT, "the server closes its connections", || {
            (self.sockets() == self.own_sockets).then_some(())
        });
    }

    /// How many sockets it has.
    pub(crate) fn sockets(&self) -> usize {
        let descriptors = self.figures().descriptors;
        descriptors.get("socket").copied().unwrap_or(0)
    }

    /// Waits until it holds what it held `before`, and says what it holds if it does not.
    pub(crate) fn settles(&self, before: &Figures) {
        self.settles_as(before, |now| now == before);
    }

    /// Waits until `is_so` of what it holds; panics beside `before` when that does not come.
    pub(crate) fn settles_as(&self, before: &Figures, is_so: impl Fn(&Figures) -> bool) {
        let mut now = self.figures();
        for _ in 0..6000 {
            if is_so(&now) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
            now = self.figures();
        }
        panic!("something is kept: {now:?} instead of {before:?}");
    }

    /// What it holds now.
    pub(crate) fn figures(&self) -> Figures {
        let mut descriptors = BTreeMap::new();
        for target in self.descriptors() {
            let kind = target
                .split_once(":[")
                .map_or(target.as_str(), |(kind, _)| kind);
            *descriptors.entry(kind.to_owned()).or_default() += 1;
        }
        Figures {
            descriptors,
            threads: fs::read_dir(self.proc_path("task")).unwrap().count(),
            unfinished: self.unfinished(),
        }
    }

    /// The names of unfinished uploads.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        self.names()
            .into_iter()
            .filter(|name| name.starts_with(UNFINISHED))
            .collect()
    }

    /// The names of what is served.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&self.root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Its memory that is in use now, in KiB.
    pub(crate) fn memory(&self) -> usize {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.unwrap().split_whitespace().nth(1);
        number.unwrap().parse().unwrap()
    }

    fn descriptors(&self) -> Vec<String> {
        let entries = fs::read_dir(self.proc_path("fd")).unwrap();
        entries
            // One that was closed meanwhile is none.
            .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
            .map(|target| target.to_string_lossy().into_owned())
            .collect()
    }

    fn proc(&self, name: &str) -> String {
        fs::read_to_string(self.proc_path(name)).unwrap()
    }

    fn proc_path(&self, name: &str) -> PathBuf {
        Path::new("/proc")
            .join(self.running.id().to_string())
            .join(name)
    }

    /// A client that has been greeted.
    pub(crate) fn connect(&self) -> Peer {
        let mut peer = Peer::connect(self.addr);
        peer.expect(220);
        peer
    }

    /// A client that has logged in, and set TYPE I.
    pub(crate) fn login(&self) -> Peer {
        let mut peer = self.connect();
        peer.login();
        peer
    }

    /// Asserts that a new client can list, store, fetch and delete, in the clear and under TLS.
    pub(crate) fn serves(&self) {
        let mut peer = self.login();
        self.serves_one(&mut peer);
        let mut peer = self.connect();
        peer.secure(&self.certificate);
        peer.login();
        peer.ask("PBSZ 0", 200);
        peer.ask("PROT P", 200);
        self.serves_one(&mut peer);
    }

    fn serves_one(&self, peer: &mut Peer) {
        let content = b"whole\r\n".repeat(40_000);
        assert!(!self.root.join("sound").exists());
        peer.store("sound", &content);
        assert!(fs::read(self.root.join("sound")).unwrap() == content);
        assert!(peer.fetch("RETR sound") == content);
        let listing = String::from_utf8(peer.fetch("NLST")).unwrap();
        assert!(listing.lines().any(|name| name == "sound"), "{listing}");
        peer.ask("DELE sound", 250);
        peer.ask("QUIT", 221);
    }
}
