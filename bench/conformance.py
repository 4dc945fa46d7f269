#!/usr/bin/env python3
"""Plays the scripts for servers against ftplab and its peers, and writes docs/conformance.md.

    cargo build --release && sudo python3 bench/conformance.py

The peers are those that are found here: vsftpd, pure-ftpd, proftpd (Debian: vsftpd, pure-ftpd,
proftpd-core and proftpd-mod-crypto; as packages they exclude each other, so unpack the others with
dpkg -x to /opt/pure-ftpd and /opt/proftpd, or put them into PATH) and pyftpdlib (PyPI: pip install
pyftpdlib pyopenssl). bench/peers.py starts them on loopback, as root, and tells how each is
configured. What fails is played again, alone: only what fails twice counts. Why it fails stands in
bench/reasons.toml where the reply does not say it by itself.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from pathlib import Path

import peers
import tables

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parent / "tests/scripts"
GRADES = ("MUST", "SHOULD", "HARDENING")

HEAD = """\
# Conformance

How far FTP servers do what the RFCs ask of them, as the scripts in `tests/scripts` find it. Each
script tests one behaviour and names the section that it rests on;
`ftplab check tests/scripts --list` prints them all, and
`ftplab check tests/scripts/rfc959/files/retr.ftp --explain` tells one in words.

*MUST*: the RFC demands it, with MUST or shall, by its table of replies or by its state diagrams.
*SHOULD*: the RFC recommends it, or gives exactly this code, or every client relies on it.
*HARDENING*: what RFC 2577, advisories and experience ask of a server that is open to everybody.
Sections, grades and purposes were held against the texts of the RFCs.

This page is written by `sudo python3 bench/conformance.py`, which starts every server on loopback
with two users who may write and with TLS, and otherwise as it comes (`bench/peers.py`). A script
gives no verdict, and is not counted as played, when the server does not offer what it tests, or
when nobody could watch the packets that it is about.
Whatever fails is played a second time, alone. Every script that a peer fails was read again beside
its RFC: where the RFC leaves the peer that freedom, the script was changed. What is left are
differences that a client can notice, and no verdict on a server as a whole.
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ftplab", type=Path, default=HERE.parent / "target/release/ftplab",
                        help="the program to use (default: %(default)s)")
    parser.add_argument("--only", default="", metavar="NAMES",
                        help="only these servers, by commas; prints and writes nothing")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs/conformance.md")
    parser.add_argument("scripts", nargs="*", type=Path, help="only these scripts")
    return parser.parse_args()


def play(ftplab, port, scripts, jobs):
    """The verdict on each script."""
    ran = subprocess.run(
        [ftplab, "check", "--server", f"127.0.0.1:{port}", "--user", peers.USERS[0],
         "--second-user", peers.USERS[1], "--format", "json", "--jobs", str(jobs), *scripts],
        env={**os.environ, "FTPLAB_PASSWORD": peers.PASSWORD,
             "FTPLAB_SECOND_PASSWORD": peers.PASSWORD},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=1800)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    played = {name_of(line["file"]): line for line in lines if line["event"] == "script"}
    if not played:
        raise RuntimeError(f"nothing was played: {ran.stderr.strip()}")
    return played


def name_of(file):
    return Path(file).resolve().relative_to(SCRIPTS).with_suffix("").as_posix()


def results(ftplab, peer, scripts):
    played = play(ftplab, peer.port, scripts, 4)
    failed = [name for name, line in played.items()
              if line["verdict"] not in ("passed", "skipped")]
    if failed:
        again = play(ftplab, peer.port, [SCRIPTS / f"{name}.ftp" for name in failed], 1)
        played.update(again)
    return played


def masked(text):
    """Without what is another in each run."""
    text = text.replace("\N{REPLACEMENT CHARACTER}", "?")
    text = re.sub(r"ftplab-\d+-[0-9a-f]+-\d+", "FOLDER", text)
    text = re.sub(r"(127\.0\.0\.1):\d+", r"\1", text)
    text = re.sub(r"127,0,0,1,\d+,\d+", "127,0,0,1,P,P", text)
    text = re.sub(r"\|\|\|\d+\|", "|||PORT|", text)
    text = re.sub(r"modify=\d{14}", "modify=TIME", text)
    text = re.sub(r"unique=\w+", "unique=FILE", text)
    text = re.sub(r"connection from port \d{2,}", "connection from another port", text)
    text = re.sub(r"\d+\.\d+ seconds.*?(?=`|$)", "…", text)
    return re.sub(r"^\d+ bytes: `.*`$", "too few bytes", text) if "\\0" in text else text


def counted(played, grade):
    lines = [line for line in played.values() if line["grade"] == grade]
    passed = sum(line["verdict"] == "passed" for line in lines)
    failed = sum(line["verdict"] == "failed" for line in lines)
    return f"{passed} of {passed + failed}"


def paragraph(text, first="", rest=""):
    return textwrap.fill(text, 99, initial_indent=first, subsequent_indent=rest,
                         break_long_words=False, break_on_hyphens=False)


def failure(name, line, reasons, peer):
    rules = ", ".join(line["rules"])
    told = reasons.get(name, {})
    why = told.get(peer) or told.get("any", "")
    # What is quoted has quotes and backslashes of its own.
    compared = f"Expected: {line['expected']}; got {masked(line['got'])}."
    compared = re.sub(r"`([^`]*)`", r"“\1”", compared)
    text = f"`{name}` ({line['grade']}, {rules}): {line['purpose']}. {compared}"
    return paragraph(f"{text} {why}".strip(), "- ", "  ")


def document(all_results, missing):
    reasons = tomllib.loads((HERE / "reasons.toml").read_text())
    parts = [HEAD]
    rows = ["| server | " + " | ".join(GRADES) + " | no verdict |", "|---|---|---|---|---|"]
    for peer, played in all_results:
        skipped = sum(line["verdict"] not in ("passed", "failed") for line in played.values())
        cells = [peer.release, *(counted(played, grade) for grade in GRADES), str(skipped)]
        rows.append("| " + " | ".join(cells) + " |")
    parts.append("\n".join(rows) + "\n")
    if missing:
        parts.append(f"Not found on the machine: {', '.join(missing)}.\n")
    for peer, played in all_results:
        failed = sorted(((GRADES.index(line["grade"]), name, line)
                         for name, line in played.items() if line["verdict"] == "failed"),
                        key=lambda item: item[:2])
        parts.append(f"## {peer.name}\n")
        if not failed:
            parts.append("Nothing fails.\n")
            continue
        parts.append("\n".join(failure(name, line, reasons, peer.name)
                               for _, name, line in failed) + "\n")
    return "\n".join(parts)


def main():
    options = arguments()
    # However it is ended, the servers end with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    tables.must_exist(options.ftplab)
    if os.geteuid() != 0:
        raise SystemExit("the peers want root")
    folders = sorted(path for path in SCRIPTS.iterdir() if path.is_dir() and path.name != "client")
    only = [name for name in options.only.split(",") if name]
    all_results, missing = [], []
    with tempfile.TemporaryDirectory(prefix="ftplab-conformance-") as scratch:
        work = Path(scratch)
        peers.prepare(work)
        for name, peer in peers.found(options.ftplab, work):
            if only and name not in only:
                continue
            if peer is None:
                missing.append(name)
                continue
            print(name, file=sys.stderr)
            with peer:
                all_results.append((peer, results(options.ftplab, peer, options.scripts or folders)))
    text = document(all_results, missing)
    if only or options.scripts:
        print(text)
    else:
        options.out.write_text(text)
    ours = [name for peer, played in all_results if peer.name == "ftplab"
            for name, line in played.items() if line["verdict"] == "failed"]
    if ours:
        raise SystemExit(f"ftplab fails: {', '.join(ours)}")


if __name__ == "__main__":
    main()
