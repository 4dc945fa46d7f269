//! Who the client talks to: pyftpdlib, vsftpd, and servers that follow a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;

/// No wait in a test is longer.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A real server with a directory of its own; ended when dropped.
pub(crate) struct Peer {
    pub(crate) addr: SocketAddr,
    pub(crate) root: TempDir,
    /// Where its files are, if not in `root` itself.
    files: Option<std::path::PathBuf>,
    pub(crate) user: &'static str,
    _running: Running,
}

enum Running {
    Process(#[expect(dead_code, reason = "kept for its drop")] Ended),
    Acceptor(#[expect(dead_code, reason = "kept for its drop")] Acceptor),
}

/// A child process that does not outlive the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// pyftpdlib, where `ann` (password `secret`) may do everything. It prints its port when it
/// listens.
const PYFTPDLIB: &str = r#"
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
authorizer = DummyAuthorizer()
authorizer.add_user("ann", "secret", sys.argv[1], perm="elradfmwMT")
FTPHandler.authorizer = authorizer
server = FTPServer(("127.0.0.1", 0), FTPHandler)
print(server.address[1], flush=True)
server.serve_forever()
"#;

/// The same under TLS, which it then insists on; the certificate and key are in one file.
const PYFTPDLIB_TLS: &str = r"
from pyftpdlib.handlers import TLS_FTPHandler
TLS_FTPHandler.certfile = sys.argv[2]
TLS_FTPHandler.tls_control_required = True
TLS_FTPHandler.tls_data_required = True
FTPHandler = TLS_FTPHandler
";

/// Starts pyftpdlib; `None`, and a word on stderr, when it is not installed.
pub(crate) fn pyftpdlib() -> Option<Peer> {
    python("pyftpdlib", PYFTPDLIB, &[])
}

/// Starts pyftpdlib with TLS, which takes pyOpenSSL.
pub(crate) fn pyftpdlib_tls(certificate: &Certificate) -> Option<Peer> {
    let program = PYFTPDLIB.replacen("authorizer =", &format!("{PYFTPDLIB_TLS}authorizer ="), 1);
    let both = certificate.folder.path().join("both.pem");
    python("pyftpdlib with pyOpenSSL", &program, &[both.to_str()?])
}

fn python(what: &str, program: &str, arguments: &[&str]) -> Option<Peer> {
    let root = tempfile::tempdir().unwrap();
    let mut child = Command::new("python3")
        .args(["-c", program, root.path().to_str().unwrap()])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()
        .map(Ended);
    let mut port = String::new();
    if let Some(stdout) = child.as_mut().and_then(|child| child.0.stdout.as_mut()) {
        BufReader::new(stdout).read_line(&mut port).unwrap();
    }
    let (Some(child), Ok(port)) = (child, port.trim().parse::<u16>()) else {
        return missing(what);
    };
    let addr = SocketAddr::from(([127, 0, 0, 1], port));
    Some(Peer {
        addr,
        root,
        files: None,
        user: "ann",
        _running: Running::Process(child),
    })
}

/// A certificate for `localhost` and 127.0.0.1 with its key: `cert.pem`, `key.pem`, and
/// `both.pem`.
pub(crate) struct Certificate {
    pub(crate) folder: TempDir,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        write("cert.pem", &certificate).unwrap();
        write("key.pem", &key).unwrap();
        write("both.pem", &format!("{key}{certificate}")).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.path().join("key.pem"), private).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("cert.pem")
    }
}

/// In CI a missing server is a failure; elsewhere the test says what it skips.
fn missing(what: &str) -> Option<Peer> {
    assert!(std::env::var_os("CI").is_none(), "{what} is not installed");
    // Not `eprintln`, which the test harness keeps to itself.
    let words = format!("skipped: {what} is not installed\n");
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    None
}

/// Starts vsftpd, as inetd would: one process a connection, on its standard input. So no port
/// has to be guessed and no start waited for. Anonymous may do everything.
pub(crate) fn vsftpd() -> Option<Peer> {
    vsftpd_with("")
}

/// The same under TLS, which it then insists on; so it does on data connections that resume the
/// TLS session.
pub(crate) fn vsftpd_tls(certificate: &Certificate) -> Option<Peer> {
    let folder = certificate.folder.path().display();
    vsftpd_with(&format!(
        "ssl_enable=YES\nallow_anon_ssl=YES\nforce_anon_logins_ssl=YES\n\
         force_anon_data_ssl=YES\nrequire_ssl_reuse=YES\nssl_ciphers=HIGH\n\
         rsa_cert_file={folder}/cert.pem\nrsa_private_key_file={folder}/key.pem\n"
    ))
}

fn vsftpd_with(more: &str) -> Option<Peer> {
    let program = ["/usr/sbin/vsftpd", "/usr/bin/vsftpd"]
        .into_iter()
        .find(|path| std::path::Path::new(path).is_file());
    let Some(program) = program else {
        return missing("vsftpd");
    };
    let home = tempfile::tempdir().unwrap();
    let (files, empty) = (home.path().join("files"), home.path().join("empty"));
    std::fs::create_dir(&files).unwrap();
    std::fs::create_dir(&empty).unwrap();
    let configuration = home.path().join("vsftpd.conf");
    let settings = format!(
        "listen=NO\nanonymous_enable=YES\nlocal_enable=NO\nwrite_enable=YES\n\
         anon_upload_enable=YES\nanon_mkdir_write_enable=YES\nanon_other_write_enable=YES\n\
         anon_umask=022\nanon_root={}\nrun_as_launching_user=YES\nsecure_chroot_dir={}\n\
         connect_from_port_20=NO\nseccomp_sandbox=NO\nftp_username=root\nascii_upload_enable=YES\n\
         ascii_download_enable=YES\n{more}",
        files.display(),
        empty.display()
    );
    std::fs::write(&configuration, settings).unwrap();
    let acceptor = Acceptor::start(move |stream| {
        let input = Stdio::from(OwnedFd::from(stream.try_clone().unwrap()));
        let output = Stdio::from(OwnedFd::from(stream));
        let mut vsftpd = Command::new(program);
        let child = vsftpd
            .arg(&configuration)
            .stdin(input)
            .stdout(output)
            .stderr(Stdio::null());
        Ended(child.spawn().unwrap())
    });
    Some(Peer {
        addr: acceptor.addr,
        files: Some(files),
        root: home,
        user: "anonymous",
        _running: Running::Acceptor(acceptor),
    })
}

/// The password `secret` of `ann`, as ProFTPD keeps it.
const SECRET: &str = "$5$ftplab$1bkfQXFyNDflrL5w2zTHZyPocYeIGl4oXgFeJ6WZ5t/";

/// Starts ProFTPD, likewise as inetd would, with TLS if there is a certificate; data connections
/// must then resume the TLS session. It takes root.
pub(crate) fn proftpd(certificate: Option<&Certificate>) -> Option<Peer> {
    // Debian does not install it beside vsftpd, but it can be unpacked elsewhere.
    let places = ["", "/opt/proftpd"].into_iter();
    let place = places
        .filter(|_| rustix::process::geteuid().is_root())
        .find(|place| std::path::Path::new(&format!("{place}/usr/sbin/proftpd")).is_file());
    let Some(place) = place else {
        return missing("proftpd, and root to start it,");
    };
    let program = format!("{place}/usr/sbin/proftpd");
    let home = tempfile::tempdir().unwrap();
    let path = home.path().display();
    let files = home.path().join("files");
    std::fs::create_dir(&files).unwrap();
    // ProFTPD becomes the user, who must reach the files.
    let open = |path: &std::path::Path, mode| {
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(path, permissions).unwrap();
    };
    open(home.path(), 0o755);
    let passwords = home.path().join("passwords");
    let line = format!("ann:{SECRET}:0:0:ann:{path}/files:/bin/sh\n");
    std::fs::write(&passwords, line).unwrap();
    open(&passwords, 0o600);
    let tls = certificate.map_or(String::new(), |certificate| {
        let folder = certificate.folder.path().display();
        format!(
            "LoadModule mod_tls.c\nTLSEngine on\nTLSRequired on\nTLSLog none\n\
             TLSECCertificateFile {folder}/cert.pem\nTLSECCertificateKeyFile {folder}/key.pem\n"
        )
    });
    let settings = format!(
        "ModulePath {place}/usr/lib/proftpd\nServerType inetd\nServerName test\nUser root\nGroup root\n\
         RequireValidShell off\nRootLogin on\nAuthOrder mod_auth_file.c\n\
         AuthUserFile {path}/passwords\nDefaultRoot {path}/files\nAllowOverwrite on\n\
         AllowStoreRestart on\nAllowRetrieveRestart on\nWtmpLog off\nUseReverseDNS off\n\
         ScoreboardFile none\nPidFile {path}/pid\nTransferLog none\nSystemLog none\n\
         UseFtpUsers off\nAuthPAM off\n{tls}"
    );
    let configuration = home.path().join("proftpd.conf");
    std::fs::write(&configuration, settings).unwrap();
    let acceptor = Acceptor::start(move |stream| {
        let input = Stdio::from(OwnedFd::from(stream.try_clone().unwrap()));
        let output = Stdio::from(OwnedFd::from(stream));
        let mut proftpd = Command::new(&program);
        let child = proftpd
            .arg("-c")
            .arg(&configuration)
            .stdin(input)
            .stdout(output)
            .stderr(Stdio::null());
        Ended(child.spawn().unwrap())
    });
    Some(Peer {
        addr: acceptor.addr,
        files: Some(files),
        root: home,
        user: "ann",
        _running: Running::Acceptor(acceptor),
    })
}

/// Accepts connections until it is dropped.
struct Acceptor {
    addr: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Acceptor {
    fn start(serve: impl Fn(TcpStream) -> Ended + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut children = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                children.push(serve(stream.unwrap()));
            }
        });
        Self {
            addr,
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the accept.
        let woken = TcpStream::connect(self.addr);
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let joined = thread.join();
            assert!(joined.is_ok() || std::thread::panicking());
        }
    }
}

impl Peer {
    pub(crate) fn files(&self) -> std::path::PathBuf {
        match &self.files {
            Some(files) => files.clone(),
            None => self.root.path().to_path_buf(),
        }
    }
}

/// The server's side of a scripted control connection.
pub(crate) struct Script {
    stream: BufReader<TcpStream>,
}

impl Script {
    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Says something that the client may not stay to hear.
    pub(crate) fn say_if_heard(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.get_mut().write_all(bytes.as_ref()).is_ok()
    }

    /// The connection itself, to go on with it otherwise; nothing may have been read ahead.
    pub(crate) fn tcp(&self) -> TcpStream {
        assert!(self.stream.buffer().is_empty());
        self.stream.get_ref().try_clone().unwrap()
    }

    /// The next command, which must begin with `verb`.
    pub(crate) fn hear(&mut self, verb: &str) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        assert!(
            line.starts_with(verb) && line.ends_with("\r\n"),
            "{verb}: {line:?}"
        );
        line.trim_end().to_owned()
    }

    /// Hears EPSV, refuses it, hears PASV, and answers with `ip` and a listener's port.
    pub(crate) fn passive(&mut self, ip: [u8; 4]) -> TcpListener {
        self.hear("EPSV");
        self.say("500 no\r\n");
        self.passive_again(ip)
    }

    pub(crate) fn passive_again(&mut self, ip: [u8; 4]) -> TcpListener {
        self.hear("PASV");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port().to_be_bytes();
        let named = proto::HostPort { host: ip, port };
        self.say(format!("227 {}\r\n", named.encode_227()));
        listener
    }

    /// Waits until the client has closed.
    pub(crate) fn hear_end(&mut self) {
        let mut rest = Vec::new();
        // Closed or reset.
        let _ = self.stream.read_to_end(&mut rest);
        assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
    }
}

/// Starts a server that takes one connection and follows `script`. Join the handle to see
/// whether the client kept to it.
pub(crate) fn scripted(
    script: impl FnOnce(&mut Script) + Send + 'static,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        script(&mut Script {
            stream: BufReader::new(stream),
        });
    });
    (addr, thread)
}

/// Bytes that no line-end conversion leaves alone.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}
