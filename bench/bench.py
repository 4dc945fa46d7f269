#!/usr/bin/env python3
"""Measures `ftplab serve`, `get` and `put` beside other FTP programs on this machine.

    cargo build --release && python3 bench/bench.py

The peers are those that are found here: vsftpd, proftpd and pure-ftpd (Debian: vsftpd,
proftpd-core, pure-ftpd; as packages they exclude each other, so unpack the others with dpkg -x
and put them into PATH; pure-ftpd wants a user called ftp with a home), pyftpdlib (PyPI: pip
install pyftpdlib), and the clients curl and lftp. In every round all of them take turns, so that
a busy machine slows all of them down alike; the tables show medians, and in brackets ftplab's
figure against each peer's, the median of the rounds' ratios, in such a way that more than 1 is
always better for ftplab. Give differences below 10 % no weight. Everything is on loopback, with
the files in memory. The servers in C want root.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import measures
import servers
import tables

HERE = Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ftplab", type=Path, default=HERE.parent / "target/release/ftplab",
                        help="the program to measure (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mib", type=int, default=512, help="the large file (default: 512 MiB)")
    parser.add_argument("--idle", type=int, default=1000,
                        help="idle sessions to hold, 0 for none (default: 1000)")
    parser.add_argument("--only", default="", metavar="WORD",
                        help="only the rows whose names contain WORD")
    parser.add_argument("--traced", action="store_true",
                        help="measure ftplab a second time, with its tracer explaining the "
                             "packets meanwhile (as root)")
    parser.add_argument("--tmp", default="/dev/shm", help="where the files go")
    return parser.parse_args()


def server_rounds(options, found, root):
    rows = [row for row in measures.ROWS if options.only in row.name]
    if options.idle and options.only in measures.IDLE.name:
        rows.append(measures.IDLE)
    samples = {}
    for number in range(options.rounds):
        print(f"servers, round {number + 1} of {options.rounds}", file=sys.stderr)
        for row in rows:
            for server in found:
                try:
                    with server.measured():
                        values = row.measure(server, root, options)
                except (OSError, EOFError, RuntimeError) as error:
                    print(f"{server.name}, {row.name}: {error}", file=sys.stderr)
                    values = [None] * len(row.columns)
                for column, value in zip(row.columns, values, strict=True):
                    samples.setdefault(column, {}).setdefault(server.name, []).append(value)
    return samples


def client_rounds(options, server, root):
    """Each client fetches and sends the large file; the wall clock and its own CPU time."""
    url = f"ftp://bench:bench@127.0.0.1:{server.port}"
    here, there = root / "incoming/fetched", root / "incoming/sent"
    clients = {
        "ftplab": ([options.ftplab, "get", f"{url}/big", here],
                   [options.ftplab, "put", root / "big", f"{url}/incoming/sent"]),
        "curl": (["curl", "-sS", "-o", here, f"{url}/big"],
                 ["curl", "-sS", "-T", root / "big", f"{url}/incoming/sent"]),
        "lftp": (["lftp", "-c", f"set ftp:ssl-allow no; set xfer:clobber yes; open {url}; "
                                f"get big -o {here}"],
                 ["lftp", "-c", f"set ftp:ssl-allow no; open {url}; "
                                f"put {root / 'big'} -o incoming/sent"]),
    }
    samples = {}
    for number in range(options.rounds):
        print(f"clients, round {number + 1} of {options.rounds}", file=sys.stderr)
        for way, target, index in (("get", here, 0), ("put", there, 1)):
            for name, commands in clients.items():
                if not shutil.which(str(commands[index][0])):
                    continue
                target.unlink(missing_ok=True)
                speed, cpu = measures.program(commands[index], options.mib)
                if target.stat().st_size != options.mib << 20:
                    raise SystemExit(f"{name} {way} moved {target.stat().st_size} bytes only")
                target.unlink()
                for column, value in ((measures.Column(f"client {way}", "GiB/s", True), speed),
                                      (measures.Column(f"client {way}, CPU", "s/GiB", False), cpu)):
                    samples.setdefault(column, {}).setdefault(name, []).append(value)
    return samples


def table(samples):
    names = list(dict.fromkeys(name for row in samples.values() for name in row))
    lines = [["", *names]]
    for column, row in samples.items():
        cells = [f"{column.name} [{column.unit}]"]
        for name in names:
            values = [value for value in row.get(name, []) if value is not None]
            if not values:
                cells.append("-")
                continue
            cell = f"{statistics.median(values):.4g}"
            ratios = [ours / theirs if column.more_is_better else theirs / ours
                      for ours, theirs in zip(row.get("ftplab", []), row[name])
                      if ours and theirs]
            if name != "ftplab" and ratios:
                cell += f" ({statistics.median(ratios):.2f})"
            cells.append(cell)
        lines.append(cells)
    return tables.aligned(lines)


def main():
    options = arguments()
    tables.must_exist(options.ftplab)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ftplab-bench-", dir=options.tmp) as scratch:
        root, work = Path(scratch, "root"), Path(scratch, "work")
        measures.make_files(root, options.mib)
        work.mkdir()
        found = []
        try:
            for server in servers.all_found(options.ftplab, root, work,
                                                options.traced):
                try:
                    server.start()
                    found.append(server)
                except (OSError, RuntimeError) as error:
                    print(f"left out: {error}", file=sys.stderr)
            if not found or found[0].name != "ftplab":
                raise SystemExit("ftplab does not serve")
            print(table(server_rounds(options, found, root)))
            if options.only in "client get put CPU":
                print(f"\nagainst {found[0].name}:")
                print(table(client_rounds(options, found[0], root)))
        finally:
            for server in found:
                server.stop()
    print(f"\n{options.rounds} rounds, {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except subprocess.SubprocessError as error:
        raise SystemExit(str(error)) from error
