//! The format of 2001: tcpdump 3.7.2, and `WinDump` of that time.

mod others;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use super::LineOptions;
use super::ip::Addresses;
use super::relative::{Base, Conversations};
use super::text::{Append, be16, be32};
use super::time::Clock;
use crate::decode::network_bytes;
use crate::{Frame, Ip, Network, Packet, Printed, Tcp, TcpFlags, TcpOption, Transport};
use others::{arp, header_len, icmp_message, name_service, suffix, vlan};

/// Prints packets as tcpdump 3.7.2 did with `-n`; [`LineOptions::absolute_seq`] is its `-S`.
///
/// TCP, UDP and ARP are printed as it did; of ICMP the messages that it knew, of other protocols
/// the addresses and the number.
#[derive(Debug)]
pub struct ClassicLine {
    clock: Clock,
    absolute_seq: bool,
    windump: bool,
    conversations: Conversations,
}

impl ClassicLine {
    /// A printer that has seen nothing yet.
    ///
    /// With `windump`, sequence numbers stand on every segment, also on a pure acknowledgement:
    /// `. 1:1(0) ack 56` instead of `. ack 56`.
    pub fn new(options: LineOptions, windump: bool) -> Self {
        Self {
            clock: Clock::new(options.time, options.nanos, options.zone),
            absolute_seq: options.absolute_seq,
            windump,
            conversations: Conversations::default(),
        }
    }

    /// Appends the line for a frame and the packet decoded from it, without a line feed.
    pub fn write(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, out: &mut String) {
        match &packet.printed {
            Some(printed) if self.clock.is_default() => printed.time_text(out),
            _ => self.clock.write(packet.time, frame.odd_time, out),
        }
        self.write_text(frame, packet, out);
    }

    /// Like [`ClassicLine::write`], without the time stamp.
    pub fn write_text(&mut self, frame: &Frame<'_>, packet: &Packet<'_>, out: &mut String) {
        if let Some(printed) = &packet.printed {
            self.printed(printed, packet, out);
            return;
        }
        vlan(packet, out);
        match &packet.network {
            Network::Arp(packet) => arp(packet, out),
            Network::Ip(ip) => {
                let header = network_bytes(frame);
                self.transport(ip, header, out);
                suffix(ip, header, out);
            }
            Network::Other { ethertype } => {
                out.push_str("ethertype 0x");
                out.hex(u32::from(*ethertype), 4);
                out.push(' ');
                out.dec(packet.wire_len);
            }
            Network::Malformed(malformed) => cut(malformed.layer, out),
        }
    }

    /// A line of that time is given back as it was, one of tcpdump 4 in the words of that time.
    fn printed(&mut self, printed: &Printed<'_>, packet: &Packet<'_>, out: &mut String) {
        match packet.tcp() {
            Some((ip, tcp)) if !printed.is_classic() && printed.ends_text(out) => {
                self.tcp(ip, tcp, out);
                if ip.dont_fragment {
                    out.push_str(" (DF)");
                }
            }
            _ => printed.record.own_text(out),
        }
    }

    fn transport(&mut self, ip: &Ip<'_>, header: &[u8], out: &mut String) {
        match &ip.transport {
            Transport::Tcp(tcp) => {
                endpoints(ip, tcp.src_port, tcp.dst_port, out);
                self.tcp(ip, tcp, out);
            }
            Transport::Udp(udp) => {
                endpoints(ip, udp.src_port, udp.dst_port, out);
                if ip.fragment.is_none() && (udp.src_port == 53 || udp.dst_port == 53) {
                    name_service(udp, out);
                    return;
                }
                out.push_str("udp ");
                // Of a first fragment the length field counts the others too.
                let field = match (ip.src, ip.fragment) {
                    (IpAddr::V4(_), Some(_)) => be16(header, header_len(header) + 4).ok(),
                    _ => None,
                };
                out.dec(field.map_or(udp.len, |len| u32::from(len).saturating_sub(8)));
            }
            Transport::Icmp(message) => {
                hosts(ip, out);
                out.push_str(": ");
                icmp_message(ip, message, header, out);
            }
            Transport::Fragment(_) => {
                hosts(ip, out);
                out.push(':');
                if let (IpAddr::V4(_), Some(&number)) = (ip.src, header.get(9)) {
                    protocol(number, out);
                }
            }
            Transport::Other { protocol: number } => {
                hosts(ip, out);
                out.push_str(": ");
                protocol(*number, out);
            }
            Transport::Malformed(malformed) => {
                hosts(ip, out);
                out.push_str(": ");
                cut(malformed.layer, out);
            }
        }
    }

    fn tcp(&mut self, ip: &Ip<'_>, tcp: &Tcp<'_>, out: &mut String) {
        flags(tcp.flags, out);
        let ack = tcp.flags.contains(TcpFlags::ACK);
        let base = if ack && !self.absolute_seq {
            let syn = tcp.flags.contains(TcpFlags::SYN);
            let ports = (tcp.src_port, tcp.dst_port);
            self.conversations
                .base(&addresses(ip), ports, (tcp.seq.0, tcp.ack.0), syn)
        } else {
            Base::ABSOLUTE
        };
        let takes_numbers = TcpFlags::SYN.union(TcpFlags::FIN).union(TcpFlags::RST);
        if self.windump || tcp.len > 0 || tcp.flags.intersects(takes_numbers) {
            let seq = tcp.seq.0.wrapping_sub(base.seq);
            out.push(' ');
            out.dec(seq);
            out.push(':');
            out.dec(seq.wrapping_add(tcp.len));
            out.push('(');
            out.dec(tcp.len);
            out.push(')');
        }
        if ack {
            out.push_str(" ack ");
            out.dec(tcp.ack.0.wrapping_sub(base.ack));
        }
        out.push_str(" win ");
        out.dec(tcp.window);
        if tcp.flags.contains(TcpFlags::URG) {
            out.push_str(" urg ");
            out.dec(tcp.urgent);
        }
        options(tcp, base.sack, out);
    }
}

/// The flags in the letters of tcpdump 3, which does not show ACK among them.
pub(crate) fn flags(flags: TcpFlags, out: &mut String) {
    const LETTERS: [(TcpFlags, char); 6] = [
        (TcpFlags::SYN, 'S'),
        (TcpFlags::FIN, 'F'),
        (TcpFlags::RST, 'R'),
        (TcpFlags::PSH, 'P'),
        (TcpFlags::CWR, 'W'),
        (TcpFlags::ECE, 'E'),
    ];
    let before = out.len();
    for (flag, letter) in LETTERS {
        if flags.contains(flag) {
            out.push(letter);
        }
    }
    if out.len() == before {
        out.push('.');
    }
}

fn options(tcp: &Tcp<'_>, sack_base: u32, out: &mut String) {
    let mut separator = " <";
    for option in tcp.options.iter() {
        out.push_str(separator);
        separator = ",";
        match option {
            TcpOption::End => out.push_str("eol"),
            TcpOption::Nop => out.push_str("nop"),
            TcpOption::Mss(size) => {
                out.push_str("mss ");
                out.dec(size);
            }
            TcpOption::WindowScale(shift) => {
                out.push_str("wscale ");
                out.dec(shift);
            }
            TcpOption::SackPermitted => out.push_str("sackOK"),
            TcpOption::Sack(blocks) => sack(blocks, sack_base, out),
            TcpOption::Timestamps { value, echo } => {
                out.push_str("timestamp ");
                out.dec(value);
                out.push(' ');
                out.dec(echo);
            }
            TcpOption::Other(kind, data) => {
                out.push_str("opt-");
                out.dec(kind);
                out.push(':');
                out.hex_bytes(data);
            }
            TcpOption::Malformed(_) => out.push_str("[bad opt]"),
        }
    }
    if separator == "," {
        out.push('>');
    }
}

/// The word stands there twice, and a blank behind: 3.7.2 was like that.
fn sack(blocks: &[u8], base: u32, out: &mut String) {
    out.push_str("sack sack ");
    out.dec(blocks.len() as u64 / 8);
    out.push(' ');
    for block in blocks.as_chunks::<8>().0 {
        let (Ok(start), Ok(end)) = (be32(block, 0), be32(block, 4)) else {
            continue;
        };
        out.push('{');
        out.dec(start.wrapping_sub(base));
        out.push(':');
        out.dec(end.wrapping_sub(base));
        out.push('}');
    }
    out.push(' ');
}

fn cut(layer: &str, out: &mut String) {
    out.push_str("[|");
    out.extend(layer.chars().map(|c| c.to_ascii_lowercase()));
    out.push(']');
}

/// By its name in `/etc/protocols`, which 3.7.2 looked up even with `-n`.
fn protocol(number: u8, out: &mut String) {
    match number {
        1 => out.push_str(" icmp"),
        6 => out.push_str(" tcp"),
        17 => out.push_str(" udp"),
        _ => {
            out.push_str(" ip-proto-");
            out.dec(number);
        }
    }
}

fn hosts(ip: &Ip<'_>, out: &mut String) {
    address(ip.src, out);
    out.push_str(" > ");
    address(ip.dst, out);
}

fn endpoints(ip: &Ip<'_>, src_port: u16, dst_port: u16, out: &mut String) {
    address(ip.src, out);
    out.push('.');
    out.dec(src_port);
    out.push_str(" > ");
    address(ip.dst, out);
    out.push('.');
    out.dec(dst_port);
    out.push_str(": ");
}

fn address(address: IpAddr, out: &mut String) {
    match address {
        IpAddr::V4(address) => out.ipv4(address.octets()),
        IpAddr::V6(address) => out.ipv6(address.octets()),
    }
}

pub(super) fn addresses(ip: &Ip<'_>) -> Addresses {
    match (ip.src, ip.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => Addresses::V4 {
            src: src.octets(),
            dst: dst.octets(),
            protocol: super::ip::TCP,
        },
        (src, dst) => {
            let octets = |address| match address {
                IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
                IpAddr::V6(v6) => v6.octets(),
            };
            Addresses::V6 {
                src: octets(src),
                dst: octets(dst),
                protocol: super::ip::TCP,
            }
        }
    }
}
