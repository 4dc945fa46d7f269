//! One line of text a packet, in the words of tcpdump.
//!
//! [`TcpdumpLine`] prints what tcpdump 4.99.3 prints, to the byte, and [`ClassicLine`] what
//! tcpdump 3.7.2 and `WinDump` printed around 2001.
//!
//! The printers here read bytes, not [`Packet`](crate::Packet)s: what tcpdump says about a
//! header that is cut short or contradicts itself depends on exactly which byte is missing, and
//! a decoded packet no longer knows that. Each printer is a function named after the protocol;
//! [`Cut`](text::Cut) takes the place of tcpdump's `longjmp`.

mod arp;
mod bootp;
mod checksum;
mod classic;
mod domain;
mod icmp;
mod icmp6;
mod icmp6_options;
mod icmp_extension;
mod igmp;
mod ip;
mod ip6;
mod ip_options;
mod link;
mod llc;
mod mld;
mod mptcp;
mod names;
mod relative;
mod sctp;
mod stp;
mod syslog;
mod tcp;
mod tcp_options;
mod telnet;
mod text;
mod tftp;
mod time;
mod tunnel;
mod txt;
mod udp;

use std::net::IpAddr;

use jiff::tz::TimeZone;

use crate::{Frame, Timestamp};
use link::Interfaces;
use names::Names;
use relative::Conversations;
use text::{Append, Cut};
use time::Clock;

pub use classic::ClassicLine;
pub use time::TimeFormat;

/// How lines look; the default is what `tcpdump -n` does.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of tcpdump's
pub struct LineOptions {
    /// The time stamp's form (`-t` to `-ttttt`).
    pub time: TimeFormat,
    /// Absolute TCP sequence numbers (`-S`).
    pub absolute_seq: bool,
    /// Nine digits of the second instead of six (`--nano`).
    pub nanos: bool,
    /// Whose time of day it is; by default the system's, or what `TZ` says.
    pub zone: TimeZone,
    /// How much is said of each header, 0 to 3 (`-v`, `-vv`, `-vvv`).
    pub verbose: u8,
    /// The link layer's header first (`-e`).
    pub link_header: bool,
    /// Less about each packet (`-q`).
    pub quiet: bool,
    /// With `verbose`, checksums are verified; `false` is `-K`.
    pub checksums: bool,
    /// Names of services and protocols, and of the hosts in `/etc/hosts` (tcpdump without `-n`).
    pub names: bool,
    /// Names of hosts without their domain (`-N`).
    pub short_names: bool,
    /// The packet's number first (`-#`).
    pub numbered: bool,
    /// The packet's bytes below its line.
    pub dump: Dump,
}

/// How the bytes of a packet are shown below its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dump {
    /// Not at all.
    #[default]
    None,
    /// In hexadecimal: `-x`, or `-xx` with the link layer's header.
    Hex {
        /// From the frame's first byte on.
        link: bool,
    },
    /// In hexadecimal and ASCII: `-X`, or `-XX`.
    HexAscii {
        /// From the frame's first byte on.
        link: bool,
    },
    /// As text: `-A`, or `-AA`.
    Ascii {
        /// From the frame's first byte on.
        link: bool,
    },
}

impl Default for LineOptions {
    fn default() -> Self {
        Self {
            time: TimeFormat::default(),
            absolute_seq: false,
            nanos: false,
            zone: TimeZone::system(),
            verbose: 0,
            link_header: false,
            quiet: false,
            checksums: true,
            names: false,
            short_names: false,
            numbered: false,
            dump: Dump::None,
        }
    }
}

/// Prints packets as `tcpdump -n` 4.99.3 does.
///
/// It keeps what tcpdump keeps between packets: the sequence numbers that relative ones are
/// relative to (bounded), and the time that differences refer to.
#[derive(Debug)]
pub struct TcpdumpLine {
    clock: Clock,
    style: Style,
    dump: Dump,
    /// Of the packet before, when packets are numbered.
    number: Option<u64>,
    memory: Memory,
}

/// The options that the printers of the protocols look at.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of tcpdump's
struct Style {
    absolute_seq: bool,
    verbose: u8,
    link_header: bool,
    quiet: bool,
    checksums: bool,
    /// What is not understood is not shown: its bytes follow, or less was asked for.
    reticent: bool,
    /// They follow in hexadecimal and ASCII (`-X`).
    with_ascii: bool,
    names: Option<Names>,
}

impl Style {
    /// Numbers as they are, and no more than tcpdump says by default.
    const PLAIN: Self = Self {
        absolute_seq: true,
        verbose: 0,
        link_header: false,
        quiet: false,
        checksums: true,
        reticent: false,
        with_ascii: false,
        names: None,
    };
}

/// What is kept from packet to packet.
#[derive(Debug, Default)]
struct Memory {
    conversations: Conversations,
    interfaces: Interfaces,
}

/// tcpdump's own limit on what it takes for a packet, in bytes.
const MAX_LEN: u32 = 262_144;

impl TcpdumpLine {
    /// A printer that has seen nothing yet.
    pub fn new(options: LineOptions) -> Self {
        Self {
            clock: Clock::new(options.time, options.nanos, options.zone),
            style: Style {
                absolute_seq: options.absolute_seq,
                verbose: options.verbose,
                link_header: options.link_header,
                quiet: options.quiet,
                checksums: options.checksums,
                reticent: options.quiet
                    || matches!(options.dump, Dump::Hex { .. } | Dump::HexAscii { .. }),
                with_ascii: matches!(options.dump, Dump::HexAscii { .. }),
                names: options
                    .names
                    .then(|| Names::of_this_machine(options.short_names)),
            },
            dump: options.dump,
            number: options.numbered.then_some(0),
            memory: Memory::default(),
        }
    }

    /// Appends what tcpdump prints for `frame`, without the line feed at its end.
    ///
    /// A packet that tcpdump has no printer for is more than one line: a hexadecimal dump
    /// follows. Each frame must be given once, in order, for relative numbers to be right.
    pub fn write(&mut self, frame: &Frame<'_>, out: &mut String) {
        if let Some(number) = &mut self.number {
            *number += 1;
            let start = out.len();
            out.dec(*number);
            for _ in out.len() - start..5 {
                out.insert(start, ' ');
            }
            out.push_str("  ");
        }
        if impossible(frame, out) {
            return;
        }
        self.clock.write(frame.time, out);
        self.text(frame, out);
    }

    /// Like [`TcpdumpLine::write`], without the time stamp.
    pub fn write_text(&mut self, frame: &Frame<'_>, out: &mut String) {
        if !impossible(frame, out) {
            self.text(frame, out);
        }
    }

    /// Appends a time stamp alone, and a space: for what stands between the packets' lines.
    pub fn write_time(&mut self, time: Timestamp, out: &mut String) {
        self.clock.write(time, out);
    }

    fn text(&mut self, frame: &Frame<'_>, out: &mut String) {
        let mut printer = Printer::new(out, &mut self.memory, &self.style);
        if let Err(Cut) = printer.link(frame) {
            printer.truncated();
            // tcpdump then dumps from the first byte on.
            printer.header_len = 0;
        }
        let header_len = printer.header_len;
        self.bytes(frame, header_len, out);
    }

    fn bytes(&self, frame: &Frame<'_>, header_len: usize, out: &mut String) {
        let (show, link): (fn(&mut String, &[u8]), _) = match self.dump {
            Dump::None => return,
            Dump::Hex { link } => (text::hex_only, link),
            Dump::HexAscii { link } => (text::hex_and_ascii, link),
            Dump::Ascii { link } => (text::ascii_dump, link),
        };
        let start = if link { 0 } else { header_len };
        let bytes = text::from(frame.bytes, start);
        if !bytes.is_empty() {
            show(out, bytes);
        }
    }
}

/// Says so when the record header cannot be true; tcpdump then prints nothing else.
fn impossible(frame: &Frame<'_>, out: &mut String) -> bool {
    let (captured, len) = (text::len32(frame.bytes), frame.wire_len);
    let possible = captured != 0 && len >= captured && len <= MAX_LEN;
    if possible {
        return false;
    }
    out.push_str("[Invalid header:");
    let mut separator = " ";
    let mut item = |out: &mut String| out.push_str(std::mem::replace(&mut separator, ", "));
    if captured == 0 {
        item(out);
        out.push_str("caplen==0");
    }
    if len == 0 {
        item(out);
        out.push_str("len==0");
    } else if len < captured {
        item(out);
        out.push_str("len(");
        out.dec(len);
        out.push_str(") < caplen(");
        out.dec(captured);
        out.push(')');
    }
    for (name, value) in [("caplen", captured), ("len", len)] {
        if value > MAX_LEN {
            item(out);
            out.push_str(name);
            out.push('(');
            out.dec(value);
            out.push_str(") > ");
            out.dec(MAX_LEN);
        }
    }
    out.push(']');
    true
}

/// One packet on its way to text: what tcpdump keeps in its `netdissect_options`.
struct Printer<'o> {
    out: &'o mut String,
    /// The printer at work, named when the packet ends too soon.
    protocol: &'static str,
    style: &'o Style,
    memory: &'o mut Memory,
    /// IP headers within IP headers so far.
    depth: u32,
    /// Of the link layer, in bytes.
    header_len: usize,
}

impl<'o> Printer<'o> {
    const fn new(out: &'o mut String, memory: &'o mut Memory, style: &'o Style) -> Self {
        Self {
            out,
            protocol: "",
            style,
            memory,
            depth: 0,
            header_len: 0,
        }
    }

    const fn verbose(&self) -> u8 {
        self.style.verbose
    }

    fn ipv4(&mut self, address: [u8; 4]) {
        match self.host(IpAddr::from(address)) {
            Some(name) => self.out.push_str(name),
            None => self.out.ipv4(address),
        }
    }

    fn ipv6(&mut self, address: [u8; 16]) {
        match self.host(IpAddr::from(address)) {
            Some(name) => self.out.push_str(name),
            None => self.out.ipv6(address),
        }
    }

    fn host(&self, address: IpAddr) -> Option<&'o str> {
        self.style.names.as_ref()?.host(address)
    }

    fn tcp_port(&mut self, port: u16) {
        match self.style.names.as_ref().and_then(|names| names.tcp(port)) {
            Some(name) => self.out.push_str(name),
            None => self.out.dec(port),
        }
    }

    fn udp_port(&mut self, port: u16) {
        match self.style.names.as_ref().and_then(|names| names.udp(port)) {
            Some(name) => self.out.push_str(name),
            None => self.out.dec(port),
        }
    }

    /// ` ip-proto-47`, or ` gre` with names.
    fn protocol_number(&mut self, number: u8) {
        let names = self.style.names.as_ref();
        if let Some(name) = names.and_then(|_| names::protocol(number)) {
            self.text(" ");
            self.text(name);
        } else {
            self.text(" ip-proto-");
            self.dec(number);
        }
    }

    /// An Ethernet address; without `-n` tcpdump adds who the first half belongs to.
    fn ethernet_address(&mut self, address: [u8; 6]) {
        if self.style.names.is_some() && address == [0xff; 6] {
            self.text("Broadcast");
            return;
        }
        self.out.link_address(&address);
        if self.style.names.is_some() {
            self.text(" (oui ");
            self.text(names::vendor(address));
            self.text(")");
        }
    }

    /// The names of the bits that are set, between commas; `none` when none is.
    fn flags(&mut self, value: u32, names: &[(u32, &str)]) {
        let mut separator = "";
        for &(bit, name) in names {
            if value & bit != 0 {
                self.text(std::mem::replace(&mut separator, ", "));
                self.text(name);
            }
        }
        if separator.is_empty() {
            self.text("none");
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn dec(&mut self, value: impl Into<u64>) {
        self.out.dec(value);
    }

    /// `1d2h`
    fn duration(&mut self, mut seconds: u32) {
        const UNITS: [(u32, &str); 6] = [
            (365 * 86400, "y"),
            (7 * 86400, "w"),
            (86400, "d"),
            (3600, "h"),
            (60, "m"),
            (1, "s"),
        ];
        if seconds == 0 {
            self.text("0s");
        }
        for (unit, letter) in UNITS {
            if seconds >= unit {
                self.dec(seconds / unit);
                self.text(letter);
                seconds %= unit;
            }
        }
    }

    /// What there is no printer for, in hexadecimal and ASCII.
    fn unknown(&mut self, bytes: &[u8]) {
        if !self.style.reticent {
            text::hex_and_ascii(self.out, bytes);
        }
    }

    /// Text of unknown contents: what cannot be printed shows as `^A` or `M-a`.
    fn characters(&mut self, bytes: &[u8], at: usize, len: usize) -> Result<(), Cut> {
        for i in at..at + len {
            let mut byte = text::byte(bytes, i)?;
            if !byte.is_ascii() {
                self.text("M-");
                byte &= 0x7f;
            }
            if !matches!(byte, b' '..=b'~') {
                self.text("^");
                byte ^= 0x40;
            }
            self.out.push(char::from(byte));
        }
        Ok(())
    }

    /// `[|proto]`: the packet ends too soon.
    fn truncated(&mut self) {
        self.text(" [|");
        self.text(self.protocol);
        self.text("]");
    }

    /// A field has a value that it must not have.
    fn invalid(&mut self) {
        self.text(" (invalid)");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ClassicLine, LineOptions, TcpdumpLine};
    use crate::{Frame, LinkType, Timestamp, decode};

    fn line_of(bytes: &[u8], wire_len: u32) -> String {
        let mut out = String::new();
        let frame = Frame {
            time: Timestamp(0),
            wire_len,
            link: LinkType::Ethernet,
            bytes,
        };
        TcpdumpLine::new(LineOptions::default()).write_text(&frame, &mut out);
        out
    }

    #[test]
    fn impossible_records_are_all_that_is_said() {
        let text = |bytes: &[u8], len| line_of(bytes, len);
        assert_eq!(text(&[], 0), "[Invalid header: caplen==0, len==0]");
        assert_eq!(text(&[], 60), "[Invalid header: caplen==0]");
        assert_eq!(text(&[0; 9], 0), "[Invalid header: len==0]");
        assert_eq!(text(&[0; 9], 8), "[Invalid header: len(8) < caplen(9)]");
        assert_eq!(
            text(&[0; 9], 262_145),
            "[Invalid header: len(262145) > 262144]"
        );
    }

    #[test]
    fn tunnels_within_tunnels_end() {
        let mut bytes = vec![0; 14];
        bytes[12] = 8;
        for inner in (0..5000_u16).rev() {
            let total = (inner + 1).saturating_mul(20);
            bytes.extend([0x45, 0]);
            bytes.extend(total.to_be_bytes());
            bytes.extend([0, 0, 0, 0, 64, 4, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        }
        let len = u32::try_from(bytes.len()).unwrap();
        let text = line_of(&bytes, len);
        assert!(text.ends_with("10.0.0.1 > 10.0.0.2:  [|ip]"), "{text}");
        assert!(text.len() < 2000);
    }

    proptest! {
        /// Whatever is captured: no panic, nothing that a terminal would obey, no endless line.
        #[test]
        fn any_bytes_print_plainly(
            link in (0..300_u32).prop_map(LinkType::from_pcap),
            ethertype in prop_oneof![Just(0x0800_u16), Just(0x86dd), Just(0x0806), any::<u16>()],
            first in prop_oneof![Just(0x45_u8), Just(0x60), any::<u8>()],
            protocol in prop_oneof![Just(6_u8), Just(1), Just(58), Just(0), Just(44), any::<u8>()],
            mut bytes in prop::collection::vec(any::<u8>(), 1..200),
            longer in 0..100_u32,
        ) {
            if let Some(field) = bytes.get_mut(12..15) {
                field[..2].copy_from_slice(&ethertype.to_be_bytes());
                field[2] = first;
            }
            if let Some(byte) = bytes.get_mut(if first == 0x60 { 20 } else { 23 }) {
                *byte = protocol;
            }
            let wire_len = u32::try_from(bytes.len()).unwrap() + longer;
            let frame = Frame { time: Timestamp(0), wire_len, link, bytes: &bytes };
            let mut out = String::new();
            TcpdumpLine::new(LineOptions::default()).write(&frame, &mut out);
            ClassicLine::new(LineOptions::default(), true).write(&frame, &decode(&frame), &mut out);
            let plain = |c: char| matches!(c, ' '..='~' | '\n' | '\t');
            prop_assert!(out.chars().all(plain), "{out:?}");
            prop_assert!(out.len() < 4000);
        }
    }
}
