//! The router of a scenario, and where packets are captured, in words.

use crate::network::Network;
use crate::router::Guard;

/// What a router does that reads FTP.
pub(super) const READS: &str = "reads what passes to port 21 (the kernel's FTP helper): it lets the \
                                data connections in that PORT and 227 announce, and where it hides a \
                                host it rewrites the address in these lines";

/// What is to be said of a network before its steps; nothing where it is a plain one.
pub(super) fn network(network: &Network) -> String {
    let mut told = Vec::new();
    let router = &network.router;
    for Guard { host, except } in &router.guards {
        let open = except.map_or_else(String::new, |port| {
            format!(", and what goes to port {port}")
        });
        told.push(format!(
            "lets nothing pass to {host} but the answers to what {host} began{open}"
        ));
    }
    if let Some(hidden) = &router.hides {
        let (host, behind) = (&hidden.host, hidden.behind);
        told.push(format!(
            "gives what {host} sends the address {behind} (NAT), so that nobody sees the address of \
             {host} or can begin a connection to it"
        ));
    }
    if router.reads_ftp {
        told.push(READS.into());
    }
    let mut text = String::new();
    for does in told {
        text += &format!("The router {does}.\n");
    }
    if !network.capture_at.is_empty() {
        text += &format!(
            "Packets are captured at {}.\n",
            network.capture_at.join(" and ")
        );
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
