//! What a client is to do: the lines `task:`, and what they cannot mean together.

use std::collections::BTreeSet;

use super::line::Line;
use super::names::Names;
use super::sense::{Found, fault, plain};
use crate::content::{Exit, Given, Then};
use crate::script_error::{Fault, Location};
use crate::step::{Step, StepKind, Task};
use crate::template::{Piece, Template};

/// The most tasks of a client: they are words of one command line.
const MAX_TASKS: usize = 20;

pub(super) fn read(line: &mut Line, names: &Names) -> Result<Task, Fault> {
    const GET: &str = "expected `task: get NAME`, such as `task: get \"a.txt\"`";
    const PUT: &str = "expected `task: put NAME TEXT`, such as `task: put \"up.bin\" \"text\"`, \
                       or `3000 * \"a\"` for many bytes";
    Ok(
        match line.one_of("task", &["get", "put", "list"])?.as_str() {
            "get" if line.is_empty() => {
                return Err(line.fault("a file's name is missing").hint(GET));
            }
            "get" => Task::Get(names.value(line, "a file's name")?),
            "put" if line.is_empty() => {
                return Err(line.fault("a file's name is missing").hint(PUT));
            }
            "put" => {
                let name = names.value(line, "a file's name")?;
                if line.second_word() == Some("bytes") || line.is_empty() {
                    return Err(line.fault("its text is missing").hint(PUT));
                }
                Task::Put(name, names.texts(line, "its text")?)
            }
            _ => Task::List,
        },
    )
}

/// Looks at all lines of a script that plays the server.
///
/// # Errors
/// The first task that cannot be meant beside the others.
pub(super) fn check(steps: &[Step]) -> Found {
    let mut tasks = steps
        .iter()
        .filter(|step| matches!(step.kind, StepKind::Task(_)));
    if tasks.next().is_none() {
        let at = steps.first().map_or_else(Location::default, |step| step.at);
        let what = "the script has no line `task:`: the client has nothing to do";
        return Err((
            at,
            Fault::new(at.column, what).hint("expected `task: get`, `put` or `list`"),
        ));
    }
    if let Some(one) = tasks.nth(MAX_TASKS - 1) {
        let what = format!("more than {MAX_TASKS} lines `task:`");
        return Err(fault(one, &what, "expected fewer"));
    }
    names_of_tasks(steps)?;
    files_to_get(steps)
}

/// All files that are sent are made before the client runs, in the one folder in which it writes
/// what it gets: each name is there for one thing.
fn names_of_tasks(steps: &[Step]) -> Found {
    let mut sent = BTreeSet::new();
    let mut got = BTreeSet::new();
    for step in steps {
        let StepKind::Task(Task::Get(name) | Task::Put(name, _)) = &step.kind else {
            continue;
        };
        can_be_carried(step, name)?;
        let here = name_here(name);
        let sends = matches!(step.kind, StepKind::Task(Task::Put(..)));
        let other = if sends && sent.contains(&here) {
            "sent twice"
        } else if (sends && got.contains(&here)) || sent.contains(&here) {
            "both sent and fetched"
        } else {
            (if sends { &mut sent } else { &mut got }).insert(here);
            continue;
        };
        return Err(fault(
            step,
            &format!("`{here}` is {other}, and the client has one file of that name"),
            "expected another name: what is sent is there before the client begins",
        ));
    }
    for step in steps {
        if let StepKind::Then(Then::ClientHas { name, .. } | Then::ClientHasNot(name)) = &step.kind
            && sent.contains(&name_here(name))
        {
            return Err(fault(
                step,
                &format!("the client has `{name}` from the start, as it is to send it"),
                "expected the name of a file that it gets",
            ));
        }
    }
    Ok(())
}

/// A file that is to be fetched must be there, where the script does not answer otherwise itself,
/// or await the failure: else the client would be blamed for what the script lacks.
fn files_to_get(steps: &[Step]) -> Found {
    let awaited = steps.iter().any(|step| match &step.kind {
        StepKind::On(_) => true,
        StepKind::Then(Then::ClientExits(exit)) => !matches!(exit, Exit::Done),
        _ => false,
    });
    if awaited {
        return Ok(());
    }
    let named = |wanted: &Template| {
        steps.iter().any(|step| match &step.kind {
            StepKind::Given(
                Given::File { name, .. } | Given::Filled { name, .. } | Given::Nothing(name),
            )
            | StepKind::Task(Task::Put(name, _)) => plain(name)
                .zip(plain(wanted))
                .is_none_or(|(name, wanted)| relative(&name) == relative(&wanted)),
            _ => false,
        })
    };
    for step in steps {
        if let StepKind::Task(Task::Get(name)) = &step.kind
            && plain(name).is_some()
            && !named(name)
        {
            return Err(fault(
                step,
                &format!("no file `{name}` is given for the client to get"),
                &format!(
                    "expected `given file \"{name}\" \"text\"`, or, where the server is to have none, \
                     `given nothing \"{name}\"`"
                ),
            ));
        }
    }
    Ok(())
}

/// The client's own name for a file: the last part of the server's.
fn name_here(name: &Template) -> String {
    let name = name.to_string();
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

/// No command of FTP, and no line of a client's commands, can have such a name in it.
fn can_be_carried(step: &Step, name: &Template) -> Found {
    let cannot = name.pieces.iter().any(|piece| match piece {
        Piece::Bytes(bytes) | Piece::Times(_, bytes) => {
            bytes.iter().any(|byte| b"\r\n\0".contains(byte))
        }
        Piece::Variable(_) => false,
    });
    if cannot {
        return Err(fault(
            step,
            &format!("the name `{name}` has a CR, LF or NUL"),
            "expected a name that a client can be told, and send",
        ));
    }
    Ok(())
}

/// A name without the slashes before it: what the user sees begins at `/`.
fn relative(name: &[u8]) -> &[u8] {
    let slashes = name.iter().take_while(|&&byte| byte == b'/').count();
    name.get(slashes..).unwrap_or_default()
}
