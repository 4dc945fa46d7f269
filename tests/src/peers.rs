//! Servers to talk to: Python's, Debian's, and our own.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};

use crate::{Running, available, finish, ftplab};

/// Anybody's `student` with password `secret` may do everything. Prints its port when it listens.
const PYFTPDLIB: &str = r#"
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
authorizer = DummyAuthorizer()
authorizer.add_user("student", "secret", sys.argv[1], perm="elradfmwMT")
FTPHandler.authorizer = authorizer
server = FTPServer(("127.0.0.1", int(sys.argv[2])), FTPHandler)
print("listening", server.address[1], flush=True)
server.serve_forever()
"#;

/// Whether Python's FTP server is installed.
pub fn has_pyftpdlib() -> bool {
    let output = finish(Command::new("python3").args(["-c", "import pyftpdlib"]));
    available("pyftpdlib", output.status.success())
}

/// Starts pyftpdlib on a port of 127.0.0.1 for `student`, password `secret`.
pub fn pyftpdlib(root: &Path, port: u16) -> Running {
    let mut python = Command::new("python3");
    python
        .args(["-c", PYFTPDLIB])
        .arg(root)
        .arg(port.to_string());
    let mut server = Running::start(python.stdin(Stdio::null()));
    server.says("listening");
    server
}

/// A server that is started for one connection, as inetd does it: so its start need not be
/// waited for.
#[derive(Debug)]
pub struct Inetd(Option<JoinHandle<()>>);

/// Lets vsftpd serve one connection to a port of 127.0.0.1, in which `anonymous` may do
/// everything. `home` takes its configuration and the served folder, `files`.
pub fn vsftpd(home: &Path, port: u16) -> Inetd {
    let program = ["/usr/sbin/vsftpd", "/usr/bin/vsftpd"]
        .into_iter()
        .find(|path| Path::new(path).is_file())
        .unwrap();
    let (files, empty) = (home.join("files"), home.join("empty"));
    std::fs::create_dir(&files).unwrap();
    std::fs::create_dir(&empty).unwrap();
    let configuration = home.join("vsftpd.conf");
    let settings = format!(
        "listen=NO\nanonymous_enable=YES\nlocal_enable=NO\nwrite_enable=YES\n\
         anon_upload_enable=YES\nanon_other_write_enable=YES\nanon_umask=022\nanon_root={}\n\
         run_as_launching_user=YES\nsecure_chroot_dir={}\nconnect_from_port_20=YES\n\
         seccomp_sandbox=NO\nftp_username=root\n",
        files.display(),
        empty.display()
    );
    std::fs::write(&configuration, settings).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    Inetd(Some(thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut vsftpd = Command::new(program);
        vsftpd
            .arg(&configuration)
            .stdin(Stdio::from(OwnedFd::from(stream.try_clone().unwrap())))
            .stdout(Stdio::from(OwnedFd::from(stream)))
            .stderr(Stdio::null());
        let status = vsftpd.spawn().unwrap().wait().unwrap();
        assert!(status.success(), "vsftpd: {status}");
    })))
}

impl Inetd {
    /// Waits until the connection has been served.
    pub fn finish(mut self) {
        if let Some(thread) = self.0.take() {
            thread.join().unwrap();
        }
    }
}

/// Starts `ftplab serve` and waits for its address.
pub fn serve(
    root: &Path,
    listen: &str,
    configure: impl FnOnce(&mut Command),
) -> (Running, SocketAddr) {
    let mut command = ftplab();
    command
        .arg("serve")
        .arg(root)
        .args(["--json", "--listen", listen]);
    configure(&mut command);
    let mut server = Running::start(&mut command);
    let line = server.says("listening");
    let event: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["event"], "listening", "{line}");
    (server, event["address"].as_str().unwrap().parse().unwrap())
}
