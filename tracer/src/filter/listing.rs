//! A program in the three forms in which tcpdump prints it: `-d`, `-dd` and `-ddd`.

use std::fmt::{self, Display, Formatter, Write};

use super::program::{
    ABS, ADD, ALU, AND, BYTE, DIV, HALF, IMM, IND, Instruction, JA, JEQ, JGE, JGT, JMP, JSET, LD,
    LDX, LEN, LSH, MEM, MOD, MSH, MUL, NEG, OR, Program, RET, RSH, ST, STX, SUB, X, XOR,
};

/// How a program is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// To be read: `tcpdump -d`.
    Assembly,
    /// As a fragment of a C program: `tcpdump -dd`.
    C,
    /// As decimal numbers, how many instructions there are first: `tcpdump -ddd`.
    Decimal,
}

impl Program {
    /// The program as text, each instruction on a line of its own, the last one too.
    pub fn listing(&self, form: Listing) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(form, &mut out);
        out
    }

    fn write(&self, form: Listing, out: &mut String) -> fmt::Result {
        let instructions = self.instructions();
        if form == Listing::Decimal {
            writeln!(out, "{}", instructions.len())?;
        }
        for (at, i) in instructions.iter().enumerate() {
            let Instruction { code, jt, jf, k } = i;
            match form {
                Listing::Decimal => writeln!(out, "{code} {jt} {jf} {k}")?,
                Listing::C => writeln!(out, "{{ {code:#x}, {jt}, {jf}, 0x{k:08x} }},")?,
                Listing::Assembly => {
                    let (name, operand) = (name(i.code), Operand { i, at }.to_string());
                    write!(out, "({at:03}) {name:<8} ")?;
                    if i.code & 7 == JMP && i.code & 0xf0 != JA {
                        let (yes, no) = (at + 1 + usize::from(*jt), at + 1 + usize::from(*jf));
                        writeln!(out, "{operand:<16} jt {yes}\tjf {no}")?;
                    } else {
                        writeln!(out, "{operand}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

fn name(code: u16) -> &'static str {
    match code & 7 {
        LD => match code & 0x18 {
            HALF => "ldh",
            BYTE => "ldb",
            _ => "ld",
        },
        LDX if code & 0xe0 == MSH => "ldxb",
        LDX => "ldx",
        ST => "st",
        STX => "stx",
        RET => "ret",
        ALU => match code & 0xf0 {
            ADD => "add",
            SUB => "sub",
            MUL => "mul",
            DIV => "div",
            MOD => "mod",
            AND => "and",
            OR => "or",
            XOR => "xor",
            LSH => "lsh",
            RSH => "rsh",
            NEG => "neg",
            _ => "unimp",
        },
        JMP => match code & 0xf0 {
            JA => "ja",
            JEQ => "jeq",
            JGT => "jgt",
            JGE => "jge",
            JSET => "jset",
            _ => "unimp",
        },
        _ if code & 0xf8 == 0x80 => "txa",
        _ => "tax",
    }
}

struct Operand<'a> {
    i: &'a Instruction,
    at: usize,
}

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Instruction { code, k, .. } = *self.i;
        match code & 7 {
            LD | LDX => match code & 0xe0 {
                ABS => absolute(f, k),
                IND => write!(f, "[x + {k}]"),
                IMM => write!(f, "#{k:#x}"),
                LEN => f.write_str("#pktlen"),
                MEM => write!(f, "M[{k}]"),
                _ => write!(f, "4*([{k}]&0xf)"),
            },
            ST | STX => write!(f, "M[{k}]"),
            RET if code & 0x18 == 0x10 => Ok(()),
            RET => write!(f, "#{k}"),
            ALU if code & 0xf0 == NEG => Ok(()),
            ALU | JMP if code & X != 0 => f.write_str("x"),
            ALU => match code & 0xf0 {
                AND | OR | XOR => write!(f, "#{k:#x}"),
                _ => write!(f, "#{k}"),
            },
            JMP if code & 0xf0 == JA => {
                write!(f, "{}", self.at as u64 + 1 + u64::from(k))
            }
            JMP => write!(f, "#{k:#x}"),
            _ => Ok(()),
        }
    }
}

/// A place in the frame, or what the kernel knows of it besides.
fn absolute(f: &mut Formatter<'_>, k: u32) -> fmt::Result {
    match k {
        0xffff_f000 => f.write_str("[proto]"),
        0xffff_f004 => f.write_str("[type]"),
        0xffff_f008 => f.write_str("[ifidx]"),
        _ => write!(f, "[{k}]"),
    }
}
