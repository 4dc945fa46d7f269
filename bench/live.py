#!/usr/bin/env python3
"""Measures how much live traffic `ftplab trace` misses, beside tcpdump on the same traffic.

    cargo build --release && python3 bench/live.py

A file is fetched over `lo` at MTU 1500, without offloads, in a network namespace of this
program's own: by `ftplab get` from `ftplab serve`. While it comes, one program after the other
captures all of it: `tcpdump -w /dev/null`, then `ftplab trace -i lo` in each style. The kernel's
counter of packets on `lo` is the truth; what a program says of itself, seen and dropped, stands
beside it. The output goes to /dev/null. Needs the rights of an administrator, or a system that
gives every user network namespaces.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tables

HERE = Path(__file__).resolve().parent
PORT = 2121
PATIENCE = 300
STYLES = ("summary", "tcpdump", "narrated", "json")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ftplab", type=Path, default=HERE.parent / "target/release/ftplab",
                        help="the program to measure (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=2000,
                        help="how much is fetched while one program captures (default: 2000)")
    parser.add_argument("--buffer", type=int, metavar="KIB",
                        help="-B for all programs; without it, each has its own default")
    parser.add_argument("--tmp", default="/dev/shm", help="where the file is served from")
    return parser.parse_args()


def run(*words, out=subprocess.PIPE):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE,
                          text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")


def inside():
    """Begins again in a network namespace of its own."""
    if os.environ.get("FTPLAB_BENCH_INSIDE"):
        return
    os.environ["FTPLAB_BENCH_INSIDE"] = "1"
    own = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user",
                                                          "--net"]
    os.execvp(own[0], [*own, sys.executable, *sys.argv])


def prepare():
    run("ip", "link", "set", "lo", "mtu", "1500", "up")
    if shutil.which("ethtool"):
        run("ethtool", "-K", "lo", "tso", "off", "gso", "off", "gro", "off")
    else:
        print("no ethtool: segments are greater than on any wire", file=sys.stderr)


def packets():
    """How many packets passed `lo`, each counted once."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == "lo":
            return int(numbers.split()[1])
    raise SystemExit("/proc/net/dev does not tell of lo")


def programs(options):
    buffer = ["-B", str(options.buffer)] if options.buffer else []
    found = {}
    if shutil.which("tcpdump"):
        # Without -Z root's tcpdump becomes another user, and makes the file that user's.
        same = ["-Z", "root"] if os.geteuid() == 0 else []
        dump = ["tcpdump", "-n", "-i", "lo", *same, *buffer, "-w", "/dev/null"]
        found["tcpdump -w /dev/null"] = dump
    for style in STYLES:
        flags = ["--json"] if style == "json" else ["--style", style]
        found[f"ftplab {style}"] = [options.ftplab, "trace", "-n", "-i", "lo", *buffer, *flags]
    return found


class Server:
    """`ftplab serve`, ended with the block."""

    def __init__(self, options, folder):
        command = [options.ftplab, "serve", folder, "--listen", f"127.0.0.1:{PORT}"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                return socket.create_connection(("127.0.0.1", PORT)).close()
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    raise SystemExit("ftplab serve has ended") from None
                time.sleep(0.05)
        raise SystemExit(f"nobody listens on port {PORT}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)


def capture(command, work):
    """Does `work` while the command captures: what it says at its end, what passed, and the
    seconds that it took."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    said = process.stderr.readline()
    while said and not re.search("listening on|Ctrl-C ends it", said):
        said = process.stderr.readline()
    if not said:
        raise SystemExit(f"{command[0]} does not capture")
    before, began = packets(), time.monotonic()
    work()
    took = time.monotonic() - began
    passed = packets() - before
    # What the kernel has not handed over when tcpdump is asked to end, it does not count.
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    if process.wait(PATIENCE):
        raise SystemExit(f"{command[0]}: {said.strip()}")
    return said, passed, took


def figure(pattern, said):
    found = re.search(rf"(\d+) packets? {pattern}", said)
    found = found or re.search(rf"(\d+) {pattern}", said)
    return int(found.group(1)) if found else 0


def measure(command, work):
    said, passed, took = capture(command, work)
    seen = figure("captured", said) or figure("shown", said)
    return {"passed": passed, "seen": seen, "dropped": figure("dropped by", said),
            "lost": 100 * (passed - seen) / passed, "rate": passed / took}


def table(samples):
    lines = [["", "packets", "per second", "seen", "dropped (own figure)", "lost [%]", "of each round"]]
    for name, rows in samples.items():
        middle = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        lines.append([name, f"{middle['passed']:,.0f}", f"{middle['rate']:,.0f}",
                      f"{middle['seen']:,.0f}", f"{middle['dropped']:,.0f}",
                      f"{middle['lost']:.2f}", " ".join(f"{row['lost']:.2f}" for row in rows)])
    return tables.aligned(lines)


def main():
    options = arguments()
    tables.must_exist(options.ftplab)
    inside()
    prepare()
    with tempfile.TemporaryDirectory(prefix="ftplab-bench-", dir=options.tmp) as folder:
        os.chmod(folder, 0o755)
        with open(Path(folder, "file"), "wb") as file:
            file.truncate(options.megabytes * 1_000_000)
        url = f"ftp://127.0.0.1:{PORT}/file"

        def work():
            run(options.ftplab, "get", url, "-", out=subprocess.DEVNULL)

        samples = {}
        with Server(options, folder):
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
                for name, command in programs(options).items():
                    samples.setdefault(name, []).append(measure(command, work))
        print(f"{options.megabytes} MB of FTP over lo at MTU 1500; medians of "
              f"{options.rounds} rounds")
        print(table(samples))


if __name__ == "__main__":
    main()
