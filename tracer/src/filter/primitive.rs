//! One test: a protocol by name, or a value and the qualifiers before it.

use super::ast::{Arith, Expr, Llc, Relation, Side, Test};
use super::lex::Token;
use super::parse::{Parser, join};
use super::value::{Kind, Qualifiers};
use super::{ARP, Fault, IP, IP6, RARP};
use crate::MacAddr;

/// Words of tcpdump's language that are understood and refused, and what to write in their place.
const UNSUPPORTED: [(&str, &str); 25] = [
    ("aarp", "ether proto 0x80f3"),
    ("action", ""),
    ("atalk", "ether proto 0x809b"),
    ("csnp", ""),
    ("dir", ""),
    ("fddi", ""),
    (
        "gateway",
        "ether host with its Ethernet address, and not host with its IP address",
    ),
    ("geneve", "udp port 6081"),
    (
        "ifname",
        "ifindex and the number that ftplab trace -D shows",
    ),
    ("ipx", "ether proto 0x8137"),
    ("on", "ifindex and the number that ftplab trace -D shows"),
    (
        "protochain",
        "proto, which looks behind no header but that of a fragment",
    ),
    ("psnp", ""),
    ("reason", ""),
    ("rnr", ""),
    ("rset", ""),
    ("rulenum", ""),
    ("rulset", ""),
    ("ruleset", ""),
    ("srnr", ""),
    ("subrulenum", ""),
    ("subtype", ""),
    ("tr", ""),
    ("type", ""),
    ("wlan", ""),
];

/// The refusal of a word, if it is one of those.
fn unsupported(name: &str) -> Option<String> {
    let (name, instead) = UNSUPPORTED.iter().find(|(word, _)| *word == name)?;
    Some(if instead.is_empty() {
        format!("{name} is not supported")
    } else {
        format!("{name} is not supported: write {instead}")
    })
}

/// What the link layer or IP carries, by name: the test for it alone.
pub(super) fn protocol(name: &str) -> Option<Test> {
    let transport = |number, v4, v6| Test::Protocol { v4, v6, number };
    Some(match name {
        "ip" => Test::EtherType(IP),
        "ip6" => Test::EtherType(IP6),
        "arp" => Test::EtherType(ARP),
        "rarp" => Test::EtherType(RARP),
        "decnet" => Test::EtherType(0x6003),
        "lat" => Test::EtherType(0x6004),
        "mopdl" => Test::EtherType(0x6001),
        "moprc" => Test::EtherType(0x6002),
        "iso" => Test::Llc(Llc::Between(0xfe)),
        "netbeui" => Test::Llc(Llc::Between(0xf0)),
        "stp" => Test::Llc(Llc::To(0x42)),
        "clnp" => Test::Iso(0x81),
        "esis" | "es-is" => Test::Iso(0x82),
        "isis" | "is-is" => Test::Iso(0x83),
        "tcp" => transport(6, true, true),
        "udp" => transport(17, true, true),
        "sctp" => transport(132, true, true),
        "pim" => transport(103, true, true),
        "esp" => transport(50, true, true),
        "ah" => transport(51, true, true),
        "icmp" => transport(1, true, false),
        "igmp" => transport(2, true, false),
        "igrp" => transport(9, true, false),
        "carp" | "vrrp" => transport(112, true, false),
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
    /// A test that begins with a word.
    pub(super) fn named(&mut self, name: &str) -> Result<Expr, Fault> {
        match (name, self.word_at(1)) {
            ("vlan", _) => {
                self.skip();
                let number = self.number(0xfff, "VLANs")?;
                Ok(self.alone(Test::Vlan(number.and_then(|number| number.try_into().ok()))))
            }
            ("mpls", _) => {
                self.skip();
                let label = self.number(0xf_ffff, "MPLS labels")?;
                Ok(self.alone(Test::Mpls(label)))
            }
            ("pppoed", _) => {
                self.skip();
                Ok(self.alone(Test::EtherType(0x8863)))
            }
            ("pppoes", _) => {
                self.skip();
                let session = self.number(0xffff, "PPPoE sessions")?;
                let session = session.and_then(|session| session.try_into().ok());
                Ok(self.alone(Test::PppoeSession(session)))
            }
            ("llc", _) => {
                self.skip();
                if let Some(Token::Word(kind)) = self.peek() {
                    return Err(self.fault(format!("llc {kind} is not supported")));
                }
                Ok(self.alone(Test::Llc(Llc::Any)))
            }
            ("inbound" | "outbound", _) => {
                self.skip();
                Ok(self.alone(Test::Outbound(name == "outbound")))
            }
            ("ifindex", _) => {
                self.skip();
                let index = self.number(i32::MAX.cast_unsigned(), "interfaces")?;
                let index = index.ok_or_else(|| self.fault("expected an interface's index"))?;
                Ok(self.alone(Test::Interface(index)))
            }
            ("less" | "greater", _) => {
                self.skip();
                let Some(Token::Number(limit)) = self.peek() else {
                    return Err(self.fault("expected a length in bytes"));
                };
                let relation = if name == "less" {
                    Relation::LessOrEqual
                } else {
                    Relation::GreaterOrEqual
                };
                let limit = Arith::Number(*limit);
                self.skip();
                self.qualifiers = None;
                Ok(Expr::Relation(relation, Arith::Length, limit))
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
            _ => match unsupported(name) {
                Some(message) => Err(self.fault(message)),
                None => self.qualified(name),
            },
        }
    }

    /// The number behind a word, if there is one.
    fn number(&mut self, most: u32, what: &str) -> Result<Option<u32>, Fault> {
        let Some(&Token::Number(value)) = self.peek() else {
            return Ok(None);
        };
        if value > most {
            return Err(self.fault(format!("{what} go from 0 to {most}")));
        }
        self.skip();
        Ok(Some(value))
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
        if let Some(message) = unsupported(self.word_at(0)).filter(|_| self.next > begin) {
            return Err(self.fault(message));
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
