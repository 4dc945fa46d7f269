//! `NAME knows …`, `NAME refers …`: what a resolver can be told.

use crate::network::{DnsName, Network};
use crate::parse::line::Line;
use crate::script_error::Fault;

/// What a resolver can be told beside that.
pub(super) const ONLY_RESOLVER: &[&str] = &["knows", "refers"];

/// `NAME knows NAME ADDRESS`, `NAME refers ZONE NAME ADDRESS`
pub(super) fn of_resolver(
    network: &mut Network,
    resolver: &str,
    what: &str,
    line: &mut Line,
) -> Result<(), Fault> {
    let column = line.column();
    if what == "knows" {
        if network.names.iter().any(|name| name.resolver != resolver) {
            return Err(Fault::new(column, "a second resolver"));
        }
        network.names.push(DnsName {
            resolver: resolver.to_owned(),
            name: line.word("a name")?,
            address: line.small("an IPv4 address")?,
            servers: Vec::new(),
        });
        return Ok(());
    }
    let Some(name) = network.names.last_mut() else {
        return Err(Fault::new(column, "there is no name yet")
            .hint("expected a line `knows` above this one"));
    };
    name.servers.push((
        line.word("a zone")?,
        line.word("the name of its server")?,
        line.small("an IPv4 address")?,
    ));
    Ok(())
}
