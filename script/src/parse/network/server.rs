//! `server …`: what the server can be told beside what every host can.

use super::{at_least_one, range};
use crate::network::Network;
use crate::parse::line::Line;
use crate::script_error::Fault;

/// What the server can be told beside that.
pub(super) const ONLY_SERVER: &[&str] = &[
    "persona",
    "says",
    "greeting",
    "user",
    "anonymous",
    "passive",
    "data",
    "waits",
    "permits",
    "takes",
    "gives",
    "file",
    "folder",
    "dates",
];

pub(super) fn of_server(network: &mut Network, what: &str, line: &mut Line) -> Result<(), Fault> {
    let server = &mut network.server;
    match what {
        "persona" => server.persona = Some(line.plain("a persona")?),
        "says" => {
            let column = line.column();
            let says = line.plain("a line of a persona")?;
            if says.contains(char::is_control) {
                return Err(
                    Fault::new(column, "more than one line of a persona, or no text")
                        .hint("expected a line such as \"greeting: 220 ready\""),
                );
            }
            server.says.push(says);
        }
        "greeting" => {
            let column = line.column();
            let greeting = line.plain("a text")?;
            if greeting.contains(char::is_control) {
                return Err(
                    Fault::new(column, "a greeting of more than one line, or no text")
                        .hint("expected one line, without the 220 before it"),
                );
            }
            server.greeting = Some(greeting);
        }
        "user" => server
            .users
            .push((line.plain("a user's name")?, line.plain("a password")?)),
        "anonymous" => server.anonymous = true,
        "passive" => {
            let word = line.one_of("thing", &["port", "ports"])?;
            server.passive_ports = Some(if word == "port" {
                let port = at_least_one(line, "a port")?;
                (port, port)
            } else {
                range(line)?
            });
        }
        "data" => {
            line.keyword("sequence")?;
            server.data_sequence = Some(line.small("a sequence number")?);
        }
        "waits" => {
            // `server waits for FIN before 226`
            line.keyword("for")?;
            line.keyword("FIN")?;
            line.keyword("before")?;
            line.keyword("226")?;
            server.waits = true;
        }
        "permits" => {
            line.keyword("bounce")?;
            server.permits_bounce = true;
        }
        "takes" => {
            // `server takes 0.0.0.0 for the client`
            line.keyword("0.0.0.0")?;
            line.keyword("for")?;
            line.keyword("the")?;
            line.keyword("client")?;
            server.zero_is_client = true;
        }
        _ => network.dated = Some(date(line)?),
    }
    Ok(())
}

/// `2001-02-21`: that day's midnight, UTC, in seconds since 1970.
fn date(line: &mut Line) -> Result<i64, Fault> {
    let column = line.column();
    let word = line.word("a day")?;
    let wrong = || {
        Fault::new(column, format!("`{word}` is no day"))
            .hint("expected a day from 1970 on, such as 2001-02-21")
    };
    let parts: Vec<&str> = word.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return Err(wrong());
    };
    let number = |text: &str, bounds: std::ops::RangeInclusive<i64>| {
        text.parse::<i64>()
            .ok()
            .filter(|n| bounds.contains(n))
            .ok_or_else(wrong)
    };
    let (year, month) = (number(year, 1970..=2037)?, number(month, 1..=12)?);
    let leap = year % 4 == 0;
    let lengths = [
        31,
        if leap { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let before = usize::try_from(month - 1).unwrap_or(0);
    let day = number(day, 1..=lengths.get(before).copied().unwrap_or(28))?;
    // From 1970 to 2037 every fourth year is a leap year.
    let years = (year - 1970) * 365 + (year - 1969) / 4;
    let months: i64 = lengths.iter().take(before).sum();
    Ok((years + months + day - 1) * 86_400)
}
