//! `client …`: what the client can be told beside what every host can.

use super::at_least_one;
use crate::network::{Mode, Network};
use crate::parse::line::Line;
use crate::script_error::Fault;

/// What the client can be told beside that.
pub(super) const ONLY_CLIENT: &[&str] = &["mode", "control", "data", "gives", "file", "folder"];

pub(super) fn of_client(network: &mut Network, what: &str, line: &mut Line) -> Result<(), Fault> {
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
