//! ARP (RFC 826), for IPv4 over Ethernet.

use pnet::packet::arp::ArpPacket;

use super::{ETHERTYPE_ARP, ETHERTYPE_IPV4, Part, mac, malformed};
use crate::{Arp, ArpOperation, Network};

pub(super) fn decode(part: Part<'_>) -> Network<'_> {
    let Some(packet) = ArpPacket::new(part.captured) else {
        return malformed("ARP", "packet cut short");
    };
    let ipv4_over_ethernet = packet.get_hardware_type().0 == 1
        && packet.get_protocol_type().0 == ETHERTYPE_IPV4
        && packet.get_hw_addr_len() == 6
        && packet.get_proto_addr_len() == 4;
    if !ipv4_over_ethernet {
        return Network::Other {
            ethertype: ETHERTYPE_ARP,
        };
    }
    Network::Arp(Arp {
        operation: match packet.get_operation().0 {
            1 => ArpOperation::Request,
            2 => ArpOperation::Reply,
            other => ArpOperation::Other(other),
        },
        sender_mac: mac(packet.get_sender_hw_addr()),
        sender_ip: packet.get_sender_proto_addr(),
        target_mac: mac(packet.get_target_hw_addr()),
        target_ip: packet.get_target_proto_addr(),
    })
}
