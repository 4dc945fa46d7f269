//! The lines of a scenario: `resolve …`, `client …`, `router …`, `capture ends`.

use super::line::Line;
use super::names::Names;
use super::network::{self, at_least_one, range, reads_ftp};
use crate::lab_step::{ClientStep, ConnectFrom, Datagram, LabStep};
use crate::script_error::Fault;

pub(super) const DOES: &[&str] = &[
    "connect",
    "login",
    "type",
    "list",
    "nlst",
    "get",
    "put",
    "append",
    "size",
    "cd",
    "quit",
    "sends",
    "acknowledges",
    "closes",
    "shuts",
    "resets",
    "tries",
    "fails",
];
/// What can fail as it should.
const TRANSFERS: &[&str] = &["list", "nlst", "get", "put", "append"];

/// The most ports that one line tries.
const MAX_TRIED: u16 = 256;

/// The line whose first word is `word`.
pub(super) fn step(word: &str, line: &mut Line, names: &Names) -> Result<LabStep, Fault> {
    Ok(match word {
        "resolve" => LabStep::Resolve {
            name: line.plain("a name")?,
            from_port: if line.take("from") {
                line.keyword("port")?;
                Some(line.small("a port")?)
            } else {
                None
            },
        },
        "capture" => {
            line.keyword("ends")?;
            LabStep::CaptureEnds
        }
        "router" => {
            line.keyword("reads")?;
            reads_ftp(line)?;
            LabStep::RouterReadsFtp
        }
        _ => LabStep::Client(client(line, names)?),
    })
}

fn client(line: &mut Line, names: &Names) -> Result<ClientStep, Fault> {
    let does = line.one_of("thing for a client to do", DOES)?;
    Ok(match does.as_str() {
        "connect" => ClientStep::Connect(from(line)?),
        "login" => ClientStep::Login(line.plain("a user's name")?, line.plain("a password")?),
        "type" => ClientStep::Type {
            ascii: line.one_of("type", &["A", "I"])? == "A",
        },
        transfers if TRANSFERS.contains(&transfers) => transfer(transfers, line)?,
        "fails" => {
            line.keyword("to")?;
            let what = line.one_of("transfer", TRANSFERS)?;
            ClientStep::Fails(Box::new(transfer(&what, line)?))
        }
        "size" => ClientStep::Size(line.plain("a file's name")?),
        "cd" => ClientStep::Cd(line.plain("a folder")?),
        "quit" => ClientStep::Quit,
        "acknowledges" => ClientStep::Acknowledges,
        "closes" => ClientStep::Closes,
        "sends" if line.take("datagram") => ClientStep::Datagram(datagram(line, names)?),
        "sends" => {
            let text = line.plain("a command")?;
            line.keyword("and")?;
            line.keyword("shuts")?;
            line.keyword("down")?;
            ClientStep::SendsAndShutsDown(text)
        }
        "shuts" => {
            line.keyword("down")?;
            ClientStep::ShutsDown
        }
        "tries" => tries(line, names)?,
        _ => ClientStep::Resets,
    })
}

/// The transfer whose first word is `word`.
fn transfer(word: &str, line: &mut Line) -> Result<ClientStep, Fault> {
    let path = |line: &mut Line| (!line.is_empty()).then(|| line.plain("a path")).transpose();
    Ok(match word {
        "list" => ClientStep::List(path(line)?),
        "nlst" => ClientStep::Nlst(path(line)?),
        "get" => ClientStep::Get {
            name: file(line)?,
            from: if line.take("from") {
                line.keyword("byte")?;
                line.number("a number of bytes")?
            } else {
                0
            },
        },
        "put" => ClientStep::Put(file(line)?),
        _ => ClientStep::Append(file(line)?),
    })
}

/// `[from [ADDRESS] [port N] [data port N]]`
fn from(line: &mut Line) -> Result<ConnectFrom, Fault> {
    let mut from = ConnectFrom::default();
    if !line.take("from") {
        return Ok(from);
    }
    let said = line.peek_word().and_then(|word| word.parse().ok());
    if said.is_some() {
        from.address = said;
        line.word("an address")?;
    }
    if line.take("port") {
        from.port = Some(at_least_one(line, "a port")?);
    }
    if line.take("data") {
        line.keyword("port")?;
        from.data_port = Some(at_least_one(line, "a port")?);
    }
    if from == ConnectFrom::default() {
        return Err(line
            .fault("nothing to connect from")
            .hint("expected an address of the client, `port N`, or `data port N`"));
    }
    Ok(from)
}

/// `ports N to N of HOST`
fn tries(line: &mut Line, names: &Names) -> Result<ClientStep, Fault> {
    line.keyword("ports")?;
    let column = line.column();
    let (first, last) = range(line)?;
    if last - first >= MAX_TRIED {
        return Err(
            Fault::new(column, format!("{first} to {last} are too many ports"))
                .hint(format!("expected at most {MAX_TRIED}")),
        );
    }
    line.keyword("of")?;
    let host = names.host(line)?;
    Ok(ClientStep::Tries { host, first, last })
}

/// `[from port N] to HOST port N length N`
fn datagram(line: &mut Line, names: &Names) -> Result<Datagram, Fault> {
    let from_port = if line.take("from") {
        line.keyword("port")?;
        Some(at_least_one(line, "a port")?)
    } else {
        None
    };
    line.keyword("to")?;
    let host = names.host(line)?;
    line.keyword("port")?;
    let port = at_least_one(line, "a port")?;
    line.keyword("length")?;
    Ok(Datagram {
        from_port,
        host,
        port,
        length: network::length_of_datagram(line)?,
    })
}

/// A name that stays in the folder it is meant for.
pub(super) fn file(line: &mut Line) -> Result<String, Fault> {
    let column = line.column();
    let name = line.plain("a file's name")?;
    if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
        return Err(Fault::new(column, format!("`{name}` is no file's name"))
            .hint("expected a name without a slash: files lie in the folder where login leads"));
    }
    Ok(name)
}
