#!/usr/bin/env python3
"""Writes routes.pcap: what controllers of networks say, which tcpdump shows from -v on.

BGP's routes that are not of IP, the bodies of OpenFlow's messages, and a few fields of ARP and
DNS that few others write. Run it in this folder; the output is always the same.
"""

import struct

from make_oddities import ETHERNET, Pcap, arp, dns, ether, ip4, question, record, tcp, udp

BGP, OPENFLOW = 179, 6653
DISTINGUISHERS = [struct.pack("!HHI", 0, 65000, 7), b"\0\1\x0a\0\0\1\0\7", struct.pack("!HIH", 2, 65536, 7), b"\0\3abcdef"]
LABEL = b"\0\1\x01"


def update(attributes):
    body = struct.pack("!HH", 0, len(attributes)) + attributes
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), 2) + body


def reach(family, subsequent, hop, routes):
    value = struct.pack("!HBB", family, subsequent, len(hop)) + hop + b"\0" + routes
    return update(bytes([0x90, 14]) + struct.pack("!H", len(value)) + value)


def unreach(family, subsequent, routes):
    value = struct.pack("!HB", family, subsequent) + routes
    return update(bytes([0x80, 15, len(value)]) + value)


def multicast_routes():
    source_and_group = b"\x20\x0a\0\0\1\x20\xe0\0\0\1"
    for rd in DISTINGUISHERS:
        for kind, body in [
            (1, rd + bytes([10, 0, 0, 1])),
            (1, rd + bytes(15) + b"\1"),
            (1, rd + b"odd"),
            (2, rd + bytes(4)),
            (3, rd + source_and_group + bytes([10, 0, 0, 1])),
            (3, rd + b"\0\0" + bytes(16)),
            (4, b"leaf"),
            (5, rd + source_and_group),
            (5, rd + b"\x80" + bytes(16) + b"\x08a"),
            (6, rd + bytes(4) + source_and_group),
            (7, rd + bytes(4) + b"\0\0"),
            (9, b"unknown"),
        ]:
            yield bytes([kind, len(body)]) + body


def layer_2_routes():
    rd = DISTINGUISHERS[0]
    yield b"\0\x0c" + rd + bytes([10, 0, 0, 1])
    yield b"\0\x0e" + bytes(14)
    block = rd + struct.pack("!HH", 1, 2) + b"\x12\x34\x51"
    for rest in [b"", b"\1\0\x08\xff" + bytes(3), b"\1\0\x10\xff\x0f" + bytes(3), b"\2\0\x08x" * 3, b"ab",
                 b"\1\xff\xf0" + bytes(range(90)), b"\7\xff\xff" + bytes(9)]:
        yield struct.pack("!H", len(block + rest)) + block + rest


def osi_routes(start):
    for bits in (0, 8, 13, 47, 152):
        yield bytes([bits + len(start) * 8]) + start + bytes(range(0x49, 0x49 + (bits + 7) // 8))
    yield b"\xff"


def routes():
    hop = bytes([10, 0, 0, 2])
    for route in multicast_routes():
        yield reach(1, 5, hop, route)
    yield unreach(1, 5, b"".join(multicast_routes())[:200])
    for rd in DISTINGUISHERS:
        yield reach(1, 66, hop, b"\x80" + rd + hop + b"\xe8\0\0\1")
    yield reach(1, 66, hop, b"\x40" + bytes(16))
    for family, subsequent in [(25, 65), (196, 128), (196, 129), (196, 130)]:
        for route in layer_2_routes():
            yield reach(family, subsequent, hop * 2, route)
    for route in osi_routes(b""):
        yield reach(3, 1, b"\x49\0\1\2", route + bytes(3))
    for rd in DISTINGUISHERS:
        for route in osi_routes(LABEL + rd):
            yield reach(3, 128, rd + b"\x49\0\1", route)
    for address in (b"\x47\0\6\1" + hop, b"\x35\0\0" + bytes(15) + b"\1", b""):
        yield reach(3, 129, DISTINGUISHERS[0] + address, b"")
    yield reach(3, 2, bytes(21), b"")


def message(version, kind, body=b""):
    return struct.pack("!BBHI", version, kind, 8 + len(body), 5) + body


def match(wildcards, kind=0x0800, protocol=6, vlan=5, priority=3):
    return (struct.pack("!IH", wildcards, 1) + b"\2\0\0\0\0\1\2\0\0\0\0\2" + struct.pack("!HBxHBBxx", vlan, priority, kind, 4, protocol)
            + bytes([10, 0, 0, 1, 10, 0, 0, 2]) + struct.pack("!HH", 8, 21))


MATCHES = [match(0), match(0x3FFFFF), match(0x3820FF, 0x0806, 1), match(0x1F00, 0x0800, 1, 0xFFFF, 9), match(0xFF000000, vlan=0)]


def actions():
    yield struct.pack("!HHHH", 0, 8, 0xFFFD, 64)
    yield struct.pack("!HHHH", 0, 8, 3, 64)
    for kind in (1, 2, 3, 6, 7, 8, 9, 10):
        yield struct.pack("!HHI", kind, 8, 0x05000000)
    for kind in (4, 5, 11):
        yield struct.pack("!HHIII", kind, 16, 0xFFF80203, 0x04050000, 0xFFFFFFFF)
    for tag in (0, 0x81001005, 0x12340000):
        yield struct.pack("!HHIIIIBxxx", 0xFFFF, 24, 0x5C16C7, 1, 7, tag, tag & 3)
    yield struct.pack("!HHII", 0xFFFF, 16, 0x5C16C7, 2) + bytes(4)
    yield struct.pack("!HHI", 0xFFFF, 8, 0x2320)
    yield struct.pack("!HH", 12, 8) + bytes(4)
    yield struct.pack("!HH", 1, 16) + bytes(12)


def port(state):
    return (b"\xff\xfe\2\0\0\0\0\1" + b"eth0".ljust(16, b"\0")
            + struct.pack("!IIIIII", 0x7F, state, 0xFFF, 0x1C0, 0, 1 << 20))


def statistics():
    text = b"".join(word.ljust(size, b"\0") for word, size in [(b"maker", 256), (b"hard", 256), (b"soft", 256), (b"7", 32), (b"d\xe9", 256)])
    yield 0, b"", text
    done = b"".join(actions())
    for this in MATCHES:
        yield 1, this + b"\xff\0\xff\xff", struct.pack("!HBx", 88 + len(done), 0xFE) + this + struct.pack("!IIHHH6xQQQ", 1, 2, 3, 4, 5, 6, 7, 8) + done
    yield 2, MATCHES[0] + b"\1\0\0\1", struct.pack("!QQI4x", 1, 2, 3)
    yield 3, b"", b"\0\0\0\0" + b"all".ljust(32, b"\0") + struct.pack("!IIIQQ", 0x3FFFFF, 1, 2, 3, 4)
    yield 4, b"\xff\xff" + bytes(6), struct.pack("!H6x12Q", 1, *range(12)) * 2
    yield 5, b"\0\1\0\0\xff\xff\xff\xff", struct.pack("!H2xIQQQ", 1, 2, 3, 4, 5)
    yield 0xFFFF, struct.pack("!I", 0x2320), struct.pack("!I", 0xB0D2F5) + b"data"
    yield 9, b"", b"unknown"


def version_1_0():
    for kind in range(7):
        for code in (0, 3, 99):
            yield 1, struct.pack("!HH", kind, code) + bytes(code & 15)
    for kind in range(37):
        for body in (b"", b"\1\0\0\0", b"\2\0\0\0\xff\xff\0\0"):
            yield 4, struct.pack("!II", 0x5C16C7, kind) + body
    yield 4, struct.pack("!I", 0x2320) + b"Nicira"
    yield 4, struct.pack("!I", 0xFF000003)
    features = struct.pack("!QIB3xII", 1, 256, 2, 0xFF, 0xFFF)
    yield 6, features
    yield 6, features + port(0x301) + port(0) + port(0xFFFFFFFF) + b"cut"
    for flags in range(4):
        yield 9, struct.pack("!HH", flags, 128)
        yield 12, bytes([flags]) + bytes(7) + port(0x200)
    frame = ether(ip4(tcp(b"QUIT\r\n")))
    yield 10, struct.pack("!IHHBB", 0xFFFFFFFF, len(frame), 1, 0, 0) + frame
    yield 10, struct.pack("!IHHBB", 7, len(frame), 0xFFFE, 9, 0)
    done = list(actions())
    for action in done:
        yield 13, struct.pack("!IHH", 7, 0xFFF8, len(action)) + action + frame[:len(action)]
    yield 13, struct.pack("!IHH", 7, 1, 99) + done[0]
    for command, this in enumerate(MATCHES + MATCHES[:1]):
        yield 11, this + struct.pack("!QHBxIIH2xQQ", 7, command, command, 1, 2, command, 3, 4)
        yield 14, this + struct.pack("!QHHHHIHH", 7, command, command & 1, 0, 9, 0xFFFFFFFF, 3, command * 3) + b"".join(done[:command])
    yield 15, b"\0\1\2\0\0\0\0\1" + struct.pack("!IIII", 1, 2, 0x1004, 0)
    for kind, request, reply in statistics():
        yield 16, struct.pack("!HH", kind, kind & 1) + request
        yield 16, struct.pack("!HH", kind, 0) + request + b"x"
        yield 17, struct.pack("!HH", kind, kind & 3) + reply
        yield 17, struct.pack("!HH", kind, 0) + reply[:-1]
    yield 20, b"\0\1\0\0"
    queue = struct.pack("!HHIHHI", 1, 16, 0, 105, 0, 0) + struct.pack("!HHI", 0, 8, 0) + struct.pack("!HHII", 0, 12, 0, 0)
    for inner in (b"", queue, queue[:16] + b"\0\1\0\7", struct.pack("!HHIHHI", 1, 16, 0, 1001, 0, 0)):
        yield 21, b"\0\1" + bytes(6) + struct.pack("!IHH", 5, 8 + len(inner), 0) + inner
    yield 21, b"\0\1" + bytes(6) + struct.pack("!IHH", 5, 99, 0)


def version_1_3():
    for elements in (struct.pack("!HHI", 1, 8, 0x12), struct.pack("!HHI", 1, 8, 1 << 31), b"\0\1\0\x0c" + bytes(8), b"\0\2\0\4", b"\0\1\0\3", b"\0"):
        yield 0, elements
    for kind in [*range(15), 0xFFFF]:
        for code in (0, 5, 15):
            yield 1, struct.pack("!HH", kind, code) + bytes(code)
    for who in (0x4F4E4600, 0xFF000001, 0x5C16C7, 1):
        yield 4, struct.pack("!II", who, 2) + b"data"
    yield 6, struct.pack("!QIBB2xII", 1, 256, 254, 1, 0x16F, 0)
    described = struct.pack("!I4x", 0xFFFFFFFE) + b"\2\0\0\0\0\1\0\0" + b"eth0".ljust(16, b"\0")
    for number in range(4):
        yield 9, struct.pack("!HH", number, 0xFFE5 if number else 0xFFFF)
        yield 12, bytes([number]) + bytes(7) + described + struct.pack("!8I", 0x65, number, 0xFFFF, 0x840, 1 << 20, 0, 100, 1000)
        yield 24, struct.pack("!IIQ", number, 0, 5)
        yield 28, struct.pack("!6I", *[number << shift for shift in range(6)])
    yield 16, struct.pack("!I4x", 7) + b"\2\0\0\0\0\1\0\0" + struct.pack("!IIII", 1, 0x65, 0x2840, 0)
    yield 17, b"\xfe\0\0\0" + struct.pack("!I", 3)
    yield 22, struct.pack("!II", 0xFFFFFFFF, 0)


def main():
    out = Pcap("routes.pcap", ETHERNET)

    def add(payload, port):
        out.add(ether(ip4(tcp(payload, sport=port, dport=40000))))

    for payload in routes():
        add(payload, BGP)
    for kind, body in version_1_0():
        add(message(1, kind, body), OPENFLOW)
    for kind, body in version_1_3():
        add(message(4, kind, body), OPENFLOW)
    for operation in (1, 2, 3, 4, 8, 9):
        for first in (b"\x18\x41", b"\x18\x42\x51", b"\x18\x40\x42\x51", b"\x19", b"\x18\x42\x50\x52"):
            out.add(ether(arp(operation, 15, target=first.ljust(6, b"\2")), 0x0806))
    chain = struct.pack("!HH", 13, 7) + b"\5chain\0"
    back = struct.pack("!HHBB", 13, 2, 0xC0, 12)
    for options in (chain, back, chain + back):
        out.add(ether(ip4(udp(dns(0x8180, [question()], [record(41, options, 4096)]), sport=53), 17)))
    for data in (b"\0\1\0\2ftp://host/", b"\0\1\0\2", b"\0\1\0"):
        out.add(ether(ip4(udp(dns(0x8180, [question(kind=256)], [record(256, data)]), sport=53), 17)))


main()
