#!/usr/bin/env python3
"""Writes payloads.pcap: what tcpdump dissects in the payload of TCP, by the port, besides text.

Any port above 1023 can be that of a data connection, and then its bytes are read as one of
these. Run it in this folder; the output is always the same.
"""

import struct
from ipaddress import ip_address

from make_oddities import ETHERNET, Pcap, ether, ip4, tcp

BGP, RPKI, MSDP, LDP, PPTP, NFS, RESP, OPENFLOW, BEEP = 179, 323, 639, 646, 1723, 2049, 6379, 6653, 10288


def words(*numbers):
    return b"".join(struct.pack("!I", number & 0xFFFFFFFF) for number in numbers)


def address(text):
    return ip_address(text).packed


def bgp(kind, body, length=None):
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body) if length is None else length, kind) + body


def attribute(flags, kind, value):
    length = struct.pack("!H" if flags & 0x10 else "!B", len(value))
    return bytes([flags, kind]) + length + value


def update(withdrawn, attributes, routes):
    attributes = b"".join(attributes)
    return bgp(2, struct.pack("!H", len(withdrawn)) + withdrawn + struct.pack("!H", len(attributes))
               + attributes + routes)


def capability(kind, value):
    return bytes([kind, len(value)]) + value


def bgp_messages():
    yield bgp(4, b"") * 2
    yield b"amid a message" + bgp(4, b"")
    yield bgp(4, b"", 18)
    yield bgp(4, b"", 99)
    yield bgp(9, b"unknown")
    for afi, safi in ((1, 1), (2, 128), (99, 99)):
        yield bgp(5, struct.pack("!HBB", afi, 0, safi))
    for major in range(9):
        for minor in range(6):
            yield bgp(3, bytes([major, minor]))
    for data in (b"\5hello", b"\5hello, more", b"\0", b"\0more", b"\x20short"):
        yield bgp(3, b"\6\2" + data)
    yield bgp(3, b"\6\1\0\1\1" + words(5))
    capabilities = b"".join([
        capability(1, bytes.fromhex("00010001")), capability(2, b""), capability(3, b"abc"),
        capability(8, bytes.fromhex("0001000100020102")), capability(64, bytes.fromhex("80780001018000020100")),
        capability(65, words(70000)), capability(69, bytes.fromhex("000101010002010300010109")),
        capability(69, b""), capability(69, b"abcde"), capability(70, b""), capability(1, b"x"),
    ])
    for options in (b"", capability(2, capabilities), capability(1, b"abc"), capability(2, b"\1\4\0"), b"\2\x20a"):
        yield bgp(1, struct.pack("!BHH4sB", 4, 65000, 180, address("10.0.0.1"), len(options)) + options)
    yield update(b"", [], b"")
    yield update(b"\x18\x0a\0\1\x20\1\2\3\4", [], b"\x10\x0a\1\x21")
    yield update(b"\x18\x0a", [], b"")
    yield update(b"", [], words(1) + b"\x18\x0a\0\1" + words(2) + b"\0")
    plain = [
        attribute(0x40, 1, b"\0"), attribute(0x40, 1, b"\7"), attribute(0x40, 1, b""),
        attribute(0x50, 2, b"\2\2\0\1\0\2\1\1\0\5"), attribute(0x40, 2, b"\2\2" + words(1, 70000)),
        attribute(0x40, 2, b""), attribute(0x40, 2, b"\3\1\0\1\4\1\0\2"), attribute(0xC0, 17, b"\2\1" + words(5)),
        attribute(0x40, 3, address("1.2.3.4")), attribute(0x80, 4, words(5)), attribute(0x40, 5, words(6)),
        attribute(0x40, 6, b""), attribute(0x40, 6, b"x"), attribute(0xC0, 7, b"\0\1" + address("1.2.3.4")),
        attribute(0xC0, 7, words(70000) + address("1.2.3.4")), attribute(0xC0, 18, words(7) + address("1.2.3.4")),
        attribute(0xC0, 8, words(0x10002, 0xFFFFFF01, 0xFFFFFF02, 0xFFFFFF03, 0x30004)),
        attribute(0x80, 9, address("1.1.1.1")), attribute(0x80, 10, address("1.1.1.1") + address("2.2.2.2")),
        attribute(0xC0, 22, b"\1\6" + bytes(3) + address("1.2.3.4")),
        attribute(0xC0, 26, b"\1\0\x0b" + bytes(7) + b"\x09\2\0\4x"), attribute(0xC0, 32, bytes(range(24))),
        attribute(0xC0, 99, b"abc"), attribute(0xCF, 128, words(9) + attribute(0x40, 1, b"\1")),
        attribute(0xC0, 22, b"\0\2" + bytes(3) + address("1.2.3.4") + words(9)),
        attribute(0xC0, 22, b"\0\3" + bytes(3) + address("1.2.3.4") * 2), attribute(0xC0, 22, b"\0\x09" + bytes(6)),
    ]
    yield update(b"", plain, b"\x18\x0a\0\2")
    for one in plain:
        yield update(b"", [one], b"")
    communities = ("0002000100000002", "0102010203040005", "0202000100000005", "4004000049742400", "400400007fc00000",
                   "0306000000000501", "8000000000008100", "0107010203040000", "800a04000005dc00", "800a630000000000",
                   "030c000000000008", "0009000500000000", "f10a010203040005", "88000001020304ff", "0006010203040506")
    for community in communities:
        yield update(b"", [attribute(0xC0, 16, bytes.fromhex(community))], b"")
    reach = [
        b"\0\1\1\4" + address("1.2.3.4") + b"\0\x18\x0a\0\1", b"\0\2\1\x10" + address("fe80::1") + b"\0\x40" + bytes(8),
        b"\0\2\1\x20" + address("fe80::1") * 2 + b"\1\2ab\x21\x20\1\x0d\xb8\xff",
        b"\0\1\4\4" + address("1.2.3.4") + b"\0\x30\0\0\x11\x0a\0\1", b"\0\2\4\x03abc\0\x30\0\0\x10\x20\1\2",
        b"\0\1\x80\x0c" + bytes(8) + address("1.2.3.4") + b"\0\x70\0\0\x11\0\0\0\1\0\0\0\2\x0a\0\1",
        b"\0\2\x80\x18" + b"\0\1\1\2\3\4\0\5" + address("fe80::1") + b"\0\x68\0\0\x10\0\2\0\1\0\1\0\2\x20\1",
        b"\0\1\1\4" + address("1.2.3.4") + b"\0" + words(1) + b"\x18\x0a\0\1" + words(2) + b"\x08\x0b",
        b"\0\1\x84\4" + address("1.2.3.4") + b"\0\x60" + words(5) + b"\0\2\0\1\0\0\0\2\0\x30" + words(5) + b"\1\2\x20"
        + words(6) + b"\x28" + words(7) + b"\1\x60" + words(8) + b"\7" * 8 + b"\x21",
        b"\0\x63\x63\0", b"\0\1\1", b"\0\1\1\x09ab",
    ]
    for value in reach:
        yield update(b"", [attribute(0x80, 14, value)], b"")
    for value in (b"\0\1\1", b"\0\1\1\x18\x0a\0\1", b"\0\2\x80\x68\0\0\x11" + b"\0\3" + bytes(8), b"\0\1\4\x10abc"):
        yield update(b"", [attribute(0x80, 15, value)], b"")


def pdu(kind, body=b"", session=0, length=None):
    return struct.pack("!BBHI", 0, kind, session, 8 + len(body) if length is None else length) + body


def rpki_pdus():
    notify = pdu(0, words(5), 7)
    yield notify + pdu(1, words(6), 7) + pdu(2) + pdu(3, b"", 9) + pdu(7, words(8), 7) + pdu(8)
    yield pdu(4, b"\1\x18\x20\0" + address("10.0.0.0") + words(65000))
    yield pdu(6, b"\1\x20\x30\0" + address("2001:db8::") + words(65000))
    yield pdu(10, words(12) + notify + words(5) + b"hello", 3)
    yield pdu(10, words(0, 0), 99) + pdu(5, b"abc")
    yield pdu(10, words(99), 1)
    yield pdu(0, b"", 1)
    yield pdu(2, b"", 1, 4)
    yield b"\0\2\0"
    yield b"\1" + notify


def ldp(*messages, version=1):
    body = b"".join(messages)
    return struct.pack("!HH", version, 6 + len(body)) + address("1.1.1.1") + b"\0\0" + body


def message(kind, *tlvs):
    body = b"".join(tlvs)
    return struct.pack("!HHI", kind, 4 + len(body), 77) + body


def tlv(kind, value):
    return struct.pack("!HH", kind, len(value)) + value


def ldp_pdus():
    yield ldp(message(0x100, tlv(0x400, b"\0\x0f\xc0\0"), tlv(0x401, address("1.2.3.4")), tlv(0x402, words(1)),
                      tlv(0x403, address("fe80::1")), tlv(0x400, b"ab")))
    session = b"\0\1\0\xb4\0\0\x10\0" + address("1.1.1.1") + b"\0\0"
    yield ldp(message(0x8200, tlv(0x500, session), tlv(0xC503, b"\x80\x0f\0\0" + words(1, 2))), message(0x201))
    yield ldp(message(0x300, tlv(0x101, b"\0\1" + address("1.2.3.4") * 2), tlv(0x101, b"\0\2" + address("fe80::1")),
                      tlv(0x101, b"\0\x63ab")))
    circuit = b"\x80\x80\5\x12" + words(1, 2) + b"\1\4\5\xdc\3\5abc\x0c\4\7\5\x09\3x"
    yield ldp(message(0x400, tlv(0x100, b"\2\0\1\x18\x0a\0\0"), tlv(0x100, b"\2\0\2\x21\x20\1\2\3\xff"),
                      tlv(0x100, b"\2\0\1\x21" + bytes(5)), tlv(0x100, b"\2\0\5ab"), tlv(0x100, b"\1"),
                      tlv(0x100, circuit), tlv(0x100, b"\x80\0\x63\0" + words(1)),
                      tlv(0x100, b"\x80\0\x63\2" + words(1, 2)), tlv(0x200, words(16)), tlv(0x601, b"\5\xdc")))
    yield ldp(message(1, tlv(0x300, words(0x8000000A, 5) + b"\0\0"), tlv(0x103, b"\1")), message(0x401, b"xyz"),
              message(0x999, b"q"))
    yield ldp(message(0x402, tlv(0x100, b"\2\0\1\x18\x0a\0"))) + ldp(message(0x201))
    yield ldp(message(0x201), version=2)
    yield struct.pack("!HH", 1, 3) + bytes(20)
    yield ldp(struct.pack("!HHI", 0x201, 2, 0) + bytes(8))


def pptp(kind, body, magic=0x1A2B3C4D, first=1, reserved=0):
    return struct.pack("!HHIHH", 12 + len(body), first, magic, kind, reserved) + body


def resp():
    yield b"*2\r\n$3\r\nGET\r\n$-1\r\n+OK\r\n-ERR x\r\n:12\r\n$0\r\n\r\n*0\r\n*-1\r\n*-2\r\n$99999999999\r\nPING\r\n\r\nSET a b\n"
    yield b"*2\r\n*1\r\n:1\r\n$x\r\nabc\r\n"
    yield b"*3\r\n$3\r\nSET\r\n$5\r\nab"
    yield b"\r\n\r\n"
    yield b"$5\r\nhello, world\r\n\0\xff\r\n"
    yield b"$2147483647\r\n$2147483648\r\n$12\r$1\rx$\r\n"
    yield b"no end"


def rpc(*body):
    message_bytes = b"".join(part if isinstance(part, bytes) else words(part) for part in body)
    return words(0x80000000 | len(message_bytes)) + message_bytes


# As each system makes its file handles.
HANDLES = [
    bytes(4) + bytes(range(28)), b"\1\2\0\0\5\6\0\0" + bytes(range(24)), b"\0\0\1\2" + bytes(range(28)),
    b"\x09" * 8 + b"\x0c\0" + bytes(22), b"\x09" * 4 + bytes(5) + b"\x0a" + bytes(22), b"\x09" * 8 + b"\0\x0a" + bytes(22),
    b"\1AUSER DISK" + bytes(21), b"\x81" * 32, b"\1\2\0\0\1\1\1\1\1\x0a" + b"x" * 22, b"\0\0\1\1\0\x08\0\0" + bytes(24),
]


def nfs():
    """Calls and their replies: the port of the server, then the message."""
    call, null = 0, (0, 0, 0, 0)
    for handle in HANDLES:
        yield True, rpc(call, 0, 2, 100003, 2, 1, *null, handle)
        yield True, rpc(call, 0, 2, 100003, 3, 1, *null, len(handle), handle)
    for version in (2, 3):
        handle = HANDLES[0] if version == 2 else words(32) + HANDLES[0]
        for procedure in range(24):
            arguments = handle + words(4) + b"name" + handle + words(4) + b"abcd" + words(1, 2, 1, 3, 0, 0, 2, 5, 6, 0, 1)
            attributes = words(1, 2, 0o644, 3, 1000, -2, *range(1, 16))
            results = [words(0) + handle + attributes, words(0, 0, 0, 0, 0, 0), words(0) + attributes + words(1) * 40,
                       words(70) + attributes + bytes(40), words(0, 0) + handle + attributes, words(999, 1),
                       words(0, 1) + handle + attributes]
            for result in results:
                call += 1
                yield True, rpc(call, 0, 2, 100003, version, procedure, *null, arguments)
                yield False, rpc(call, 1, 0, 0, 0, 0, result)
    yield True, rpc(call, 0, 2, 100003, 3, 4, *null, 32, HANDLES[0], 0x3F)
    yield True, rpc(call, 0, 2, 100003, 3, 4, *null, 32, HANDLES[0], 0x41)
    yield True, rpc(call, 0, 2, 100003, 3, 3, *null, 32, HANDLES[0], -1)
    for error in range(1, 7):
        yield False, rpc(call, 1, 0, 0, 0, error)
    for why in range(9):
        yield False, rpc(call, 1, 1, 1, why)
    yield False, rpc(call, 1, 1, 0, 2, 3)
    yield False, rpc(call, 1, 1, 5)
    yield False, rpc(call, 1, 7)
    yield True, bytes(1460)


def openflow(version, kind, body=b"", length=None):
    return struct.pack("!BBHI", version, kind, 8 + len(body) if length is None else length, 5) + body


def main():
    out = Pcap("payloads.pcap", ETHERNET)

    def add(payload, port, from_server=False):
        ports = {"sport": port, "dport": 40000} if from_server else {"sport": 40000, "dport": port}
        out.add(ether(ip4(tcp(payload, **ports))))

    for payload in bgp_messages():
        add(payload, BGP)
    for payload in rpki_pdus():
        add(payload, RPKI)
    for payload in ldp_pdus():
        add(payload, LDP)
    inner = ip4(tcp(b"220 ready\r\n"))
    source = b"\1" + bytes(16)
    for payload in (b"\4\0\3", b"\1\0\x14" + source, b"\3" + struct.pack("!H", 20 + len(inner)) + source + inner,
                    b"\2\0\x08\0\1\2\3\4\5\0\5ab\7\0\4x\4\0\4y", b"\x08\0\3", b"\4\0\2", b"\4\7\0", b"\4\0\x09abc"):
        add(payload, MSDP)
    for kind in range(18):
        body = bytes([0, 3, 0, 1] * 4) + b"host" + bytes(60) + b"vendor" + bytes(90)
        add(pptp(kind, body), PPTP)
        add(pptp(kind, bytes([0, 9, 0, 0] * 10) + bytes(130), reserved=1), PPTP, True)
    add(pptp(5, words(1), magic=5, first=2), PPTP)
    add(b"220 ready\r\n" + b"x" * 200, PPTP)
    for payload in resp():
        add(payload, RESP)
    for payload in (b"MSG 1 1 . 0 5\r\n", b"MSG\0", b"RPY 0", b"ERR 0", b"ANS 0", b"NUL 0", b"SEQ 1", b"END\0", b"RP"):
        add(payload, BEEP)
    for to_server, payload in nfs():
        add(payload, NFS, not to_server)
    # Of the messages with a structure, those of a wrong length.
    for version in (1, 4):
        add(openflow(version, 2, b"hello") + openflow(version, 5) + openflow(version, 20, b"x"), OPENFLOW)
        for kind in range(31):
            add(openflow(version, kind, b"abc" if kind else b""), OPENFLOW, True)
    add(openflow(1, 0, bytes(20)) + openflow(9, 99, b"abc") + openflow(1, 2, b"", 7), 6633)
    for length in range(1, 9):
        add(openflow(4, 5)[:length], OPENFLOW)


main()
