//! Instructions for arithmetic and comparisons.

use super::ast::{Arith, Base, Operator, Relation};
use super::compile::{Code, Label, Layout, Step};
use super::program::{
    ABS, ADD, ALU, AND, BYTE, CELLS, DIV, HALF, IMM, IND, JEQ, JGE, JGT, JMP, K, LD, LDX, LEN, LSH,
    MEM, MOD, MSH, MUL, NEG, OR, RSH, STORE, SUB, TAX, WORD, X, XOR,
};
use super::{IP, IP6};

/// Beyond any frame; not near the numbers that have a meaning of their own to the kernel.
const NOWHERE: u32 = 0x7fff_ffff;

impl Code {
    pub(super) fn relation(
        &mut self,
        relation: Relation,
        left: &Arith,
        right: &Arith,
        yes: Label,
        no: Label,
    ) -> Result<(), String> {
        self.guard(left, no)?;
        self.guard(right, no)?;
        let (jump, turned) = match relation {
            Relation::Equal => (JEQ, false),
            Relation::NotEqual => (JEQ, true),
            Relation::Greater => (JGT, false),
            Relation::LessOrEqual => (JGT, true),
            Relation::GreaterOrEqual => (JGE, false),
            Relation::Less => (JGE, true),
        };
        let (yes, no) = if turned { (no, yes) } else { (yes, no) };
        if let Arith::Number(value) = *right {
            self.value(left, 0)?;
            self.steps
                .push(Step::Branch(JMP | jump | K, value, yes, no));
        } else {
            self.pair(left, right, 0)?;
            self.steps.push(Step::Branch(JMP | jump | X, 0, yes, no));
        }
        Ok(())
    }

    /// What must be there for the loads of a value to mean anything.
    fn guard(&mut self, arith: &Arith, no: Label) -> Result<(), String> {
        match arith {
            Arith::Number(_) | Arith::Length => Ok(()),
            // As in libpcap: of two operands, the left one says what packet this must be.
            Arith::Negative(inner) | Arith::Binary(_, inner, _) => self.guard(inner, no),
            Arith::Load { base, index, .. } => {
                self.guard(index, no)?;
                match *base {
                    Base::Link => {
                        if self.layout == Layout::Cooked {
                            return Err("the link layer's header of a cooked socket is not there \
                                        to look at"
                                .to_owned());
                        }
                    }
                    Base::Network(ether_type) => {
                        self.only_if(no, |code, yes, no| code.ether_type(ether_type, yes, no));
                    }
                    Base::Transport(number) => {
                        self.only_if(no, |code, yes, no| code.ether_type(IP, yes, no));
                        let at = self.network() + 9;
                        self.only_if(no, |code, yes, no| {
                            code.equals(BYTE, at, u32::MAX, number.into(), yes, no);
                        });
                        self.only_if(no, Self::first_fragment);
                    }
                    Base::Icmp6 => {
                        self.only_if(no, |code, yes, no| code.ether_type(IP6, yes, no));
                        let at = self.network() + 6;
                        self.only_if(no, |code, yes, no| {
                            code.equals(BYTE, at, u32::MAX, 58, yes, no);
                        });
                    }
                }
                Ok(())
            }
        }
    }

    /// Computes a value; memory from `cell` on is free.
    fn value(&mut self, arith: &Arith, cell: usize) -> Result<(), String> {
        match arith {
            Arith::Number(value) => self.plain(LD | IMM, *value),
            Arith::Length => self.plain(LD | LEN, 0),
            Arith::Negative(inner) => {
                self.value(inner, cell)?;
                self.plain(ALU | NEG, 0);
            }
            Arith::Binary(operator, left, right) => {
                let operation = ALU | operation(*operator);
                if let Arith::Number(value) = **right {
                    self.value(left, cell)?;
                    self.plain(operation | K, value);
                } else {
                    self.pair(left, right, cell)?;
                    self.plain(operation | X, 0);
                }
            }
            Arith::Load { base, index, size } => {
                let size = match size {
                    1 => BYTE,
                    2 => HALF,
                    _ => WORD,
                };
                let from = match base {
                    Base::Link => self.link_header(),
                    Base::Network(_) | Base::Transport(_) => self.network(),
                    Base::Icmp6 => self.network() + 40,
                };
                let behind_ip4 = matches!(base, Base::Transport(_));
                match (&**index, behind_ip4) {
                    (Arith::Number(index), _) => {
                        let at = from.checked_add(*index).filter(|at| *at < NOWHERE);
                        let at = at.unwrap_or(NOWHERE);
                        if behind_ip4 {
                            self.plain(LDX | BYTE | MSH, from);
                            self.plain(LD | size | IND, at);
                        } else {
                            self.plain(LD | size | ABS, at);
                        }
                    }
                    (index, false) => {
                        self.value(index, cell)?;
                        self.plain(TAX, 0);
                        self.plain(LD | size | IND, from);
                    }
                    (index, true) => {
                        self.value(index, cell)?;
                        self.plain(LDX | BYTE | MSH, from);
                        self.plain(ALU | ADD | X, 0);
                        self.plain(TAX, 0);
                        self.plain(LD | size | IND, from);
                    }
                }
            }
        }
        Ok(())
    }

    /// Computes two values: the left one into the accumulator, the right one into the index.
    fn pair(&mut self, left: &Arith, right: &Arith, cell: usize) -> Result<(), String> {
        if cell >= CELLS {
            return Err(format!(
                "the arithmetic takes more than {CELLS} values at a time"
            ));
        }
        let k = u32::try_from(cell).unwrap_or(0);
        self.value(left, cell)?;
        self.plain(STORE, k);
        self.value(right, cell + 1)?;
        self.plain(TAX, 0);
        self.plain(LD | MEM, k);
        Ok(())
    }
}

const fn operation(operator: Operator) -> u16 {
    match operator {
        Operator::Add => ADD,
        Operator::Subtract => SUB,
        Operator::Multiply => MUL,
        Operator::Divide => DIV,
        Operator::Remainder => MOD,
        Operator::And => AND,
        Operator::Or => OR,
        Operator::Xor => XOR,
        Operator::ShiftLeft => LSH,
        Operator::ShiftRight => RSH,
    }
}
