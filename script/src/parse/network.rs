//! The block `network … end` of a scenario.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::Source;
use super::line::Line;
use super::scenario::file;
use crate::network::{
    CLIENT, CableAction, CableRule, DnsName, Holds, LabFile, LabHost, Mode, Network, PacketKind,
    PacketNamed, SERVER, When, Window,
};
use crate::script_error::Fault;

/// Hosts of one network.
const MAX_HOSTS: usize = 8;
/// Lines of one block.
const MAX_LINES: usize = 1000;
/// The largest file, in bytes.
const MAX_FILE: u64 = 1 << 30;
/// The most numbered lines of a file.
const MAX_NUMBERED: u64 = 100_000;

/// What a line can begin with, beside the name of a host.
const LINES: &[&str] = &[
    "host",
    "all",
    "client",
    "server",
    "cable",
    "neighbours",
    "hold",
    "drop",
    "double",
    "delay",
];
/// What every host can be told.
const HOST: &[&str] = &[
    "timestamps",
    "sack",
    "window",
    "DF",
    "UDP",
    "ports",
    "acknowledges",
    "acknowledge",
    "send",
    "sends",
    "ttl",
    "mss",
];
/// What the server can be told beside that.
const ONLY_SERVER: &[&str] = &[
    "persona",
    "says",
    "greeting",
    "user",
    "anonymous",
    "passive",
    "data",
    "waits",
    "file",
    "folder",
    "dates",
];
/// What the client can be told beside that.
const ONLY_CLIENT: &[&str] = &["mode", "control", "data", "file", "folder"];
/// What a resolver can be told beside that.
const ONLY_RESOLVER: &[&str] = &["knows", "refers"];

/// Reads the block, which must come next.
pub(super) fn read(source: &mut Source<'_>) -> Result<Network, Fault> {
    const HINT: &str = "a scenario says first where it plays: `network`, lines, `end`";
    let opened = match source.next() {
        Some(("network", _)) => source.number,
        Some((text, column)) => {
            return Err(
                Fault::new(column, format!("`{text}` where `network` should be")).hint(HINT),
            );
        }
        None => return Err(Fault::new(1, "the script ends before `network`").hint(HINT)),
    };
    let mut network = Network::default();
    network.cable.seed = 1;
    let mut count = 0;
    while let Some((text, column)) = source.next() {
        count += 1;
        if count > MAX_LINES {
            return Err(Fault::new(column, "the network has too many lines")
                .hint(format!("expected at most {MAX_LINES}")));
        }
        if text == "end" {
            return whole(network, column);
        }
        let mut line = Line::read(text, column)?;
        said(&mut network, &mut line)?;
        line.end()?;
    }
    Err(Fault::new(
        1,
        format!("the script ends inside `network` of line {opened}"),
    )
    .hint("expected `end`"))
}

/// What the block as a whole must say.
fn whole(network: Network, column: u32) -> Result<Network, Fault> {
    for name in [CLIENT, SERVER] {
        if network.host(name).is_none() {
            return Err(
                Fault::new(column, format!("the network has no host `{name}`"))
                    .hint(format!("expected a line such as `host {name} 10.0.0.1`")),
            );
        }
    }
    if network.hosts.len() > 2 {
        for (index, host) in network.hosts.iter().enumerate() {
            let same = |other: &&LabHost| other.subnet() == host.subnet();
            if let Some(other) = network.hosts.iter().take(index).find(same) {
                let (one, other) = (&other.name, &host.name);
                let what = format!("{one} and {other} are in one network");
                return Err(Fault::new(column, what)
                    .hint("with three hosts or more each has a network of its own, by a router"));
            }
        }
    }
    if network.server.users.is_empty() && !network.server.anonymous {
        return Err(Fault::new(column, "nobody may log in").hint(
            "expected `server anonymous`, or a line such as `server user student open-sesame`",
        ));
    }
    Ok(network)
}

fn said(network: &mut Network, line: &mut Line) -> Result<(), Fault> {
    let column = line.column();
    let word = line.word("what the network is like")?;
    match word.as_str() {
        "host" => host(network, line),
        "all" if network.hosts.is_empty() => {
            Err(Fault::new(column, "there is no host yet")
                .hint("expected `host` lines above this one"))
        }
        "all" => {
            let told = line.column();
            let what = line.one_of("thing to tell all hosts", HOST)?;
            let mut model = LabHost::new("", Ipv4Addr::UNSPECIFIED, 24);
            if !tell(&mut model, &what, line)? {
                return Err(Fault::new(told, format!("`{what}` cannot be told to all")));
            }
            for host in &mut network.hosts {
                adopt(host, &model);
            }
            Ok(())
        }
        "cable" => cable(network, line),
        "neighbours" => {
            line.keyword("known")?;
            network.cable.neighbours_known = true;
            Ok(())
        }
        "hold" | "drop" | "double" | "delay" => rule(network, &word, line),
        name => {
            if network.host(name).is_none() && [CLIENT, SERVER].contains(&name) {
                return Err(
                    Fault::new(column, format!("there is no host `{name}` yet")).hint(format!(
                        "expected a line such as `host {name} 10.0.0.1` above this one"
                    )),
                );
            }
            if network.host(name).is_none() {
                let mut known = LINES.to_vec();
                known.extend(network.hosts.iter().map(|host| host.name.as_str()));
                return Err(
                    Fault::new(column, format!("neither a host nor a line `{name}`"))
                        .one_of(name, &known),
                );
            }
            of_host(network, name, line)
        }
    }
}

/// `host NAME ADDRESS[/PREFIX]`
fn host(network: &mut Network, line: &mut Line) -> Result<(), Fault> {
    let column = line.column();
    let name = line.word("a host's name")?;
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !plain
        || name == "gateway"
        || name.len() > 15
        || LINES.contains(&name.as_str()) && name != CLIENT && name != SERVER
    {
        return Err(
            Fault::new(column, format!("`{name}` cannot be a host's name"))
                .hint("expected small letters and digits, such as client, server or dnsserver"),
        );
    }
    if network.host(&name).is_some() {
        return Err(Fault::new(column, format!("a second host `{name}`")));
    }
    if network.hosts.len() == MAX_HOSTS {
        return Err(
            Fault::new(column, "too many hosts").hint(format!("expected at most {MAX_HOSTS}"))
        );
    }
    let at = line.column();
    let text = line.word("its address")?;
    let (address, prefix) = text.split_once('/').unwrap_or((&text, "24"));
    let wrong = || {
        Fault::new(at, format!("`{text}` is no address of a host"))
            .hint("expected an IPv4 address such as 10.0.0.1, or 10.0.0.1/24")
    };
    let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
    let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
    let unfit = address.is_unspecified()
        || address.is_loopback()
        || address.is_multicast()
        || address.is_broadcast();
    if unfit || !(8..=30).contains(&prefix) {
        return Err(wrong());
    }
    if network.hosts.iter().any(|host| host.address == address) {
        return Err(Fault::new(at, format!("{address} is another host's")));
    }
    network.hosts.push(LabHost::new(&name, address, prefix));
    Ok(())
}

/// `NAME …`: what one host is told.
fn of_host(network: &mut Network, name: &str, line: &mut Line) -> Result<(), Fault> {
    let mut known = HOST.to_vec();
    known.extend(match name {
        SERVER => ONLY_SERVER,
        CLIENT => ONLY_CLIENT,
        _ => ONLY_RESOLVER,
    });
    let what = line.one_of("thing to tell this host", &known)?;
    if name == CLIENT && what == "acknowledges" && line.take("before") {
        line.keyword("closing")?;
        network.client.acknowledges_before_closing = true;
        return Ok(());
    }
    if let Some(host) = network.hosts.iter_mut().find(|host| host.name == name)
        && tell(host, &what, line)?
    {
        return Ok(());
    }
    match (name, what.as_str()) {
        (_, "file" | "folder") => {
            let file = a_file(name == SERVER, what == "folder", line)?;
            network.files.push(file);
            Ok(())
        }
        (SERVER, _) => of_server(network, &what, line),
        (CLIENT, _) => of_client(network, &what, line),
        _ => of_resolver(network, name, &what, line),
    }
}

/// What every host can be told; whether it was that.
fn tell(host: &mut LabHost, what: &str, line: &mut Line) -> Result<bool, Fault> {
    match what {
        "timestamps" => host.timestamps = Some(on(line)?),
        "sack" => host.sack = Some(on(line)?),
        "DF" => host.dont_fragment = Some(on(line)?),
        "UDP" => {
            line.keyword("DF")?;
            host.udp_dont_fragment = Some(on(line)?);
        }
        "window" if line.take("scaling") => host.window_scaling = Some(on(line)?),
        "window" => {
            let first = line.small("a window from 0 to 65535 bytes")?;
            let then = if line.take(",") {
                line.keyword("then")?;
                line.small("a window from 0 to 65535 bytes")?
            } else {
                first
            };
            host.window = Some(Window { first, then });
        }
        "ports" => host.ports = Some(range(line)?),
        "acknowledges" | "acknowledge" => {
            host.acknowledges = Some(if line.one_of("moment", &["at", "late"])? == "at" {
                line.keyword("once")?;
                When::AtOnce
            } else {
                When::Late
            });
        }
        "send" | "sends" => {
            line.keyword("again")?;
            line.keyword("after")?;
            host.sends_again_after = Some(line.delay()?);
        }
        "ttl" => host.ttl = Some(at_least_one(line, "a time to live from 1 to 255")?),
        "mss" => {
            let column = line.column();
            let mss: u16 = line.small("an MSS")?;
            if !(88..=65_495).contains(&mss) {
                return Err(
                    Fault::new(column, format!("an MSS of {mss}")).hint("expected 88 to 65495")
                );
            }
            host.mss = Some(mss);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// What `all` was told goes to each host.
fn adopt(host: &mut LabHost, model: &LabHost) {
    host.timestamps = model.timestamps.or(host.timestamps);
    host.sack = model.sack.or(host.sack);
    host.window_scaling = model.window_scaling.or(host.window_scaling);
    host.dont_fragment = model.dont_fragment.or(host.dont_fragment);
    host.udp_dont_fragment = model.udp_dont_fragment.or(host.udp_dont_fragment);
    host.ports = model.ports.or(host.ports);
    host.acknowledges = model.acknowledges.or(host.acknowledges);
    host.sends_again_after = model.sends_again_after.or(host.sends_again_after);
    host.ttl = model.ttl.or(host.ttl);
    host.mss = model.mss.or(host.mss);
    host.window = model.window.or(host.window);
}

fn of_server(network: &mut Network, what: &str, line: &mut Line) -> Result<(), Fault> {
    let server = &mut network.server;
    match what {
        "persona" => server.persona = Some(line.plain("a persona")?),
        "says" => {
            let column = line.column();
            let says = line.plain("a line of a persona")?;
            if says.contains(['\r', '\n']) {
                return Err(Fault::new(column, "more than one line of a persona")
                    .hint("expected a line such as \"greeting: 220 ready\""));
            }
            server.says.push(says);
        }
        "greeting" => server.greeting = Some(line.plain("a text")?),
        "user" => server
            .users
            .push((line.plain("a user's name")?, line.plain("a password")?)),
        "anonymous" => server.anonymous = true,
        "passive" => {
            let word = line.one_of("thing", &["port", "ports"])?;
            server.passive_ports = Some(if word == "port" {
                let port = at_least_one(line, "a port")?;
                (port, port)
            } else {
                range(line)?
            });
        }
        "data" => {
            line.keyword("sequence")?;
            server.data_sequence = Some(line.small("a sequence number")?);
        }
        "waits" => {
            // `server waits for FIN before 226`
            line.keyword("for")?;
            line.keyword("FIN")?;
            line.keyword("before")?;
            line.keyword("226")?;
            server.waits = true;
        }
        _ => network.dated = Some(date(line)?),
    }
    Ok(())
}

fn of_client(network: &mut Network, what: &str, line: &mut Line) -> Result<(), Fault> {
    let client = &mut network.client;
    if what == "mode" {
        client.mode = match line
            .one_of("mode", &["active", "pasv", "passive"])?
            .as_str()
        {
            "active" => Mode::Active,
            "pasv" => Mode::Pasv,
            _ => Mode::Passive,
        };
        return Ok(());
    }
    let word = line.one_of("thing", &["port", "sequence"])?;
    match (what, word.as_str()) {
        ("control", "port") => client.control_port = Some(at_least_one(line, "a port")?),
        ("control", _) => client.control_sequence = Some(line.small("a sequence number")?),
        (_, "port") => client.data_port = Some(at_least_one(line, "a port")?),
        _ => client.data_sequence = Some(line.small("a sequence number")?),
    }
    Ok(())
}

/// `NAME knows NAME ADDRESS`, `NAME refers ZONE NAME ADDRESS`
fn of_resolver(
    network: &mut Network,
    resolver: &str,
    what: &str,
    line: &mut Line,
) -> Result<(), Fault> {
    let column = line.column();
    if what == "knows" {
        if network.names.iter().any(|name| name.resolver != resolver) {
            return Err(Fault::new(column, "a second resolver"));
        }
        network.names.push(DnsName {
            resolver: resolver.to_owned(),
            name: line.word("a name")?,
            address: line.small("an IPv4 address")?,
            servers: Vec::new(),
        });
        return Ok(());
    }
    let Some(name) = network.names.last_mut() else {
        return Err(Fault::new(column, "there is no name yet")
            .hint("expected a line `knows` above this one"));
    };
    name.servers.push((
        line.word("a zone")?,
        line.word("the name of its server")?,
        line.small("an IPv4 address")?,
    ));
    Ok(())
}

/// `file NAME TEXT`, `file NAME N bytes`, `file NAME N lines TEXT`, `folder NAME`
fn a_file(on_server: bool, folder: bool, line: &mut Line) -> Result<LabFile, Fault> {
    let name = file(line)?;
    let holds = if folder {
        Holds::Folder
    } else {
        match line.second_word() {
            Some("bytes") => Holds::Filled(line.size(MAX_FILE)?),
            Some("lines") => {
                let column = line.column();
                let count = line.number("a number of lines")?;
                line.keyword("lines")?;
                let count = u32::try_from(count)
                    .ok()
                    .filter(|count| u64::from(*count) <= MAX_NUMBERED)
                    .ok_or_else(|| {
                        Fault::new(column, format!("{count} lines are too many"))
                            .hint(format!("expected at most {MAX_NUMBERED}"))
                    })?;
                Holds::Lines(count, line.plain("what the lines begin with")?)
            }
            _ => {
                let column = line.column();
                let text = line.texts("its text, N bytes, or N lines")?;
                if let Some(name) = text.variables().next() {
                    return Err(Fault::new(column, format!("nothing sets ${name} here")));
                }
                Holds::Bytes(text)
            }
        }
    };
    Ok(LabFile {
        on_server,
        name,
        holds,
    })
}

/// `cable rtt 24 ms`, `cable jitter 2 ms`, `cable loss 1 percent`, `cable seed 7`
fn cable(network: &mut Network, line: &mut Line) -> Result<(), Fault> {
    let cable = &mut network.cable;
    match line
        .one_of("thing of a cable", &["rtt", "jitter", "loss", "seed"])?
        .as_str()
    {
        "rtt" => cable.rtt = Some(line.delay()?),
        "jitter" => cable.jitter = line.delay()?,
        "loss" => {
            let column = line.column();
            let percent: u8 = line.small("a number from 0 to 100")?;
            if percent > 100 {
                return Err(
                    Fault::new(column, format!("{percent} percent")).hint("expected 0 to 100")
                );
            }
            line.keyword("percent")?;
            cable.loss_percent = percent;
        }
        _ => cable.seed = line.number("a number")?,
    }
    Ok(())
}

/// `hold PACKET until PACKET[, then TIME more]`, `drop PACKET`, `double PACKET`,
/// `delay PACKET by TIME`
fn rule(network: &mut Network, word: &str, line: &mut Line) -> Result<(), Fault> {
    let packet = named(network, line)?;
    let action = match word {
        "drop" => CableAction::Drop,
        "double" => CableAction::Double,
        "delay" => {
            line.keyword("by")?;
            CableAction::Delay(line.delay()?)
        }
        _ => {
            line.keyword("until")?;
            let until = named(network, line)?;
            let then = if line.take(",") {
                line.keyword("then")?;
                let then = line.delay()?;
                line.keyword("more")?;
                then
            } else {
                Duration::ZERO
            };
            CableAction::Hold { until, then }
        }
    };
    network.cable.rules.push(CableRule { packet, action });
    Ok(())
}

/// `[2nd] data from server [port 20] [to port N] [length 1167] [beginning "226 "]`
fn named(network: &Network, line: &mut Line) -> Result<PacketNamed, Fault> {
    let column = line.column();
    let mut word = line.word("a packet")?;
    let nth = ordinal(&word);
    if nth.is_some() {
        word = line.word("a packet")?;
    }
    let kind = PacketKind::parse(&word).ok_or_else(|| {
        Fault::new(column, format!("no packet is called `{word}`")).one_of(&word, PacketKind::WORDS)
    })?;
    line.keyword("from")?;
    let at = line.column();
    let from = line.word("a host")?;
    if network.host(&from).is_none() {
        let known: Vec<&str> = network
            .hosts
            .iter()
            .map(|host| host.name.as_str())
            .collect();
        return Err(Fault::new(at, format!("no host `{from}` above")).one_of(&from, &known));
    }
    let mut packet = PacketNamed {
        nth,
        kind,
        from,
        port: None,
        to_port: None,
        length: None,
        begins: Vec::new(),
    };
    loop {
        if line.take("port") {
            packet.port = Some(at_least_one(line, "a port")?);
        } else if line.take("to") {
            line.keyword("port")?;
            packet.to_port = Some(at_least_one(line, "a port")?);
        } else if line.take("length") {
            packet.length = Some(line.small("a number of bytes")?);
        } else if line.take("beginning") {
            packet.begins = line.plain("a text in quotes")?.into_bytes();
        } else {
            return Ok(packet);
        }
    }
}

/// `first`, `2nd`, `17th`
fn ordinal(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    match (word, &word[digits.len()..]) {
        ("first", _) => Some(1),
        (_, "st" | "nd" | "rd" | "th") => digits.parse().ok().filter(|n| *n > 0),
        _ => None,
    }
}

fn on(line: &mut Line) -> Result<bool, Fault> {
    Ok(line.one_of("state", &["on", "off"])? == "on")
}

/// `40036 to 40191`
fn range(line: &mut Line) -> Result<(u16, u16), Fault> {
    let column = line.column();
    let first = at_least_one(line, "a port")?;
    line.keyword("to")?;
    let last = at_least_one(line, "a port")?;
    if first > last {
        return Err(Fault::new(
            column,
            format!("{first} to {last} are no ports"),
        ));
    }
    Ok((first, last))
}

fn at_least_one<T: std::str::FromStr + Default + PartialEq>(
    line: &mut Line,
    what: &str,
) -> Result<T, Fault> {
    let column = line.column();
    let number = line.small(what)?;
    if number == T::default() {
        return Err(Fault::new(column, format!("0 is not {what}")));
    }
    Ok(number)
}

/// `2001-02-21`: that day's midnight, UTC, in seconds since 1970.
fn date(line: &mut Line) -> Result<i64, Fault> {
    let column = line.column();
    let word = line.word("a day")?;
    let wrong = || {
        Fault::new(column, format!("`{word}` is no day"))
            .hint("expected a day from 1970 on, such as 2001-02-21")
    };
    let parts: Vec<&str> = word.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return Err(wrong());
    };
    let number = |text: &str, bounds: std::ops::RangeInclusive<i64>| {
        text.parse::<i64>()
            .ok()
            .filter(|n| bounds.contains(n))
            .ok_or_else(wrong)
    };
    let (year, month) = (number(year, 1970..=2037)?, number(month, 1..=12)?);
    let leap = year % 4 == 0;
    let lengths = [
        31,
        if leap { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let before = usize::try_from(month - 1).unwrap_or(0);
    let day = number(day, 1..=lengths.get(before).copied().unwrap_or(28))?;
    // From 1970 to 2037 every fourth year is a leap year.
    let years = (year - 1970) * 365 + (year - 1969) / 4;
    let months: i64 = lengths.iter().take(before).sum();
    Ok((years + months + day - 1) * 86_400)
}
