//! From a record to the packet that the analyzer takes.

use super::Printed;
use super::hosts::Hosts;
use super::record::{Body, End, Record};
use crate::{Ip, Link, Malformed, Network, Packet, Seq, Sighting, Tcp, TcpOptions, Transport, Udp};

impl Record {
    /// The packet, with what the line does not say left unknown or zero.
    pub(super) fn packet<'a>(&'a self, hosts: &'a Hosts) -> Packet<'a> {
        let link = self.link.map_or(Link::None, |[src, dst]| Link::Ethernet {
            src,
            dst,
            vlan: None,
        });
        let mut network = Network::Malformed(Malformed {
            layer: "printed",
            problem: "not in words that are read here",
        });
        let mut ip_len = 0;
        if let Some([from, to]) = &self.ends {
            let (transport, len) = self.transport(from, to);
            network = Network::Ip(Ip {
                src: from.address,
                dst: to.address,
                ttl: self.header.ttl.unwrap_or(0),
                id: self.header.id.map_or(0, u32::from),
                dont_fragment: self.header.dont_fragment,
                fragment: None,
                transport,
            });
            ip_len = len.saturating_add(if from.address.is_ipv6() { 40 } else { 20 });
        }
        Packet {
            time: self.time,
            wire_len: self.frame_len.or(self.header.len).unwrap_or(ip_len),
            link,
            network,
            sighting: Sighting::default(),
            printed: Some(Printed {
                record: self,
                hosts,
            }),
        }
    }

    /// The layer above IP, and its length.
    fn transport(&self, from: &End, to: &End) -> (Transport<'_>, u32) {
        match &self.body {
            Body::Tcp(tcp) => {
                let options = u32::try_from(tcp.options.len()).unwrap_or(0);
                let segment = Tcp {
                    src_port: from.port,
                    dst_port: to.port,
                    seq: Seq(tcp.absolute_seq),
                    ack: Seq(tcp.absolute_ack),
                    flags: tcp.flags,
                    window: tcp.window,
                    checksum: 0,
                    urgent: tcp.urgent.unwrap_or(0),
                    options: TcpOptions(&tcp.options),
                    payload: &tcp.payload,
                    len: tcp.len,
                };
                let len = tcp.len.saturating_add(20 + options.div_ceil(4) * 4);
                (Transport::Tcp(segment), len)
            }
            Body::Text { udp: Some(len), .. } => {
                let datagram = Udp {
                    src_port: from.port,
                    dst_port: to.port,
                    payload: &[],
                    len: *len,
                    whole: *len,
                    checksum: 0,
                };
                (Transport::Udp(datagram), len.saturating_add(8))
            }
            Body::Text { .. } => (Transport::Other { protocol: 255 }, 0),
        }
    }
}
