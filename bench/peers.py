"""FTP servers with two users who may write and log in with a password, for conformance.py.

Each is started as its own manual says, as root, on a port of 127.0.0.1. The C servers find their
users in /etc/passwd: they run in a mount namespace of their own in which that file, and what PAM
reads, are ours. Nothing of the machine is changed.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

USERS, PASSWORD = ("ann", "ben"), "open-sesame"
UID, GID = 61001, 61001

PAM = """\
auth required pam_unix.so
account required pam_permit.so
session required pam_permit.so
"""

VSFTPD = """\
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
anon_root={anonymous}
local_enable=YES
write_enable=YES
local_umask=022
chroot_local_user=YES
allow_writeable_chroot=YES
connect_from_port_20=YES
ftp_data_port={data_port}
ftp_username=ftplab-anonymous
nopriv_user=nobody
pam_service_name=ftplab-conformance
check_shell=NO
tcp_wrappers=NO
xferlog_enable=NO
mdtm_write=YES
ascii_upload_enable=YES
ascii_download_enable=YES
ls_recurse_enable=YES
secure_chroot_dir={work}/empty
ssl_enable=YES
allow_anon_ssl=YES
force_local_data_ssl=NO
force_local_logins_ssl=NO
require_ssl_reuse=NO
ssl_ciphers=HIGH
rsa_cert_file={work}/cert.pem
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
"""

PROFTPD = """\
{modules}ServerType standalone
ServerName conformance
DefaultAddress 127.0.0.1
SocketBindTight on
Port {port}
UseIPv6 off
PidFile {work}/proftpd.pid
ScoreboardFile {work}/proftpd.scores
DelayEngine off
SystemLog none
WtmpLog off
TransferLog none
UseReverseDNS off
User nobody
Group nogroup
RequireValidShell off
UseFtpUsers off
AuthOrder mod_auth_unix.c
DefaultRoot ~
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
<Anonymous {anonymous}>
  User ftplab-anonymous
  Group nogroup
  UserAlias anonymous ftplab-anonymous
  RequireValidShell off
</Anonymous>
"""

PROFTPD_TLS = """\
TLSEngine on
TLSRSACertificateFile {work}/cert.pem
TLSRSACertificateKeyFile {work}/cert.pem
TLSOptions NoSessionReuseRequired
TLSRequired off
"""

PYFTPDLIB = """\
import logging
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer
logging.basicConfig(level=logging.ERROR)
authorizer = DummyAuthorizer()
for user in {users!r}:
    authorizer.add_user(user, {password!r}, {home!r}, perm="elradfmwMT")
authorizer.add_anonymous({anonymous!r})
handler = {handler}
handler.authorizer = authorizer
handler.certfile = "{work}/cert.pem"
FTPServer(("127.0.0.1", {port}), handler).serve_forever()
"""

# Bind mounts are seen by nobody outside; they go when the server does.
ENTER = """\
mount --make-rprivate /
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
mount --bind "$1/pam.d" /etc/pam.d
shift
exec "$@"
"""


class Peer:
    """A server that serves `home` to ann and ben."""

    def __init__(self, name, release, work, command):
        self.name, self.release, self.port = name, release, 0
        self._work, self._command, self._process = work, command, None

    def __enter__(self):
        self.port = free_port()
        log = self._work / f"{self.name}.log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                self._command(self.port), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, "FTPLAB_PASSWORD": PASSWORD}, start_new_session=True)
        deadline = time.monotonic() + 20
        while not greets(self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                said = log.read_text(errors="replace").strip()[-400:]
                raise RuntimeError(f"{self.name} does not answer: {said}")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        # The session that Popen began, with every process that the server forked.
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait(10)


def free_port():
    """A port below the kernel's own, with the one before it free as well: RFC 959 wants that
    one for data connections."""
    for port in range(20_021, 32_000, 7):
        try:
            for number in (port, port - 1):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return port
    raise RuntimeError("no free port")


def greets(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as stream:
            return stream.recv(3) == b"220"
    except OSError:
        return False


def prepare(work):
    """Users, a certificate, and folders."""
    home, anonymous = work / "home", work / "anonymous"
    for folder in (home, anonymous, work / "empty", work / "pam.d"):
        folder.mkdir()
    os.chown(home, UID, GID)
    work.chmod(0o755)
    anonymous.chmod(0o555)
    hashed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, text=True,
                            capture_output=True, check=True).stdout.strip()
    passwd, shadow = Path("/etc/passwd").read_text(), ""
    for user in USERS:
        passwd += f"{user}:x:{UID}:{GID}::{home}:/bin/sh\n"
        shadow += f"{user}:{hashed}:19000:0:99999:7:::\n"
    # pure-ftpd serves the home of `ftp` to anonymous users.
    passwd = "".join(line for line in passwd.splitlines(True) if not line.startswith("ftp:"))
    for user in ("ftplab-anonymous", "ftp"):
        passwd += f"{user}:x:61002:65534::{anonymous}:/usr/sbin/nologin\n"
        shadow += f"{user}:*:19000:0:99999:7:::\n"
    (work / "passwd").write_text(passwd)
    (work / "shadow").write_text(shadow)
    (work / "shadow").chmod(0o600)
    for service in ("ftplab-conformance", "proftpd", "ftp", "pure-ftpd", "vsftpd"):
        (work / "pam.d" / service).write_text(PAM)
    (work / "enter").write_text(ENTER)
    certificate = work / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", certificate, "-out", work / "crt"],
                   check=True, capture_output=True)
    with certificate.open("ab") as out:
        out.write((work / "crt").read_bytes())
    certificate.chmod(0o600)


def found(ftplab, work):
    """Ours, then each peer, by name; None where it is not installed."""
    home, anonymous = work / "home", work / "anonymous"
    fields = {"work": work, "home": str(home), "anonymous": str(anonymous), "users": USERS,
              "password": PASSWORD}

    def serve(port):
        users = [word for user in USERS for word in ("--user", user)]
        return [ftplab, "serve", home, "--listen", f"127.0.0.1:{port}", "--anonymous", *users]

    def entered(*command):
        return ["unshare", "--mount", "sh", "-e", work / "enter", work, *command]

    def by_file(template, name, *command, **more):
        def start(port):
            path = work / name
            path.write_text(template.format(port=port, data_port=port - 1, **fields, **more))
            path.chmod(0o644)
            return entered(*command, path)
        return start

    yield "ftplab", Peer("ftplab", said([ftplab, "--version"]), work, serve)
    vsftpd = program("vsftpd")
    yield "vsftpd", vsftpd and Peer("vsftpd", vsftpd_release(vsftpd), work,
                                    by_file(VSFTPD, "vsftpd.conf", vsftpd))
    pure = program("pure-ftpd")
    yield "pure-ftpd", pure and Peer(
        "pure-ftpd", said([pure, "--help"]).split("\n")[0].removesuffix(" [privsep]"), work,
        lambda port: entered(
            pure, "--bind", f"127.0.0.1,{port}", "--ipv4only", "--chrooteveryone",
            "--dontresolve", "--syslogfacility", "none", "--login", "unix", "--tls", "1",
            "--certfile", work / "cert.pem", "--minuid", "1000", "--umask", "022:022"))
    proftpd = program("proftpd")
    if proftpd:
        # Its modules lie beside it where the package was only unpacked.
        modules = proftpd.resolve().parents[1] / "lib/proftpd"
        tls = (modules / "mod_tls.so").exists()
        load = f"ModulePath {modules}\n" + ("LoadModule mod_tls.c\n" if tls else "")
        yield "proftpd", Peer("proftpd", said([proftpd, "-v"]), work,
                              by_file(PROFTPD + (PROFTPD_TLS if tls else ""), "proftpd.conf",
                                      proftpd, "--nodaemon", "-c", modules=load))
    else:
        yield "proftpd", None
    try:
        release = f"pyftpdlib {version('pyftpdlib')}"
        handler = "TLS_FTPHandler" if has_openssl() else "FTPHandler"
        yield "pyftpdlib", Peer("pyftpdlib", release, work, by_file(
            PYFTPDLIB, "pyftpdlib_server.py", sys.executable, handler=handler))
    except PackageNotFoundError:
        yield "pyftpdlib", None


def has_openssl():
    try:
        return bool(version("pyOpenSSL"))
    except PackageNotFoundError:
        return False


def vsftpd_release(program):
    """It says so where its control connection would be: on what should be its stdin."""
    read, write = os.pipe()
    with os.fdopen(read) as told:
        subprocess.run([program, "-v"], stdin=write, stdout=write, stderr=write, timeout=20)
        os.close(write)
        return told.read().strip().replace(": version", "") or "vsftpd"


def program(name):
    places = os.environ.get("PATH", "") + ":/usr/sbin:/opt/proftpd/usr/sbin:/opt/pure-ftpd/usr/sbin"
    where = shutil.which(name, path=places)
    return Path(where) if where else None


def said(command):
    ran = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=20)
    return (ran.stdout + ran.stderr).strip()
