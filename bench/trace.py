#!/usr/bin/env python3
"""Measures how fast `ftplab trace` reads a capture, beside other programs on this machine.

    cargo build --release && python3 bench/trace.py

The capture is made here: FTP sessions with commands, replies, downloads and uploads. The peers
are those that are found: tcpdump, tshark, tcptrace (Debian: apt install tcpdump tshark
tcptrace). In every round all of them take turns; the tables show medians, and in brackets how
many times as fast `ftplab` is as the peer, the median of the rounds' ratios. The output goes to
/dev/null.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import capture
import tables

HERE = Path(__file__).resolve().parent
PATIENCE = 600


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ftplab", type=Path, default=HERE.parent / "target/release/ftplab",
                        help="the program to measure (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=10_000,
                        help="FTP sessions in the capture (default: 10000, which is 1.2 GB)")
    parser.add_argument("--addresses", default="1,10000", metavar="N,...",
                        help="how many clients have them; a capture each (default: 1,10000)")
    parser.add_argument("--without", default="", metavar="NAME,...", help="peers to leave out")
    parser.add_argument("--tmp", default="/dev/shm", help="where the capture goes")
    return parser.parse_args()


def programs(options):
    """Ours, each with the peer that it is compared with, and the peers."""
    ours = [options.ftplab, "trace", "-r"]
    peers = {
        "tcpdump -n": ["tcpdump", "-n", "-r"],
        "tshark": ["tshark", "-n", "-r"],
        "tcptrace": ["tcptrace", "-n"],
    }
    peers = {name: command for name, command in peers.items()
             if shutil.which(command[0]) and command[0] not in options.without.split(",")}
    return {
        **{f"ftplab {style}": [*ours, "{}", "--style", style, "-n"]
           for style in ("summary", "tcpdump", "narrated")},
        "ftplab json": [*ours, "{}", "--json"],
        **peers,
    }


def measure(command, path):
    """Seconds of wall clock, and the most memory that it had, in MiB."""
    command = [str(path) if word == "{}" else word for word in command]
    if str(path) not in command:
        command.append(path)
    began = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]}: {said.decode(errors='replace').strip()[-300:]}")
    return time.monotonic() - began, usage.ru_maxrss / 1024


def table(samples, packets):
    lines = [["", "packets/s", "memory [MiB]"]]
    peers = [name for name in samples if not name.startswith("ftplab")]
    lines[0] += [f"against {peer}" for peer in peers]
    for name, rows in samples.items():
        cells = [name, f"{packets / statistics.median(row[0] for row in rows):,.0f}",
                 f"{statistics.median(row[1] for row in rows):.0f}"]
        for peer in peers:
            ratios = [theirs[0] / ours[0] for ours, theirs in zip(rows, samples[peer], strict=True)]
            cells.append(f"{statistics.median(ratios):.2f}" if name != peer else "")
        lines.append(cells)
    return tables.aligned(lines)


def main():
    options = arguments()
    tables.must_exist(options.ftplab)
    with tempfile.TemporaryDirectory(prefix="ftplab-bench-", dir=options.tmp) as scratch:
        for addresses in map(int, options.addresses.split(",")):
            path = Path(scratch, f"{addresses}.pcap")
            print(f"making {options.sessions} sessions of {addresses} clients", file=sys.stderr)
            packets = capture.make(path, options.sessions, addresses)
            samples = {}
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
                for name, command in programs(options).items():
                    samples.setdefault(name, []).append(measure(command, path))
            size = path.stat().st_size / 1e6
            print(f"{packets:,} packets, {size:,.0f} MB, {addresses} client addresses")
            print(table(samples, packets), end="\n\n")
            path.unlink()


if __name__ == "__main__":
    main()
