//! The head: lines of `key: value` up to the first step.

use std::time::Duration;

use super::Source;
use super::line::Line;
use super::steps::{CLIENT, SERVER};
use crate::header::{Grade, Header, Need, Plays, Rule};
use crate::script_error::Fault;

pub(super) const KEYS: &[&str] = &[
    "purpose",
    "purpose zh",
    "rule",
    "grade",
    "plays",
    "needs",
    "limit",
    "shows",
];
pub(super) const NEEDS: &[&str] = &[
    "login",
    "password",
    "second user",
    "anonymous",
    "write",
    "tls",
    "ipv6",
    "ipv4",
    "active",
    "feat NAME",
];

/// Reads the head and leaves the source at the first step.
pub(super) fn read(source: &mut Source<'_>) -> Result<Header, Fault> {
    let mut purpose = None;
    let mut purpose_zh = None;
    let mut grade = None;
    let mut rules = Vec::new();
    let mut plays = None;
    let mut needs = Vec::new();
    let mut limit = None;
    let mut shows = Vec::new();
    let mut shown_at = None;
    while let Some((text, column)) = source.next() {
        let Some((key, value)) = text.split_once(':') else {
            source.back();
            break;
        };
        if !KEYS.contains(&key) {
            // A line of the head that is written wrongly would be told as one that is missing.
            let lower = key.to_ascii_lowercase();
            let told = lower.strip_prefix("purpose ").unwrap_or(&lower);
            let word = told.len() > 1 && told.bytes().all(|byte| byte.is_ascii_alphabetic());
            let begins_a_step = |words: &[&str]| {
                let mut words = words.iter();
                words.any(|step| step.trim_end_matches(':') == key)
            };
            if word && !begins_a_step(CLIENT) && !begins_a_step(SERVER) {
                let fault = Fault::new(column, format!("no line of the head is called `{key}:`"));
                return Err(fault.one_of(&lower, KEYS));
            }
            source.back();
            break;
        }
        let at = column + u32::try_from(key.len() + 1).unwrap_or(0);
        let blanks = value.len() - value.trim_start().len();
        let at = at + u32::try_from(blanks).unwrap_or(0);
        let value = value.trim();
        if value.is_empty() {
            return Err(Fault::new(at, format!("`{key}:` says nothing")));
        }
        match key {
            "purpose" => once(&mut purpose, value.to_owned(), key, column)?,
            "purpose zh" => once(&mut purpose_zh, value.to_owned(), key, column)?,
            "rule" => rules.push(Rule {
                text: value.to_owned(),
            }),
            "grade" => {
                let parsed = Grade::parse(value).ok_or_else(|| {
                    Fault::new(at, format!("no grade {value}")).one_of(value, Grade::WORDS)
                })?;
                once(&mut grade, parsed, key, column)?;
            }
            "plays" => {
                let parsed = match value {
                    "client" => Plays::Client,
                    "server" => Plays::Server,
                    "lab" => Plays::Lab,
                    _ => {
                        return Err(Fault::new(at, format!("a script cannot play `{value}`"))
                            .one_of(value, &["client", "server", "lab"]));
                    }
                };
                once(&mut plays, parsed, key, column)?;
            }
            "shows" => {
                shown_at.get_or_insert((column, source.number, source.line));
                shows.extend(items(value, at)?);
            }
            "needs" => needs.extend(wanted(value, at)?),
            _ => once(&mut limit, time(value, at)?, key, column)?,
        }
    }
    let missing = |key: &str, hint: &str| {
        Fault::new(1, format!("the head has no `{key}:` line")).hint(hint.to_owned())
    };
    let plays = plays.unwrap_or_default();
    let scenario = plays == Plays::Lab;
    if let (false, Some((column, number, line))) = (scenario, shown_at) {
        (source.number, source.line) = (number, line);
        return Err(
            Fault::new(column, "`shows:` in a script that is no scenario")
                .hint("expected it only beside `plays: lab`"),
        );
    }
    if rules.is_empty() && !scenario {
        return Err(missing(
            "rule",
            "expected what it rests on, such as `rule: RFC 959 section 4.1.2`; or `plays: lab`, if it \
             is a scenario",
        ));
    }
    Ok(Header {
        purpose: purpose
            .ok_or_else(|| missing("purpose", "expected a sentence that says what is tested"))?,
        purpose_zh,
        rules,
        grade: grade
            .or(scenario.then_some(Grade::Must))
            .ok_or_else(|| missing("grade", "expected MUST, SHOULD or HARDENING"))?,
        shows,
        plays,
        needs,
        limit: limit.unwrap_or(Duration::from_secs(10)),
    })
}

fn once<T>(slot: &mut Option<T>, value: T, key: &str, column: u32) -> Result<(), Fault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Fault::new(column, format!("a second `{key}:` line"))),
    }
}

/// `S0-3, S0-27, G-4`
fn items(value: &str, column: u32) -> Result<Vec<String>, Fault> {
    let one = |(item, column): (&str, u32)| {
        let parts = item.split_once('-');
        let sound = parts.is_some_and(|(list, number)| {
            list.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && !list.is_empty()
                && number.parse::<u16>().is_ok()
        });
        sound.then(|| item.to_owned()).ok_or_else(|| {
            Fault::new(column, format!("`{item}` is no item"))
                .hint("expected items such as S0-3, with a comma between them")
        })
    };
    parts(value, column).map(one).collect()
}

/// `login, feat MLST, second user`
fn wanted(value: &str, column: u32) -> Result<Vec<Need>, Fault> {
    let one = |(word, column): (&str, u32)| {
        Ok(match word {
            "login" => Need::Login,
            "password" => Need::Password,
            "second user" => Need::SecondUser,
            "anonymous" => Need::Anonymous,
            "write" => Need::Write,
            "tls" => Need::Tls,
            "ipv6" => Need::Ipv6,
            "ipv4" => Need::Ipv4,
            "active" => Need::Active,
            other => match other.split_once(' ') {
                Some(("feat", name)) if !name.trim().is_empty() => {
                    Need::Feature(name.trim().to_owned())
                }
                _ => {
                    let fault = Fault::new(column, format!("nothing called `{other}` to need"));
                    return Err(fault.one_of(other, NEEDS));
                }
            },
        })
    };
    parts(value, column).map(one).collect()
}

/// What stands between the commas, each with the column where it begins.
fn parts(value: &str, column: u32) -> impl Iterator<Item = (&str, u32)> {
    let mut next = column;
    value.split(',').map(move |part| {
        let blanks = part.chars().take_while(|c| c.is_whitespace()).count();
        let at = next.saturating_add(u32::try_from(blanks).unwrap_or(0));
        let length = u32::try_from(part.chars().count() + 1).unwrap_or(0);
        next = next.saturating_add(length);
        (part.trim(), at)
    })
}

fn time(value: &str, column: u32) -> Result<Duration, Fault> {
    let mut line = Line::read(value, column)?;
    let time = line.time()?;
    line.end()?;
    Ok(time)
}
