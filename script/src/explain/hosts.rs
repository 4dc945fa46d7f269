//! What is special about the hosts of a scenario, in words.

use std::fmt::Write as _;

use crate::network::{Network, OpenPort, Takes};

/// A line for each open port and address, and for what the server does that it should not.
pub(super) fn network(network: &Network) -> String {
    let mut text = String::new();
    if let Some(address) = network.client.also {
        let _ = writeln!(text, "The client has a second address, {address}.");
    }
    for host in &network.hosts {
        for open in &host.ports {
            let _ = writeln!(text, "On {}, a program {}.", host.name, takes(*open));
        }
    }
    if network.server.permits_bounce {
        text += "The server dials whomever a PORT names, on any port (RFC 2577 §3).\n";
    }
    if network.server.zero_is_client {
        text += "The server takes 0.0.0.0 in PORT for the client's address.\n";
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn takes(open: OpenPort) -> String {
    let port = open.port;
    match open.takes {
        Takes::Connections => format!("takes connections on port {port}"),
        Takes::Datagrams { answer: None } => format!("takes datagrams on port {port}"),
        Takes::Datagrams {
            answer: Some(bytes),
        } => format!("answers datagrams on port {port} with {bytes} bytes"),
    }
}
