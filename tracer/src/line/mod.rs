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
mod beep;
mod bgp;
mod bootp;
mod brief;
mod checksum;
pub(crate) mod classic;
mod cooked;
mod domain;
mod icmp;
mod icmp6;
mod icmp6_options;
mod icmp_extension;
mod igmp;
mod ip;
mod ip6;
mod ip6_options;
mod ip_options;
mod ipsec;
mod ldp;
mod link;
mod llc;
mod local;
mod mld;
mod mptcp;
mod msdp;
mod names;
mod nfs;
mod ntp;
mod openflow;
mod options;
mod ppp;
mod ppp_control;
mod pptp;
mod printer;
mod radio;
mod relative;
mod resp;
mod routing;
mod rpki;
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
mod wireless;

use crate::{Frame, Packet, Printed, TcpFlags, Timestamp};
use cooked::Interfaces;
use options::Style;
use printer::Printer;
use relative::{Base, Conversations};
use text::{Append, Cut};
use time::Clock;

pub use classic::ClassicLine;
pub(crate) use names::port_of;
pub use options::{Dump, LineOptions};
pub use time::TimeFormat;

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

/// What is kept from packet to packet.
#[derive(Debug, Default)]
struct Memory {
    conversations: Conversations,
    interfaces: Interfaces,
    nfs_calls: nfs::Calls,
}

/// tcpdump's own limit on what it takes for a packet, in bytes.
const MAX_LEN: u32 = 262_144;

impl TcpdumpLine {
    /// A printer that has seen nothing yet.
    pub fn new(options: LineOptions) -> Self {
        Self {
            style: Style::new(&options),
            clock: Clock::new(options.time, options.nanos, options.zone),
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
        self.clock.write(frame.time, frame.odd_time, out);
        self.text(frame, out);
    }

    /// Like [`TcpdumpLine::write`], without the time stamp.
    pub fn write_text(&mut self, frame: &Frame<'_>, out: &mut String) {
        if !impossible(frame, out) {
            self.text(frame, out);
        }
    }

    /// Like [`TcpdumpLine::write`], also of a packet that is known from its printed line alone.
    pub fn write_packet(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, out: &mut String) {
        let Some(printed) = &packet.printed else {
            self.write(frame, out);
            return;
        };
        if self.clock.is_default() {
            printed.time_text(out);
        } else {
            self.clock.write(packet.time, None, out);
        }
        self.printed(printed, packet, out);
    }

    /// Likewise, without the time stamp.
    pub fn write_packet_text(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, out: &mut String) {
        match &packet.printed {
            Some(printed) => self.printed(printed, packet, out),
            None => self.write_text(frame, out),
        }
    }

    /// Whether the line of a segment with this port tells of the bytes that it carries, also when
    /// nothing more was asked for.
    pub fn tells_of(port: u16) -> bool {
        tcp::is_printed(port)
    }

    fn printed(&mut self, printed: &Printed<'_>, packet: &Packet<'_>, out: &mut String) {
        let mut base = (!self.style.absolute_seq).then_some(Base::ABSOLUTE);
        if let Some((ip, tcp)) = packet.tcp()
            && tcp.flags.contains(TcpFlags::ACK)
            && !self.style.absolute_seq
        {
            base = Some(self.memory.conversations.base(
                &classic::addresses(ip),
                (tcp.src_port, tcp.dst_port),
                (tcp.seq.0, tcp.ack.0),
                tcp.flags.contains(TcpFlags::SYN),
            ));
        }
        let base = base.map(|base| (base.seq, base.ack));
        printed.modern_text(base, self.style.quiet, out);
    }

    /// Appends a time stamp alone, and a space: for what stands between the packets' lines.
    pub fn write_time(&mut self, time: Timestamp, out: &mut String) {
        self.clock.write(time, None, out);
    }

    /// The time stamp of a frame alone, and a space.
    pub fn write_time_of(&mut self, frame: &Frame<'_>, out: &mut String) {
        self.clock.write(frame.time, frame.odd_time, out);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ClassicLine, LineOptions, TcpdumpLine};
    use crate::{Frame, LinkType, Timestamp, decode};

    fn line_of(bytes: &[u8], wire_len: u32) -> String {
        let mut out = String::new();
        let frame = Frame {
            time: Timestamp(0),
            odd_time: None,
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
            let frame = Frame { time: Timestamp(0), odd_time: None, wire_len, link, bytes: &bytes };
            let mut out = String::new();
            TcpdumpLine::new(LineOptions::default()).write(&frame, &mut out);
            ClassicLine::new(LineOptions::default(), true).write(&frame, &decode(&frame), &mut out);
            let plain = |c: char| matches!(c, ' '..='~' | '\n' | '\t');
            prop_assert!(out.chars().all(plain), "{out:?}");
            prop_assert!(out.len() < 4000);
        }
    }
}
