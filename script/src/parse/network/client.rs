//! `client …`: what the client can be told beside what every host can.

use std::net::Ipv4Addr;

use super::at_least_one;
use crate::network::{CLIENT, LabHost, Mode, Network};
use crate::parse::line::Line;
use crate::script_error::Fault;

/// What the client can be told beside that.
pub(super) const ONLY_CLIENT: &[&str] =
    &["mode", "control", "data", "gives", "file", "folder", "also"];

pub(super) fn of_client(network: &mut Network, what: &str, line: &mut Line) -> Result<(), Fault> {
    if what == "also" {
        network.client.also = Some(also(network, line)?);
        return Ok(());
    }
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

/// `client also has ADDRESS`
fn also(network: &Network, line: &mut Line) -> Result<Ipv4Addr, Fault> {
    line.keyword("has")?;
    let column = line.column();
    let address: Ipv4Addr = line.small("an IPv4 address")?;
    if network.hosts.iter().any(|host| host.address == address) {
        return Err(Fault::new(column, format!("{address} is a host's already")));
    }
    let near = network.host(CLIENT).is_some_and(|host| {
        let there = LabHost::new(CLIENT, address, host.prefix);
        there.subnet() == host.subnet()
    });
    if !near {
        return Err(
            Fault::new(column, format!("{address} is not in the client's network"))
                .hint("expected an address whose first bits are as in the `host client` line"),
        );
    }
    Ok(address)
}
