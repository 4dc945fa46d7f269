//! `router …` and `capture at …`: what the router lets through, and where packets are taken.

use std::net::Ipv4Addr;

use super::{at_least_one, known_host};
use crate::network::Network;
use crate::parse::line::Line;
use crate::router::{Guard, Hidden};
use crate::script_error::Fault;

/// What the router can be told.
const ROUTER: &[&str] = &["guards", "hides", "reads"];

/// `router guards HOST [except port N]`, `router hides HOST behind ADDRESS`, `router reads FTP`
pub(super) fn router(network: &mut Network, at: u32, line: &mut Line) -> Result<(), Fault> {
    if !network.is_routed() {
        return Err(
            Fault::new(at, "there is no router: the hosts above are in one network")
                .hint("expected hosts of two networks, such as 192.168.0.2 and 203.0.113.10"),
        );
    }
    match line.one_of("thing to tell the router", ROUTER)?.as_str() {
        "guards" => {
            let host = known_host(network, line)?;
            let except = if line.take("except") {
                line.keyword("port")?;
                Some(at_least_one(line, "a port")?)
            } else {
                None
            };
            network.router.guards.push(Guard { host, except });
        }
        "hides" => {
            let column = line.column();
            let host = known_host(network, line)?;
            if network.router.hides.is_some() {
                return Err(Fault::new(column, "a second host to hide")
                    .hint("expected one line `router hides`"));
            }
            line.keyword("behind")?;
            let behind = outside(network, &host, line)?;
            network.router.hides = Some(Hidden { host, behind });
        }
        _ => {
            reads_ftp(line)?;
            network.router.reads_ftp = true;
        }
    }
    Ok(())
}

/// What is behind `router reads`, also as a step.
pub(in crate::parse) fn reads_ftp(line: &mut Line) -> Result<(), Fault> {
    line.keyword("FTP")
}

/// `capture at HOST [and HOST]…`
pub(super) fn capture(network: &mut Network, line: &mut Line) -> Result<(), Fault> {
    line.keyword("at")?;
    network.capture_at.clear();
    loop {
        let column = line.column();
        let host = known_host(network, line)?;
        if network.capture_at.contains(&host) {
            return Err(Fault::new(column, format!("{host} a second time")));
        }
        network.capture_at.push(host);
        if !line.take("and") {
            return Ok(());
        }
    }
}

/// What holds for the block as a whole.
pub(super) fn whole(network: &Network, column: u32) -> Result<(), Fault> {
    let hidden = network.router.hides.as_ref().map(|hidden| &hidden.host);
    let seen: Vec<&String> = network
        .capture_at
        .iter()
        .filter(|host| Some(*host) != hidden)
        .collect();
    if let [one, other, ..] = seen.as_slice() {
        let what = format!("{one} and {other} may see the same packets, which came twice then");
        return Err(Fault::new(column, what).hint(
            "expected `capture at` one host; a second only where `router hides` one of the two, \
             so that their packets are not the same",
        ));
    }
    Ok(())
}

/// An address that the router can have in a network that is not the hidden host's.
fn outside(network: &Network, hidden: &str, line: &mut Line) -> Result<Ipv4Addr, Fault> {
    const HINT: &str = "expected a free address of the network that the host is hidden from";
    let column = line.column();
    let address: Ipv4Addr = line
        .small("an IPv4 address")
        .map_err(|fault| fault.hint(HINT))?;
    let other = network
        .hosts
        .iter()
        .filter(|host| host.name != hidden)
        .find(|host| host.has_neighbour(address));
    match other {
        Some(host) if host.address == address => Err(Fault::new(
            column,
            format!("{address} is the address of {}", host.name),
        )
        .hint("expected another address of the same network: it will be the router's")),
        Some(_) => Ok(address),
        None => Err(Fault::new(
            column,
            format!("{address} is in no network of another host"),
        )
        .hint(HINT)),
    }
}
