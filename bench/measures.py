"""What is measured: each function makes one measurement of one server.

The client here is as bare as it can be: it drops downloaded bytes in the kernel (MSG_TRUNC)
and sends uploads with sendfile, so that it is the server that is measured.
"""

import os
import resource
import socket
import subprocess
import threading
import time
from collections import namedtuple
from pathlib import Path

Column = namedtuple("Column", "name unit more_is_better")
Row = namedtuple("Row", "name columns measure")

SMALL, MANY = 200, 10_000
SECONDS = 1.0
PATIENCE = 120


def make_files(root, mib):
    (root / "many").mkdir(parents=True)
    (root / "incoming").mkdir()
    root.parent.chmod(0o755)
    (root / "incoming").chmod(0o777)
    with (root / "big").open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1 << 20))
    for number in range(SMALL):
        (root / f"small{number}").write_bytes(os.urandom(1024))
    for number in range(MANY):
        (root / f"many/file-{number:05}.dat").write_bytes(b"x")


class Session:
    """A control connection."""

    def __init__(self, server):
        self.stream = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
        self.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._reply(b"220")
        # Pure-FTPd lets anonymous in without a password.
        if self.ask(f"USER {server.user}", b"331", b"230").startswith(b"331"):
            self.ask(f"PASS {server.password}", b"230")

    def _reply(self, *codes):
        while True:
            line, end, self._rest = self._rest.partition(b"\n")
            if not end:
                more = self.stream.recv(4096)
                if not more:
                    raise EOFError("the control connection was closed")
                self._rest = line + more
            elif line[:3].isdigit() and line[3:4] == b" ":
                if line[:3] not in codes:
                    raise RuntimeError(f"{line.decode(errors='replace').strip()}, not {codes}")
                return line

    def ask(self, line, *codes):
        self.stream.sendall(line.encode() + b"\r\n")
        return self._reply(*codes)

    def passive(self):
        line = self.ask("PASV", b"227")
        numbers = line[line.index(b"(") + 1:line.index(b")")].split(b",")
        port = int(numbers[4]) * 256 + int(numbers[5])
        return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)

    def fetch(self, command, buffer):
        with self.passive() as data:
            self.ask(command, b"125", b"150")
            total = 0
            while count := data.recv_into(buffer, len(buffer), socket.MSG_TRUNC):
                total += count
        self._reply(b"226")
        return total

    def store(self, name, path):
        with self.passive() as data:
            self.ask(f"STOR {name}", b"125", b"150")
            with path.open("rb") as file:
                data.sendfile(file)
        self._reply(b"226")

    def quit(self):
        self.ask("QUIT", b"221")
        while self.stream.recv(100):
            pass
        self.stream.close()


def _together(count, act):
    """Runs act(number) in threads; the seconds until the last has ended."""
    failures = []

    def guarded(number):
        try:
            act(number)
        except Exception as error:  # handed on below, whatever it is
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.monotonic() - began


def retr(streams):
    def measure(server, _root, options):
        sessions = [Session(server) for _ in range(streams)]
        for session in sessions:
            session.ask("TYPE I", b"200")
        size = options.mib << 20

        def fetch(number):
            if sessions[number].fetch("RETR big", bytearray(4 << 20)) != size:
                raise RuntimeError("RETR did not send the whole file")

        before = server.cpu()
        took = _together(streams, fetch)
        cpu = server.cpu() - before
        for session in sessions:
            session.quit()
        gib = streams * options.mib / 1024
        return gib / took, cpu / gib

    return measure


def stor(server, root, options):
    session = Session(server)
    session.ask("TYPE I", b"200")
    before, began = server.cpu(), time.monotonic()
    session.store("incoming/up", root / "big")
    took, cpu = time.monotonic() - began, server.cpu() - before
    size = (root / "incoming/up").stat().st_size
    (root / "incoming/up").unlink()
    session.quit()
    if size != options.mib << 20:
        raise RuntimeError(f"STOR kept {size} bytes")
    return options.mib / 1024 / took, cpu / (options.mib / 1024)


def _rate(act):
    """How often act() can be done in a second."""
    done, began = 0, time.monotonic()
    while (took := time.monotonic() - began) < SECONDS:
        act()
        done += 1
    return done / took


def login(server, _root, _options):
    before = server.cpu()
    rate = _rate(lambda: Session(server).quit())
    return rate, (server.cpu() - before) / (rate * SECONDS) * 1e6


def small(server, _root, _options):
    session, buffer, turn = Session(server), bytearray(4096), iter(range(1 << 40))
    session.ask("TYPE I", b"200")
    rate = _rate(lambda: session.fetch(f"RETR small{next(turn) % SMALL}", buffer))
    session.quit()
    return (rate,)


def listing(server, _root, _options):
    session, buffer = Session(server), bytearray(1 << 20)
    if session.fetch("LIST many", buffer) < MANY * 20:
        raise RuntimeError("LIST did not send all lines")
    rate = _rate(lambda: session.fetch("LIST many", buffer))
    session.quit()
    return (1000 / rate,)


def noop(server, _root, _options):
    session = Session(server)
    rate = _rate(lambda: session.ask("NOOP", b"200"))
    session.quit()
    return (rate,)


def idle(server, _root, options):
    """On a fresh process, so that nothing that was there before is counted."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server.stop()
    server.start()
    before, began = server.memory(), time.monotonic()
    sessions = [Session(server) for _ in range(options.idle)]
    took = time.monotonic() - began
    each = (server.memory() - before) / options.idle / 1024
    for session in sessions:
        session.ask("NOOP", b"200")
    for session in sessions:
        session.quit()
    return each, took


def program(command, mib):
    """Runs a client; GiB per second, and seconds of its CPU time per GiB."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([str(part) for part in command], check=True, timeout=PATIENCE,
                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return mib / 1024 / took, cpu / (mib / 1024)


def _with_cpu(name, unit, measure, cpu_unit="s/GiB"):
    return Row(name, (Column(name, unit, True), Column(f"{name}, CPU", cpu_unit, False)), measure)


ROWS = [
    _with_cpu("RETR, 1 stream", "GiB/s", retr(1)),
    _with_cpu("RETR, 2 streams", "GiB/s", retr(2)),
    _with_cpu("RETR, 8 streams", "GiB/s", retr(8)),
    _with_cpu("STOR", "GiB/s", stor),
    _with_cpu("login and QUIT", "1/s", login, "us"),
    Row("PASV and RETR of 1 KiB", (Column("PASV and RETR of 1 KiB", "1/s", True),), small),
    Row("LIST of 10,000", (Column("LIST of 10,000", "ms", False),), listing),
    Row("NOOP", (Column("NOOP", "1/s", True),), noop),
]
IDLE = Row("idle sessions", (Column("idle sessions, memory each", "KiB", False),
                             Column("idle sessions, time to log in", "s", False)), idle)
