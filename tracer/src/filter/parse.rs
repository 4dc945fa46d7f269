//! What the words say. As in tcpdump, `and` and `or` bind equally and to the left, `not` binds
//! more tightly, and a bare value repeats the qualifiers before it: `port 20 or 21`.

use super::Fault;
use super::ast::Expr;
use super::lex::{Spot, Token, tokens};
use super::value::Qualifiers;

/// How deep parentheses may stand in each other.
const DEEPEST: usize = 100;
/// How many tests and operators there may be.
const MOST: usize = 1000;

pub(super) fn parse(text: &str) -> Result<Option<Expr>, Fault> {
    let spots = tokens(text)?;
    if spots.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser {
        spots: &spots,
        end: text.len(),
        next: 0,
        depth: 0,
        count: 0,
        qualifiers: None,
    };
    let expr = parser.expr()?;
    if parser.peek().is_some() {
        return Err(parser.fault("expected and, or, or the end"));
    }
    Ok(Some(expr))
}

pub(super) struct Parser<'a> {
    spots: &'a [Spot],
    end: usize,
    pub(super) next: usize,
    depth: usize,
    count: usize,
    /// Those of the test before, for a value without any.
    pub(super) qualifiers: Option<Qualifiers>,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.spots.get(self.next + ahead).map(|spot| &spot.token)
    }

    pub(super) fn word_at(&self, ahead: usize) -> &str {
        match self.peek_at(ahead) {
            Some(Token::Word(name)) => name,
            _ => "",
        }
    }

    pub(super) fn skip(&mut self) {
        self.next += 1;
    }

    pub(super) const fn position(&self) -> usize {
        self.next
    }

    /// How far ahead the parenthesis is that closes the one that comes.
    pub(super) fn closing(&self) -> Option<usize> {
        let mut open = 0_usize;
        for (ahead, spot) in self.spots.get(self.next..)?.iter().enumerate() {
            match spot.token {
                Token::Symbol("(") => open += 1,
                Token::Symbol(")") => {
                    open -= 1;
                    if open == 0 {
                        return Some(ahead);
                    }
                }
                _ => {}
            }
        }
        None
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        self.fault_at(self.next, message)
    }

    pub(super) fn fault_at(&self, spot: usize, message: impl Into<String>) -> Fault {
        let message = message.into();
        match self.spots.get(spot) {
            Some(spot) => Fault {
                at: spot.at,
                len: spot.len,
                message,
            },
            None => Fault {
                at: self.end,
                len: 1,
                message: format!("{message}, found the end"),
            },
        }
    }

    pub(super) fn symbol(&mut self, symbol: &'static str) -> Result<(), Fault> {
        if self.peek() == Some(&Token::Symbol(symbol)) {
            self.skip();
            return Ok(());
        }
        Err(self.fault(format!("expected {symbol}")))
    }

    pub(super) fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.fault(format!("nested more than {DEEPEST} deep")));
        }
        Ok(())
    }

    pub(super) const fn shallower(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn counted(&mut self) -> Result<(), Fault> {
        self.count += 1;
        if self.count > MOST {
            return Err(self.fault(format!("more than {MOST} tests and operators")));
        }
        Ok(())
    }

    fn expr(&mut self) -> Result<Expr, Fault> {
        self.deeper()?;
        let mut left = self.term()?;
        while let Some(Token::Symbol(symbol @ ("and" | "or"))) = self.peek() {
            let and = *symbol == "and";
            self.skip();
            let right = self.term()?;
            left = join(and, left, right);
        }
        self.shallower();
        Ok(left)
    }

    fn term(&mut self) -> Result<Expr, Fault> {
        self.counted()?;
        if self.peek() == Some(&Token::Symbol("not")) {
            self.skip();
            self.deeper()?;
            let inner = self.term()?;
            self.shallower();
            return Ok(Expr::Not(Box::new(inner)));
        }
        if self.is_arith() {
            self.qualifiers = None;
            return self.relation();
        }
        match self.peek() {
            Some(Token::Symbol("(")) => {
                self.skip();
                let inner = self.expr()?;
                self.symbol(")")?;
                Ok(inner)
            }
            Some(Token::Word(name)) => {
                let name = name.clone();
                self.named(&name)
            }
            Some(
                Token::Number(_)
                | Token::Dotted(..)
                | Token::Six(_)
                | Token::Mac(_)
                | Token::Escaped(_),
            ) => self.repeated(),
            Some(Token::Symbol(_)) | None => Err(self.fault("expected a test, such as port 21")),
        }
    }

    /// A value without qualifiers: those before it count.
    pub(super) fn repeated(&mut self) -> Result<Expr, Fault> {
        let Some(qualifiers) = self.qualifiers.clone() else {
            return Err(self.fault("what is this? write host, net or port before it"));
        };
        self.value(&qualifiers)
    }
}

pub(super) fn join(and: bool, left: Expr, right: Expr) -> Expr {
    if and {
        Expr::And(Box::new(left), Box::new(right))
    } else {
        left.or(right)
    }
}
