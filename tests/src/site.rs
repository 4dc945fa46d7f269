//! A folder that `ftplab serve` serves, and a folder for a foreign client to work in.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::{Running, available, finish, said, serve};

/// When every file of a [`Site`] changed last: 9 February 2001, 13:50:46 UTC.
pub const MODIFIED: u64 = 981_726_646;

/// A server with some files, for `ann` with the password `secret` and for anonymous users, and a
/// client's home, in which its programs work.
#[derive(Debug)]
pub struct Site {
    served: TempDir,
    home: TempDir,
    server: Running,
    /// Where the server listens.
    pub address: SocketAddr,
    /// Whether it can set a file's time, which one that speaks like vsftpd cannot.
    pub sets_times: bool,
}

impl Site {
    /// Serves on a free port of this address, with these flags besides.
    pub fn start(ip: &str, flags: &[&str]) -> Self {
        let (served, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fill(served.path());
        let certificate = home.path().join("server.pem");
        let key = home.path().join("key.pem");
        let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        fs::write(&certificate, made.cert.pem()).unwrap();
        fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let (server, address) = serve(served.path(), ip, |command| {
            command
                .args(["--user", "ann", "--anonymous", "--tls-cert"])
                .args([&certificate, Path::new("--tls-key"), &key])
                .args(flags)
                .env("FTPLAB_PASSWORD", "secret");
        });
        Self {
            served,
            home,
            server,
            address,
            sets_times: !flags.contains(&"vsftpd"),
        }
    }

    /// Runs the test on IPv4 and IPv6, with a server that speaks for itself and one that speaks
    /// like vsftpd.
    pub fn everywhere(test: impl Fn(&Self)) {
        let has_v6 = TcpListener::bind("[::1]:0").is_ok();
        let has_v6 = available("IPv6 on the loopback interface", has_v6);
        for ip in ["127.0.0.1:0", "[::1]:0"] {
            if has_v6 || !ip.starts_with('[') {
                for flags in [&[][..], &["--persona", "vsftpd"]] {
                    test(&Self::start(ip, flags));
                }
            }
        }
    }

    /// The address as clients want it beside a port of its own: without brackets.
    pub fn ip(&self) -> String {
        self.address.ip().to_string()
    }

    /// The port in decimals.
    pub fn port(&self) -> String {
        self.address.port().to_string()
    }

    /// A path below the served folder.
    pub fn served(&self, name: &str) -> PathBuf {
        self.served.path().join(name)
    }

    /// A path below the client's home.
    pub fn home(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The server's certificate, in PEM form.
    pub fn certificate(&self) -> PathBuf {
        self.home("server.pem")
    }

    /// A client's program that works in its home and knows no other.
    pub fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.home.path())
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home("config"))
            .env("XDG_CACHE_HOME", self.home("cache"))
            .env("XDG_DATA_HOME", self.home("data"))
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .stdin(Stdio::null());
        command
    }

    /// Runs a client that must succeed; what it wrote to stdout.
    #[track_caller]
    pub fn run<const N: usize>(&self, program: &str, arguments: [&str; N]) -> String {
        self.succeeds(self.client(program).args(arguments))
    }

    /// The same for a command with more to it.
    #[track_caller]
    pub fn succeeds(&self, command: &mut Command) -> String {
        let output = finish(command);
        assert!(
            output.status.success(),
            "{command:?}: {}\nthe server: {}",
            said(&output),
            self.server.stderr()
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a client that reads its commands from a file.
    #[track_caller]
    pub fn feed(&self, command: &mut Command, lines: &str) -> Output {
        let script = self.home("commands");
        fs::write(&script, lines).unwrap();
        finish(command.stdin(File::open(script).unwrap()))
    }

    /// Asserts that a file of the client's is one of the server's.
    #[track_caller]
    pub fn assert_same(&self, home: &str, served: &str) {
        let (ours, theirs) = (self.home(home), self.served(served));
        let same = fs::read(&ours).unwrap() == fs::read(&theirs).unwrap();
        assert!(same, "{} is not {}", ours.display(), theirs.display());
    }

    /// Asserts that a folder of the client's is one of the server's, names and bytes.
    #[track_caller]
    pub fn assert_same_tree(&self, home: &str, served: &str) {
        let (ours, theirs) = (tree(&self.home(home)), tree(&self.served(served)));
        let names = |tree: &BTreeMap<PathBuf, Option<Vec<u8>>>| -> Vec<_> {
            tree.keys().cloned().collect()
        };
        assert_eq!(names(&ours), names(&theirs), "{home} is not {served}");
        for (name, bytes) in &ours {
            assert!(theirs[name] == *bytes, "{} differs", name.display());
        }
    }

    /// Asserts that a file of the server's has the time that all had at first, if the server
    /// lets a client set it.
    #[track_caller]
    pub fn assert_time_was_set(&self, served: &str) {
        if self.sets_times {
            assert_eq!(modified(&self.served(served)), MODIFIED, "{served}");
        }
    }
}

/// When a file changed last, in seconds since 1970.
pub fn modified(path: &Path) -> u64 {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// Names that clients stumble over, sizes from nothing on, and folders that are empty or full.
fn fill(root: &Path) {
    let write = |name: &str, bytes: &[u8]| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(MODIFIED);
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(time).unwrap();
    };
    let large: Vec<u8> = (0..5_u32 << 18)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    write("text", b"one\ntwo\nthree\n");
    write("empty", b"");
    write("one", b"1");
    write("large", &large);
    write("a b/in ner", b"spaces");
    write("qu\"o'te/f\"x", b"quotes");
    write("-dash/-f", b"dashes");
    write("ünï/日本.txt", "二".as_bytes());
    write("tree/.hidden", b"hidden");
    write("tree/one two/three/deep", b"deep");
    write("tree/large", &large[..70_000]);
    write("tree/empty", b"");
    fs::create_dir(root.join("void")).unwrap();
    for number in 0..1000 {
        write(&format!("many/f{number:03}"), number.to_string().as_bytes());
    }
}

/// Every file and folder below a folder; a file with its bytes.
fn tree(root: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                found.insert(name, None);
                waiting.push(path);
            } else {
                found.insert(name, Some(fs::read(&path).unwrap()));
            }
        }
    }
    found
}
