//! Names of ports, hosts and protocols, as the files of this machine have them. Nobody is asked
//! over the network.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::IpAddr;

/// No file of names is read beyond this, in bytes.
const LONGEST: u64 = 8 << 20;

/// What a service is called in `/etc/services`: its TCP port and its UDP port.
pub(super) fn service(name: &str) -> (Option<u16>, Option<u16>) {
    let mut found = (None, None);
    each("/etc/services", |words| {
        let [canonical, port, aliases @ ..] = words else {
            return;
        };
        if *canonical != name && !aliases.contains(&name) {
            return;
        }
        let Some((port, protocol)) = port.split_once('/') else {
            return;
        };
        let Ok(port) = port.parse() else { return };
        match protocol {
            "tcp" => found.0 = found.0.or(Some(port)),
            "udp" => found.1 = found.1.or(Some(port)),
            _ => {}
        }
    });
    found
}

/// The addresses of a host in `/etc/hosts`.
pub(super) fn host(name: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    each("/etc/hosts", |words| {
        if let [address, names @ ..] = words
            && names.iter().any(|known| known.eq_ignore_ascii_case(name))
            && let Ok(address) = address.parse()
            && !found.contains(&address)
        {
            found.push(address);
        }
    });
    found
}

/// The number of an IP protocol in `/etc/protocols`.
pub(super) fn protocol(name: &str) -> Option<u8> {
    let mut found = None;
    each("/etc/protocols", |words| {
        if let [canonical, number, aliases @ ..] = words
            && (*canonical == name || aliases.contains(&name))
        {
            found = found.or(number.parse().ok());
        }
    });
    found
}

/// The words of each line, without comments.
fn each(path: &str, mut line: impl FnMut(&[&str])) {
    let Ok(file) = File::open(path) else { return };
    for text in BufReader::new(file.take(LONGEST)).lines() {
        let Ok(text) = text else { return };
        let content = text.split('#').next().unwrap_or_default();
        let words: Vec<&str> = content.split_ascii_whitespace().collect();
        line(&words);
    }
}
