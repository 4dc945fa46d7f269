//! What the words say. As in tcpdump, `and` and `or` bind equally and to the left, `not` binds
//! more tightly, and a bare value repeats the qualifiers before it: `port 20 or 21`.

use super::ast::{Expr, Side, Test};
use super::lex::{Spot, Token, tokens};
use super::value::{Kind, Qualifiers};
use super::{ARP, Fault, IP, IP6, RARP};
use crate::MacAddr;

/// How deep parentheses may stand in each other.
const DEEPEST: usize = 100;
/// How many tests and operators there may be.
const MOST: usize = 1000;

/// Words of tcpdump's language that are understood and refused.
const UNSUPPORTED: [&str; 38] = [
    "aarp",
    "action",
    "atalk",
    "carp",
    "clnp",
    "csnp",
    "decnet",
    "dir",
    "es-is",
    "esis",
    "fddi",
    "gateway",
    "geneve",
    "ifname",
    "inbound",
    "is-is",
    "isis",
    "iso",
    "lat",
    "llc",
    "mopdl",
    "moprc",
    "mpls",
    "netbeui",
    "on",
    "outbound",
    "pppoed",
    "pppoes",
    "protochain",
    "psnp",
    "rnr",
    "rset",
    "stp",
    "subtype",
    "tr",
    "type",
    "vrrp",
    "wlan",
];

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
    next: usize,
    depth: usize,
    count: usize,
    /// Those of the test before, for a value without any.
    qualifiers: Option<Qualifiers>,
}

/// What the link layer or IP carries, by name: the test for it alone.
fn protocol(name: &str) -> Option<Test> {
    let transport = |number, v4, v6| Test::Protocol { v4, v6, number };
    Some(match name {
        "ip" => Test::EtherType(IP),
        "ip6" => Test::EtherType(IP6),
        "arp" => Test::EtherType(ARP),
        "rarp" => Test::EtherType(RARP),
        "tcp" => transport(6, true, true),
        "udp" => transport(17, true, true),
        "sctp" => transport(132, true, true),
        "pim" => transport(103, true, true),
        "esp" => transport(50, true, true),
        "ah" => transport(51, true, true),
        "icmp" => transport(1, true, false),
        "igmp" => transport(2, true, false),
        "icmp6" => transport(58, false, true),
        _ => return None,
    })
}

fn kind(name: &str) -> Option<Kind> {
    Some(match name {
        "host" => Kind::Host,
        "net" => Kind::Net,
        "port" => Kind::Port,
        "portrange" => Kind::PortRange,
        "proto" => Kind::Protocol,
        _ => return None,
    })
}

fn side(name: &str) -> Option<Side> {
    match name {
        "src" => Some(Side::Source),
        "dst" => Some(Side::Destination),
        _ => None,
    }
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> Option<&Token> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<&Token> {
        self.spots.get(self.next + ahead).map(|spot| &spot.token)
    }

    fn word_at(&self, ahead: usize) -> &str {
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
    fn repeated(&mut self) -> Result<Expr, Fault> {
        let Some(qualifiers) = self.qualifiers.clone() else {
            return Err(self.fault("what is this? write host, net or port before it"));
        };
        self.value(&qualifiers)
    }

    /// A test that begins with a word.
    fn named(&mut self, name: &str) -> Result<Expr, Fault> {
        match (name, self.word_at(1)) {
            ("vlan", _) => {
                self.skip();
                let mut number = None;
                if let Some(Token::Number(value)) = self.peek() {
                    let value = u16::try_from(*value).ok().filter(|value| *value <= 0xfff);
                    number = Some(value.ok_or_else(|| self.fault("VLANs go from 0 to 4095"))?);
                    self.skip();
                }
                Ok(self.alone(Test::Vlan(number)))
            }
            ("less" | "greater", _) => {
                self.skip();
                let Some(Token::Number(limit)) = self.peek() else {
                    return Err(self.fault("expected a length in bytes"));
                };
                let relation = if name == "less" {
                    super::ast::Relation::LessOrEqual
                } else {
                    super::ast::Relation::GreaterOrEqual
                };
                let limit = super::ast::Arith::Number(*limit);
                self.skip();
                self.qualifiers = None;
                Ok(Expr::Relation(relation, super::ast::Arith::Length, limit))
            }
            ("ether" | "link", "broadcast") => {
                self.skip();
                self.named("broadcast")
            }
            ("broadcast", _) => {
                self.skip();
                Ok(self.alone(Test::EtherHost(MacAddr::BROADCAST, Side::Destination)))
            }
            ("ether" | "link", "multicast") => {
                self.skip();
                self.named("multicast")
            }
            ("multicast", _) => {
                self.skip();
                Ok(self.alone(Test::EtherMulticast))
            }
            ("ip", "multicast") => {
                self.skip();
                self.skip();
                Ok(self.alone(Test::Ip4Multicast))
            }
            ("ip6", "multicast") => {
                self.skip();
                self.skip();
                Ok(self.alone(Test::Ip6Multicast))
            }
            ("ip", "broadcast") => Err(self.fault(
                "ip broadcast is not supported: it depends on a netmask; write the address: \
                 dst host 10.0.0.255",
            )),
            _ if UNSUPPORTED.contains(&name) => Err(self.fault(format!("{name} is not supported"))),
            _ => self.qualified(name),
        }
    }

    /// A test after which a bare value means nothing.
    fn alone(&mut self, test: Test) -> Expr {
        self.qualifiers = None;
        Expr::Test(test)
    }

    /// `[protocol] [src|dst] [host|net|port|portrange|proto] value`, or a protocol alone.
    fn qualified(&mut self, name: &str) -> Result<Expr, Fault> {
        let begin = self.next;
        let test = protocol(name);
        let known = match name {
            "ether" | "link" => Some("ether".to_owned()),
            _ => test.is_some().then(|| name.to_owned()),
        };
        if known.is_some() {
            self.skip();
        }
        let mut sides = None;
        if let Some(first) = side(self.word_at(0)) {
            self.skip();
            sides = Some(first);
            if let Some(Token::Symbol(symbol @ ("and" | "or"))) = self.peek()
                && let Some(second) = side(self.word_at(1))
                && second != first
            {
                sides = Some(if *symbol == "and" {
                    Side::Both
                } else {
                    Side::Either
                });
                self.skip();
                self.skip();
            }
        }
        let mut what = None;
        if let Some(found) = kind(self.word_at(0)) {
            self.skip();
            what = Some(found);
        }
        if UNSUPPORTED.contains(&self.word_at(0)) && self.next > begin {
            return Err(self.fault(format!("{} is not supported", self.word_at(0))));
        }
        if sides.is_none() && what.is_none() {
            return match (known, test) {
                (_, Some(test)) => Ok(self.alone(test)),
                (Some(_), None) => Err(self
                    .fault("expected host, src, dst, proto, broadcast or multicast after ether")),
                // A name of something: which is said before it, or by the test before.
                (None, None) => self.repeated(),
            };
        }
        let qualifiers = Qualifiers {
            protocol: known,
            side: sides,
            kind: what.unwrap_or(Kind::Host),
        };
        self.qualifiers = Some(qualifiers.clone());
        self.values(&qualifiers)
    }

    /// One value, or some in parentheses.
    fn values(&mut self, qualifiers: &Qualifiers) -> Result<Expr, Fault> {
        self.counted()?;
        match self.peek() {
            Some(Token::Symbol("not")) => {
                self.skip();
                self.deeper()?;
                let inner = self.values(qualifiers)?;
                self.shallower();
                Ok(Expr::Not(Box::new(inner)))
            }
            Some(Token::Symbol("(")) => {
                self.skip();
                self.deeper()?;
                let mut left = self.values(qualifiers)?;
                while let Some(Token::Symbol(symbol @ ("and" | "or"))) = self.peek() {
                    let and = *symbol == "and";
                    self.skip();
                    let right = self.values(qualifiers)?;
                    left = join(and, left, right);
                }
                self.symbol(")")?;
                self.shallower();
                Ok(left)
            }
            _ => self.value(qualifiers),
        }
    }
}

fn join(and: bool, left: Expr, right: Expr) -> Expr {
    if and {
        Expr::And(Box::new(left), Box::new(right))
    } else {
        left.or(right)
    }
}
