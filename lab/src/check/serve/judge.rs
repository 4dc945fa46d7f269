//! What the script wants to have seen, when the client has ended.

use script::{
    Content, Exit, FillError, Over, Pattern, Script, StepKind, Template, Then, Variables,
    step_in_words,
};

use super::fault;
use super::files::resolve;
use super::program::Ended;
use super::stage::{Heard, Said, Stage, fits};
use crate::check::content::{fill, holds, matches};
use crate::check::shown::{Shown, command};
use crate::check::verdict::Stop;
use crate::check::watch::Line;

/// Holds the script's lines against what happened; gives those about the wire, which are next.
pub(super) fn hold(script: &Script, stage: &Stage, ended: &Ended) -> Result<Vec<Line>, Stop> {
    let mut said = stage.said();
    if let Some(found) = said.fault.take() {
        return Err(Stop::Failed(found));
    }
    if ended.killed {
        let limit = stage.limit.as_secs_f64();
        let expected = format!("the client to end within {limit} s");
        return Err(Stop::Failed(fault(stage.at, expected, ended.told())));
    }
    let mut wires = Vec::new();
    let mut cursor = 0;
    for step in &script.steps {
        // What must have come before it, when that is what matters.
        let mut behind = None;
        let found = match &step.kind {
            StepKind::Sent {
                verbs,
                patterns,
                over,
            } => {
                let from = cursor;
                let Said {
                    heard, variables, ..
                } = &mut *said;
                let mut rest = heard.iter().skip(from);
                let found = rest.position(|heard| is(heard, verbs, patterns, *over, variables));
                if let Some(at) = found {
                    cursor = from + at + 1;
                    Ok(())
                } else {
                    let (before, rest) = heard.split_at_checked(from).unwrap_or((heard, &[]));
                    behind = before.last().map(|last| command(&last.line));
                    let mut before = before.iter();
                    let early = before.rfind(|heard| is(heard, verbs, patterns, *over, variables));
                    Err(match (&behind, early) {
                        (None, _) => sent(rest),
                        (Some(_), None) => after(rest),
                        (Some(_), Some(early)) => {
                            let early = command(&early.line);
                            format!("{}; too early came `{early}`", after(rest))
                        }
                    })
                }
            }
            StepKind::NeverSent {
                verbs,
                patterns,
                over,
            } => {
                let Said {
                    heard, variables, ..
                } = &mut *said;
                let mut all = heard.iter();
                match all.find(|heard| is(heard, verbs, patterns, *over, variables)) {
                    Some(heard) => Err(format!("`{}`", command(&heard.line))),
                    None => Ok(()),
                }
            }
            StepKind::Check(check) => {
                let text = |template: &Template| fill(template, &said.variables);
                let right = text(&check.right).map(|right| check.shifted(right));
                match (text(&check.left), right) {
                    (Ok(left), Ok(right)) if check.operator.holds(&left, &right) => Ok(()),
                    (Ok(left), Ok(right)) => Err(format!("{} and {}", shown(&left), shown(&right))),
                    (Err(why), _) | (_, Err(why)) => Err(why),
                }
            }
            StepKind::Then(then) => holds_then(then, &mut said, ended),
            StepKind::Wire(wire) => match wire.filled(&said.variables) {
                Ok(wire) => {
                    wires.push((step.at, wire));
                    Ok(())
                }
                Err(error @ FillError::Meaningless(_)) => {
                    let expected = step_in_words(&step.kind);
                    return Err(Stop::Mistaken(fault(step.at, expected, error.to_string())));
                }
                Err(error) => Err(error.to_string()),
            },
            _ => Ok(()),
        };
        if let Err(got) = found {
            let mut expected = step_in_words(&step.kind);
            if let Some(behind) = behind {
                expected += &format!(", behind `{behind}`");
            }
            return Err(Stop::Failed(fault(step.at, expected, got)));
        }
    }
    took_part(script, &said, ended)
        .map_err(|(expected, got)| Stop::Failed(fault(stage.at, expected, got)))?;
    Ok(wires)
}

/// A client that does nothing passes nothing, whatever it was expected not to do. Where the script
/// has a greeting of its own, that may be why it goes at once.
fn took_part(script: &Script, said: &Said, ended: &Ended) -> Result<(), (String, String)> {
    if !said.connected {
        return Err(("the client connects".into(), ended.told()));
    }
    let greeted = script.steps.iter().any(|step| match &step.kind {
        StepKind::On(handler) => handler.verbs.iter().any(|verb| verb == "connect"),
        _ => false,
    });
    if said.heard.is_empty() && !greeted {
        let got = format!("none; {}", ended.told());
        return Err(("the client sends a command".into(), got));
    }
    Ok(())
}

fn is(
    heard: &Heard,
    verbs: &[String],
    patterns: &[Pattern],
    over: Option<Over>,
    variables: &mut Variables,
) -> bool {
    over.is_none_or(|over| heard.secure == (over == Over::Tls))
        && verbs.iter().any(|verb| fits(verb, &heard.verb))
        && patterns
            .iter()
            .all(|pattern| matches(&heard.line, pattern, variables).is_ok())
}

/// What the client sent behind a line that was found.
fn after(rest: &[Heard]) -> String {
    match rest {
        [] => "nothing behind that".into(),
        rest => format!("behind that only {}", sent(rest)),
    }
}

/// What the client sent, in short.
fn sent(heard: &[Heard]) -> String {
    const SHOWN: usize = 30;
    if heard.is_empty() {
        return "a client that sent nothing".into();
    }
    let lines: Vec<String> = heard
        .iter()
        .take(SHOWN)
        .map(|heard| command(&heard.line))
        .collect();
    let more = if heard.len() > SHOWN { " …" } else { "" };
    format!("{}{more}", lines.join(" | "))
}

fn shown(bytes: &[u8]) -> String {
    let start = bytes.get(..200).unwrap_or(bytes);
    format!("`{}`", Shown(start))
}

fn holds_then(then: &Then, said: &mut Said, ended: &Ended) -> Result<(), String> {
    match then {
        Then::ClientExits(exit) => {
            let so = match exit {
                Exit::Done => ended.success,
                Exit::Failed => ended.failed(),
                Exit::Codes(codes) => {
                    let mut codes = codes.iter().map(|&code| i32::from(code));
                    ended
                        .code()
                        .is_some_and(|code| codes.any(|one| one == code))
                }
            };
            if so {
                return Ok(());
            }
            Err(ended.told())
        }
        Then::ClientSaid(pattern) => {
            matches(&ended.output, pattern, &mut said.variables).map_err(|_| ended.told())
        }
        Then::ClientHas { name, contents } => {
            let name = fill(name, &said.variables)?;
            let bytes = ended.file(&name)?;
            let bytes = bytes.ok_or_else(|| format!("no such file; {}", ended.told()))?;
            hold_all(&bytes, contents, said)
        }
        Then::ClientHasNot(name) => {
            let name = fill(name, &said.variables)?;
            match ended.file(&name)? {
                None => Ok(()),
                Some(bytes) => Err(format!("such a file, of {} bytes", bytes.len())),
            }
        }
        Then::File { name, contents } => {
            let path = resolve(b"/", &fill(name, &said.variables)?);
            let file = said.files.file(&path).ok_or("no such file")?;
            hold_all(&file, contents, said)
        }
        Then::Folder(name) => {
            let path = resolve(b"/", &fill(name, &said.variables)?);
            if said.files.is_folder(&path) {
                return Ok(());
            }
            Err("no such folder".into())
        }
        Then::Nothing(name) => {
            let path = resolve(b"/", &fill(name, &said.variables)?);
            if said.files.is_folder(&path) || said.files.file(&path).is_some() {
                return Err("something of that name".into());
            }
            Ok(())
        }
    }
}

fn hold_all(bytes: &[u8], contents: &[Content], said: &mut Said) -> Result<(), String> {
    for content in contents {
        let other = match content {
            Content::OfFile(name) => {
                let path = resolve(b"/", &fill(name, &said.variables)?);
                said.files.file(&path)
            }
            _ => None,
        };
        let other = other.as_ref().map(|file| file.as_slice());
        holds(bytes, content, other, &mut said.variables)?;
    }
    Ok(())
}
