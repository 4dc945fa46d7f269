//! Where a data connection goes: PORT, 227, EPRT and 229.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

/// RFC 959's `<host-port>`: six numbers `h1,h2,h3,h4,p1,p2`; the port is `p1 × 256 + p2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// The four bytes of the IPv4 address.
    pub host: [u8; 4],
    /// The high and the low byte of the port.
    pub port: [u8; 2],
}

/// Why six numbers were not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostPortError {
    /// A number is missing; which one, from 1 to 6.
    #[error("number {number} of six (h1,h2,h3,h4,p1,p2) is missing")]
    Missing {
        /// Which of the six.
        number: u8,
    },
    /// A number is not 0 to 255 in at most three decimal digits; which one, from 1 to 6.
    #[error("number {number} of six (h1,h2,h3,h4,p1,p2) is not 0 to 255")]
    OutOfRange {
        /// Which of the six.
        number: u8,
    },
    /// Something follows the sixth number, or stands where a number or a comma belongs; which
    /// number it follows, from 0 to 6.
    #[error("unexpected character after number {number} of six (h1,h2,h3,h4,p1,p2)")]
    Unexpected {
        /// The number before it; 0 when it stands before the first.
        number: u8,
    },
}

impl HostPort {
    /// Reads PORT's argument, strictly: six decimal numbers, commas, nothing else.
    ///
    /// # Errors
    /// Which number is wrong and how.
    pub fn parse_port(argument: &[u8]) -> Result<Self, HostPortError> {
        let (numbers, rest) = six_numbers(argument)?;
        if !rest.is_empty() {
            return Err(HostPortError::Unexpected { number: 6 });
        }
        Ok(Self::from_numbers(numbers))
    }

    /// Reads the text of a 227 reply as RFC 1123 §4.1.2.6 asks: scans for the first digit, with
    /// or without parentheses, then takes exactly six numbers.
    ///
    /// # Errors
    /// Which number is wrong and how.
    pub fn parse_227(text: &[u8]) -> Result<Self, HostPortError> {
        let start = text
            .iter()
            .position(u8::is_ascii_digit)
            .ok_or(HostPortError::Missing { number: 1 })?;
        // Text before the numbers may hold a number of its own ("Passive mode 2 on (1,2,…)"):
        // an opening parenthesis that is followed by a digit is the better place to begin.
        let start = text
            .windows(2)
            .position(|pair| pair[0] == b'(' && pair[1].is_ascii_digit())
            .map_or(start, |parenthesis| parenthesis + 1);
        let (numbers, rest) = six_numbers(&text[start..])?;
        if let Some(b',') = rest.first() {
            return Err(HostPortError::Unexpected { number: 6 });
        }
        Ok(Self::from_numbers(numbers))
    }

    const fn from_numbers([h1, h2, h3, h4, p1, p2]: [u8; 6]) -> Self {
        Self {
            host: [h1, h2, h3, h4],
            port: [p1, p2],
        }
    }

    /// The address and port that the six numbers stand for.
    pub fn addr(self) -> SocketAddrV4 {
        SocketAddrV4::new(Ipv4Addr::from(self.host), self.port_number())
    }

    /// `p1 × 256 + p2`.
    pub const fn port_number(self) -> u16 {
        u16::from_be_bytes(self.port)
    }

    /// The text of a 227 reply: `Entering Passive Mode (h1,h2,h3,h4,p1,p2).`
    pub fn encode_227(self) -> String {
        format!("Entering Passive Mode ({self}).")
    }
}

impl From<SocketAddrV4> for HostPort {
    fn from(addr: SocketAddrV4) -> Self {
        Self {
            host: addr.ip().octets(),
            port: addr.port().to_be_bytes(),
        }
    }
}

/// `h1,h2,h3,h4,p1,p2`: PORT's argument.
impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [h1, h2, h3, h4] = self.host;
        let [p1, p2] = self.port;
        write!(f, "{h1},{h2},{h3},{h4},{p1},{p2}")
    }
}

/// Reads six numbers with commas between them, and returns what follows.
fn six_numbers(mut text: &[u8]) -> Result<([u8; 6], &[u8]), HostPortError> {
    let mut numbers = [0; 6];
    for (slot, number) in numbers.iter_mut().zip(1..) {
        if number > 1 {
            text = match text {
                [b',', rest @ ..] => rest,
                [] => return Err(HostPortError::Missing { number }),
                _ => return Err(HostPortError::Unexpected { number: number - 1 }),
            };
        }
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return Err(match text {
                [] | [b',', ..] => HostPortError::Missing { number },
                _ => HostPortError::Unexpected { number: number - 1 },
            });
        }
        let out_of_range = HostPortError::OutOfRange { number };
        if digits > 3 {
            return Err(out_of_range);
        }
        let value = text[..digits]
            .iter()
            .fold(0_u16, |value, digit| value * 10 + u16::from(digit - b'0'));
        *slot = u8::try_from(value).map_err(|_| out_of_range)?;
        text = &text[digits..];
    }
    Ok((numbers, text))
}

/// Why an EPRT argument or a 229 text was not understood (RFC 2428).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EprtError {
    /// Not `<d><net-prt><d><net-addr><d><tcp-port><d>` with one delimiter, 33 to 126.
    #[error("expected |protocol|address|port| with one delimiter")]
    Syntax,
    /// A protocol number other than 1 (IPv4) and 2 (IPv6): the reply is 522.
    #[error("network protocol is neither 1 (IPv4) nor 2 (IPv6)")]
    UnknownProtocol,
    /// The address is not one of the protocol named.
    #[error("the address is not one of the protocol named")]
    Address,
    /// The port is not a decimal number from 0 to 65535.
    #[error("the port is not 0 to 65535")]
    Port,
}

/// Reads EPRT's argument, strictly (RFC 2428 §2).
///
/// # Errors
/// [`EprtError`]; an unknown protocol is told apart even when its address cannot be read.
pub fn parse_eprt(argument: &[u8]) -> Result<SocketAddr, EprtError> {
    let text = std::str::from_utf8(argument).map_err(|_| EprtError::Syntax)?;
    let delimiter = text.chars().next().ok_or(EprtError::Syntax)?;
    if !delimiter.is_ascii_graphic() {
        return Err(EprtError::Syntax);
    }
    let mut fields = text[1..].split(delimiter);
    let (Some(protocol), Some(address), Some(port), Some(""), None) = (
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
        fields.next(),
    ) else {
        return Err(EprtError::Syntax);
    };
    if protocol.is_empty() || !protocol.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EprtError::Syntax);
    }
    let address = match protocol.trim_start_matches('0') {
        "1" => IpAddr::V4(
            address
                .parse::<Ipv4Addr>()
                .map_err(|_| EprtError::Address)?,
        ),
        "2" => IpAddr::V6(
            address
                .parse::<Ipv6Addr>()
                .map_err(|_| EprtError::Address)?,
        ),
        _ => return Err(EprtError::UnknownProtocol),
    };
    Ok(SocketAddr::new(address, port_number(port)?))
}

/// EPRT's argument for `addr`.
pub fn encode_eprt(addr: SocketAddr) -> String {
    let protocol = if addr.is_ipv4() { 1 } else { 2 };
    format!("|{protocol}|{}|{}|", addr.ip(), addr.port())
}

/// Reads the port from the text of a 229 reply: `(|||6446|)`, any delimiter (RFC 2428 §3).
///
/// # Errors
/// [`EprtError::Syntax`] when there is no such form, [`EprtError::Port`] when the port is none.
pub fn parse_229(text: &[u8]) -> Result<u16, EprtError> {
    let start = text
        .windows(4)
        .position(|window| {
            window[0] == b'('
                && window[1].is_ascii_graphic()
                && !window[1].is_ascii_digit()
                && window[1] == window[2]
                && window[2] == window[3]
        })
        .ok_or(EprtError::Syntax)?;
    let delimiter = text[start + 1];
    let field = &text[start + 4..];
    let end = field
        .windows(2)
        .position(|pair| pair == [delimiter, b')'])
        .ok_or(EprtError::Syntax)?;
    port_number(std::str::from_utf8(&field[..end]).map_err(|_| EprtError::Port)?)
}

/// The text of a 229 reply for `port`.
pub fn encode_229(port: u16) -> String {
    format!("Entering Extended Passive Mode (|||{port}|)")
}

fn port_number(text: &str) -> Result<u16, EprtError> {
    if text.is_empty() || text.len() > 5 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EprtError::Port);
    }
    text.parse().map_err(|_| EprtError::Port)
}

/// What follows EPSV (RFC 2428 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EpsvArgument {
    /// `1`: listen on IPv4.
    V4,
    /// `2`: listen on IPv6.
    V6,
    /// `ALL`: from now on only EPSV will be used.
    All,
}

impl EpsvArgument {
    /// Reads `1`, `2` or `ALL`.
    ///
    /// # Errors
    /// [`EprtError::UnknownProtocol`] for another number, [`EprtError::Syntax`] otherwise.
    pub fn parse(argument: &[u8]) -> Result<Self, EprtError> {
        match argument {
            b"1" => Ok(Self::V4),
            b"2" => Ok(Self::V6),
            _ if argument.eq_ignore_ascii_case(b"ALL") => Ok(Self::All),
            [_, ..] if argument.iter().all(u8::is_ascii_digit) => Err(EprtError::UnknownProtocol),
            _ => Err(EprtError::Syntax),
        }
    }
}

impl fmt::Display for EpsvArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "1",
            Self::V6 => "2",
            Self::All => "ALL",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{EprtError, EpsvArgument, HostPort, HostPortError, encode_229, encode_eprt};
    use super::{parse_229, parse_eprt};
    use proptest::prelude::*;

    #[test]
    fn the_articles_port_is_3172() {
        let parsed = HostPort::parse_port(b"10,0,0,1,12,100").unwrap();
        assert_eq!(parsed.port_number(), 12 * 256 + 100);
        assert_eq!(parsed.addr().to_string(), "10.0.0.1:3172");
    }

    #[test]
    fn port_says_which_number_is_wrong() {
        use HostPortError::{Missing, OutOfRange, Unexpected};
        for (argument, error) in [
            ("", Missing { number: 1 }),
            ("10,0,0,1,12", Missing { number: 6 }),
            ("10,0,,1,12,100", Missing { number: 3 }),
            ("10,0,0,256,12,100", OutOfRange { number: 4 }),
            ("10,0,0,1,12,99999999999999999999", OutOfRange { number: 6 }),
            ("10,0,0,1,12,100,", Unexpected { number: 6 }),
            ("10,0,0,1,12,100 ", Unexpected { number: 6 }),
            ("10,0,0,1,12,+1", Unexpected { number: 5 }),
            ("(10,0,0,1,12,100", Unexpected { number: 0 }),
            ("10.0.0.1,12,100", Unexpected { number: 1 }),
        ] {
            assert_eq!(
                HostPort::parse_port(argument.as_bytes()),
                Err(error),
                "{argument}"
            );
        }
    }

    #[test]
    fn a_227_is_scanned_for_its_numbers() {
        let expected = HostPort {
            host: [10, 0, 0, 2],
            port: [12, 100],
        };
        for text in [
            "Entering Passive Mode (10,0,0,2,12,100).",
            "Entering Passive Mode 10,0,0,2,12,100",
            "=10,0,0,2,12,100",
            "Mode 2 (10,0,0,2,12,100)",
        ] {
            assert_eq!(HostPort::parse_227(text.as_bytes()), Ok(expected), "{text}");
        }
        assert!(HostPort::parse_227(b"(10,0,0,2,12)").is_err());
        assert!(HostPort::parse_227(b"(10,0,0,2,12,100,7)").is_err());
        assert!(HostPort::parse_227(b"none").is_err());
    }

    #[test]
    fn eprt_tells_an_unknown_protocol_apart() {
        assert_eq!(
            parse_eprt(b"|1|10.0.0.1|3172|"),
            Ok("10.0.0.1:3172".parse().unwrap())
        );
        assert_eq!(
            parse_eprt(b"!2!::1!3172!"),
            Ok("[::1]:3172".parse().unwrap())
        );
        assert_eq!(parse_eprt(b"|3|x|1|"), Err(EprtError::UnknownProtocol));
        assert_eq!(parse_eprt(b"|2|10.0.0.1|1|"), Err(EprtError::Address));
        assert_eq!(parse_eprt(b"|1|10.0.0.1|65536|"), Err(EprtError::Port));
        for bad in [
            &b""[..],
            b"|",
            b"|1|10.0.0.1|1",
            b"|1|10.0.0.1|1||",
            b"\xff1\xff",
        ] {
            assert_eq!(parse_eprt(bad), Err(EprtError::Syntax), "{bad:?}");
        }
        assert_eq!(EpsvArgument::parse(b"3"), Err(EprtError::UnknownProtocol));
        assert_eq!(EpsvArgument::parse(b"all"), Ok(EpsvArgument::All));
    }

    proptest! {
        #[test]
        fn host_ports_round_trip(host: [u8; 4], port: [u8; 2]) {
            let value = HostPort { host, port };
            prop_assert_eq!(HostPort::parse_port(value.to_string().as_bytes()), Ok(value));
            prop_assert_eq!(HostPort::parse_227(value.encode_227().as_bytes()), Ok(value));
            prop_assert_eq!(HostPort::from(value.addr()), value);
        }

        #[test]
        fn extended_addresses_round_trip(v4: [u8; 4], v6: [u8; 16], port: u16) {
            for ip in [std::net::IpAddr::from(v4), std::net::IpAddr::from(v6)] {
                let addr = std::net::SocketAddr::new(ip, port);
                prop_assert_eq!(parse_eprt(encode_eprt(addr).as_bytes()), Ok(addr));
            }
            prop_assert_eq!(parse_229(encode_229(port).as_bytes()), Ok(port));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = HostPort::parse_port(&bytes);
            let _ = HostPort::parse_227(&bytes);
            let _ = parse_eprt(&bytes);
            let _ = parse_229(&bytes);
            let _ = EpsvArgument::parse(&bytes);
        }
    }
}
