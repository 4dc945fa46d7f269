#!/usr/bin/env python3
"""Captures that hold each packet more than once, made by the kernel: a client, a router with a
bridge, and a server behind it, as with containers. Needs root, tcpdump, mergecap, curl and
pyftpdlib; each run gives other numbers, and the same story.

    unshare -n python3 tests/pcaps/make_copies.py FOLDER

any.pcap, any6.pcap: all interfaces of the router (LINUX_SLL2), IPv4 and IPv6.
merged.pcapng: what the router's outer interface saw, and the server's, each with its interface.
No segment is cut or joined on its way.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

NEWNET = 0x40000000
IPV4 = ["10.0.1.1/24", "10.0.1.2/24", "10.0.2.1/24", "10.0.2.2/24"]
IPV6 = ["fd00:1::1/64", "fd00:1::2/64", "fd00:2::1/64", "fd00:2::2/64"]


def run(command, host=None):
    inside = f"nsenter -t {host} -n " if host else ""
    for line in command.split("; "):
        subprocess.run((inside + line).split(), check=True, stdout=subprocess.DEVNULL)


def new_host():
    """A process with a network namespace of its own."""
    there, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        if ctypes.CDLL(None).unshare(NEWNET) == 0:
            os.write(done, b"x")
            signal.pause()
        os._exit(1)
    os.close(done)
    if not os.read(there, 1):
        sys.exit("cannot make a network namespace")
    return pid


def capture(path, interface, host=None):
    inside = ["nsenter", "-t", str(host), "-n"] if host else []
    cooked = ["-y", "LINUX_SLL2"] if interface == "any" else []
    command = ["tcpdump", "-i", interface, *cooked, "-U", "-s", "192", "-w", "-", "tcp"]
    capture = subprocess.Popen(
        inside + command, stderr=subprocess.PIPE, stdout=open(path, "wb")
    )
    while b"listening on" not in capture.stderr.readline():
        pass
    return capture


def session(number, addresses, captures):
    """One download through a router of its own; `captures` makes them and returns the processes."""
    outer, client_address, inner, server_address = addresses
    client, server = new_host(), new_host()
    bare = server_address.split("/")[0]
    host = f"[{bare}]" if ":" in bare else bare
    a, b, bridge = f"eth{number}", f"port{number}", f"br{number}"
    duplicate = " nodad" if ":" in bare else ""
    try:
        run(f"ip link add {a} type veth peer name e0; ip link add {b} type veth peer name e1; "
            f"ip link add {bridge} type bridge; ip link set e0 netns {client}; "
            f"ip link set e1 netns {server}; ip link set {b} master {bridge}; "
            f"ip link set {a} up; ip link set {b} up; ip link set {bridge} up; "
            f"ip addr add {outer} dev {a}{duplicate}; ip addr add {inner} dev {bridge}{duplicate}")
        for pid, device, address, gateway in (
            (client, "e0", client_address, outer),
            (server, "e1", server_address, inner),
        ):
            run(f"ip addr add {address} dev {device}{duplicate}; ip link set {device} up; "
                f"ip route add default via {gateway.split('/')[0]}", pid)
        whole = "tso off gso off gro off"
        run(f"ethtool -K {a} {whole}; ethtool -K {b} {whole}; ethtool -K {bridge} {whole}")
        run(f"ethtool -K e0 {whole}", client)
        run(f"ethtool -K e1 {whole}", server)
        with tempfile.TemporaryDirectory() as home:
            os.chmod(home, 0o755)
            pathlib.Path(home, "file.bin").write_bytes(bytes(range(250)) * 240)
            serve = f"nsenter -t {server} -n python3 -m pyftpdlib -p 21 -d {home} -i {bare}"
            serving = subprocess.Popen(serve.split(), stderr=subprocess.DEVNULL)
            # Neighbours are known then: a packet that waits for them is a story of its own.
            run(f"curl -sS --retry 9 --retry-connrefused -o /dev/null ftp://{host}/", client)
            time.sleep(1)
            started = captures(a, server)
            time.sleep(1)
            run(f"curl -sS -m 20 -o /dev/null ftp://{host}/file.bin", client)
            time.sleep(2)
            for process in [*started, serving]:
                process.terminate()
                process.wait()
    finally:
        for pid in (client, server):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        run(f"ip link del {bridge}")


def main(folder):
    run("ip link set lo up; sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    session(1, IPV4, lambda *_: [capture(f"{folder}/any.pcap", "any")])
    session(2, IPV6, lambda *_: [capture(f"{folder}/any6.pcap", "any")])
    with tempfile.TemporaryDirectory() as parts:
        names = [f"{parts}/router.pcap", f"{parts}/server.pcap"]
        session(3, IPV4, lambda a, server: [capture(names[0], a), capture(names[1], "e1", server)])
        run(f"mergecap -F pcapng -I none -w {folder}/merged.pcapng {' '.join(names)}")


if __name__ == "__main__":
    main(sys.argv[1])
