//! What IP carries: protocols and ports.

use super::ast::Side;
use super::compile::{Code, Label, Step};
use super::program::{ABS, BYTE, HALF, IND, JA, JEQ, JGE, JGT, JMP, K, LD, LDX, MSH};
use super::{IP, IP6};

impl Code {
    pub(super) fn protocol6(&mut self, number: u8, yes: Label, no: Label) {
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

    pub(super) fn ports6(
        &mut self,
        ports: (u32, u32),
        side: Side,
        protocols: &[u8],
        yes: Label,
        no: Label,
    ) {
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

    pub(super) fn ports4(
        &mut self,
        ports: (u32, u32),
        side: Side,
        protocols: &[u8],
        yes: Label,
        no: Label,
    ) {
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
