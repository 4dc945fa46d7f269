//! Classic BPF: instructions, and a machine that runs them on frames of a file.
//!
//! The kernel runs the same instructions on live traffic. Here as there, a load beyond the
//! captured bytes and a division by zero reject the frame.

use std::borrow::Cow;

use crate::Frame;
use crate::decode::as_ethernet;

/// One instruction, as `SO_ATTACH_FILTER` and `tcpdump -ddd` have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What to do: a class with its modes (`linux/bpf_common.h`).
    pub code: u16,
    /// How many instructions to skip when a condition holds.
    pub jt: u8,
    /// How many instructions to skip when it does not.
    pub jf: u8,
    /// The operand.
    pub k: u32,
}

pub(super) const LD: u16 = 0x00;
pub(super) const LDX: u16 = 0x01;
pub(super) const ST: u16 = 0x02;
pub(super) const STX: u16 = 0x03;
pub(super) const ALU: u16 = 0x04;
pub(super) const JMP: u16 = 0x05;
pub(super) const RET: u16 = 0x06;
const MISC: u16 = 0x07;

pub(super) const WORD: u16 = 0x00;
pub(super) const HALF: u16 = 0x08;
pub(super) const BYTE: u16 = 0x10;

pub(super) const IMM: u16 = 0x00;
pub(super) const ABS: u16 = 0x20;
pub(super) const IND: u16 = 0x40;
pub(super) const MEM: u16 = 0x60;
pub(super) const LEN: u16 = 0x80;
pub(super) const MSH: u16 = 0xa0;

pub(super) const ADD: u16 = 0x00;
pub(super) const SUB: u16 = 0x10;
pub(super) const MUL: u16 = 0x20;
pub(super) const DIV: u16 = 0x30;
pub(super) const OR: u16 = 0x40;
pub(super) const AND: u16 = 0x50;
pub(super) const LSH: u16 = 0x60;
pub(super) const RSH: u16 = 0x70;
pub(super) const NEG: u16 = 0x80;
pub(super) const MOD: u16 = 0x90;
pub(super) const XOR: u16 = 0xa0;

pub(super) const JA: u16 = 0x00;
pub(super) const JEQ: u16 = 0x10;
pub(super) const JGT: u16 = 0x20;
pub(super) const JGE: u16 = 0x30;
pub(super) const JSET: u16 = 0x40;

/// The operand is `k`, or the index register.
pub(super) const K: u16 = 0x00;
pub(super) const X: u16 = 0x08;

pub(super) const STORE: u16 = ST;
pub(super) const TAX: u16 = MISC;

/// How many words of memory a program has.
pub(super) const CELLS: usize = 16;

/// The most instructions that the kernel takes.
pub const MAX_INSTRUCTIONS: usize = 4096;

/// A program that accepts frames of one link type or rejects them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(Vec<Instruction>);

impl Program {
    /// From instructions, such as `tcpdump -ddd` prints. `None` when there are more than
    /// [`MAX_INSTRUCTIONS`], when one is unknown, or when a path leads past the end: all jumps
    /// lead forward, so every program ends.
    pub fn new(instructions: Vec<Instruction>) -> Option<Self> {
        let count = instructions.len();
        let fits = |at: usize, i: &Instruction| {
            let inside = |skip: u32| at + 1 + (skip as usize) < count;
            match i.code & 7 {
                JMP if i.code & 0xf0 == JA => inside(i.k),
                JMP => i.code & 0xf0 <= JSET && inside(i.jt.into()) && inside(i.jf.into()),
                RET => true,
                LD | LDX if i.code & 0xe0 == MEM => (i.k as usize) < CELLS && inside(0),
                ST | STX => (i.k as usize) < CELLS && inside(0),
                _ => inside(0),
            }
        };
        let sound = count <= MAX_INSTRUCTIONS
            && count > 0
            && instructions.iter().enumerate().all(|(at, i)| fits(at, i));
        sound.then_some(Self(instructions))
    }

    /// The instructions.
    pub fn instructions(&self) -> &[Instruction] {
        &self.0
    }

    /// Whether the frame is accepted.
    pub fn accepts(&self, frame: &Frame<'_>) -> bool {
        let bytes = if frame.link.is_wireless() {
            Cow::Owned(as_ethernet(frame))
        } else {
            Cow::Borrowed(frame.bytes)
        };
        self.run(&bytes, frame.wire_len).unwrap_or(0) != 0
    }

    /// What the program returns; `None` for a load beyond the bytes, a division by zero, and an
    /// instruction that does not exist.
    fn run(&self, bytes: &[u8], wire_len: u32) -> Option<u32> {
        let (mut a, mut x) = (0_u32, 0_u32);
        let mut memory = [0_u32; CELLS];
        let mut at = 0;
        loop {
            let i = self.0.get(at)?;
            at += 1;
            let operand = if i.code & X == 0 { i.k } else { x };
            match i.code & 7 {
                LD => {
                    a = match i.code & 0xe0 {
                        ABS => load(bytes, u64::from(i.k), i.code)?,
                        IND => load(bytes, u64::from(i.k) + u64::from(x), i.code)?,
                        IMM => i.k,
                        LEN => wire_len,
                        MEM => *memory.get(i.k as usize)?,
                        _ => return None,
                    }
                }
                LDX => {
                    x = match i.code & 0xe0 {
                        IMM => i.k,
                        LEN => wire_len,
                        MEM => *memory.get(i.k as usize)?,
                        MSH => 4 * (load(bytes, i.k.into(), BYTE)? & 0xf),
                        _ => return None,
                    }
                }
                ST => *memory.get_mut(i.k as usize)? = a,
                STX => *memory.get_mut(i.k as usize)? = x,
                ALU => a = calculate(a, operand, i.code & 0xf0)?,
                JMP => {
                    let holds = match i.code & 0xf0 {
                        JA => {
                            at += i.k as usize;
                            continue;
                        }
                        JEQ => a == operand,
                        JGT => a > operand,
                        JGE => a >= operand,
                        JSET => a & operand != 0,
                        _ => return None,
                    };
                    at += usize::from(if holds { i.jt } else { i.jf });
                }
                RET if i.code & 0x18 == 0x10 => return Some(a),
                RET => return Some(i.k),
                _ if i.code & 0xf8 == 0x80 => a = x,
                _ => x = a,
            }
        }
    }
}

fn load(bytes: &[u8], at: u64, code: u16) -> Option<u32> {
    let from = bytes.get(usize::try_from(at).ok()?..)?;
    Some(match code & 0x18 {
        WORD => u32::from_be_bytes(*from.first_chunk()?),
        HALF => u16::from_be_bytes(*from.first_chunk()?).into(),
        BYTE => (*from.first()?).into(),
        _ => return None,
    })
}

/// Arithmetic modulo 2^32. Shifting by 32 or more gives 0, as in libpcap.
fn calculate(a: u32, operand: u32, operation: u16) -> Option<u32> {
    Some(match operation {
        ADD => a.wrapping_add(operand),
        SUB => a.wrapping_sub(operand),
        MUL => a.wrapping_mul(operand),
        DIV => a.checked_div(operand)?,
        MOD => a.checked_rem(operand)?,
        AND => a & operand,
        OR => a | operand,
        XOR => a ^ operand,
        LSH => a.checked_shl(operand).unwrap_or(0),
        RSH => a.checked_shr(operand).unwrap_or(0),
        NEG => a.wrapping_neg(),
        _ => return None,
    })
}
