//! LPRT's argument and the text of a 228 reply (RFC 1639): an address family, then the address
//! and the port, each behind its length, one decimal number a byte.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why an LPRT argument or a 228 text was not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LongPortError {
    /// Not numbers from 0 to 255 with commas between them.
    #[error("expected family,length,address…,length,port…, each number 0 to 255")]
    Syntax,
    /// A family other than 4 and 6. RFC 1639 has 521 for it; a server that does not serve LPRT at
    /// all answers 502, or 501 where it reads the argument first.
    #[error("address family is neither 4 nor 6")]
    UnknownFamily,
    /// The lengths are not those of the family's address and of a port, or do not fit the numbers
    /// that follow.
    #[error("the lengths do not fit the family")]
    Length,
}

/// Numbers of the longest form: IPv6's.
const LONGEST: usize = 21;

/// Reads LPRT's argument, strictly.
///
/// # Errors
/// [`LongPortError`].
pub fn parse_lprt(argument: &[u8]) -> Result<SocketAddr, LongPortError> {
    let mut numbers = [0_u8; LONGEST];
    let mut count = 0;
    for word in argument.split(|&byte| byte == b',') {
        let digits = word.len() <= 3 && word.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(word).ok().filter(|_| digits);
        let number = number.and_then(|word| word.parse().ok());
        *numbers.get_mut(count).ok_or(LongPortError::Length)? =
            number.ok_or(LongPortError::Syntax)?;
        count += 1;
    }
    match &numbers[..count] {
        &[4, 4, a, b, c, d, 2, high, low] => {
            let port = u16::from_be_bytes([high, low]);
            Ok((Ipv4Addr::new(a, b, c, d), port).into())
        }
        [6, 16, rest @ ..] => match rest.split_first_chunk::<16>() {
            Some((address, &[2, high, low])) => {
                let port = u16::from_be_bytes([high, low]);
                Ok((Ipv6Addr::from(*address), port).into())
            }
            _ => Err(LongPortError::Length),
        },
        [4 | 6, ..] => Err(LongPortError::Length),
        _ => Err(LongPortError::UnknownFamily),
    }
}

/// Reads the endpoint from the text of a 228 reply: what its last parentheses hold.
///
/// # Errors
/// [`LongPortError::Syntax`] when there are none, and as [`parse_lprt`].
pub fn parse_228(text: &[u8]) -> Result<SocketAddr, LongPortError> {
    let start = text.iter().rposition(|&byte| byte == b'(');
    let inside = start.and_then(|start| text.get(start + 1..)).unwrap_or(&[]);
    let end = inside.iter().position(|&byte| byte == b')');
    let inside = end.and_then(|end| inside.get(..end));
    parse_lprt(inside.ok_or(LongPortError::Syntax)?)
}

/// LPRT's argument for `addr`.
pub fn encode_lprt(addr: SocketAddr) -> String {
    let [high, low] = addr.port().to_be_bytes();
    let (family, octets) = match addr {
        SocketAddr::V4(v4) => (4, v4.ip().octets().to_vec()),
        SocketAddr::V6(v6) => (6, v6.ip().octets().to_vec()),
    };
    let address: Vec<_> = octets.iter().map(u8::to_string).collect();
    let (length, address) = (octets.len(), address.join(","));
    format!("{family},{length},{address},2,{high},{low}")
}

#[cfg(test)]
mod tests {
    use super::{LongPortError, encode_lprt, parse_228, parse_lprt};

    #[test]
    fn both_families_and_back() {
        for (text, addr) in [
            ("4,4,10,0,0,1,2,20,0", "10.0.0.1:5120"),
            (
                "6,16,32,1,13,184,0,0,0,0,0,0,0,0,0,0,0,1,2,0,80",
                "[2001:db8::1]:80",
            ),
        ] {
            let addr = addr.parse().unwrap();
            assert_eq!(parse_lprt(text.as_bytes()), Ok(addr));
            assert_eq!(encode_lprt(addr), text);
            let reply = format!("Entering Long Passive Mode ({text})");
            assert_eq!(parse_228(reply.as_bytes()), Ok(addr));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (text, error) in [
            (&b""[..], LongPortError::Syntax),
            (b"4,4,10,0,0,256,2,20,0", LongPortError::Syntax),
            (b"4,4,10,0,0,1,2,20", LongPortError::Length),
            (b"4,5,10,0,0,1,1,2,20,0", LongPortError::Length),
            (b"6,4,10,0,0,1,2,20,0", LongPortError::Length),
            (b"16,4,10,0,0,1,2,20,0", LongPortError::UnknownFamily),
            (
                &[b"4,".repeat(100), b"4".to_vec()].concat(),
                LongPortError::Length,
            ),
        ] {
            assert_eq!(parse_lprt(text), Err(error), "{}", text.escape_ascii());
        }
        assert_eq!(parse_228(b"Long passive"), Err(LongPortError::Syntax));
    }
}
