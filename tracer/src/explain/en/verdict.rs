//! What many packets together mean, in English.

use crate::explain::{endpoint, span};
use crate::{Near, Verdict};

pub(in crate::explain) fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::DataConnections {
            by,
            to,
            ports,
            announced,
        } => format!(
            "{by} dials {ports} different ports of {to}: FTP data connections, not a port scan. \
             Commands and replies explain all {announced} of them."
        ),
        Verdict::PortScan {
            by,
            to,
            ports,
            refused,
            unanswered,
        } => format!(
            "{by} tries {ports} different ports of {to} that nothing announced, {refused} times \
             refused and {unanswered} times without an answer: a port scan, not FTP."
        ),
        Verdict::Bounce {
            connection,
            packet,
            target,
            dialled,
        } => {
            let came = match dialled {
                Some(number) => format!("the server went there (connection {number})"),
                None => "the server was not seen to go there".into(),
            };
            format!(
                "Bounce: in packet {packet} the client of {connection} sends its server to {}, a \
                 third host; {came}. It is an attack (RFC 2577 §3) unless both hosts are servers \
                 that exchange a file.",
                endpoint(*target)
            )
        }
        Verdict::Translation {
            connection,
            copy,
            dialler,
            acceptor,
            connections,
        } => {
            let mut changed = Vec::new();
            for [here, there] in [dialler, acceptor] {
                if here != there {
                    changed.push(format!("{} is {}", endpoint(*here), endpoint(*there)));
                }
            }
            let more = match connections {
                0 | 1 => String::new(),
                _ => format!(" So are {} more between these hosts.", connections - 1),
            };
            format!(
                "{connection} and {copy} are the same connection, captured on both sides of an \
                 address translator (NAT), where {}: the initial sequence numbers of both ends \
                 are the same.{more}",
                changed.join(" and ")
            )
        }
        Verdict::Vantage {
            connection,
            near,
            server_leg,
            client_leg,
            hops,
        } => {
            let place = match near {
                Near::Client => "on the client's side",
                Near::Server => "on the server's side",
                Near::Between => "between client and server, away from both",
            };
            let times = match (server_leg, client_leg) {
                (Some(server), Some(client)) => format!(
                    "SYN to SYN+ACK took {} (the server's side of the way), SYN+ACK to ACK {} (the \
                     client's); ",
                    span(*server),
                    span(*client)
                ),
                _ => String::new(),
            };
            let routers = hops.map_or_else(
                || "no line has a TTL".into(),
                |[client, server]| {
                    format!(
                        "by their TTLs the client's packets passed {client} routers, the server's \
                         {server}"
                    )
                },
            );
            format!("Captured {place}, as {connection} shows: {times}{routers}.")
        }
    }
}
