//! Filter expressions as tcpdump's users type them.
//!
//! ```text
//! lex.rs       the words
//! parse.rs     what they say: terms; primitive.rs a test and its qualifiers
//! value.rs     values under their qualifiers
//! arith.rs     arithmetic and the comparisons of it
//! names.rs     ports, hosts and protocols by name
//! ast.rs       an expression, before the link type is known
//! compile.rs   its instructions for one link type; link.rs and transport.rs those for layers,
//!              compute.rs those for arithmetic
//! assemble.rs  the distances of jumps
//! listing.rs   a program as text
//! program.rs   classic BPF, and the machine for frames of a file
//! ```
//!
//! The kernel gets the same instructions for live traffic as files are filtered with.

mod arith;
mod assemble;
mod ast;
mod compile;
mod compute;
mod lex;
mod link;
mod listing;
mod names;
mod parse;
mod primitive;
mod program;
mod transport;
mod value;

#[cfg(test)]
mod tests;

use thiserror::Error;

pub use listing::Listing;
pub use program::{Instruction, MAX_INSTRUCTIONS, Program};

use crate::LinkType;
use ast::{Expr, Test};
use compile::{Layout, compile};

const IP: u16 = 0x0800;
const ARP: u16 = 0x0806;
const RARP: u16 = 0x8035;
const IP6: u16 = 0x86dd;
const MPLS: u16 = 0x8847;
const PPPOE: u16 = 0x8864;

/// The longest expression, in bytes.
const LONGEST: usize = 16 * 1024;

/// A filter expression that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    text: String,
    /// Nothing said lets everything through.
    expr: Option<Expr>,
}

/// Why an expression is refused. The message shows it with a caret under the place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}\n  {shown}\n  {:at$}{:^<len$}", "", "")]
pub struct ExpressionError {
    message: String,
    shown: String,
    at: usize,
    len: usize,
}

/// What is wrong and where, in bytes.
#[derive(Debug)]
struct Fault {
    at: usize,
    len: usize,
    message: String,
}

impl ExpressionError {
    fn new(text: &str, fault: &Fault) -> Self {
        // Around the place, when the whole is longer than a line.
        const AROUND: usize = 60;
        let columns = |to: usize| text.get(..to).map_or(0, |part| part.chars().count());
        let (at, end) = (columns(fault.at), columns(fault.at + fault.len));
        let from = at.saturating_sub(AROUND);
        let printable = |c: char| if c.is_control() { ' ' } else { c };
        let shown = text.chars().skip(from).take(2 * AROUND).map(printable);
        Self {
            message: fault.message.clone(),
            shown: shown.collect(),
            at: at - from,
            len: end.saturating_sub(at).clamp(1, AROUND),
        }
    }
}

impl Expression {
    /// Reads an expression; one without words lets everything through.
    ///
    /// Names of ports, hosts and protocols are looked up in the files below `/etc`.
    ///
    /// # Errors
    /// What is not understood or not supported, and where.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let read = || {
            if text.len() > LONGEST {
                return Err(Fault {
                    at: 0,
                    len: 1,
                    message: format!("the expression is longer than {LONGEST} bytes"),
                });
            }
            parse::parse(text)
        };
        let expr = read().map_err(|fault| ExpressionError::new(text, &fault))?;
        Ok(Self {
            text: text.to_owned(),
            expr,
        })
    }

    /// The program that selects frames of this link type. Frames of 802.11 are looked at as if
    /// Ethernet had brought what they carry: their headers vary in length.
    ///
    /// # Errors
    /// When the link type has not what the expression asks for (an Ethernet address, a VLAN
    /// tag), and when the program would be longer than the kernel takes.
    pub fn compile(&self, link: LinkType) -> Result<Program, ExpressionError> {
        let link = if link.is_wireless() {
            LinkType::Ethernet
        } else {
            link
        };
        self.program(Layout::Link(link))
    }

    /// The program for the kernel, for a packet socket whose frames begin with this; with
    /// Linux's cooked header, version 2, for a socket that gives them from the network layer on.
    /// `None` when the kernel cannot tell: it takes VLAN tags out of a frame before a filter sees
    /// it, and gives no bytes of the link layer to a cooked socket. The frames of the capture
    /// have to be looked at then.
    ///
    /// # Errors
    /// As [`Expression::compile`].
    pub fn for_kernel(&self, link: LinkType) -> Result<Option<Program>, ExpressionError> {
        if self.wants_tags() {
            return self.compile(link).map(|_| None);
        }
        if link != LinkType::LinuxSll2 {
            return self.program(Layout::Kernel(link)).map(Some);
        }
        match self.program(Layout::Cooked) {
            Ok(program) => Ok(Some(program)),
            Err(_) => self.compile(link).map(|_| None),
        }
    }

    /// Whether it looks at VLAN tags.
    fn wants_tags(&self) -> bool {
        fn wants(expr: &Expr) -> bool {
            match expr {
                Expr::And(left, right) | Expr::Or(left, right) => wants(left) || wants(right),
                Expr::Not(inner) => wants(inner),
                Expr::Test(test) => matches!(test, Test::Vlan(_)),
                Expr::Relation(..) => false,
            }
        }
        self.expr.as_ref().is_some_and(wants)
    }

    fn program(&self, layout: Layout) -> Result<Program, ExpressionError> {
        let all = Program::new(vec![Instruction {
            code: program::RET,
            jt: 0,
            jf: 0,
            k: u32::MAX,
        }]);
        let compiled = match (&self.expr, all) {
            (None, Some(all)) => Ok(all),
            (Some(expr), _) => compile(expr, layout),
            (None, None) => Err("there is no program".to_owned()),
        };
        compiled.map_err(|message| {
            let (at, len) = (0, self.text.len());
            ExpressionError::new(&self.text, &Fault { at, len, message })
        })
    }
}
