//! One line: its time, what stands before the addresses, the addresses, and what follows them.

use super::cursor::{Cursor, Fault};
use super::dns;
use super::record::{Form, Header};
use super::segment::{self, Segment};
use super::stamp::Stamp;
use crate::MacAddr;
use crate::line::port_of;

/// A host, and a port as it was written and as a number.
pub(super) type Place = (String, Option<(String, u16)>);

/// A line, read but not yet placed among the others.
pub(super) struct Line {
    pub(super) stamp: Option<Stamp>,
    pub(super) form: Form,
    pub(super) before: String,
    pub(super) frame_len: Option<u32>,
    pub(super) link: Option<[MacAddr; 2]>,
    pub(super) header: Header,
    pub(super) ends: Option<[Place; 2]>,
    pub(super) body: Content,
    /// The column where a blank was missing.
    pub(super) repaired: Option<usize>,
}

pub(super) enum Content {
    Tcp(Segment),
    Text {
        text: String,
        udp: Option<u32>,
        dns: Option<dns::Dns>,
    },
}

/// Whether a line is one of tcpdump's, whole or not: it begins with a time, or has addresses and
/// a TCP segment.
pub(super) fn begins(text: &str) -> bool {
    if has_stamp(text) {
        return true;
    }
    let Some((from, rest)) = text.trim_start().split_once(" > ") else {
        return false;
    };
    let from = from
        .strip_prefix("IP6 ")
        .or(from.strip_prefix("IP "))
        .unwrap_or(from);
    let Some((to, rest)) = rest.split_once(": ") else {
        return false;
    };
    let plain = |host: &str| !host.is_empty() && host.chars().all(is_host) && host.contains('.');
    let range = |word: &str| word.contains(':') && word.ends_with(')');
    plain(from)
        && plain(to)
        && (rest.starts_with("Flags [")
            || rest.split(' ').nth(1).is_some_and(range)
            || rest.starts_with(". ack "))
}

/// Whether a line goes on with the packet of the one before it, as with `-v`: it is indented, and
/// has no time.
pub(super) fn goes_on(text: &str) -> bool {
    text.starts_with([' ', '\t']) && !has_stamp(text)
}

/// Whether a line begins with a time.
pub(super) fn has_stamp(text: &str) -> bool {
    Stamp::take(&mut Cursor::new(text)).is_some()
}

fn is_host(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".:-_%".contains(c)
}

pub(super) fn read(text: &str) -> Result<Line, Fault> {
    let mut cursor = Cursor::new(text);
    let mut line = Line {
        stamp: Stamp::take(&mut cursor),
        form: Form::Classic,
        before: String::new(),
        frame_len: None,
        link: None,
        header: Header::default(),
        ends: None,
        body: Content::Text {
            text: String::new(),
            udp: None,
            dns: None,
        },
        repaired: None,
    };
    let place = cursor.place();
    link(&mut cursor, &mut line)?;
    network(&mut cursor, &mut line)?;
    cursor.since(place).clone_into(&mut line.before);
    let from = cursor.rest().split(' ').next().unwrap_or_default();
    if mac(&mut { cursor }).is_some()
        || !cursor
            .rest()
            .get(from.len()..)
            .unwrap_or_default()
            .starts_with(" > ")
    {
        let rest = cursor.rest();
        let of_tcp = rest.contains(" win ");
        // With the sign further on, they are in a tunnel.
        if (of_tcp && !damaged(rest) && !rest.contains(" > "))
            || (rest.is_empty() && line.link.is_none())
        {
            cursor.while_(is_host);
            return Err(cursor.fault("> between the two addresses"));
        }
        line.body = Content::Text {
            text: rest.to_owned(),
            udp: None,
            dns: None,
        };
        return Ok(line);
    }
    let at_from = cursor;
    cursor.eat(from);
    cursor.eat(" > ");
    let at_to = cursor;
    let whole = cursor.rest();
    let to = whole.split(' ').next().unwrap_or_default();
    let Some(to) = to.strip_suffix(':') else {
        cursor.eat(to);
        return Err(cursor.fault(": behind the destination"));
    };
    cursor.eat(to);
    cursor.eat(":");
    let blank = if cursor.eat(" ") { " " } else { "" };
    body(&mut cursor, &mut line)?;
    if let Content::Text { text, .. } = &mut line.body {
        text.insert_str(0, blank);
    }
    let tcp = matches!(line.body, Content::Tcp(_));
    let ports = !matches!(line.body, Content::Text { udp: None, .. });
    let from = end(from, &at_from, tcp, ports)?;
    line.ends = Some([from, end(to, &at_to, tcp, ports)?]);
    Ok(line)
}

/// The link layer's header, as `-e` prints it, and the interface that `-i any` names.
fn link(cursor: &mut Cursor<'_>, line: &mut Line) -> Result<(), Fault> {
    let mut there = *cursor;
    if let Some(first) = mac(&mut there) {
        let Ok((second, len, form)) = rest_of_link(&mut there) else {
            // 802.3 and others: with an IP packet in it, it would be of these forms.
            return Ok(());
        };
        line.link = Some([first, second]);
        line.frame_len = Some(len);
        line.form = form;
        *cursor = there;
    } else {
        let name = there.while_(|c| c.is_ascii_alphanumeric() || "-_.@?".contains(c));
        let gap = there.while_(|c| c == ' ').len();
        let way = there.while_(|c| c.is_ascii_alphabetic());
        let after = there.while_(|c| c == ' ').len();
        let known = ["In", "Out", "B", "M", "P"].contains(&way);
        if !name.is_empty() && gap > 0 && after > 0 && known {
            *cursor = there;
        }
    }
    cursor.eat("ethertype IPv4, ");
    cursor.eat("ethertype IPv6, ");
    if cursor.eat("802.1Q vlan#") {
        cursor.while_(|c| c.is_ascii_digit());
        cursor.expect(" P", "the VLAN's priority")?;
        cursor.while_(|c| c.is_ascii_digit());
        cursor.expect(" ", "a blank")?;
        cursor.eat("CFI ");
    } else if cursor.rest().starts_with("vlan ") {
        cursor.until("), ", "the VLAN's protocol")?;
    }
    Ok(())
}

/// The destination, the frame's length, and whose words they are, after the source.
fn rest_of_link(cursor: &mut Cursor<'_>) -> Result<(MacAddr, u32, Form), Fault> {
    // tcpdump 4 names the vendor without -n.
    if cursor.eat(" (oui") {
        cursor.until(")", ") behind the vendor")?;
    }
    let modern = cursor.eat(" > ");
    if !modern {
        cursor.expect(" ", "a blank")?;
    }
    let second = mac(cursor).ok_or_else(|| cursor.fault("an Ethernet address"))?;
    let form = if modern {
        cursor.until(", length ", ", and the frame's length")?;
        Form::Modern
    } else {
        cursor.expect(" ", "a blank and the protocol")?;
        cursor.until(" ", "a blank and the frame's length")?;
        Form::Classic
    };
    let len = cursor.number("the frame's length")?;
    cursor.expect(":", ": behind the frame's length")?;
    cursor.eat(" ");
    Ok((second, len, form))
}

fn mac(cursor: &mut Cursor<'_>) -> Option<MacAddr> {
    let mut there = *cursor;
    let mut octets = [0; 6];
    for (i, octet) in octets.iter_mut().enumerate() {
        if i > 0 && !there.eat(":") {
            return None;
        }
        let digits = there.while_(|c| c.is_ascii_hexdigit());
        *octet = u8::from_str_radix(digits, 16).ok()?;
    }
    if !there.rest().starts_with([' ', ',']) {
        return None;
    }
    *cursor = there;
    Some(MacAddr(octets))
}

/// `IP `, and with `-v` what the header says.
fn network(cursor: &mut Cursor<'_>, line: &mut Line) -> Result<(), Fault> {
    let six = cursor.eat("IP6 ");
    if !six && !cursor.eat("IP ") && !cursor.rest().starts_with("(tos ") {
        return Ok(());
    }
    if cursor.rest().starts_with("truncated-ip - ") {
        cursor.until("! ", "how many bytes are missing")?;
    }
    if cursor.eat("(") {
        let words = header_words(cursor)?;
        segment::header_words(words, &mut line.header);
        line.form = Form::Modern;
        if cursor.is_end() {
            return Err(cursor.fault("the addresses, in the next line"));
        }
        cursor.while_(|c| c == ' ');
    }
    Ok(())
}

/// What stands up to the parenthesis that closes; others stand within: `proto TCP (6)`.
fn header_words<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Fault> {
    let place = cursor.place();
    loop {
        let inner = cursor.until(")", "what -v says of the IP header, in parentheses")?;
        if !inner.contains('(') {
            return Ok(cursor.since(place).trim_end_matches(')'));
        }
    }
}

fn body(cursor: &mut Cursor<'_>, line: &mut Line) -> Result<(), Fault> {
    let rest = cursor.rest();
    let read = if rest.starts_with("Flags") {
        line.form = Form::Modern;
        Some(segment::modern(cursor))
    } else if segment::is_classic(rest) {
        Some(segment::classic(cursor, &mut line.header))
    } else {
        None
    };
    let what = match read {
        Some(Ok((segment, repaired))) => {
            line.repaired = repaired;
            line.body = Content::Tcp(segment);
            return Ok(());
        }
        // What tcpdump itself could not read, it said so.
        Some(Err(fault)) if !damaged(rest) => return Err(fault),
        _ => rest,
    };
    let modern = ["[|", "[bad", "[Invalid"]
        .iter()
        .any(|word| what.contains(word))
        && line.before.contains("IP");
    if modern || what.starts_with(|c: char| c.is_ascii_uppercase()) {
        line.form = Form::Modern;
    }
    let dns = dns::read(what);
    // Behind it stands what else is said of the IP header.
    let in_parentheses = || {
        let mut groups = what.rsplit('(').filter_map(|group| group.split(')').next());
        groups.find_map(|group| group.parse().ok())
    };
    line.header.dont_fragment |= what.contains("(DF)");
    let udp = match &dns {
        Some(_) => in_parentheses(),
        None => ["udp ", "UDP, length "]
            .iter()
            .find_map(|word| what.trim_start().strip_prefix(word))
            .and_then(|number| number.split(' ').next()?.parse().ok()),
    };
    if dns.is_some() && udp.is_none() && !damaged(what) {
        cursor.while_(|_| true);
        return Err(cursor.fault("the message's length in parentheses"));
    }
    line.body = Content::Text {
        text: what.to_owned(),
        udp,
        dns,
    };
    Ok(())
}

fn damaged(text: &str) -> bool {
    ["[|", "[bad", "[remaining", "[Invalid", "bad opt", "tcp "]
        .iter()
        .any(|word| text.contains(word))
}

/// A host, and its port where there is one.
fn end(text: &str, at: &Cursor<'_>, tcp: bool, ports: bool) -> Result<Place, Fault> {
    if text.is_empty() || !text.chars().all(is_host) {
        return Err(at.fault("an address or a host's name"));
    }
    let split = text
        .rsplit_once('.')
        .filter(|_| ports && text.parse::<std::net::IpAddr>().is_err());
    let found = split.and_then(|(host, port)| {
        let number = port.parse().ok().or_else(|| port_of(port));
        Some((host.to_owned(), Some((port.to_owned(), number?))))
    });
    match found {
        Some((host, port)) if !host.is_empty() => Ok((host, port)),
        _ if tcp => Err(at.fault("an address or a name, a full stop, and a port")),
        _ => Ok((text.to_owned(), None)),
    }
}
