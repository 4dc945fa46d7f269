//! A value and its qualifiers: what to compare with which field.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::ast::{Expr, Llc, Side, Test};
use super::lex::Token;
use super::parse::Parser;
use super::{ARP, Fault, IP, RARP, names, primitive};

/// What is said before a value.
#[derive(Clone, Debug)]
pub(super) struct Qualifiers {
    pub(super) protocol: Option<String>,
    pub(super) side: Option<Side>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Host,
    Net,
    Port,
    PortRange,
    Protocol,
}

const TCP: u8 = 6;
const UDP: u8 = 17;
const SCTP: u8 = 132;

impl Qualifiers {
    fn side(&self) -> Side {
        self.side.unwrap_or_default()
    }

    fn protocol(&self) -> &str {
        self.protocol.as_deref().unwrap_or_default()
    }
}

impl Parser<'_> {
    /// One value under its qualifiers.
    pub(super) fn value(&mut self, qualifiers: &Qualifiers) -> Result<Expr, Fault> {
        match qualifiers.kind {
            Kind::Host => self.host(qualifiers),
            Kind::Net => self.net(qualifiers),
            Kind::Port | Kind::PortRange => self.ports(qualifiers),
            Kind::Protocol => self.protocol(qualifiers),
        }
    }

    fn host(&mut self, qualifiers: &Qualifiers) -> Result<Expr, Fault> {
        let begin = self.position();
        let token = self.peek().cloned();
        self.skip();
        if self.peek() == Some(&Token::Symbol("/")) {
            return Err(self.fault("only net has a mask: write net before the address"));
        }
        let refused = |message: String| Err(self.fault_at(begin, message));
        match token {
            Some(Token::Mac(mac)) if qualifiers.protocol() == "ether" => {
                Ok(Expr::Test(Test::EtherHost(mac, qualifiers.side())))
            }
            Some(Token::Mac(_)) => refused("write ether before an Ethernet address".to_owned()),
            Some(_) if qualifiers.protocol() == "ether" => {
                refused("expected an Ethernet address, such as 02:00:00:00:00:01".to_owned())
            }
            Some(Token::Dotted(address, bits)) => {
                let mask = u32::MAX << (32 - bits);
                four(address.into(), mask, qualifiers).or_else(refused)
            }
            Some(Token::Number(address)) => {
                four(address.into(), u32::MAX, qualifiers).or_else(refused)
            }
            Some(Token::Six(address)) => six(address, 128, qualifiers).or_else(refused),
            Some(Token::Word(name) | Token::Escaped(name)) => {
                let tests: Vec<Expr> = names::host(&name)
                    .into_iter()
                    .filter_map(|address| match address {
                        IpAddr::V4(address) => four(address, u32::MAX, qualifiers).ok(),
                        IpAddr::V6(address) => six(address, 128, qualifiers).ok(),
                    })
                    .collect();
                let Some(test) = tests.into_iter().reduce(Expr::or) else {
                    return refused(format!(
                        "no host {name} in /etc/hosts, and no name server is asked: write its \
                         address"
                    ));
                };
                Ok(test)
            }
            _ => refused("expected an address or a host of /etc/hosts".to_owned()),
        }
    }

    fn net(&mut self, qualifiers: &Qualifiers) -> Result<Expr, Fault> {
        let begin = self.position();
        let token = self.peek().cloned();
        self.skip();
        if let Some(Token::Six(address)) = token {
            let prefix = self.prefix(128)?.unwrap_or(128);
            let prefix = u8::try_from(prefix).unwrap_or(128);
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            if u128::from(address) & !mask != 0 {
                let message = format!("{address} has bits beyond its first {prefix}");
                return Err(self.fault_at(begin, message));
            }
            return six(address, prefix, qualifiers).map_err(|m| self.fault_at(begin, m));
        }
        let (address, bits) = match token {
            Some(Token::Dotted(address, bits)) => (address, bits),
            Some(Token::Number(0)) => (0, 8),
            Some(Token::Number(number)) => {
                // `net 10` is 10.0.0.0/8.
                let bits = (32 - number.leading_zeros()).next_multiple_of(8);
                (number << (32 - bits), bits)
            }
            _ => {
                let message = "expected a network: 10.0.0.0/8, 10, 10.0.0.0 mask 255.0.0.0, or \
                               fd00::/8";
                return Err(self.fault_at(begin, message));
            }
        };
        let mut mask = u32::MAX << (32 - bits);
        if let Some(prefix) = self.prefix(32)? {
            mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
        } else if self.peek() == Some(&Token::Word("mask".to_owned())) {
            self.skip();
            mask = match self.peek() {
                Some(Token::Dotted(mask, _) | Token::Number(mask)) => *mask,
                _ => return Err(self.fault("expected a mask, such as 255.255.255.0")),
            };
            self.skip();
        } else if token == Some(Token::Number(0)) {
            // No byte is promoted: this is the address 0.0.0.0.
            mask = u32::MAX;
        }
        if address & !mask != 0 {
            let [address, mask] = [address, mask].map(Ipv4Addr::from);
            let message = format!("{address} has bits beyond the mask {mask}");
            return Err(self.fault_at(begin, message));
        }
        four(address.into(), mask, qualifiers).map_err(|m| self.fault_at(begin, m))
    }

    /// `/24`
    fn prefix(&mut self, most: u32) -> Result<Option<u32>, Fault> {
        if self.peek() != Some(&Token::Symbol("/")) {
            return Ok(None);
        }
        self.skip();
        match self.peek() {
            Some(&Token::Number(prefix)) if prefix <= most => {
                self.skip();
                Ok(Some(prefix))
            }
            _ => Err(self.fault(format!("expected a number of bits from 0 to {most}"))),
        }
    }

    fn ports(&mut self, qualifiers: &Qualifiers) -> Result<Expr, Fault> {
        let begin = self.position();
        let refused = |message: String| Err(self.fault_at(begin, message));
        let mut protocols: &'static [u8] = match qualifiers.protocol() {
            "" => &[TCP, UDP, SCTP],
            "tcp" => &[TCP],
            "udp" => &[UDP],
            "sctp" => &[SCTP],
            other => {
                return refused(format!(
                    "ports are of tcp, udp or sctp: write {other} and port"
                ));
            }
        };
        let number = |value: u32| {
            let port =
                u16::try_from(value).map_err(|_| format!("{value} is no port: they end at 65535"));
            port.map(|port| (port, port))
        };
        let range = qualifiers.kind == Kind::PortRange;
        let found = match self.peek() {
            Some(Token::Number(value)) => number(*value),
            Some(Token::Word(name)) if range => range_of(name),
            Some(Token::Word(name) | Token::Escaped(name)) if !range => {
                named(name, protocols).map(|(port, of)| {
                    protocols = of;
                    (port, port)
                })
            }
            _ if range => Err("expected two ports, such as 20-21".to_owned()),
            _ => Err("expected a port: a number, or a name of /etc/services".to_owned()),
        };
        let (first, last) = match found {
            Ok(found) => found,
            Err(message) => return refused(message),
        };
        self.skip();
        Ok(Expr::Test(Test::Ports {
            first: first.min(last),
            last: first.max(last),
            side: qualifiers.side(),
            protocols,
        }))
    }

    fn protocol(&mut self, qualifiers: &Qualifiers) -> Result<Expr, Fault> {
        let refused = |message: String| Err(self.fault(message));
        if qualifiers.side.is_some() {
            return refused("a protocol has neither source nor destination".to_owned());
        }
        let test = if qualifiers.protocol() == "ether" {
            let test = match self.peek() {
                Some(Token::Number(value)) => u16::try_from(*value).ok().and_then(by_number),
                Some(Token::Word(name) | Token::Escaped(name)) => match name.as_str() {
                    "loopback" => Some(Test::EtherType(0x9000)),
                    "sca" => Some(Test::EtherType(0x6007)),
                    name => primitive::protocol(name)
                        .filter(|test| matches!(test, Test::EtherType(_) | Test::Llc(_))),
                },
                _ => None,
            };
            let Some(test) = test else {
                return refused(
                    "expected an EtherType or a service access point: ip, ip6, arp, rarp, stp, \
                     iso, or a number up to 65535"
                        .to_owned(),
                );
            };
            test
        } else {
            let found = match self.peek() {
                Some(Token::Number(value)) => u8::try_from(*value).ok(),
                Some(Token::Word(name) | Token::Escaped(name)) => names::protocol(name),
                _ => None,
            };
            let Some(number) = found else {
                return refused(
                    "expected a protocol: 0 to 255, or a name of /etc/protocols".to_owned(),
                );
            };
            let (v4, v6) = match qualifiers.protocol() {
                "" => (true, true),
                "ip" => (true, false),
                "ip6" => (false, true),
                other => return refused(format!("{other} carries no protocols by number")),
            };
            Test::Protocol { v4, v6, number }
        };
        self.skip();
        Ok(Expr::Test(test))
    }
}

/// By the number in the frame: a type, or a service access point of LLC.
fn by_number(number: u16) -> Option<Test> {
    match (number, u8::try_from(number)) {
        // IPX has four ways of being carried.
        (_, Ok(0xe0)) => None,
        (_, Ok(point @ (0x06 | 0xf0 | 0xfe))) => Some(Test::Llc(Llc::Between(point))),
        (_, Ok(point)) => Some(Test::Llc(Llc::To(point))),
        (0x100..=1500, _) => None,
        _ => Some(Test::EtherType(number)),
    }
}

fn four(address: Ipv4Addr, mask: u32, qualifiers: &Qualifiers) -> Result<Expr, String> {
    let within: &'static [u16] = match qualifiers.protocol() {
        "" => &[IP, ARP, RARP],
        "ip" => &[IP],
        "arp" => &[ARP],
        "rarp" => &[RARP],
        other => return Err(not_addressed(other)),
    };
    Ok(Expr::Test(Test::Host4 {
        address,
        mask,
        side: qualifiers.side(),
        within,
    }))
}

fn six(address: Ipv6Addr, prefix: u8, qualifiers: &Qualifiers) -> Result<Expr, String> {
    match qualifiers.protocol() {
        "" | "ip6" => Ok(Expr::Test(Test::Host6 {
            address,
            prefix,
            side: qualifiers.side(),
        })),
        other => Err(not_addressed(other)),
    }
}

fn not_addressed(protocol: &str) -> String {
    format!("{protocol} does not carry this kind of address: write {protocol} and host")
}

/// `20-21`
fn range_of(text: &str) -> Result<(u16, u16), String> {
    let both = text.split_once('-');
    let parsed = both.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    parsed
        .ok_or_else(|| format!("{text} is no range of ports: expected two numbers, such as 20-21"))
}

/// A service by name. Where `/etc/services` knows it for one protocol only, it is meant there.
fn named(name: &str, wanted: &'static [u8]) -> Result<(u16, &'static [u8]), String> {
    let (tcp, udp) = names::service(name);
    match (wanted, tcp, udp) {
        ([TCP], Some(port), _) | ([UDP], _, Some(port)) => Ok((port, wanted)),
        ([TCP], None, Some(_)) => Err(format!("port {name} is one of udp")),
        ([UDP], Some(_), None) => Err(format!("port {name} is one of tcp")),
        (_, Some(tcp), Some(udp)) if tcp == udp => Ok((tcp, wanted)),
        ([SCTP], ..) | (_, None, None) => {
            Err(format!("no port {name} in /etc/services: write its number"))
        }
        (_, Some(port), _) => Ok((port, &[TCP])),
        (_, None, Some(port)) => Ok((port, &[UDP])),
    }
}
