//! From what an expression says to instructions, for frames of one link type.

use super::assemble::too_long;
use super::ast::{Expr, Side, Test};
use super::program::{
    ABS, ALU, AND, BYTE, HALF, IMM, IND, JA, JEQ, JGE, JGT, JMP, K, LD, LDX, MAX_INSTRUCTIONS, MSH,
    Program, RET, WORD,
};
use super::{ARP, IP, IP6, RARP};
use crate::LinkType;

/// What a frame begins with, and where its parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Link(LinkType),
    /// A cooked socket: the kernel knows the `EtherType`, and the bytes begin with the network
    /// layer.
    Cooked,
}

/// `SKF_AD_OFF + SKF_AD_PROTOCOL`: the `EtherType` as the kernel knows it.
const KERNEL_PROTOCOL: u32 = 0xffff_f000;
/// What accepting returns: more than any frame has.
const WHOLE: u32 = 262_144;

/// The instructions for an expression.
///
/// # Errors
/// A sentence: what the link type does not have, or that the program is too long.
pub(super) fn compile(expr: &Expr, layout: Layout) -> Result<Program, String> {
    let mut code = Code {
        layout,
        tags: 0,
        steps: Vec::new(),
        labels: 0,
    };
    let (accept, reject) = (code.label(), code.label());
    code.expr(expr, accept, reject)?;
    code.steps.push(Step::Mark(accept));
    code.plain(RET | K, WHOLE);
    code.steps.push(Step::Mark(reject));
    code.plain(RET | K, 0);
    code.resolve()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(pub(super) usize);

#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Plain(u16, u32),
    Branch(u16, u32, Label, Label),
    Mark(Label),
}

pub(super) struct Code {
    pub(super) layout: Layout,
    /// How many VLAN tags were passed.
    tags: u32,
    pub(super) steps: Vec<Step>,
    pub(super) labels: usize,
}

impl Code {
    fn label(&mut self) -> Label {
        self.labels += 1;
        Label(self.labels - 1)
    }

    pub(super) fn plain(&mut self, code: u16, k: u32) {
        self.steps.push(Step::Plain(code, k));
    }

    fn expr(&mut self, expr: &Expr, yes: Label, no: Label) -> Result<(), String> {
        if self.steps.len() > 4 * MAX_INSTRUCTIONS {
            return Err(too_long());
        }
        match expr {
            Expr::And(left, right) => {
                let more = self.label();
                self.expr(left, more, no)?;
                self.steps.push(Step::Mark(more));
                self.expr(right, yes, no)
            }
            Expr::Or(left, right) => {
                let more = self.label();
                self.expr(left, yes, more)?;
                self.steps.push(Step::Mark(more));
                self.expr(right, yes, no)
            }
            Expr::Not(inner) => self.expr(inner, no, yes),
            Expr::Relation(relation, left, right) => self.relation(*relation, left, right, yes, no),
            Expr::Test(test) => self.test(test, yes, no),
        }
    }

    /// Goes on only when the condition holds.
    pub(super) fn only_if(&mut self, no: Label, condition: impl FnOnce(&mut Self, Label, Label)) {
        let more = self.label();
        condition(self, more, no);
        self.steps.push(Step::Mark(more));
    }

    /// Is done when the condition holds, and otherwise goes on.
    fn done_if(&mut self, yes: Label, condition: impl FnOnce(&mut Self, Label, Label)) {
        let more = self.label();
        condition(self, yes, more);
        self.steps.push(Step::Mark(more));
    }

    fn never(&mut self, no: Label) {
        self.plain(LD | IMM, 0);
        self.steps.push(Step::Branch(JMP | JEQ | K, 0, no, no));
    }

    /// Compares a field, of which only the bits of `mask` count.
    pub(super) fn equals(
        &mut self,
        size: u16,
        at: u32,
        mask: u32,
        value: u32,
        yes: Label,
        no: Label,
    ) {
        self.plain(LD | size | ABS, at);
        if mask != u32::MAX {
            self.plain(ALU | AND | K, mask);
        }
        self.steps.push(Step::Branch(JMP | JEQ | K, value, yes, no));
    }

    /// Where the network layer begins.
    pub(super) fn network(&self) -> u32 {
        let header = match self.layout {
            Layout::Link(LinkType::Ethernet) => 14,
            Layout::Link(LinkType::LinuxSll) => 16,
            Layout::Link(LinkType::LinuxSll2) => 20,
            Layout::Link(LinkType::Null | LinkType::Loop) => 4,
            Layout::Link(LinkType::Raw | LinkType::Other(_)) | Layout::Cooked => 0,
        };
        header + 4 * self.tags
    }

    pub(super) fn ether_type(&mut self, ether_type: u16, yes: Label, no: Label) {
        let value = u32::from(ether_type);
        match self.layout {
            Layout::Link(LinkType::Ethernet) => {
                let at = 12 + 4 * self.tags;
                self.equals(HALF, at, u32::MAX, value, yes, no);
            }
            Layout::Link(LinkType::LinuxSll) => self.equals(HALF, 14, u32::MAX, value, yes, no),
            Layout::Link(LinkType::LinuxSll2) => self.equals(HALF, 0, u32::MAX, value, yes, no),
            Layout::Cooked => self.equals(HALF, KERNEL_PROTOCOL, u32::MAX, value, yes, no),
            Layout::Link(LinkType::Raw) => match ether_type {
                IP => self.equals(BYTE, 0, 0xf0, 0x40, yes, no),
                IP6 => self.equals(BYTE, 0, 0xf0, 0x60, yes, no),
                _ => self.never(no),
            },
            Layout::Link(link @ (LinkType::Null | LinkType::Loop)) => {
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
            Layout::Link(LinkType::Other(_)) => self.never(no),
        }
    }

    fn test(&mut self, test: &Test, yes: Label, no: Label) -> Result<(), String> {
        match *test {
            Test::EtherType(ether_type) => self.ether_type(ether_type, yes, no),
            Test::Protocol { v4, v6, number } => {
                if v6 {
                    self.done_if(yes, |code, yes, no| code.protocol6(number, yes, no));
                }
                if v4 {
                    self.only_if(no, |code, yes, no| code.ether_type(IP, yes, no));
                    let at = self.network() + 9;
                    self.equals(BYTE, at, u32::MAX, number.into(), yes, no);
                } else {
                    self.steps.push(Step::Branch(JMP | JA, 0, no, no));
                }
            }
            Test::Host4 {
                address,
                mask,
                side,
                within,
            } => {
                let value = u32::from(address) & mask;
                for &ether_type in within {
                    self.done_if(yes, |code, yes, no| {
                        code.only_if(no, |code, yes, no| code.ether_type(ether_type, yes, no));
                        let at = match ether_type {
                            ARP | RARP => (14, 24),
                            _ => (12, 16),
                        };
                        code.sided(side, at, yes, no, |code, at, yes, no| {
                            let at = code.network() + at;
                            code.masked(&[(at, mask, value)], yes, no);
                        });
                    });
                }
                self.steps.push(Step::Branch(JMP | JA, 0, no, no));
            }
            Test::Host6 {
                address,
                prefix,
                side,
            } => {
                self.only_if(no, |code, yes, no| code.ether_type(IP6, yes, no));
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                let bits = u128::from(address) & mask;
                self.sided(side, (8, 24), yes, no, |code, at, yes, no| {
                    let base = code.network() + at;
                    #[allow(clippy::cast_possible_truncation)] // One word of the four.
                    let word = |of: u128, n: u32| (of >> (96 - 32 * n)) as u32;
                    let words = [3, 2, 1, 0].map(|n| (base + 4 * n, word(mask, n), word(bits, n)));
                    code.masked(&words, yes, no);
                });
            }
            Test::Ports {
                first,
                last,
                side,
                protocols,
            } => {
                let ports = (u32::from(first), u32::from(last));
                self.done_if(yes, |code, yes, no| {
                    code.ports6(ports, side, protocols, yes, no);
                });
                self.ports4(ports, side, protocols, yes, no);
            }
            Test::EtherHost(mac, side) => {
                self.needs_ethernet("an Ethernet address")?;
                let number = mac
                    .0
                    .iter()
                    .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
                #[allow(clippy::cast_possible_truncation)] // The two parts of 48 bits.
                let (high, low) = ((number >> 32) as u32, number as u32);
                self.sided(side, (6, 0), yes, no, |code, at, yes, no| {
                    code.only_if(no, |code, yes, no| {
                        code.equals(WORD, at + 2, u32::MAX, low, yes, no);
                    });
                    code.equals(HALF, at, u32::MAX, high, yes, no);
                });
            }
            Test::EtherMulticast => {
                self.needs_ethernet("multicast")?;
                self.equals(BYTE, 0, 1, 1, yes, no);
            }
            Test::Ip4Multicast => {
                self.only_if(no, |code, yes, no| code.ether_type(IP, yes, no));
                let at = self.network() + 16;
                self.plain(LD | BYTE | ABS, at);
                self.steps.push(Step::Branch(JMP | JGE | K, 224, yes, no));
            }
            Test::Ip6Multicast => {
                self.only_if(no, |code, yes, no| code.ether_type(IP6, yes, no));
                let at = self.network() + 24;
                self.equals(BYTE, at, u32::MAX, 255, yes, no);
            }
            Test::Vlan(number) => {
                self.needs_ethernet("a VLAN tag")?;
                let network = self.network();
                self.only_if(no, |code, yes, no| {
                    for tag in [0x8100, 0x88a8] {
                        code.done_if(yes, |code, yes, no| code.ether_type(tag, yes, no));
                    }
                    code.ether_type(0x9100, yes, no);
                });
                match number {
                    Some(number) => self.equals(HALF, network, 0xfff, number.into(), yes, no),
                    None => self.steps.push(Step::Branch(JMP | JA, 0, yes, yes)),
                }
                self.tags += 1;
            }
        }
        Ok(())
    }

    fn needs_ethernet(&self, what: &str) -> Result<(), String> {
        match self.layout {
            Layout::Link(LinkType::Ethernet) => Ok(()),
            Layout::Link(link) => Err(format!("frames of link type {link} do not have {what}")),
            Layout::Cooked => Err(format!("frames of link type LINUX_SLL2 do not have {what}")),
        }
    }

    /// Words under masks, all of which must be equal; a mask of zero asks nothing.
    fn masked(&mut self, words: &[(u32, u32, u32)], yes: Label, no: Label) {
        for &(at, mask, value) in words.iter().filter(|(_, mask, _)| *mask != 0) {
            self.only_if(no, |code, yes, no| {
                code.equals(WORD, at, mask, value, yes, no);
            });
        }
        self.steps.push(Step::Branch(JMP | JA, 0, yes, yes));
    }

    /// A condition on the source's field, the destination's, either or both.
    fn sided(
        &mut self,
        side: Side,
        (source, destination): (u32, u32),
        yes: Label,
        no: Label,
        condition: impl Fn(&mut Self, u32, Label, Label),
    ) {
        match side {
            Side::Source => condition(self, source, yes, no),
            Side::Destination => condition(self, destination, yes, no),
            Side::Either => {
                self.done_if(yes, |code, yes, no| condition(code, source, yes, no));
                condition(self, destination, yes, no);
            }
            Side::Both => {
                self.only_if(no, |code, yes, no| condition(code, source, yes, no));
                condition(self, destination, yes, no);
            }
        }
    }

    fn protocol6(&mut self, number: u8, yes: Label, no: Label) {
        self.only_if(no, |code, yes, no| code.ether_type(IP6, yes, no));
        let (next, behind) = (self.network() + 6, self.network() + 40);
        self.done_if(yes, |code, yes, no| {
            code.only_if(no, |code, yes, no| {
                code.equals(BYTE, next, u32::MAX, 44, yes, no);
            });
            code.equals(BYTE, behind, u32::MAX, number.into(), yes, no);
        });
        self.equals(BYTE, next, u32::MAX, number.into(), yes, no);
    }

    fn ports6(&mut self, ports: (u32, u32), side: Side, protocols: &[u8], yes: Label, no: Label) {
        self.only_if(no, |code, yes, no| code.ether_type(IP6, yes, no));
        let network = self.network();
        self.only_if(no, |code, yes, no| {
            code.one_of(network + 6, protocols, yes, no);
        });
        self.sided(side, (40, 42), yes, no, |code, at, yes, no| {
            code.plain(LD | HALF | ABS, network + at);
            code.within(ports, yes, no);
        });
    }

    fn ports4(&mut self, ports: (u32, u32), side: Side, protocols: &[u8], yes: Label, no: Label) {
        self.only_if(no, |code, yes, no| code.ether_type(IP, yes, no));
        let network = self.network();
        self.only_if(no, |code, yes, no| {
            code.one_of(network + 9, protocols, yes, no);
        });
        self.only_if(no, Self::first_fragment);
        self.sided(side, (0, 2), yes, no, |code, at, yes, no| {
            code.plain(LDX | BYTE | MSH, network);
            code.plain(LD | HALF | IND, network + at);
            code.within(ports, yes, no);
        });
    }

    fn one_of(&mut self, at: u32, protocols: &[u8], yes: Label, no: Label) {
        self.plain(LD | BYTE | ABS, at);
        for &number in protocols {
            self.done_if(yes, |code, yes, no| {
                code.steps
                    .push(Step::Branch(JMP | JEQ | K, number.into(), yes, no));
            });
        }
        self.steps.push(Step::Branch(JMP | JA, 0, no, no));
    }

    fn within(&mut self, (first, last): (u32, u32), yes: Label, no: Label) {
        if first == last {
            self.steps.push(Step::Branch(JMP | JEQ | K, first, yes, no));
            return;
        }
        self.only_if(no, |code, yes, no| {
            code.steps.push(Step::Branch(JMP | JGE | K, first, yes, no));
        });
        self.steps.push(Step::Branch(JMP | JGT | K, last, no, yes));
    }

    /// IPv4's fragment offset is zero: the transport header is here.
    pub(super) fn first_fragment(&mut self, yes: Label, no: Label) {
        let at = self.network() + 6;
        self.equals(HALF, at, 0x1fff, 0, yes, no);
    }
}
