//! The steps of a scenario, in words.

use super::router::READS;
use crate::lab_step::{ClientStep, ConnectFrom, Datagram, LabStep};

pub(super) fn lab(step: &LabStep) -> String {
    match step {
        LabStep::Resolve {
            name,
            from_port: None,
        } => format!("the client's host asks the resolver for {name}"),
        LabStep::Resolve {
            name,
            from_port: Some(port),
        } => format!("the client's host asks the resolver for {name}, from port {port}"),
        LabStep::RouterReadsFtp => format!("from here on the router {READS}"),
        LabStep::CaptureEnds => "the capture ends; what follows is not shown".into(),
        LabStep::Client(step) => format!("the client {}", client(step)),
    }
}

fn client(step: &ClientStep) -> String {
    let at = |path: &Option<String>| {
        path.as_ref()
            .map_or_else(String::new, |path| format!(" of {path}"))
    };
    match step {
        ClientStep::Connect(from) => {
            format!("connects{} and waits for the greeting", origin(from))
        }
        ClientStep::Login(name, _) => format!("logs in as {name}"),
        ClientStep::Type { ascii: true } => "asks for text (TYPE A)".into(),
        ClientStep::Type { ascii: false } => "asks for bytes as they are (TYPE I)".into(),
        ClientStep::List(path) => format!("asks for a listing{}", at(path)),
        ClientStep::Nlst(path) => format!("asks for the names{}", at(path)),
        ClientStep::Get { name, from: 0 } => format!("downloads {name}"),
        ClientStep::Get { name, from } => format!("downloads {name} from byte {from} on"),
        ClientStep::Put(name) => format!("uploads {name}"),
        ClientStep::Append(name) => format!("appends its {name} to the server's"),
        ClientStep::Fails(step) => format!("{}, which must fail", client(step)),
        ClientStep::Size(name) => format!("asks how long {name} is"),
        ClientStep::Cd(name) => format!("goes to {name}"),
        ClientStep::Quit => "says QUIT and closes".into(),
        ClientStep::Acknowledges => "acknowledges at once what it has not acknowledged".into(),
        ClientStep::SendsAndShutsDown(line) => {
            format!("sends `{line}` and then its FIN, and waits for the reply")
        }
        ClientStep::Closes => "closes the control connection without a word".into(),
        ClientStep::ShutsDown => "sends no more on the control connection (FIN)".into(),
        ClientStep::Resets => "resets the control connection".into(),
        ClientStep::Tries { host, first, last } => format!(
            "dials the ports {first} to {last} of {host}, one after the other, and closes what \
             answers"
        ),
        ClientStep::Datagram(Datagram {
            from_port,
            host,
            port,
            length,
        }) => {
            let from = from_port.map_or_else(String::new, |port| format!(" from port {port}"));
            format!("sends a datagram of {length} bytes{from} to port {port} of {host}")
        }
    }
}

/// From where, as far as it is said.
fn origin(from: &ConnectFrom) -> String {
    let ConnectFrom {
        address,
        port,
        data_port,
    } = from;
    let mut told = String::new();
    let mut say =
        |what: String| told += &format!("{}{what}", if told.is_empty() { " from " } else { ", " });
    if let Some(address) = address {
        say(address.to_string());
    }
    if let Some(port) = port {
        say(format!("port {port}"));
    }
    if let Some(port) = data_port {
        say(format!("port {port} for data"));
    }
    told
}
