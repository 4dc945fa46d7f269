//! From what an expression says to instructions, for frames of one link type.

use super::assemble::too_long;
use super::ast::{Expr, Llc, Side, Test};
use super::link::Within;
use super::program::{
    ABS, ALU, AND, BYTE, HALF, IMM, JA, JEQ, JGE, JMP, K, LD, MAX_INSTRUCTIONS, Program, RET, WORD,
};
use super::{ARP, IP, IP6, RARP};
use crate::LinkType;

/// What a frame begins with, and where its parts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Link(LinkType),
    /// The same while it comes: the kernel knows more of it than its bytes.
    Kernel(LinkType),
    /// A cooked socket: the kernel knows the `EtherType`, and the bytes begin with the network
    /// layer.
    Cooked,
}

/// The service access point of the protocols of ISO.
const ISO: u8 = 0xfe;
/// What accepting returns: more than any frame has.
const WHOLE: u32 = 262_144;

/// The instructions for an expression.
///
/// # Errors
/// A sentence: what the link type does not have, or that the program is too long.
pub(super) fn compile(expr: &Expr, layout: Layout) -> Result<Program, String> {
    let mut code = Code {
        layout,
        within: Within::default(),
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
    pub(super) within: Within,
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
    pub(super) fn done_if(&mut self, yes: Label, condition: impl FnOnce(&mut Self, Label, Label)) {
        let more = self.label();
        condition(self, yes, more);
        self.steps.push(Step::Mark(more));
    }

    pub(super) fn never(&mut self, no: Label) {
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
            Test::Vlan(number) => self.vlan(number, yes, no)?,
            Test::Mpls(label) => self.mpls(label, yes, no)?,
            Test::PppoeSession(session) => self.pppoe(session, yes, no)?,
            Test::Llc(point) => self.llc(point, yes, no)?,
            Test::Iso(protocol) => {
                let more = self.label();
                self.llc(Llc::Between(ISO), more, no)?;
                self.steps.push(Step::Mark(more));
                let at = self.network() + 3;
                self.equals(BYTE, at, u32::MAX, protocol.into(), yes, no);
            }
            Test::Outbound(outbound) => self.outbound(outbound, yes, no)?,
            Test::Interface(index) => self.interface(index, yes, no)?,
        }
        Ok(())
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
    pub(super) fn sided(
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
}
