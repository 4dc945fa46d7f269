//! What a frame begins with and what that carries, also in VLANs, MPLS and `PPPoE`.

use super::ast::Llc;
use super::compile::{Code, Label, Layout, Step};
use super::program::{ABS, BYTE, HALF, JA, JEQ, JGT, JMP, K, LD, WORD};
use super::{IP, IP6, MPLS, PPPOE};
use crate::LinkType;

/// `SKF_AD_OFF + SKF_AD_PROTOCOL`: the `EtherType` as the kernel knows it.
const KERNEL_PROTOCOL: u32 = 0xffff_f000;
/// `SKF_AD_OFF + SKF_AD_PKTTYPE`: which way a frame goes.
const KERNEL_WAY: u32 = 0xffff_f004;
/// `SKF_AD_OFF + SKF_AD_IFINDEX`
const KERNEL_INTERFACE: u32 = 0xffff_f008;
/// A greater number is a type, no length.
const LONGEST_802_3: u32 = 1500;
/// What Linux writes in a cooked header for an 802.2 frame.
const LINUX_802_2: u32 = 4;
/// PPP's numbers for what it carries.
const PPP_IP: u32 = 0x21;
const PPP_IP6: u32 = 0x57;

/// What stands between the link layer's header and the network layer, as the expression has
/// said so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Within {
    /// How many VLAN tags.
    tags: u32,
    /// How many MPLS labels.
    labels: u32,
    /// Where a PPP header is.
    ppp: Option<u32>,
}

impl Within {
    const fn inside_none(self) -> bool {
        self.labels == 0 && self.ppp.is_none()
    }
}

impl Code {
    /// Where the network layer begins.
    pub(super) fn network(&self) -> u32 {
        if let Some(ppp) = self.within.ppp {
            return ppp + 2;
        }
        let header = match self.layout {
            Layout::Link(link) | Layout::Kernel(link) => match link {
                // Those of 802.11 are made into Ethernet's.
                LinkType::Ethernet
                | LinkType::Ieee80211
                | LinkType::Prism
                | LinkType::Radiotap
                | LinkType::Avs => 14,
                LinkType::LinuxSll => 16,
                LinkType::LinuxSll2 => 20,
                LinkType::Null
                | LinkType::Loop
                | LinkType::Ppp
                | LinkType::PppSerial
                | LinkType::CiscoHdlc => 4,
                LinkType::Pppoe => 8,
                LinkType::Raw | LinkType::Other(_) => 0,
            },
            Layout::Cooked => 0,
        };
        header + 4 * (self.within.tags + self.within.labels)
    }

    /// Where a load from the link layer counts from.
    pub(super) fn link_header(&self) -> u32 {
        self.within.ppp.unwrap_or(0)
    }

    pub(super) fn ether_type(&mut self, ether_type: u16, yes: Label, no: Label) {
        let value = u32::from(ether_type);
        if let Some(ppp) = self.within.ppp.or(self.ppp_alone()) {
            let value = match ether_type {
                IP => PPP_IP,
                IP6 => PPP_IP6,
                _ => value,
            };
            return self.equals(HALF, ppp, u32::MAX, value, yes, no);
        }
        if self.within.labels > 0 {
            return self.labelled(ether_type, yes, no);
        }
        if let Some(at) = self.type_field() {
            return self.equals(HALF, at, u32::MAX, value, yes, no);
        }
        match self.layout {
            Layout::Link(LinkType::Raw) | Layout::Kernel(LinkType::Raw) => match ether_type {
                IP => self.equals(BYTE, 0, 0xf0, 0x40, yes, no),
                IP6 => self.equals(BYTE, 0, 0xf0, 0x60, yes, no),
                _ => self.never(no),
            },
            Layout::Link(link @ (LinkType::Null | LinkType::Loop))
            | Layout::Kernel(link @ (LinkType::Null | LinkType::Loop)) => {
                // The families of BSD, FreeBSD and Darwin; all agree on that of IPv4.
                let families: &[u32] = match ether_type {
                    IP => &[2],
                    IP6 => &[24, 28, 30],
                    _ => return self.never(no),
                };
                self.plain(LD | WORD | ABS, 0);
                for &family in families {
                    // NULL is in the byte order of who captured, LOOP in that of the network.
                    let orders = [family.swap_bytes(), family];
                    let orders = if link == LinkType::Null {
                        &orders[..]
                    } else {
                        &orders[1..]
                    };
                    for &value in orders {
                        self.done_if(yes, |code, yes, no| {
                            code.steps.push(Step::Branch(JMP | JEQ | K, value, yes, no));
                        });
                    }
                }
                self.steps.push(Step::Branch(JMP | JA, 0, no, no));
            }
            _ => self.never(no),
        }
    }

    /// Where the protocol field is in frames that begin with PPP.
    const fn ppp_alone(&self) -> Option<u32> {
        match self.layout {
            Layout::Link(LinkType::Ppp | LinkType::PppSerial) => Some(2),
            Layout::Link(LinkType::Pppoe) => Some(6),
            _ => None,
        }
    }

    /// Where the link layer says what it carries, if it says it in the numbers of Ethernet.
    const fn type_field(&self) -> Option<u32> {
        match self.layout {
            Layout::Link(LinkType::Ethernet) | Layout::Kernel(LinkType::Ethernet) => {
                Some(12 + 4 * self.within.tags)
            }
            Layout::Link(LinkType::LinuxSll) | Layout::Kernel(LinkType::LinuxSll) => Some(14),
            Layout::Link(LinkType::CiscoHdlc) => Some(2),
            Layout::Link(LinkType::LinuxSll2) | Layout::Kernel(LinkType::LinuxSll2) => Some(0),
            Layout::Cooked => Some(KERNEL_PROTOCOL),
            _ => None,
        }
    }

    /// Behind MPLS labels nothing says what comes: this must be the last label, and the first
    /// bits behind it IP's version.
    fn labelled(&mut self, ether_type: u16, yes: Label, no: Label) {
        let version = match ether_type {
            IP => 0x40,
            IP6 => 0x60,
            _ => return self.never(no),
        };
        let network = self.network();
        self.only_if(no, |code, yes, no| {
            code.equals(BYTE, network - 2, 1, 1, yes, no);
        });
        self.equals(BYTE, network, 0xf0, version, yes, no);
    }

    pub(super) fn vlan(
        &mut self,
        number: Option<u16>,
        yes: Label,
        no: Label,
    ) -> Result<(), String> {
        self.needs_ethernet("a VLAN tag")?;
        if self.within.labels > 0 {
            return Err("there is no VLAN tag behind an MPLS label".to_owned());
        }
        let network = self.network();
        self.only_if(no, |code, yes, no| {
            for tag in [0x8100, 0x88a8] {
                code.done_if(yes, |code, yes, no| code.ether_type(tag, yes, no));
            }
            code.ether_type(0x9100, yes, no);
        });
        self.if_number(HALF, network, 0xfff, number.map(u32::from), yes, no);
        self.within.tags += 1;
        Ok(())
    }

    pub(super) fn mpls(&mut self, label: Option<u32>, yes: Label, no: Label) -> Result<(), String> {
        self.needs_ethernet("an MPLS label")?;
        let network = self.network();
        self.only_if(no, |code, yes, no| {
            if code.within.labels > 0 {
                // The label before is not the last one.
                code.equals(BYTE, network - 2, 1, 0, yes, no);
            } else {
                code.ether_type(MPLS, yes, no);
            }
        });
        self.if_number(
            WORD,
            network,
            0xffff_f000,
            label.map(|label| label << 12),
            yes,
            no,
        );
        self.within.labels += 1;
        Ok(())
    }

    pub(super) fn pppoe(
        &mut self,
        session: Option<u16>,
        yes: Label,
        no: Label,
    ) -> Result<(), String> {
        if self.within.labels > 0 {
            return Err("there is no PPPoE behind an MPLS label".to_owned());
        }
        let network = self.network();
        self.only_if(no, |code, yes, no| code.ether_type(PPPOE, yes, no));
        self.if_number(HALF, network + 2, u32::MAX, session.map(u32::from), yes, no);
        self.within.ppp = Some(network + 6);
        Ok(())
    }

    /// A field that is this number, if one is asked for.
    fn if_number(
        &mut self,
        size: u16,
        at: u32,
        mask: u32,
        number: Option<u32>,
        yes: Label,
        no: Label,
    ) {
        match number {
            Some(number) => self.equals(size, at, mask, number, yes, no),
            None => self.steps.push(Step::Branch(JMP | JA, 0, yes, yes)),
        }
    }

    /// An LLC header, of this service access point at the destination or at both ends.
    pub(super) fn llc(&mut self, point: Llc, yes: Label, no: Label) -> Result<(), String> {
        if !self.within.inside_none() {
            return self.lacks("an LLC header");
        }
        let Some(field) = self.type_field() else {
            if point == Llc::Any {
                return self.lacks("an LLC header");
            }
            self.never(no);
            return Ok(());
        };
        let ethernet = matches!(
            self.layout,
            Layout::Link(LinkType::Ethernet) | Layout::Kernel(LinkType::Ethernet)
        );
        self.plain(LD | HALF | ABS, field);
        self.only_if(no, |code, yes, no| {
            // In the place of a type there is a length, or what Linux writes for it.
            code.steps.push(if ethernet {
                Step::Branch(JMP | JGT | K, LONGEST_802_3, no, yes)
            } else {
                Step::Branch(JMP | JEQ | K, LINUX_802_2, yes, no)
            });
        });
        let at = self.network();
        match point {
            Llc::Any if ethernet => self.equals(HALF, at, u32::MAX, 0xffff, no, yes),
            Llc::Any => return self.lacks("an LLC header by itself"),
            Llc::To(point) => self.equals(BYTE, at, u32::MAX, point.into(), yes, no),
            Llc::Between(point) => {
                self.equals(HALF, at, u32::MAX, u32::from(point) * 0x101, yes, no);
            }
        }
        Ok(())
    }

    /// Which way a frame went.
    pub(super) fn outbound(&mut self, outbound: bool, yes: Label, no: Label) -> Result<(), String> {
        /// `PACKET_OUTGOING`
        const OUTGOING: u32 = 4;
        let (size, at) = match self.layout {
            Layout::Cooked | Layout::Kernel(_) => (HALF, KERNEL_WAY),
            Layout::Link(LinkType::LinuxSll) => (HALF, 0),
            Layout::Link(LinkType::LinuxSll2) => (BYTE, 10),
            Layout::Link(_) => return self.lacks("a direction; those of -i any have it"),
        };
        let (yes, no) = if outbound { (yes, no) } else { (no, yes) };
        self.equals(size, at, u32::MAX, OUTGOING, yes, no);
        Ok(())
    }

    /// On which interface it was seen.
    pub(super) fn interface(&mut self, index: u32, yes: Label, no: Label) -> Result<(), String> {
        let at = match self.layout {
            Layout::Cooked | Layout::Kernel(_) => KERNEL_INTERFACE,
            Layout::Link(LinkType::LinuxSll2) => 4,
            Layout::Link(_) => return self.lacks("an interface; those of -i any have it"),
        };
        self.equals(WORD, at, u32::MAX, index, yes, no);
        Ok(())
    }

    pub(super) fn needs_ethernet(&self, what: &str) -> Result<(), String> {
        match self.layout {
            Layout::Link(LinkType::Ethernet) | Layout::Kernel(LinkType::Ethernet)
                if self.within.ppp.is_none() =>
            {
                Ok(())
            }
            _ => self.lacks(what),
        }
    }

    fn lacks(&self, what: &str) -> Result<(), String> {
        let link = match self.layout {
            Layout::Link(link) | Layout::Kernel(link) => link,
            Layout::Cooked => LinkType::LinuxSll2,
        };
        Err(if self.within.inside_none() {
            format!("frames of link type {link} do not have {what}")
        } else {
            format!("what PPPoE and MPLS carry does not have {what}")
        })
    }
}
