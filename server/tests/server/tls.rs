//! TLS on both connections, with clients that bring a TLS of their own.

use std::process::Command;

use server::{ConfigBuilder, Tls};

use crate::common::{Running, bytes, has, run, start};

fn start_tls(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Running {
    let tls = Tls::self_signed(["localhost".to_owned()]).unwrap();
    start(|builder| configure(builder.tls(tls)))
}

#[test]
fn the_security_commands_in_the_clear() {
    let server = start_tls(|builder| builder);
    let mut raw = server.connect();
    let features = raw.ask("FEAT", 211);
    for feature in ["AUTH TLS", "PBSZ", "PROT"] {
        assert!(
            features.contains(&format!("\r\n {feature}\r\n")),
            "{features}"
        );
    }
    for (command, code) in [
        ("PBSZ 0", 503),
        ("PROT P", 503),
        ("PROT X", 504),
        ("CCC", 533),
        ("AUTH GSSAPI", 504),
        ("AUTH", 501),
        ("HELP AUTH", 214),
        ("USER ann", 331),
    ] {
        raw.ask(command, code);
    }
    raw.ask("AUTH tls", 234);
    // No handshake: nobody is answered in the clear any more.
    raw.send("NOOP\r\n");
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut raw.stream, &mut rest).unwrap();
    assert!(!rest.windows(3).any(|code| code == b"200"), "{rest:?}");
}

#[test]
fn what_is_sent_behind_auth_is_not_carried_out() {
    let server = start_tls(|builder| builder);
    let mut raw = server.connect();
    raw.send("AUTH TLS\r\nUSER ann\r\nPASS secret\r\nMKD injected\r\n");
    raw.expect(421);
    raw.expect_closed();
    let mut raw = server.connect();
    raw.send("AUTH TLS\r\nUS");
    raw.expect(421);
    raw.expect_closed();
    assert!(server.names().is_empty());
}

#[test]
fn tls_can_be_required() {
    let server = start_tls(|builder| builder.require_tls(true));
    let mut raw = server.connect();
    raw.ask("USER ann", 530);
    raw.ask("PASS secret", 503);
    raw.ask("RETR f", 530);
    if has("curl") {
        server.write("f", "x");
        let url = format!("ftp://ann:secret@{}/f", server.addr);
        let output = run("curl", &["-sS", "--ssl-reqd", "-k", &url]);
        assert_eq!(output.stdout, b"x");
        // It begins with AUTH SSL, which implies PROT P, and asks for PROT C: that is refused, and
        // then the transfer, which would go on in the clear on its side alone.
        let arguments = ["-sSvk", "--max-time", "50", "--ftp-ssl-control", &url];
        let output = Command::new("curl").args(arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{told}");
        assert!(told.contains("< 534 ") && told.contains("< 521 "), "{told}");
    }
}

/// Passive only: curl 7.88 accepts an active data connection and then never begins its handshake.
#[test]
fn curl_over_tls_passive() {
    if !has("curl") {
        return;
    }
    let server = start_tls(|builder| builder);
    let content = bytes(3_000_000);
    server.write("down", &content);
    let local = tempfile::tempdir().unwrap();
    let up = local.path().join("up");
    std::fs::write(&up, &content).unwrap();
    let url = format!("ftp://ann:secret@{}/", server.addr);
    for mode in [
        &["--ssl-reqd"][..],
        &["--ssl-reqd", "--tls-max", "1.2"],
        &["--ssl-reqd", "--ftp-ssl-control"],
    ] {
        let curl = |arguments: &[&str]| {
            run(
                "curl",
                &[&["-sSk", "--max-time", "50"], mode, arguments].concat(),
            )
        };
        assert!(curl(&[&format!("{url}down")]).stdout == content, "{mode:?}");
        curl(&["-T", up.to_str().unwrap(), &format!("{url}up")]);
        assert!(server.read("up") == content, "{mode:?}");
        let listing = String::from_utf8(curl(&[&url]).stdout).unwrap();
        assert!(
            listing.contains(" down\r\n") || listing.contains(" down\n"),
            "{listing}"
        );
    }
}

#[test]
fn lftp_mirrors_over_tls() {
    if !has("lftp") {
        return;
    }
    let server = start_tls(|builder| builder.require_tls(true));
    std::fs::create_dir(server.root.path().join("tree")).unwrap();
    let content = bytes(500_000);
    server.write("tree/a", &content);
    server.write("tree/b", "text\n");
    let local = tempfile::tempdir().unwrap();
    let down = local.path().join("down");
    let script = format!(
        "set ftp:ssl-force true; set ftp:ssl-protect-data true; set ssl:verify-certificate no; \
         set net:timeout 20; set net:max-retries 1; set cmd:fail-exit true; \
         open -u ann,secret ftp://{}; mirror tree {down}; mirror -R {down} up; exit",
        server.addr,
        down = down.display()
    );
    run("lftp", &["--norc", "-c", &script]);
    assert!(std::fs::read(down.join("a")).unwrap() == content);
    assert!(server.read("up/a") == content);
    assert_eq!(server.read("up/b"), b"text\n");
}

/// What Python's own client does over TLS; its assertions are the test's.
const FTPLIB: &str = r#"
import ftplib, io, socket, ssl, sys
context = ssl._create_unverified_context()
content = bytes(range(256)) * 3000
ftp = ftplib.FTP_TLS(context=context, timeout=50)
ftp.connect("127.0.0.1", int(sys.argv[1]))
ftp.login("ann", "secret")

def refused(command, code):
    try:
        reply = ftp.sendcmd(command)
    except ftplib.Error as error:
        reply = str(error)
    assert reply.startswith(code), (command, reply)

refused("AUTH TLS", "503")
refused("PROT P", "503")
refused("CCC", "534")
assert ftp.sendcmd("PBSZ 0") == "200 PBSZ=0"
assert ftp.sendcmd("PBSZ 100").startswith("200 PBSZ=0")
refused("PROT S", "536")
refused("PROT E", "536")

# PROT C: the data in the clear.
ftp.sendcmd("PROT C")
got = io.BytesIO()
ftp.storbinary("STOR clear", io.BytesIO(content))
ftp.retrbinary("RETR clear", got.write)
assert got.getvalue() == content

for passive in (True, False):
    ftp.set_pasv(passive)
    ftp.prot_p()
    ftp.storbinary("STOR a", io.BytesIO(content))
    got = []
    ftp.retrbinary("RETR a", got.append, rest=1000)
    assert b"".join(got) == content[1000:]
    ftp.storbinary("STOR empty", io.BytesIO(b""))
    assert ftp.size("empty") == 0
    ftp.storlines("STOR text", io.BytesIO(b"one\ntwo\n"))
    lines = []
    ftp.retrlines("RETR text", lines.append)
    assert lines == ["one", "two"], lines
    assert sorted(ftp.nlst()) == ["a", "clear", "empty", "text"], ftp.nlst()
    ftp.sendcmd("TYPE I")

    # An upload that ends without close_notify was cut: an error, and no file.
    data = ftp.transfercmd("STOR cut")
    data.sendall(content)
    socket.socket(fileno=data.detach()).close()
    refused_reply = ftp.getmultiline()
    assert refused_reply.startswith("426"), refused_reply
    refused("SIZE cut", "550")

    # ABOR and STAT are heard while data is on its way.
    data = ftp.transfercmd("STOR cut")
    data.sendall(b"half")
    assert ftp.sendcmd("STAT").startswith("213")
    ftp.putcmd("ABOR")
    assert ftp.getmultiline().startswith("426")
    assert ftp.getmultiline().startswith("226")
    data.close()
    refused("SIZE cut", "550")

# A client that says nothing TLS on the data connection.
ftp.set_pasv(True)
host, port = ftp.makepasv()
raw = socket.create_connection((host, port), 50)
assert ftp.sendcmd("LIST").startswith("150")
raw.sendall(b"GET / HTTP/1.0\r\n\r\n")
reply = ftp.getmultiline()
assert reply.startswith("425"), reply
# Replies longer than one TLS record of the other side, and pipelined commands.
ftp.sock.sendall(b"NOOP\r\n" * 500)
for _ in range(500):
    assert ftp.getmultiline().startswith("200")
assert ftp.voidcmd("NOOP").startswith("200")
assert ftp.quit().startswith("221")
"#;

#[test]
fn python_ftplib_over_tls() {
    if !has("python3") {
        return;
    }
    let server = start_tls(|builder| builder);
    run("python3", &["-c", FTPLIB, &server.addr.port().to_string()]);
    assert_eq!(server.names(), ["a", "clear", "empty", "text"]);
}

const REIN: &str = r#"
import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
def ask(stream, line, code):
    stream.sendall(line + b"\r\n")
    reply = b""
    while not reply.endswith(b"\r\n"):
        got = stream.recv(1)
        assert got, (line, reply)
        reply += got
    assert reply.startswith(code), (line, reply)
def login(stream):
    ask(stream, b"USER ann", b"331")
    ask(stream, b"PASS secret", b"230")
for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
    context.maximum_version = version
    clear = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
    while clear.recv(1) != b"\n":
        pass
    # Twice over one connection: what TLS left behind is clear text again.
    for _ in range(2):
        ask(clear, b"AUTH TLS", b"234")
        secure = context.wrap_socket(clear)
        login(secure)
        ask(secure, b"PBSZ 0", b"200")
        ask(secure, b"PROT P", b"200")
        ask(secure, b"REIN", b"220")
        clear = secure.unwrap()
        ask(clear, b"PWD", b"530")
        ask(clear, b"PROT P", b"503")
        login(clear)
        ask(clear, b"PWD", b"257")
    ask(clear, b"QUIT", b"221")

# What was heard in a transfer and still waits when TLS ends is not carried out in the clear.
clear = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 60)
while clear.recv(1) != b"\n":
    pass
ask(clear, b"AUTH TLS", b"234")
secure = context.wrap_socket(clear)
login(secure)
ask(secure, b"PBSZ 0", b"200")
ask(secure, b"PROT P", b"200")
def data():
    secure.sendall(b"EPSV\r\n")
    reply = b""
    while not reply.endswith(b"\r\n"):
        reply += secure.recv(1)
    return socket.create_connection(("127.0.0.1", int(reply.split(b"|")[3])), 60)
plain = data()
ask(secure, b"STOR kept", b"150")
secure.sendall(b"REIN\r\nUSER ann\r\nPASS secret\r\nPWD\r\n")
ask(secure, b"STAT", b"213")
upload = context.wrap_socket(plain)
upload.sendall(b"kept")
upload.unwrap()
upload.close()
said = b""
while b"\r\n220" not in said:
    said += secure.recv(1)
while not said.endswith(b"\r\n"):
    said += secure.recv(1)
clear = secure.unwrap()
ask(clear, b"PWD", b"530")
"#;

/// RFC 4217 §12: REIN is answered under TLS, and then there is none.
#[test]
fn rein_ends_tls_and_keeps_the_connection() {
    if !has("python3") {
        return;
    }
    let server = start_tls(|builder| builder);
    run("python3", &["-c", REIN, &server.addr.port().to_string()]);
}

/// Connects and would begin a handshake before it knows that the command is refused, as `Net::FTP`
/// does: then nobody must be left to answer it.
const REFUSED: &str = r#"
import ftplib, socket, ssl, sys
ftp = ftplib.FTP_TLS(timeout=50, context=ssl._create_unverified_context())
ftp.connect("127.0.0.1", int(sys.argv[1]))
ftp.login("ann", "secret")
ftp.prot_p()
for command in ("RETR nothing", "NLST nothing", "STOR no/where"):
    data = socket.create_connection(ftp.makepasv(), 50)
    try:
        ftp.voidcmd(command)
        raise AssertionError("carried out: " + command)
    except ftplib.error_perm as error:
        assert str(error)[:3] in ("550", "553"), error
    try:
        assert data.recv(1) == b"", command
    except ConnectionResetError:
        pass
ftp.quit()
"#;

#[test]
fn a_refused_transfer_leaves_no_connection_without_a_handshake() {
    if !has("python3") {
        return;
    }
    let server = start_tls(|builder| builder);
    run("python3", &["-c", REFUSED, &server.addr.port().to_string()]);
}

/// A client that ends each TLS connection as RFC 8446 §6.1 asks, after the server has ended its
/// side, and looks whether that was answered with a reset. Over the loopback a reset comes before
/// the call that provoked it returns; that the bytes were taken is asked for all the same.
const CLOSING: &str = r#"
import fcntl, ftplib, select, ssl, struct, sys, termios

SIOCOUTQ = termios.TIOCOUTQ

def closes_cleanly(connection, what):
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    assert poll.poll(30000), f"{what}: the server does not end its side"
    # Kept alive: unwrap() gives the socket away, and would close it with its last owner.
    kept = connection.unwrap()
    number = kept.fileno()
    def was_reset():
        events = dict(poll.poll(0)).get(number, 0)
        return events & (select.POLLERR | select.POLLHUP)
    while struct.unpack("i", fcntl.ioctl(number, SIOCOUTQ, b"1234"))[0]:
        assert not was_reset(), f"{what}: reset"
    assert not was_reset(), f"{what}: reset"

context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    context.maximum_version = version
    ftp = ftplib.FTP_TLS(context=context, timeout=30)
    ftp.connect("127.0.0.1", int(sys.argv[1]))
    ftp.login("ann", "secret")
    ftp.prot_p()
    for name in ("small", "large"):
        data = ftp.transfercmd("RETR " + name)
        while data.recv(65536):
            pass
        ftp.voidresp()
        closes_cleanly(data, name)
    ftp.sendcmd("QUIT")
    assert ftp.sock.recv(1) == b""
    closes_cleanly(ftp.sock, "control")
"#;

#[test]
fn a_client_that_ends_its_side_is_not_reset() {
    if !has("python3") {
        return;
    }
    let server = start_tls(|builder| builder);
    server.write("small", "x");
    server.write("large", bytes(3_000_000));
    run("python3", &["-c", CLOSING, &server.addr.port().to_string()]);
}
