//! `NAME listens …`, `NAME receives …`, `NAME answers …`: what waits on the ports of a host.

use super::at_least_one;
use crate::network::{LabHost, OpenPort, Takes};
use crate::parse::line::Line;
use crate::script_error::Fault;

/// Ports of one host.
const MAX_PORTS: usize = 64;
/// The most bytes of a datagram: 65535 less the headers of IPv4 and UDP.
const MAX_DATAGRAM: u16 = 65_507;

/// What each host can be told about its ports, but not all at once.
pub(super) const PORTS: &[&str] = &["listens", "receives", "answers"];

/// `NAME listens on port N`, `NAME receives datagrams on port N`,
/// `NAME answers datagrams on port N with N bytes`; whether it was one of these.
pub(super) fn open_port(host: &mut LabHost, what: &str, line: &mut Line) -> Result<bool, Fault> {
    if !PORTS.contains(&what) {
        return Ok(false);
    }
    if what != "listens" {
        line.keyword("datagrams")?;
    }
    line.keyword("on")?;
    line.keyword("port")?;
    let column = line.column();
    let port = at_least_one(line, "a port")?;
    let takes = match what {
        "listens" => Takes::Connections,
        "receives" => Takes::Datagrams { answer: None },
        _ => {
            line.keyword("with")?;
            let answer = Some(length_of_datagram(line)?);
            line.keyword("bytes")?;
            Takes::Datagrams { answer }
        }
    };
    let is_tcp = |takes: &Takes| *takes == Takes::Connections;
    let taken = |other: &OpenPort| other.port == port && is_tcp(&other.takes) == is_tcp(&takes);
    if host.ports.iter().any(taken) {
        return Err(Fault::new(column, format!("port {port} is taken already")));
    }
    if host.ports.len() == MAX_PORTS {
        return Err(Fault::new(column, "too many ports of one host")
            .hint(format!("expected at most {MAX_PORTS}")));
    }
    host.ports.push(OpenPort { port, takes });
    Ok(true)
}

/// How many bytes a datagram has.
pub(in crate::parse) fn length_of_datagram(line: &mut Line) -> Result<u16, Fault> {
    let column = line.column();
    let length = line.small("a number of bytes")?;
    if length > MAX_DATAGRAM {
        return Err(Fault::new(column, format!("a datagram of {length} bytes"))
            .hint(format!("expected at most {MAX_DATAGRAM}, what IPv4 takes")));
    }
    Ok(length)
}
