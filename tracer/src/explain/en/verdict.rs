//! What many packets together mean, in English.

use crate::explain::{endpoint, plural, span};
use crate::note::Whose;
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
            "{by} tries {ports} different ports of {to} that nothing announced; {} refused and {} not \
             answered: a port scan, not FTP.",
            was(*refused),
            was(*unanswered)
        ),
        Verdict::Bounce {
            connection,
            packet,
            target,
            whose,
            reply,
            reply_in,
            dialled: _,
            data,
            opened,
        } => {
            let itself = matches!(whose, Whose::Peer | Whose::Loopback);
            let who = match whose {
                Whose::Peer => "which is that server itself",
                Whose::Loopback => "which is loopback, so that server itself",
                _ => "a third host",
            };
            let went = match (data, opened) {
                (Some(data), Some(true)) => format!("went there: {data}"),
                (Some(data), _) => {
                    format!("dialled it in vain ({data}), from which the client learns as much")
                }
                (None, _) => "was not seen to go there".into(),
            };
            let did = match (reply, reply_in) {
                (Some(code), Some(by)) if code.is_negative() => match data {
                    None => format!("The server refuses, with {code} in packet {by}."),
                    Some(_) => format!("The server refuses ({code} in packet {by}), but {went}."),
                },
                (Some(code), Some(by)) => {
                    let but = if data.is_some() { "and" } else { "but" };
                    format!("The server agrees ({code} in packet {by}), {but} {went}.")
                }
                _ => format!("The server {went}."),
            };
            let why = if itself {
                "Such a command is a mistake, or it sends the server to a service that listens to \
                 nobody else (RFC 2577 §3)."
            } else {
                "It is an attack (RFC 2577 §3) unless both hosts are servers that exchange a file."
            };
            format!(
                "Bounce: in packet {packet} the client of {connection} asks its server to dial {}, \
                 {who}. {did} {why}",
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
                2 => " So is 1 more between these hosts.".into(),
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
                        "by their TTLs the client's packets passed {}, the server's {server}",
                        plural(client.into(), "router")
                    )
                },
            );
            format!("Captured {place}, as {connection} shows: {times}{routers}.")
        }
    }
}

/// `1 was`, `2 were`.
fn was(count: u32) -> String {
    format!("{count} {}", if count == 1 { "was" } else { "were" })
}
