"""Makes a capture of many FTP sessions, to measure how fast programs read it.

Each session logs in and moves files in both directions and both modes: about 160 packets, of
which most carry a download. A hundred sessions run at a time, packet by packet in turn.
"""

import struct

SERVER = (10, 0, 0, 1)
SEGMENT = 1448
AT_ONCE = 100


def make(path, sessions, addresses):
    """Writes `sessions` sessions of `addresses` clients as a pcap file; says how many packets."""
    packets = 0
    with open(path, "wb", buffering=1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        clock = 1_700_000_000_000_000
        for first in range(0, sessions, AT_ONCE):
            group = [_session(number, number % addresses)
                     for number in range(first, min(first + AT_ONCE, sessions))]
            for turn in zip(*group, strict=True):
                for frame in turn:
                    clock += 20
                    out.write(struct.pack("<IIII", clock // 1_000_000, clock % 1_000_000,
                                          len(frame), len(frame)))
                    out.write(frame)
                    packets += 1
    return packets


class _Connection:
    """The segments of one TCP connection; `dialler` is 0 if the client dials, else 1."""

    def __init__(self, ends, ports, dialler):
        self.ends, self.ports = ends, ports
        self.seq = [1000 + ports[0] * 7919, 5000 + ports[1] * 104729]
        self.frames = []
        self.clock = 1000
        self._segment(dialler, 0x02, options=True)
        self._segment(1 - dialler, 0x12, options=True)
        self._segment(dialler, 0x10)

    def _segment(self, side, flags, payload=b"", options=False):
        src, dst = self.ends[side], self.ends[1 - side]
        self.clock += 1
        stamp = struct.pack(">BBII", 8, 10, self.clock, self.clock - 1)
        if options:
            stamp = b"\x02\x04\x05\xb4\x04\x02" + stamp + b"\x01\x03\x03\x07"
        else:
            stamp = b"\x01\x01" + stamp
        header = struct.pack(">HHIIBBHHH", self.ports[side], self.ports[1 - side],
                             self.seq[side] & 0xFFFFFFFF,
                             self.seq[1 - side] & 0xFFFFFFFF if flags & 0x10 else 0,
                             (20 + len(stamp)) // 4 << 4, flags, 502, 0, 0) + stamp
        total = 20 + len(header) + len(payload)
        pseudo = src + dst + struct.pack(">HH", 6, total - 20)
        check = 0xFFFF ^ _sum(pseudo + header, payload)
        header = header[:16] + struct.pack(">H", check) + header[18:]
        ip = struct.pack(">BBHHHBBH", 0x45, 0, total, self.clock & 0xFFFF, 0x4000, 64, 6, 0)
        ip = ip[:10] + struct.pack(">H", 0xFFFF ^ _sum(ip + src + dst)) + src + dst
        macs = (b"\x02\0\0\0\0\1", b"\x02\0\0\0\0\2")
        self.frames.append(macs[1 - side] + macs[side] + b"\x08\0" + ip + header + payload)
        self.seq[side] += len(payload) + (flags & 1) + (flags >> 1 & 1)

    def say(self, side, payload, acknowledged=True):
        self._segment(side, 0x18, payload)
        if acknowledged:
            self._segment(1 - side, 0x10)

    def close(self, side):
        self._segment(side, 0x11)
        self._segment(1 - side, 0x11)
        self._segment(side, 0x10)


_SUMS = {}


def _sum(header, payload=b""):
    """The Internet checksum's sum; that of a file's segments, which come often, is kept."""
    total = _SUMS.get(payload)
    if total is None:
        padded = payload + b"\0" * (len(payload) & 1)
        total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
        if len(payload) == SEGMENT:
            _SUMS[payload] = total
    total += sum(struct.unpack(f">{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


FILE = bytes(range(256)) * 400


def _session(number, address):
    """The frames of one session, in order; all sessions have as many."""
    client = bytes((10, 100 + address // 10000, 100 + address // 100 % 100, 100 + address % 100))
    server = bytes(SERVER)
    ends, port = (client, server), 10000 + number % 40000
    frames = []
    control = _Connection(ends, (port, 21), 0)
    taken = 0

    def flush():
        nonlocal taken
        frames.extend(control.frames[taken:])
        taken = len(control.frames)

    def ask(line, *replies):
        control.say(0, line + b"\r\n", acknowledged=False)
        for reply in replies:
            control.say(1, reply + b"\r\n")
        flush()

    control.say(1, b"220 ftp.example.org ready.\r\n")
    ask(b"USER anonymous", b"331 Send your address as the password.")
    ask(b"PASS guest@example.org", b"230 Logged in.")
    ask(b"SYST", b"215 UNIX Type: L8")
    ask(b"TYPE I", b"200 Type set to I.")
    for turn in range(4):
        low, high = 100 + (number * 4 + turn) // 100 % 100, 100 + (number * 4 + turn) % 100
        comma = ",".join(map(str, server if turn % 2 == 0 else client))
        place = f"{comma},{low},{high}".encode()
        if turn % 2 == 0:
            ask(b"PASV", b"227 Entering Passive Mode (" + place + b").")
            data = _Connection(ends, (port + 1 + turn, low * 256 + high), 0)
        else:
            ask(b"PORT " + place, b"200 PORT command successful.")
            data = _Connection(ends, (low * 256 + high, 20), 1)
        verb, sender = (b"RETR", 1) if turn < 3 else (b"STOR", 0)
        control.say(0, verb + f" file-{turn}.dat\r\n".encode(), acknowledged=False)
        control.say(1, b"150 Opening data connection.\r\n")
        flush()
        for offset in range(0, 16 * SEGMENT, 2 * SEGMENT):
            data.say(sender, FILE[offset:offset + SEGMENT], acknowledged=False)
            data.say(sender, FILE[offset + SEGMENT:offset + 2 * SEGMENT])
        data.close(sender)
        frames.extend(data.frames)
        control.say(1, b"226 Transfer complete.\r\n")
        flush()
    ask(b"QUIT", b"221 Goodbye.")
    control.close(1)
    flush()
    return frames
