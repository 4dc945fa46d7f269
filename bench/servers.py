"""The servers: how each is told what to serve, started, looked at and ended."""

import os
import pwd
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

USER = PASSWORD = "bench"

VSFTPD = """\
listen=YES
listen_address=127.0.0.1
listen_port={port}
background=NO
anonymous_enable=YES
anon_root={root}
no_anon_password=NO
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
# it enters this user's home before anon_root: it must have one
ftp_username=daemon
nopriv_user=nobody
connect_from_port_20=NO
tcp_wrappers=NO
idle_session_timeout=900
xferlog_enable=NO
max_clients=0
max_per_ip=0
secure_chroot_dir={work}
seccomp_sandbox=NO
isolate=NO
"""

PROFTPD = """\
ServerType standalone
DefaultAddress 127.0.0.1
Port {port}
UseIPv6 off
PidFile {work}/proftpd.pid
ScoreboardFile none
DelayEngine off
UseSendfile on
TimeoutLogin 0
TimeoutNoTransfer 0
SystemLog none
WtmpLog off
TransferLog none
MaxInstances none
UseReverseDNS off
User daemon
Group daemon
RequireValidShell off
UseFtpUsers off
AllowOverwrite on
<Anonymous {root}>
  User daemon
  Group daemon
  UserAlias anonymous daemon
  RequireValidShell off
</Anonymous>
"""

PYFTPDLIB = """\
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
import logging
logging.basicConfig(level=logging.ERROR)
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_user({user!r}, {password!r}, {root!r}, perm="elradfmw")
FTPServer(("127.0.0.1", {port}), FTPHandler).serve_forever()
"""


class Server:
    """A program that serves `root`, as a child of ours."""

    def __init__(self, name, work, command, user=USER):
        self.name, self.user, self.password = name, user, PASSWORD
        self.port, self.work, self._command = 0, work, command
        self._process = None

    def start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        log = self.work / f"{self.name}.log"
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                self._command(self.port), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, "FTPLAB_PASSWORD": PASSWORD}, start_new_session=True,
                preexec_fn=_hold_many_files)
        deadline = time.monotonic() + 15
        while not self._greets():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                said = log.read_text(errors="replace").strip()[-300:]
                raise RuntimeError(f"{self.name} does not answer: {said}")
            time.sleep(0.05)

    def _greets(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as stream:
                return stream.recv(3) == b"220"
        except OSError:
            return False

    @contextmanager
    def measured(self):
        """Holds while the server is measured."""
        yield

    def stop(self):
        for pid in reversed(self._tree()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self._process:
            self._process.wait(10)
            self._process = None

    def _tree(self):
        """The process and its descendants."""
        if not self._process:
            return []
        tree = [self._process.pid]
        for pid in tree:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                try:
                    tree += map(int, children.read_text().split())
                except OSError:
                    pass
        return tree

    def cpu(self):
        """Seconds of CPU time so far, with those of children that have ended."""
        ticks = 0
        for pid in self._tree():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(map(int, fields[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Bytes of memory, shared pages counted in part (PSS)."""
        total = 0
        for pid in self._tree():
            try:
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total * 1024


class Traced(Server):
    """Ours, with `ftplab trace` explaining all that goes over loopback while it is measured."""

    def __init__(self, work, command, ftplab):
        super().__init__("ftplab, traced", work, command)
        self._ftplab = ftplab

    @contextmanager
    def measured(self):
        tracer = subprocess.Popen([self._ftplab, "trace", "-i", "lo"], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            # "listening on lo": from now on it captures.
            if "lo" not in (said := tracer.stderr.readline()):
                raise RuntimeError(f"the tracer does not start: {said.strip()}")
            drain = threading.Thread(target=tracer.stderr.read, daemon=True)
            drain.start()
            yield
        finally:
            tracer.kill()
            tracer.wait(10)


def _hold_many_files():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _home_of_anonymous():
    try:
        home = Path(pwd.getpwnam("ftp").pw_dir)
    except KeyError:
        return None
    return home if home.is_dir() else None


def all_found(ftplab, root, work, traced):
    """Ours first, `traced` too if so, then the peers that are installed."""
    fields = {"root": str(root), "work": work, "user": USER, "password": PASSWORD}

    def serve(port):
        return [ftplab, "serve", root, "--listen", f"127.0.0.1:{port}", "--user", USER]

    yield Server("ftplab", work, serve)
    if traced:
        yield Traced(work, serve, ftplab)

    def by_file(program, template, name, *arguments):
        def command(port):
            path = work / name
            path.write_text(template.format(port=port, **fields))
            return [program, *arguments, path]
        return command

    places = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
    vsftpd, proftpd = shutil.which("vsftpd", path=places), shutil.which("proftpd", path=places)
    if vsftpd:
        yield Server("vsftpd", work, by_file(vsftpd, VSFTPD, "vsftpd.conf"), "anonymous")
    if proftpd:
        command = by_file(proftpd, PROFTPD, "proftpd.conf", "--nodaemon", "-c")
        yield Server("proftpd", work, command, "anonymous")
    pure_ftpd = shutil.which("pure-ftpd", path=places)
    home = _home_of_anonymous()
    if pure_ftpd and home:
        # It serves the home of the user `ftp` and nothing else: there, in a mount namespace of
        # its own, is the folder to serve.
        yield Server("pure-ftpd", work, lambda port: [
            "unshare", "--mount", "sh", "-c", 'mount --bind "$1" "$2" && shift 2 && exec "$@"',
            "sh", root, home, pure_ftpd, "--bind", f"127.0.0.1,{port}", "--ipv4only",
            "--anonymousonly", "--dontresolve", "--syslogfacility", "none", "--umask", "022:022",
            "--maxclientsnumber", "20000", "--maxclientsperip", "20000",
            "--limitrecursion", "30000:8"], "anonymous")
    if find_spec("pyftpdlib"):
        yield Server("pyftpdlib", work, by_file(sys.executable, PYFTPDLIB, "pyftpdlib_server.py"))
