//! The lines `wire: …`.

use super::dialogue;
use super::line::Line;
use super::names::Names;
use crate::script_error::Fault;
use crate::template::Template;
use crate::token;
use crate::value::Operator;
use crate::wire::{End, FlagsWanted, Host, Port, Wire, WirePacket};

/// `wire: S server.20 > client.$port`, `wire: F server first`, `wire: no packet to 10.0.0.9`,
/// `wire: no R client.control > server.control`, `wire: no packet any > any "text"`,
/// `wire: no reset on data`
pub(super) fn wire(line: &mut Line, names: &mut Names) -> Result<Wire, Fault> {
    let none = line.take("no");
    if none && line.peek_word() == Some("packet") && line.second_word() == Some("to") {
        line.keyword("packet")?;
        line.keyword("to")?;
        return Ok(Wire::NothingTo(end(line, names)?));
    }
    if none && line.take("reset") {
        return Ok(Wire::NoReset(connections(line)?));
    }
    let column = line.column();
    let word = line.word("TCP flags or `packet`")?;
    let flags = if word == "packet" {
        None
    } else {
        Some(FlagsWanted::parse(&word).ok_or_else(|| {
            Fault::new(column, format!("`{word}` are no TCP flags"))
                .hint("expected tcpdump's letters, such as S, S., F., P., F?P. or R, or `packet`")
        })?)
    };
    if word == "F" && !none && line.second_word() == Some("first") {
        let host = host(line, names)?;
        line.keyword("first")?;
        let port = connections(line)?;
        return Ok(Wire::FirstFin { host, port });
    }
    let from = end(line, names)?;
    line.keyword(">")?;
    let to = end(line, names)?;
    let mut lengths = Vec::new();
    let mut payload = Vec::new();
    while !line.is_empty() {
        if line.take("length") {
            lengths.push(length(line, names)?);
            continue;
        }
        // A packet is looked for when the script is over.
        match dialogue::held(line, names)? {
            Some(pattern) => payload.push(pattern),
            None => break,
        }
    }
    let packet = WirePacket {
        flags,
        from,
        to,
        lengths,
        payload,
    };
    Ok(if none {
        Wire::NoPacket(packet)
    } else {
        Wire::Packet(packet)
    })
}

/// `20`, `> 2`, `<= $most`
fn length(line: &mut Line, names: &Names) -> Result<(Operator, Template), Fault> {
    let operator = line.peek_word().and_then(Operator::parse);
    if operator.is_some() {
        line.word("a comparison")?;
    }
    let column = line.column();
    let length = names.value(line, "a length")?;
    if !length.may_be::<u32>() {
        return Err(Fault::new(column, format!("`{length}` is no length"))
            .hint("expected a number of bytes, also `> 20`, `>= 20`, `< 20` or `<= 20`"));
    }
    Ok((operator.unwrap_or(Operator::Equal), length))
}

/// `on control`, `on data`; data when nothing is said.
fn connections(line: &mut Line) -> Result<Port, Fault> {
    if !line.take("on") {
        return Ok(Port::Data);
    }
    let word = line.one_of("connection", &["control", "data"])?;
    Ok(if word == "control" {
        Port::Control
    } else {
        Port::Data
    })
}

fn host(line: &mut Line, names: &Names) -> Result<Host, Fault> {
    let column = line.column();
    let word = line.word("a host")?;
    host_named(&word, column, names)
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
        _ => {
            return Err(Fault::new(column, format!("no host `{word}`"))
                .hint("expected client, server, any, an IP address or a variable"));
        }
    })
}

/// `server.20`, `client.$port`, `10.0.0.9.21`, `fe80::1`, `any`, `client.data`
fn end(line: &mut Line, names: &Names) -> Result<End, Fault> {
    let column = line.column();
    let word = line.word("a host and a port, such as server.20")?;
    if let Ok(host) = host_named(&word, column, names) {
        return Ok(End {
            host,
            port: Port::Any,
        });
    }
    let Some((host, port)) = word.rsplit_once('.') else {
        return Err(host_named(&word, column, names)
            .err()
            .unwrap_or_else(|| Fault::new(column, format!("`{word}` is no end of a connection"))));
    };
    let at = column + u32::try_from(host.chars().count() + 1).unwrap_or(0);
    let host = host_named(host, column, names)?;
    let port = match port {
        "control" => Port::Control,
        "data" => Port::Data,
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
    Ok(End { host, port })
}
