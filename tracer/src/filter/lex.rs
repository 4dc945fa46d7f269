//! The words of an expression.

use std::net::Ipv6Addr;

use super::Fault;
use crate::MacAddr;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Decimal, `0x` or with a leading zero octal.
    Number(u32),
    /// Two to four numbers with dots: the bits from the left, and how many they are.
    Dotted(u32, u32),
    Six(Ipv6Addr),
    Mac(MacAddr),
    Word(String),
    /// A word behind a backslash: never a keyword.
    Escaped(String),
    Symbol(&'static str),
}

/// A token and where in the expression it is, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) token: Token,
    pub(super) at: usize,
    pub(super) len: usize,
}

/// Longer ones first.
const SYMBOLS: [(&str, &str); 24] = [
    ("&&", "and"),
    ("||", "or"),
    ("!=", "!="),
    ("==", "="),
    ("<=", "<="),
    (">=", ">="),
    ("<<", "<<"),
    (">>", ">>"),
    ("!", "not"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("(", "("),
    (")", ")"),
    ("[", "["),
    ("]", "]"),
    (":", ":"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("%", "%"),
    ("&", "&"),
    ("|", "|"),
];

/// tcpdump's names for offsets, types and bits.
const CONSTANTS: [(&str, u32); 48] = [
    ("tcpflags", 13),
    ("tcp-fin", 0x01),
    ("tcp-syn", 0x02),
    ("tcp-rst", 0x04),
    ("tcp-push", 0x08),
    ("tcp-ack", 0x10),
    ("tcp-urg", 0x20),
    ("tcp-ece", 0x40),
    ("tcp-cwr", 0x80),
    ("icmptype", 0),
    ("icmpcode", 1),
    ("icmp-echoreply", 0),
    ("icmp-unreach", 3),
    ("icmp-sourcequench", 4),
    ("icmp-redirect", 5),
    ("icmp-echo", 8),
    ("icmp-routeradvert", 9),
    ("icmp-routersolicit", 10),
    ("icmp-timxceed", 11),
    ("icmp-paramprob", 12),
    ("icmp-tstamp", 13),
    ("icmp-tstampreply", 14),
    ("icmp-ireq", 15),
    ("icmp-ireqreply", 16),
    ("icmp-maskreq", 17),
    ("icmp-maskreply", 18),
    ("icmp6type", 0),
    ("icmp6code", 1),
    ("icmp6-destinationunreach", 1),
    ("icmp6-packettoobig", 2),
    ("icmp6-timeexceeded", 3),
    ("icmp6-parameterproblem", 4),
    ("icmp6-echo", 128),
    ("icmp6-echoreply", 129),
    ("icmp6-multicastlistenerquery", 130),
    ("icmp6-multicastlistenerreportv1", 131),
    ("icmp6-multicastlistenerdone", 132),
    ("icmp6-routersolicit", 133),
    ("icmp6-routeradvert", 134),
    ("icmp6-neighborsolicit", 135),
    ("icmp6-neighboradvert", 136),
    ("icmp6-redirect", 137),
    ("icmp6-routerrenum", 138),
    ("icmp6-nodeinformationquery", 139),
    ("icmp6-nodeinformationresponse", 140),
    ("icmp6-ineighbordiscoverysolicit", 141),
    ("icmp6-ineighbordiscoveryadvert", 142),
    ("icmp6-multicastlistenerreportv2", 143),
];

/// The expression's tokens in order.
pub(super) fn tokens(text: &str) -> Result<Vec<Spot>, Fault> {
    let mut spots = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else {
            break;
        };
        if first.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (token, len) = token(rest).map_err(|(message, len)| Fault { at, len, message })?;
        spots.push(Spot { token, at, len });
        at += len;
    }
    Ok(spots)
}

fn token(rest: &str) -> Result<(Token, usize), (String, usize)> {
    if let Some(found) = address(rest) {
        return Ok(found);
    }
    if let Some(after) = rest.strip_prefix('\\') {
        let len = word(after);
        if len == 0 {
            return Err(("expected a name after \\".to_owned(), 1));
        }
        let name = after.get(..len).unwrap_or_default();
        return Ok((Token::Escaped(name.to_owned()), len + 1));
    }
    let len = word(rest);
    if len > 0 {
        let name = rest.get(..len).unwrap_or_default();
        return classify(name)
            .map(|token| (token, len))
            .map_err(|e| (e, len));
    }
    // Two bytes of it would be taken for two ANDs or XOR.
    if rest.starts_with('^') {
        return Ok((Token::Symbol("^"), 1));
    }
    let symbol = SYMBOLS
        .iter()
        .find(|(written, _)| rest.starts_with(written));
    let Some((written, meaning)) = symbol else {
        let strange = rest.chars().next().unwrap_or(' ');
        let message = format!("{} has no meaning here", strange.escape_debug());
        return Err((message, strange.len_utf8()));
    };
    Ok((Token::Symbol(meaning), written.len()))
}

/// An IPv6 or Ethernet address, whose colons are no symbols.
fn address(rest: &str) -> Option<(Token, usize)> {
    let is_part = |b: u8| b.is_ascii_hexdigit() || b == b':' || b == b'.';
    let len = rest.bytes().take_while(|b| is_part(*b)).count();
    let text = rest.get(..len)?;
    // A range in brackets has one colon.
    if text.bytes().filter(|b| *b == b':').count() >= 2 {
        let found = mac(text, ':').map(Token::Mac);
        let found = found.or_else(|| text.parse().ok().map(Token::Six));
        return found.map(|token| (token, len));
    }
    let len = word(rest);
    let text = rest.get(..len)?;
    mac(text, '-').map(|mac| (Token::Mac(mac), len))
}

fn mac(text: &str, separator: char) -> Option<MacAddr> {
    let mut bytes = [0; 6];
    let mut parts = text.split(separator);
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.len() <= 2)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(MacAddr(bytes))
}

/// How long the word is that the text begins with: letters, digits, and inside also `-`, `_`
/// and `.`.
fn word(text: &str) -> usize {
    let inside = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return 0;
    }
    let len = text.bytes().take_while(inside).count();
    let taken = text.get(..len).unwrap_or_default();
    taken.trim_end_matches(['-', '_']).len()
}

fn classify(name: &str) -> Result<Token, String> {
    if let Some((_, value)) = CONSTANTS.iter().find(|(constant, _)| *constant == name) {
        return Ok(Token::Number(*value));
    }
    if let Some(hex) = name.strip_prefix("0x").or_else(|| name.strip_prefix("0X"))
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
    {
        let value = u32::from_str_radix(hex, 16);
        return value.map(Token::Number).map_err(|_| too_large(name));
    }
    if name.bytes().all(|b| b.is_ascii_digit()) {
        let radix = if name.len() > 1 && name.starts_with('0') {
            8
        } else {
            10
        };
        let value = u32::from_str_radix(name, radix);
        return value.map(Token::Number).map_err(|error| {
            if *error.kind() == std::num::IntErrorKind::PosOverflow {
                too_large(name)
            } else {
                format!("{name} begins with 0, so it is octal, and octal has no 8 and 9")
            }
        });
    }
    let parts: Vec<&str> = name.split('.').collect();
    let numeric = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if (2..=4).contains(&parts.len()) && parts.iter().all(numeric) {
        let mut value = 0;
        for part in &parts {
            let part: u8 = part
                .parse()
                .map_err(|_| format!("{name} is no address: each number goes from 0 to 255"))?;
            value = value << 8 | u32::from(part);
        }
        let bits = 8 * u32::try_from(parts.len()).unwrap_or(4);
        return Ok(Token::Dotted(value << (32 - bits), bits));
    }
    Ok(match name {
        "and" => Token::Symbol("and"),
        "or" => Token::Symbol("or"),
        "not" => Token::Symbol("not"),
        _ => Token::Word(name.to_owned()),
    })
}

fn too_large(name: &str) -> String {
    format!("{name} does not fit 32 bits")
}
