//! The lines `wire: …`.

use super::line::Line;
use super::names::Names;
use super::segment::{self, Asked};
use crate::script_error::{Fault, near};
use crate::segment::FlagsWanted;
use crate::template::Template;
use crate::token;
use crate::wire::{End, Host, Port, Times, Wire, WirePacket};

/// `wire: S server.20 > client.$port`, `wire: F server first`, `wire: no packet to 10.0.0.9`,
/// `wire: no R client.control > server.control`, `wire: no packet any > any "text"`,
/// `wire: no reset on data`, `wire: 2 times S client > server.data`
pub(super) fn wire(line: &mut Line, names: &mut Names) -> Result<Wire, Fault> {
    if let Some(times) = times(line)? {
        let flags = flags(line, &["packet"])?;
        return Ok(Wire::Count(times, packet(flags, line, names)?));
    }
    let none = line.take("no");
    if none && line.peek_word() == Some("packet") && line.second_word() == Some("to") {
        line.keyword("packet")?;
        line.keyword("to")?;
        return Ok(Wire::NothingTo(end(line, names)?));
    }
    if none && line.take("reset") {
        return Ok(Wire::NoReset(connections(line, names)?));
    }
    let fin = line.peek_word() == Some("F");
    let words: &[&str] = if none {
        &["packet", "reset"]
    } else {
        &["packet"]
    };
    let flags = flags(line, words)?;
    if fin && !none && line.second_word() == Some("first") {
        let host = host(line, names)?;
        line.keyword("first")?;
        let port = connections(line, names)?;
        return Ok(Wire::FirstFin { host, port });
    }
    let packet = packet(flags, line, names)?;
    Ok(if none {
        Wire::NoPacket(packet)
    } else {
        Wire::Packet(packet)
    })
}

/// `2 times`, `at most 1 time`, `at least 3 times`, when it is next.
fn times(line: &mut Line) -> Result<Option<Times>, Fault> {
    let bound = if line.take("at") {
        line.one_of("bound of a count", &["most", "least"])?
    } else if line.peek_word().is_some_and(begins_with_a_digit) {
        String::new()
    } else {
        return Ok(None);
    };
    let column = line.column();
    let count = line.small("a number of packets, as in `2 times`")?;
    if !line.take("time") {
        line.keyword("times")?;
    }
    match (bound.as_str(), count) {
        ("least", 0) => Err(Fault::new(column, "there are always at least 0 packets")
            .hint("expected a number from 1 on")),
        (_, 0) => Err(Fault::new(column, "a packet that comes 0 times")
            .hint("expected `no` for this: `wire: no S client > server.data`")),
        ("least", count) => Ok(Some(Times::AtLeast(count))),
        ("most", count) => Ok(Some(Times::AtMost(count))),
        (_, count) => Ok(Some(Times::Exactly(count))),
    }
}

pub(super) fn begins_with_a_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// `S.`, or `packet` for any; `words` may stand here instead.
fn flags(line: &mut Line, words: &[&str]) -> Result<Option<FlagsWanted>, Fault> {
    let column = line.column();
    let word = line.word("TCP flags or `packet`")?;
    if word == "packet" {
        return Ok(None);
    }
    FlagsWanted::parse(&word).map(Some).ok_or_else(|| {
        let fault = Fault::new(column, format!("`{word}` are no TCP flags"));
        if near(&word, words) {
            return fault.one_of(&word, words);
        }
        fault.hint("expected tcpdump's letters, such as S, S., F., P., F?P., P.U or R, or `packet`")
    })
}

/// What stands behind the flags.
fn packet(
    flags: Option<FlagsWanted>,
    line: &mut Line,
    names: &mut Names,
) -> Result<WirePacket, Fault> {
    let from = end(line, names)?;
    line.keyword(">")?;
    let to = end(line, names)?;
    let Asked {
        fields,
        options,
        payload,
    } = segment::asked(line, names)?;
    Ok(WirePacket {
        flags,
        from,
        to,
        fields,
        options,
        payload,
    })
}

/// `on control`, `on data of one`; data when nothing is said.
fn connections(line: &mut Line, names: &Names) -> Result<Port, Fault> {
    if !line.take("on") {
        return Ok(Port::Data(None));
    }
    let word = line.one_of("connection", &["control", "data"])?;
    let port = if word == "control" {
        Port::Control(None)
    } else {
        Port::Data(None)
    };
    of_which(port, line, names)
}

/// `of two` behind `control`, where that is a session, and `of one` behind `data`, where that is a
/// data connection.
fn of_which(port: Port, line: &mut Line, names: &Names) -> Result<Port, Fault> {
    let column = line.column();
    if !line.take("of") {
        return Ok(port);
    }
    let at = line.column();
    match port {
        Port::Control(_) => {
            let name = line.word("a session's name")?;
            names.check_session(&name, at)?;
            Ok(Port::Control(Some(name)))
        }
        Port::Data(_) => {
            let name = line.word("a data connection's name")?;
            names.check_data(&name, at)?;
            Ok(Port::Data(Some(name)))
        }
        Port::Any | Port::Number(_) => {
            let what = "`of` behind a port that is neither `control` nor `data`";
            Err(Fault::new(column, what)
                .hint("expected `client.control of SESSION` or `server.data of CONNECTION`"))
        }
    }
}

fn host(line: &mut Line, names: &Names) -> Result<Host, Fault> {
    let column = line.column();
    let word = line.word("a host")?;
    host_named(&word, column, names)
}

const HOSTS: &[&str] = &["client", "server", "any"];

/// Whether it can only be meant as an IPv4 address, with a port or without.
fn is_numbers(word: &str) -> bool {
    word.contains('.')
        && word
            .bytes()
            .all(|byte| byte == b'.' || byte.is_ascii_digit())
}

fn no_address(word: &str, column: u32) -> Fault {
    Fault::new(column, format!("no IPv4 address `{word}`"))
        .hint("expected four numbers from 0 to 255, such as 10.0.0.9")
}

fn host_named(word: &str, column: u32, names: &Names) -> Result<Host, Fault> {
    Ok(match word {
        "client" => Host::Client,
        "server" => Host::Server,
        "any" => Host::Any,
        _ if word.starts_with('$') => {
            let address = token::template(word, column)?;
            names.check(&address, column)?;
            Host::Address(address)
        }
        _ if word.parse::<std::net::IpAddr>().is_ok() => Host::Address(Template::text(word)),
        _ if is_numbers(word) => return Err(no_address(word, column)),
        _ => {
            let fault = Fault::new(column, format!("no host `{word}`"));
            if near(word, HOSTS) {
                return Err(fault.one_of(word, HOSTS));
            }
            return Err(fault.hint("expected client, server, any, an IP address or a variable"));
        }
    })
}

/// `server.20`, `client.$port`, `10.0.0.9.21`, `fe80::1`, `any`, `client.data of one`
fn end(line: &mut Line, names: &Names) -> Result<End, Fault> {
    let column = line.column();
    let word = line.word("a host and a port, such as server.20")?;
    if let Ok(host) = host_named(&word, column, names) {
        let port = of_which(Port::Any, line, names)?;
        return Ok(End { host, port });
    }
    let Some((host, port)) = word.rsplit_once('.') else {
        return Err(host_named(&word, column, names)
            .err()
            .unwrap_or_else(|| Fault::new(column, format!("`{word}` is no end of a connection"))));
    };
    if is_numbers(&word) && word.matches('.').count() < 4 {
        return Err(no_address(&word, column));
    }
    let at = column + u32::try_from(host.chars().count() + 1).unwrap_or(0);
    let host = host_named(host, column, names)?;
    let port = match port {
        "control" => Port::Control(None),
        "data" => Port::Data(None),
        "any" => Port::Any,
        _ if port.starts_with('$') || port.parse::<u16>().is_ok() => {
            let number = token::template(port, at)?;
            names.check(&number, at)?;
            Port::Number(number)
        }
        _ => {
            return Err(Fault::new(at, format!("no port `{port}`"))
                .hint("expected a number, control, data, any or a variable"));
        }
    };
    let port = of_which(port, line, names)?;
    Ok(End { host, port })
}
