//! The block `network … end` of a scenario.

mod cable;
mod client;
mod files;
mod hosts;
mod ports;
mod resolver;
mod router;
mod server;

use std::net::Ipv4Addr;
use std::time::Duration;

use super::line::Line;
use super::{Source, scenario};
use crate::network::{CLIENT, LabFile, LabHost, Network, SERVER};
use crate::script_error::{Fault, Location};

use self::cable::{cable, rule};
use self::hosts::{HOST, adopt, host, tell};
use self::ports::{PORTS, open_port};

pub(super) use self::ports::length_of_datagram;
pub(super) use self::router::reads_ftp;

/// Lines of one block.
const MAX_LINES: usize = 1000;
/// What a line can begin with, beside the name of a host.
const LINES: &[&str] = &[
    "host",
    "all",
    "client",
    "server",
    "router",
    "capture",
    "cable",
    "neighbours",
    "hold",
    "drop",
    "double",
    "delay",
];

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
        if is_step(text) {
            let what = format!("a step inside `network` of line {opened}, which has no `end`");
            return Err(Fault::new(column, what)
                .hint("expected `end` on a line of its own above the first step"));
        }
        let mut line = Line::read(text, column)?;
        let at = Location {
            line: source.number,
            column,
        };
        said(&mut network, &mut line, at)?;
        line.end()?;
    }
    Err(Fault::new(
        1,
        format!("the script ends inside `network` of line {opened}"),
    )
    .hint("expected `end` on a line of its own above the first step"))
}

/// Whether a line can only be a step: what the network is like ended above, without a word.
fn is_step(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let (first, second) = (words.next(), words.next().unwrap_or_default());
    match first {
        Some("C:" | "S:" | "wait" | "resolve") => true,
        Some(CLIENT) => scenario::DOES.contains(&second) && !is_told(second),
        Some("capture") => second == "ends",
        _ => false,
    }
}

/// Whether the client can be told this word as a host.
fn is_told(word: &str) -> bool {
    HOST.contains(&word) || PORTS.contains(&word) || client::ONLY_CLIENT.contains(&word)
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
    router::whole(&network, column)?;
    Ok(network)
}

fn said(network: &mut Network, line: &mut Line, at: Location) -> Result<(), Fault> {
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
        "router" => router::router(network, column, line),
        "capture" => router::capture(network, line),
        "cable" => cable(network, line),
        "neighbours" => {
            line.keyword("known")?;
            network.cable.neighbours_known = true;
            Ok(())
        }
        "hold" | "drop" | "double" | "delay" => rule(network, &word, line, at),
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
                let hosts = network.hosts.iter().map(|host| host.name.as_str());
                known.extend(hosts.filter(|host| !LINES.contains(host)));
                return Err(
                    Fault::new(column, format!("neither a host nor a line `{name}`"))
                        .one_of(name, &known),
                );
            }
            of_host(network, name, line)
        }
    }
}

/// `NAME …`: what one host is told.
fn of_host(network: &mut Network, name: &str, line: &mut Line) -> Result<(), Fault> {
    let mut known = [HOST, PORTS].concat();
    known.extend(match name {
        SERVER => server::ONLY_SERVER,
        CLIENT => client::ONLY_CLIENT,
        _ => resolver::ONLY_RESOLVER,
    });
    let what = line.one_of("thing to tell this host", &known)?;
    if name == CLIENT && what == "acknowledges" && line.take("before") {
        line.keyword("closing")?;
        network.client.acknowledges_before_closing = true;
        return Ok(());
    }
    if let Some(host) = network.hosts.iter_mut().find(|host| host.name == name)
        && (open_port(host, &what, line)? || tell(host, &what, line)?)
    {
        return Ok(());
    }
    match (name, what.as_str()) {
        (SERVER, "gives") => {
            network.server.data_limit = Some(data_connections(line)?);
            Ok(())
        }
        (CLIENT, "gives") => {
            network.client.data_limit = Some(data_connections(line)?);
            Ok(())
        }
        (_, "file" | "folder") => {
            let column = line.column();
            let file = files::a_file(name == SERVER, what == "folder", line)?;
            let taken =
                |other: &LabFile| other.on_server == file.on_server && other.name == file.name;
            if network.files.iter().any(taken) {
                let what = format!("a second file or folder `{}`", file.name);
                return Err(Fault::new(column, what).hint("expected another name"));
            }
            network.files.push(file);
            Ok(())
        }
        (SERVER, _) => server::of_server(network, &what, line),
        (CLIENT, _) => client::of_client(network, &what, line),
        _ => resolver::of_resolver(network, name, &what, line),
    }
}

/// The name of a host that was said above.
fn known_host(network: &Network, line: &mut Line) -> Result<String, Fault> {
    let at = line.column();
    let name = line.word("a host")?;
    if network.host(&name).is_none() {
        let known: Vec<&str> = network
            .hosts
            .iter()
            .map(|host| host.name.as_str())
            .collect();
        return Err(Fault::new(at, format!("no host `{name}` above")).one_of(&name, &known));
    }
    Ok(name)
}

/// What is behind `gives`: `data connections 1500 ms`
fn data_connections(line: &mut Line) -> Result<Duration, Fault> {
    line.keyword("data")?;
    line.keyword("connections")?;
    line.time()
}

fn on(line: &mut Line) -> Result<bool, Fault> {
    Ok(line.one_of("state", &["on", "off"])? == "on")
}

/// `40036 to 40191`
pub(super) fn range(line: &mut Line) -> Result<(u16, u16), Fault> {
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

pub(super) fn at_least_one<T: std::str::FromStr + Default + PartialEq>(
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
