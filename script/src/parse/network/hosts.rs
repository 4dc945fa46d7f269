//! `host …`, and what every host can be told.

use std::net::Ipv4Addr;

use super::{LINES, at_least_one, on, range};
use crate::network::{CLIENT, LabHost, Network, SERVER, When, Window};
use crate::parse::line::Line;
use crate::script_error::Fault;

/// Hosts of one network.
const MAX_HOSTS: usize = 8;

/// What every host can be told.
pub(super) const HOST: &[&str] = &[
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

/// `host NAME ADDRESS[/PREFIX]`
pub(super) fn host(network: &mut Network, line: &mut Line) -> Result<(), Fault> {
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

/// What every host can be told; whether it was that.
pub(super) fn tell(host: &mut LabHost, what: &str, line: &mut Line) -> Result<bool, Fault> {
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
        "ports" => host.chosen_ports = Some(range(line)?),
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
pub(super) fn adopt(host: &mut LabHost, model: &LabHost) {
    host.timestamps = model.timestamps.or(host.timestamps);
    host.sack = model.sack.or(host.sack);
    host.window_scaling = model.window_scaling.or(host.window_scaling);
    host.dont_fragment = model.dont_fragment.or(host.dont_fragment);
    host.udp_dont_fragment = model.udp_dont_fragment.or(host.udp_dont_fragment);
    host.chosen_ports = model.chosen_ports.or(host.chosen_ports);
    host.acknowledges = model.acknowledges.or(host.acknowledges);
    host.sends_again_after = model.sends_again_after.or(host.sends_again_after);
    host.ttl = model.ttl.or(host.ttl);
    host.mss = model.mss.or(host.mss);
    host.window = model.window.or(host.window);
}
