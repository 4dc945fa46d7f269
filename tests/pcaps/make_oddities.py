#!/usr/bin/env python3
"""Writes the captures in this folder that no ordinary session produces.

Headers that contradict themselves, every TCP option, IPv6 extension headers, frames cut at
every length, what -v shows of each protocol, and the link layers other than Ethernet. Run it in this folder; the output is
always the same.
"""

import struct
from ipaddress import ip_address

ETHERNET, RAW, NULL, LOOP, SLL, SLL2 = 1, 101, 0, 108, 113, 276


class Pcap:
    def __init__(self, name, link, magic=0xA1B2C3D4, order="<"):
        self.out = open(name, "wb")
        self.order, self.modified = order, magic == 0xA1B2CD34
        self.out.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link))
        self.time = 982_763_446_564_494  # 2001-02-21 13:50:46 UTC

    def add(self, frame, wire_len=None):
        if not frame:
            return
        self.time += 107_426
        record = (self.time // 1_000_000, self.time % 1_000_000, len(frame), wire_len or len(frame))
        self.out.write(struct.pack(self.order + "IIII", *record))
        if self.modified:
            self.out.write(bytes(8))
        self.out.write(frame)


def ether(payload, ethertype=0x0800, tags=b""):
    return bytes.fromhex("020000000002020000000001") + tags + struct.pack("!H", ethertype) + payload


def ip4(payload, protocol=6, src="10.0.0.1", dst="10.0.0.2", *, total=None, first=0x45, off=0x4000,
        options=b"", tos=0, ttl=64):
    first += len(options) // 4
    total = 20 + len(options) + len(payload) if total is None else total
    return struct.pack("!BBHHHBBH4s4s", first, tos, total, 0x1234, off, ttl, protocol, 0,
                       ip_address(src).packed, ip_address(dst).packed) + options + payload


def ip6(payload, following=6, src="fd00::1", dst="2001:db8::1:0:0:2", *, length=None, flow=0):
    length = len(payload) if length is None else length
    return struct.pack("!IHBB", 0x60000000 | flow, length, following, 64) + \
        ip_address(src).packed + ip_address(dst).packed + payload


def tcp(payload=b"", flags=0x18, sport=3171, dport=21, *, seq=1000, ack=5000, options=b"",
        offset=None, urgent=0):
    options += bytes(-len(options) % 4)
    offset = 5 + len(options) // 4 if offset is None else offset
    return struct.pack("!HHIIBBHHH", sport, dport, seq, ack, offset << 4, flags, 65535, 0xABCD,
                       urgent) + options + payload


def udp(payload, sport=4000, dport=4001, length=None):
    length = 8 + len(payload) if length is None else length
    return struct.pack("!HHHH", sport, dport, length, 0) + payload


def arp(operation=1, hardware=1, protocol=0x0800, hln=6, pln=4, target=bytes(6)):
    return struct.pack("!HHBBH", hardware, protocol, hln, pln, operation) + \
        bytes.fromhex("020000000001") + bytes([10, 0, 0, 1]) + target + bytes([10, 0, 0, 2])


TCP_OPTIONS = [
    "020405b4", "030307", "0402", "050a0000138900001390", "05120000138900001390000013a0000013b0",
    "0509000013890000", "080a0000000100000002", "0606000000ff", "0706000000ff", "0b0600000001",
    "0c0600000001", "0d0600000001", "1312" + "ab" * 16, "14040102", "1c040005", "1c048005",
    "1d100102" + "cd" * 12, "1d040102", "1d03010000", "2202", "2206abcdef01", "2205abcdef",
    "2212" + "ab" * 16, "fe04f989", "fe08f98901020304", "fe041234", "fe0301", "fd0401ff", "4302",
    "1e040081", "1e0c0101" + "0123456789abcdef", "1e140001" + "0123456789abcdef" * 2, "1e160081" + "00" * 18,
    "1e040201", "1e0c1107" + "01020304" * 2, "1e101007" + "0000000000000001" + "01020304",
    "1e181007" + "ab" * 20, "1e082001" + "00000009", "1e0c2003" + "ff" * 8, "1e122005" + "00000009" * 3 + "0010",
    "1e1a201f" + "ff" * 16 + "00000001" + "0010", "1e14200d" + "ff" * 8 + "00000001" + "0010" + "beef",
    "1e092001" + "00000009" + "01", "1e083407" + "0a000002", "1e0a3007" + "0a0000020015", "1e103107" + "0a000002" + "01" * 8,
    "1e123207" + "0a0000020015" + "01" * 8, "1e143607" + "fd" * 16, "1e163007" + "fd" * 16 + "0015",
    "1e1c3007" + "fd" * 16 + "02" * 8, "1e1e3007" + "fd" * 16 + "0015" + "02" * 8, "1e064001" + "0203", "1e0440ff",
    "1e0350", "1e045107", "1e055107ff", "1e0c6000" + "00" * 7 + "09", "1e0c7000" + "ab" * 8, "1e03f0", "1e02",
    "0101", "00", "020305b4", "0204", "0200", "02", "0205b4", "08", "05", "ff20",
]


def segments():
    for flags in range(256):
        yield tcp(b"x", flags, urgent=7)
        yield tcp(b"", flags)
    for option in TCP_OPTIONS:
        option = bytes.fromhex(option)
        for flags in (0x02, 0x10, 0x12):
            yield tcp(b"", flags, options=option)
            yield tcp(b"220 ready\r\n", flags, options=b"\1\1" + option)
            yield tcp(b"", flags, options=option + b"\2\4\5\xb4")
    for offset in range(16):
        yield tcp(b"USER anonymous\r\n", offset=offset)
    for line in (b"220 ready\r\n", b"220-a\n220 b\n", b"no end", b"USER a\rb\n", b"end in CR\r",
                 b"tab\tok\r\n", b"\xff\xf2ABOR\r\n", b"\r\n", b"caf\xc3\xa9\r\n", b"\0\r\n"):
        yield tcp(line)
        for port in (25, 43, 80, 8080, 554, 8554, 2121):
            yield tcp(line, dport=port)
            yield tcp(line, sport=port, dport=40000)
    for line in (b"GET / HTTP/1.1\r\nHost: a\r\n", b"HTTP/1.1 200 OK\r\n", b"get\r\n", b"GETTING /\r\n",
                 b"HTTP/1.1\t200 OK\r\n", b"HTTP/1.1 2000 OK\r\n", b"RTSP/1.0 404 No\r\n", b"PLAY x\r\n",
                 b"A" * 127 + b" 200\r\n", b"A" * 128 + b" 200\r\n", b"OPTIONS * RTSP/1.0"):
        yield tcp(line, dport=80)
        yield tcp(line, sport=554, dport=40000)
    # Relative numbers: wrap, a new SYN on the same ports, equal ports on both sides.
    for seq in (0xFFFFFFF0, 5, 1000):
        yield tcp(b"0123456789abcdefgh", seq=seq, sport=50000)
    yield tcp(b"", 0x12, seq=7, ack=9, sport=50000)
    yield tcp(b"more", seq=8, ack=9, sport=50000)
    yield tcp(b"", 0x10, sport=21, dport=21)
    yield tcp(b"", 0x10, sport=21, dport=21, seq=1001, ack=5001)


def ipv4_packets():
    for segment in segments():
        yield ip4(segment)
    ready = tcp(b"220 ready\r\n")
    for total in (0, 1, 19, 20, 21, 24, 39, 40, 41, 50, 51, 52, 60, 1500):
        yield ip4(ready, total=total)
    for first in (0x40, 0x44, 0x46, 0x4F, 0x55, 0x65, 0x05):
        yield ip4(ready, first=first)
    for off in (0, 0x2000, 0x2001, 0x0001, 0x4001, 0x1FFF, 0x8000):
        yield ip4(ready, off=off)
    yield ip4(ready, options=bytes.fromhex("94040000"))
    yield ip4(ready, src="10.0.0.2", dst="10.0.0.1")
    for length in (None, 0, 7, 8, 9, 100):
        for off in (0, 0x2000):
            yield ip4(udp(b"hello", length=length), 17, off=off)
    # An authentication header before TCP, ESP, and IP in IP.
    yield ip4(bytes.fromhex("0604000000000001000000020102030405060708090a0b0c") + ready, 51)
    yield ip4(bytes.fromhex("0600123400000001000000020102030405060708090a0b0c") + ready, 51)
    yield ip4(bytes(range(40)), 50)
    yield ip4(bytes(8), 50)
    yield ip4(ip4(ready), 4)
    yield ip4(ip6(ready), 41)
    yield ip4(bytes.fromhex("8000000000070001"), 58)
    yield ip4(b"0123456789", 59)
    yield ip4(b"0123456789", 253)
    quoted = ip4(udp(b"", 4000, 4001))
    for kind in range(20):
        for code in range(18 if kind in (3, 5, 11, 12) else 1):
            message = struct.pack("!BBHHH", kind, code, 0, 7, 1400)
            yield ip4(message + quoted, 1)
            if kind == 3:
                yield ip4(message[:6] + bytes(2) + ip4(udp(b""), 17), 1)
                yield ip4(message + ip4(tcp()), 1)
                yield ip4(message + ip4(tcp(), 132), 1)
    for lifetime in (5, 65, 1800, 3605):
        yield ip4(struct.pack("!BBHBBH", 9, 0, 0, 2, 2, lifetime) + bytes(range(16)), 1)
    yield ip4(struct.pack("!BBHBBH", 9, 0, 0, 2, 1, 1800) + bytes(range(16)), 1)
    for kind in (13, 14, 17, 18):
        yield ip4(struct.pack("!BBHHHIII", kind, 0, 0, 7, 1, 49_846_564, 1_005, 60_099), 1)


def ipv6_packets():
    for segment in list(segments())[::7]:
        yield ip6(segment)
    ready = tcp(b"220 ready\r\n")
    hop = bytes.fromhex("0600050200000100")
    for header in (hop, bytes.fromhex("0600010400000000"), bytes.fromhex("0600050300000000"),
                   bytes.fromhex("06000502"), bytes.fromhex("0600c20400010000"),
                   bytes.fromhex("0600010900000000"), bytes.fromhex("0600050000000000"),
                   bytes.fromhex("0601c910" + "00" * 12)):
        yield ip6(header + ready, 0)
        yield ip6(header + ready, 60)
        yield ip6(header + ready, 0, length=0)
    yield ip6(b"\0" + hop[1:] + hop + ready, 0)
    yield ip6(b"\0" + hop[1:] + hop + ready, 60)
    yield ip6(bytes.fromhex("3c00000000000000") + hop + ready, 0)
    for fragment in ("0600000000000007", "0600000100000007", "0600000900000007", "11000000000000ff"):
        yield ip6(bytes.fromhex(fragment) + ready, 44)
        yield ip6(bytes.fromhex(fragment), 44)
        yield ip6(bytes.fromhex(fragment) + ready, 44, length=4)
    for routing in ("0602000100000000" + "20010db8" + "00" * 12, "0602000100000005" + "fe" * 16,
                    "0602020100000000" + "fd" * 16, "0602040100000000" + "fd" * 16,
                    "0602040101ff0102" + "fd" * 16, "0601040100000000" + "fd" * 8, "0600030100000000",
                    "0601000100000000" + "fd" * 8):
        yield ip6(bytes.fromhex(routing) + ready, 43)
    for length in (0, 10, 19, 20, 30, 31, 32, 1000):
        yield ip6(ready, length=length)
        yield ip6(udp(b"hello"), 17, length=length)
    yield ip6(b"", 59)
    yield ip6(ip6(ready), 41)
    yield ip6(ip4(ready), 4)
    yield ip6(bytes.fromhex("0800000000070001"), 1)
    yield b"\x45" + ip6(ready)[1:]
    address = ip_address("ff02::1:ff00:2").packed
    quoted = ip6(udp(b""), 17)
    for kind in (1, 2, 3, 4, 5, 100, *range(128, 138), 141, 142, 143, 144, 145, 146, 147, 255):
        for code in range(6 if kind < 5 else 1):
            body = struct.pack("!BBHHH", kind, code, 0, 7, 2)
            yield ip6(body + (quoted if kind < 5 else address + address), 58)
            yield ip6(body + (ip6(hop + ready, 0) if kind < 5 else address), 58)
            yield ip6(body + (ip6(bytes.fromhex("0600000900000007") + ready, 44) if kind < 5 else b""), 58)
    for sources in (0, 2, 9):
        yield ip6(struct.pack("!BBHHH", 130, 0, 0, 0x8123, 0) + address + struct.pack("!HH", 0, sources) +
                  address * 2, 58)
    yield ip6(b"", 58)
    for a in ("::", "::1", "::10.0.0.1", "::ffff:10.0.0.1", "1::", "0:0:1::1", "1:0:0:2:0:0:0:3",
              "1:0:2:0:3:0:4:0", "0:1:2:3:4:5:6:7"):
        yield ip6(tcp(), src=a)


def arps():
    yield arp()
    yield arp(2)
    yield arp(target=b"\2\0\0\0\0\2")
    for operation in (0, 3, 4, 8, 9, 10, 77):
        yield arp(operation)
    yield arp(hardware=6)
    yield arp(hardware=600)
    yield arp(protocol=0x86DD)
    yield arp(protocol=0x1234)
    yield arp(protocol=0x1000)
    yield arp(hln=0)
    yield arp(hln=5)
    yield arp(pln=3)
    yield arp(hln=7)
    yield arp() + bytes(18)


def name(text):
    return b"".join(bytes([len(label)]) + label.encode("latin-1") for label in text.split(".") if label) + b"\0"


def dns(flags, questions=(), records=(), *, counts=None, ident=1):
    counts = counts or (len(questions), len(records), 0, 0)
    return struct.pack("!HHHHHH", ident, flags, *counts) + b"".join(questions) + b"".join(records)


def question(host="ftp.microsoft.com", kind=1, klass=1):
    return (name(host) if isinstance(host, str) else host) + struct.pack("!HH", kind, klass)


def record(kind, data, klass=1, owner=b"\xc0\x0c"):
    return owner + struct.pack("!HHIH", kind, klass, 300, len(data)) + data


def dns_messages():
    yield dns(0x0100, [question()])
    for flags in (0x0000, 0x0110, 0x0120, 0x0900, 0x2800, 0x7800, 0x01CF):
        yield dns(flags, [question()])
    for kind in (2, 15, 28, 41, 48, 49, 99, 252, 255, 256, 257):
        yield dns(0x0100, [question(kind=kind)])
    for klass in (3, 4, 255, 7, 0x8001):
        yield dns(0x0100, [question(klass=klass)])
    for host in (b"\0", b"\xc0\x0c", b"\x03ftp\xc0\x0c", b"\x41\x0b\xab\xc0\0", b"\x41\x03\xab\0", b"\x42ab\0",
                 b"\x80ab\0", b"\x3f" + b"a" * 63 + b"\0", (b"\x3f" + b"a" * 63) * 5 + b"\0", b"\x04a\x07\xff\x7f\0"):
        yield dns(0x0100, [question(host)])
    yield dns(0x0100, [question(), question("a.b")])
    for counts in ((0, 0, 0, 0), (2, 0, 0, 0), (1, 2, 3, 4), (1, 0, 0, 1)):
        yield dns(0x0100, [question()], counts=counts)
        yield dns(0x0800, [question()], counts=counts)
    opt = b"\0" + struct.pack("!HHBBHH", 41, 1232, 1, 0, 0x8000, 0)
    yield dns(0x0120, [question()], [opt], counts=(1, 0, 0, 1))
    yield dns(0x8180, [question()], [opt], counts=(1, 0, 0, 1))
    answers = [record(5, b"\x01b\xc0\x10"), record(1, bytes([207, 46, 133, 140])), record(28, bytes(15) + b"\1"),
               record(2, name("ns.a")), record(12, b"\xc0\x0c"), record(15, b"\0\x0a" + name("mx.a")),
               record(16, b"\x02ab\x03\x01\xff\x7f"), record(33, struct.pack("!HHH", 1, 2, 21) + name("srv.a")),
               record(6, bytes(40)), record(99, b"x"), record(1, b"abcd", 3), record(1, b"abcd", 0x8001)]
    for answer in answers:
        yield dns(0x8180, [question()], [answer])
        yield dns(0x8180, [question()], [answer], counts=(1, 2, 0, 0))
    yield dns(0x8180, [question()], answers)
    for flags in (0x8000, 0x8580, 0x8383, 0x81A5, 0x8187, 0x818F):
        yield dns(flags, [question()], answers[:2], counts=(1, 1, 1, 1))
    for counts in ((0, 1, 0, 0), (2, 1, 0, 0), (3, 0, 0, 0)):
        yield dns(0x8180, [question()], answers[:1], counts=counts)


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def with_checksum(packet, at, pseudo=b""):
    """Every other byte sequence here has a wrong checksum; these have the right one."""
    packet = packet[:at] + b"\0\0" + packet[at + 2:]
    return packet[:at] + struct.pack("!H", checksum(pseudo + packet)) + packet[at + 2:]


def right4(payload, protocol=6, **how):
    at = {1: 2, 2: 2, 6: 16, 17: 6}[protocol]
    pseudo = b"" if protocol < 6 else bytes([10, 0, 0, 1, 10, 0, 0, 2, 0, protocol]) + struct.pack("!H", len(payload))
    return with_checksum(ip4(with_checksum(payload, at, pseudo), protocol, **how), 10)


def right6(payload, following):
    at = {6: 16, 17: 6, 58: 2}[following]
    whole = ip6(payload, following)
    pseudo = whole[8:40] + struct.pack("!II", len(payload), following)
    return ip6(with_checksum(payload, at, pseudo), following)


# Route, time stamp and alert options; some contradict themselves.
IP_OPTIONS = [
    "01010101", "07070400000000", "070b080a0000010a000002", "8307040a000009", "890b040a0000090a00000a",
    "440c05000000010000000200", "44140d010a000001000000010a00000200000002", "4408053200000001", "94040000",
    "94040005", "820b000000000000000000", "9902", "07", "0702", "071f04", "4403", "440400", "44040500",
]
TELNET = [
    "fffb01fffd18fffc1f", "fffa1800787465726dfff0", "fffa25000102fff0", "fffa2600020304fff0",
    "fffa1801fff06c6f67696e3a", "ffff", "fff1", "fff6616263", "fffa1800", "fffa180041ff", "ff", "fffe63",
    "fffaff01fff0", "fffa27000056415202fff0", "61fffb01",
]
IGMP = [
    "110000000000000000", "11640000e0000001", "11200000e0000001", "16000000e1000001", "17000000e0000005",
    "12000000e0000005", "220000000000000204000000e00000fb03000002e00000010a0000010a000002",
    "11640000e0000001027d00020a0000010a000002", "11ff000000000000027d0000", "1190000000000000027d0000",
    "9901000012340000", "2200000000000000",
]
# Neighbour discovery and multicast listeners, with every option.
ND = [
    "85000000000000000101020000000001",
    "8600000040c807080000100000002000" "0101020000000001" "030440c0ffffffff00000e1000000000" + "fd" * 16 +
    "05010000000005dc" "19030000000004b0" + "fe" * 16 + "1f03000000000e10076578616d706c65036f726700000000"
    "18021808ffffffff" + "fd" * 8 + "0801000000050006" "0701000000000007",
    "8700000000000000" + "fd" * 16 + "6301aabbccddeeff" "0101020000000001",
    "88000000e0000000" + "fd" * 16 + "0201020000000001", "8900000000000000" + "fd" * 32 + "0402" + "00" * 14,
    "8f0000000000000204000000" + "fd" * 16 + "03000001" + "fd" * 32, "8200000003e80000" + "00" * 16,
    "8200000083e80000" + "00" * 16 + "0a7d0001" + "fd" * 16, "8300000003e80000" + "fd" * 16,
    "9100000000010000" + "fd" * 16, "930000000001c0000101020000000001", "4d00000001020300",
]
LLC = [
    "424203000000000080000102030405060000000080000102030405068001000014000200" "0f00",
    "42420300000202" "7e8000010203040506000000048000010203040507800201001400" "02000f0000", "42420300000200" "80",
    "aaaa030000000800", "aaaa030000001234616263", "aaaa03300000080061", "f0f07f", "f0f103616263", "0001af810102",
    "0404010233", "0608040533", "aaaa", "aaaa03000000",
]


def details():
    """Ethernet frames: what only -v, -e or a name shows."""
    for reset in (b"why it was reset, longer than is shown\xff", b"short\1", b""):
        yield ether(right4(tcp(reset, 0x14)))
        yield ether(right6(tcp(reset, 0x04), 6), 0x86DD)
    for options in IP_OPTIONS:
        yield ether(right4(tcp(b"LIST\r\n"), options=bytes.fromhex(options).ljust(-(-len(options) // 8) * 4, b"\0")))
    for tos, off, ttl in ((1, 0x4000, 1), (2, 0x8000, 0), (3, 0x2000, 255), (0xFC, 0xE000, 2), (0, 0x10, 3)):
        yield ether(ip4(tcp(b"QUIT\r\n"), tos=tos, off=off, ttl=ttl))
    quoted = right4(udp(b"abcdefgh"), 17)
    for kind in (*range(19), 40):
        for code in range(17 if kind == 3 else 4):
            yield ether(right4(struct.pack("!BBHHH", kind, code, 0, 1, 2) + quoted, 1))
    label = struct.pack("!HBBI", 8, 1, 1, 7 << 12 | 0x109) + struct.pack("!HBBI", 8, 2, 3, 5)
    for length, extension in ((0, with_checksum(bytes.fromhex("20000000") + label, 2)), (32, bytes.fromhex("20000000") + label)):
        yield ether(right4(struct.pack("!BBHBBH", 11, 0, 0, 0, length, 0) + quoted.ljust(128, b"\0") + extension, 1))
    for message in IGMP:
        yield ether(right4(bytes.fromhex(message), 2))
    for message in ND:
        yield ether(right6(bytes.fromhex(message), 58), 0x86DD)
    for kind in range(1, 5):
        for code in range(8):
            yield ether(right6(bytes([kind, code, 0, 0, 0, 0, 5, 0]) + ip6(udp(b"x"), 17), 58), 0x86DD)
    for message in dns_messages():
        yield ether(right4(udp(message, dport=53), 17))
        yield ether(right4(tcp(struct.pack("!H", len(message)) + message, dport=53)))
        yield ether(right6(udp(message, 5353, 5353), 17), 0x86DD)
    edns = "".join(("000a0008" + "ab" * 8, "000a0010" + "ab" * 16, "00080007000118000a0000", "000c000400000000",
                    "000b0002007b", "000900040000004d", "000300026162", "000500030508fc", "000e000400050006", "0063000107"))
    records = [record(6, name("a") + name("b") + struct.pack("!5I", 1, 2, 3, 4, 5)),
               record(250, name("hmac") + bytes(6) + struct.pack("!HH", 300, 4) + b"abcd" + struct.pack("!HHH", 1, 2, 3), 255, b"\0"),
               record(41, bytes.fromhex(edns), 4096, b"\0")]
    for flags, counts in ((0x8180, (1, 3, 0, 0)), (0x8180, (1, 1, 1, 1)), (0x2800, (1, 1, 1, 1)), (0x0100, (1, 0, 0, 3))):
        yield ether(right4(udp(dns(flags, [question()], records, counts=counts), dport=53), 17))
    for data in TELNET:
        yield ether(right4(tcp(bytes.fromhex(data), dport=23)))
    for data in (b"SSH-2.0-OpenSSH_9.2\r\n", b"SSH-1\n", b"SSH-x\1\n", b"SSH-2.0", b"XSH-", b"SS"):
        yield ether(right4(tcp(data, sport=22)))
    for data, port in ((b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\1", 80), (b"HTTP/1.1 200 OK\r\nA: b\r\n", 80),
                       (b"220-a\r\n220 b\r\n\xff\r\n", 21), (b"\r\n\r\nx", 21), (b"x\ty\n", 25)):
        yield ether(right4(tcp(data, dport=port)))
    for data, port in ((b"\0\1boot.img\0octet\0blksize\x001428\0", 69), (b"\0\3\0\1data", 69), (b"\0\5\0\1File not found\0", 69),
                       (b"\0\6tsize\x0010\0", 69), (b"\0\5\0\x63bad", 69), (b"<38>Oct 11 su: fail\n", 514),
                       (b"<999>x", 514), (b"INVITE sip:a@b SIP/2.0\r\nVia: x\r\n\r\n", 5060), (b"junk\1", 5060)):
        yield ether(right4(udp(data, dport=port), 17))
    inner = right4(tcp(b"220 within\r\n"))
    for header in ("00000800", "b00008000001000200000003" "00000004", "30818" "80b00140009000000040000000" "5ff030021",
                   "00001234", "00020800"):
        yield ether(right4_gre(bytes.fromhex(header) + inner))
    yield ether(right4_gre(bytes.fromhex("00006558") + ether(inner)))
    yield ether(right4(udp(bytes.fromhex("0800000000007b00") + ether(inner), dport=4789), 17))
    for label, payload in ((100 << 12, inner), (0, inner), (2 << 12, ip6(tcp(b"x"))), (99 << 12, b"\x12abc")):
        yield ether(struct.pack("!II", 16 << 12 | 63, label | 0x140) + payload, 0x8847)
    yield ether(struct.pack("!BBHHH", 0x11, 0, 7, len(inner) + 2, 0x21) + inner, 0x8864)
    yield ether(bytes.fromhex("1109000000100101000001030004616263640104") + b"\0\0", 0x8863)
    for tags in ("8100b005", "88a820058100f006"):
        yield ether(inner, tags=bytes.fromhex(tags))
        yield ether(b"?", 0x88B5, bytes.fromhex(tags))
    for data in LLC:
        data = bytes.fromhex(data) + (inner if data.endswith("0800") else b"")
        yield ether(data, len(data))
        yield ether(data, len(data), bytes.fromhex("81000005"))


def right4_gre(payload):
    return with_checksum(ip4(payload, 47), 10)


def cut_at_every_length(out, frame):
    for length in range(1, len(frame) + 1):
        out.add(frame[:length], len(frame))  # by the snap length
        out.add(frame[:length])  # on the wire


def main():
    out = Pcap("oddities.pcap", ETHERNET)
    for packet in ipv4_packets():
        out.add(ether(packet))
        out.add(ether(packet)[:58], len(ether(packet)) if len(ether(packet)) > 58 else None)
    for message in dns_messages():
        for port in (53, 5353):
            out.add(ether(ip4(udp(message, 4000, port), 17)))
        out.add(ether(ip4(tcp(struct.pack("!H", len(message)) + message, dport=53))))
        out.add(ether(ip4(udp(message, 53, 4000), 17))[:80], 42 + len(message))
    out.add(ether(ip4(tcp(b"\0\0\0", dport=53))))
    out.add(ether(ip4(tcp(b"\0\x01\0", dport=53))))
    out.add(ether(ip4(tcp(b"\0", dport=53))))
    for packet in ipv6_packets():
        out.add(ether(packet, 0x86DD))
        out.add(ether(packet, 0x86DD)[:90], len(ether(packet)) if len(ether(packet)) > 90 else None)
    for packet in arps():
        out.add(ether(packet, 0x0806))
        out.add(ether(packet, 0x8035))
    out.add(ether(ip4(tcp()) + bytes(6)))
    out.add(ether(ip4(tcp()), tags=bytes.fromhex("81002005")))
    out.add(ether(ip4(tcp()), tags=bytes.fromhex("88a8200581000006")))
    out.add(ether(b"", tags=bytes.fromhex("81002005")))
    out.add(ether(bytes(range(60)), 0x88B5))
    out.add(ether(ip6(tcp())))
    out.add(ether(ip4(tcp()), 0x86DD))

    out = Pcap("details.pcap", ETHERNET)
    for frame in details():
        out.add(frame)

    out = Pcap("services.pcap", ETHERNET)
    for port in (*range(1, 200), 989, 990, 3306, 8080):
        out.add(ether(ip4(tcp(dport=port))))
        out.add(ether(ip4(udp(b"", 40000, port), 17)) if port not in (53, 67, 68, 69, 88, 123, 161, 162) else b"")
    for protocol in range(143, 256):
        out.add(ether(ip4(b"", protocol, off=9)))
    out.add(bytes.fromhex("ffffffffffff") + ether(arp(), 0x0806)[6:])

    out = Pcap("cut.pcap", ETHERNET, 0xA1B23C4D, ">")
    options = bytes.fromhex("020405b40402080a000000010000000001030307")
    cut_at_every_length(out, ether(ip4(tcp(b"220 ready\r\n", 0x12, options=options))))
    sack = bytes.fromhex("0101050a0000138900001390")
    cut_at_every_length(out, ether(ip6(bytes.fromhex("0600050200000100") + tcp(b"PORT", options=sack), 0), 0x86DD))
    cut_at_every_length(out, ether(ip4(udp(b"hello"), 17)))
    cut_at_every_length(out, ether(ip4(bytes.fromhex("0303000000000000") + ip4(udp(b"")), 1)))
    cut_at_every_length(out, ether(ip6(bytes.fromhex("0104000000000000") + ip6(udp(b""), 17), 58), 0x86DD))
    cut_at_every_length(out, ether(arp(), 0x0806, bytes.fromhex("81002005")))

    for name, link, header, packet in (
        ("raw.pcap", RAW, b"", ip4(tcp(b"230 in\r\n"))),
        ("raw6.pcap", RAW, b"", ip6(tcp(b"230 in\r\n"))),
        ("null.pcap", NULL, bytes.fromhex("1e000000"), ip6(tcp(b"230 in\r\n"))),
        ("loop.pcap", LOOP, bytes.fromhex("00000002"), ip4(tcp(b"230 in\r\n"))),
        ("cooked.pcap", SLL, bytes.fromhex("00000001000602000000000100000800"), ip4(tcp(b"230 in\r\n"))),
        ("cooked2.pcap", SLL2, bytes.fromhex("08000000000f423f00010406020000000001" "0000"), ip4(tcp(b"230 in\r\n"))),
    ):
        out = Pcap(name, link, 0xA1B2CD34 if link == SLL else 0xA1B2C3D4)
        cut_at_every_length(out, header + packet)
        out.add(bytes([header[0] ^ 0x70]) + header[1:] + packet if header else b"\x75" + packet[1:])
        if link in (SLL, SLL2):
            at = 14 if link == SLL else 0
            for ethertype, inner in ((0x8100, b"\0\5\x08\0"), (0x8100, b"\0\5\x88\xb5"), (0x88B5, b"")):
                changed = header[:at] + struct.pack("!H", ethertype) + header[at + 2:]
                out.add(changed + inner + packet)


if __name__ == "__main__":
    main()
