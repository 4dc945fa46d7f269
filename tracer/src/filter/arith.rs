//! Arithmetic on the fields of a frame, and comparisons of it.

use super::ast::{Arith, Base, Expr, Operator, Relation};
use super::lex::Token;
use super::parse::Parser;
use super::{ARP, Fault, IP, IP6, RARP};

/// What a load may count from.
pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "ether" | "link" => Base::Link,
        "ip" => Base::Network(IP),
        "ip6" => Base::Network(IP6),
        "arp" => Base::Network(ARP),
        "rarp" => Base::Network(RARP),
        "tcp" => Base::Transport(6),
        "udp" => Base::Transport(17),
        "sctp" => Base::Transport(132),
        "icmp" => Base::Transport(1),
        "igmp" => Base::Transport(2),
        "pim" => Base::Transport(103),
        "icmp6" => Base::Icmp6,
        _ => return None,
    })
}

/// How tightly an operator binds: the higher, the tighter.
fn operator(symbol: &str) -> Option<(u8, Operator)> {
    Some(match symbol {
        "|" => (1, Operator::Or),
        "^" => (1, Operator::Xor),
        "&" => (2, Operator::And),
        "<<" => (3, Operator::ShiftLeft),
        ">>" => (3, Operator::ShiftRight),
        "+" => (4, Operator::Add),
        "-" => (4, Operator::Subtract),
        "*" => (5, Operator::Multiply),
        "/" => (5, Operator::Divide),
        "%" => (5, Operator::Remainder),
        _ => return None,
    })
}

fn relation(symbol: &str) -> Option<Relation> {
    Some(match symbol {
        "=" => Relation::Equal,
        "!=" => Relation::NotEqual,
        "<" => Relation::Less,
        "<=" => Relation::LessOrEqual,
        ">" => Relation::Greater,
        ">=" => Relation::GreaterOrEqual,
        _ => return None,
    })
}

/// Whether a symbol stands between two values of arithmetic.
pub(super) fn joins(symbol: &str) -> bool {
    operator(symbol).is_some() || relation(symbol).is_some()
}

impl Parser<'_> {
    /// Whether what comes is the left side of a comparison.
    pub(super) fn is_arith(&self) -> bool {
        let after = |ahead: usize| match self.peek_at(ahead) {
            Some(Token::Symbol(symbol)) => *symbol,
            _ => "",
        };
        match self.peek() {
            Some(Token::Number(_)) => joins(after(1)),
            Some(Token::Symbol("-")) => true,
            Some(Token::Symbol("(")) => self.closing().is_some_and(|ahead| joins(after(ahead + 1))),
            Some(Token::Word(name)) => name == "len" || base(name).is_some() && after(1) == "[",
            _ => false,
        }
    }

    pub(super) fn relation(&mut self) -> Result<Expr, Fault> {
        let left = self.arith(0)?;
        let found = match self.peek() {
            Some(Token::Symbol(symbol)) => relation(symbol),
            _ => None,
        };
        let Some(found) = found else {
            return Err(self.fault("expected a comparison: = != < <= > >="));
        };
        self.skip();
        Ok(Expr::Relation(found, left, self.arith(0)?))
    }

    /// A value; operators that bind less tightly than `least` are left alone.
    fn arith(&mut self, least: u8) -> Result<Arith, Fault> {
        self.deeper()?;
        let mut left = self.operand()?;
        while let Some(Token::Symbol(symbol)) = self.peek()
            && let Some((tightness, operator)) = operator(symbol)
            && tightness > least
        {
            self.counted()?;
            let at = self.position();
            self.skip();
            let right = self.arith(tightness)?;
            left = fold(operator, left, right).map_err(|message| self.fault_at(at, message))?;
        }
        self.shallower();
        Ok(left)
    }

    fn operand(&mut self) -> Result<Arith, Fault> {
        match self.peek().cloned() {
            Some(Token::Number(value)) => {
                self.skip();
                Ok(Arith::Number(value))
            }
            Some(Token::Symbol("-")) => {
                self.skip();
                self.deeper()?;
                let value = self.operand()?;
                self.shallower();
                Ok(match value {
                    Arith::Number(value) => Arith::Number(value.wrapping_neg()),
                    other => Arith::Negative(Box::new(other)),
                })
            }
            Some(Token::Symbol("(")) => {
                self.skip();
                let value = self.arith(0)?;
                self.symbol(")")?;
                Ok(value)
            }
            Some(Token::Word(name)) if name == "len" => {
                self.skip();
                Ok(Arith::Length)
            }
            Some(Token::Word(name)) if base(&name).is_some() => self.load(&name),
            _ => Err(self.fault("expected a number, len, or a field such as tcp[13] or ip[2:2]")),
        }
    }

    fn load(&mut self, name: &str) -> Result<Arith, Fault> {
        self.skip();
        self.symbol("[")?;
        let index = self.arith(0)?;
        let mut size = 1;
        if self.peek() == Some(&Token::Symbol(":")) {
            self.skip();
            size = match self.peek() {
                Some(Token::Number(1)) => 1,
                Some(Token::Number(2)) => 2,
                Some(Token::Number(4)) => 4,
                _ => return Err(self.fault("expected a size of 1, 2 or 4 bytes")),
            };
            self.skip();
        }
        self.symbol("]")?;
        Ok(Arith::Load {
            base: base(name).unwrap_or(Base::Link),
            index: Box::new(index),
            size,
        })
    }
}

/// Applies an operator, at once if both sides are numbers.
fn fold(operator: Operator, left: Arith, right: Arith) -> Result<Arith, String> {
    if let Arith::Number(b) = right {
        match operator {
            Operator::Divide | Operator::Remainder if b == 0 => {
                return Err("division by zero".to_owned());
            }
            Operator::ShiftLeft | Operator::ShiftRight if b > 31 => {
                return Err(format!("a shift by {b} bits leaves nothing of 32"));
            }
            _ => {}
        }
        if let Arith::Number(a) = left {
            return Ok(Arith::Number(match operator {
                Operator::Add => a.wrapping_add(b),
                Operator::Subtract => a.wrapping_sub(b),
                Operator::Multiply => a.wrapping_mul(b),
                Operator::Divide => a.checked_div(b).unwrap_or(0),
                Operator::Remainder => a.checked_rem(b).unwrap_or(0),
                Operator::And => a & b,
                Operator::Or => a | b,
                Operator::Xor => a ^ b,
                Operator::ShiftLeft => a.checked_shl(b).unwrap_or(0),
                Operator::ShiftRight => a.checked_shr(b).unwrap_or(0),
            }));
        }
    }
    Ok(Arith::Binary(operator, Box::new(left), Box::new(right)))
}
