//! What a script as a whole cannot mean, though each of its lines can be read.

use std::collections::BTreeSet;

use super::tasks;
use crate::content::{Content, Given, Then};
use crate::header::Plays;
use crate::script_error::{Fault, Location};
use crate::step::{DataStep, Step, StepKind};
use crate::template::{Piece, Template};

/// Where, and what.
pub(super) type Found = Result<(), (Location, Fault)>;

/// Looks at all lines, from first to last.
///
/// # Errors
/// The first line that cannot be meant where it stands.
pub(super) fn check(plays: Plays, steps: &[Step]) -> Found {
    match plays {
        Plays::Client => Seen::default().client(steps),
        Plays::Server => server(steps),
        Plays::Lab => Ok(()),
    }
}

fn server(steps: &[Step]) -> Found {
    tasks::check(steps)?;
    let mut seen = Seen::default();
    // What is given is there from the start, wherever its line stands.
    for step in steps {
        if let StepKind::Given(given) = &step.kind {
            seen.give(given);
        }
    }
    for step in steps {
        seen.contents(step)?;
        if let StepKind::On(handler) = &step.kind {
            for step in &handler.steps {
                seen.contents(step)?;
            }
        }
    }
    Ok(())
}

/// What the lines so far have done.
#[derive(Default)]
struct Seen {
    connected: bool,
    /// A line that may ask the server to listen.
    asked_passive: bool,
    listening: BTreeSet<String>,
    /// Those of them that nothing used yet.
    unused: BTreeSet<String>,
    opened: BTreeSet<String>,
    files: Vec<Template>,
    folders: Vec<Vec<u8>>,
}

impl Seen {
    fn client(&mut self, steps: &[Step]) -> Found {
        let mut wire = None;
        for step in steps {
            match (&step.kind, wire) {
                (StepKind::Wire(_), _) => wire = Some(step.at.line),
                (StepKind::Then(_) | StepKind::Check(_), _) | (_, None) => {}
                (_, Some(line)) => {
                    return Err(fault(
                        step,
                        &format!("this comes behind `wire:` of line {line}"),
                        "lines `wire:` come last: the packets are looked at when all is over",
                    ));
                }
            }
            self.one(step)?;
        }
        Ok(())
    }

    fn one(&mut self, step: &Step) -> Found {
        self.contents(step)?;
        match &step.kind {
            StepKind::Given(given) => {
                self.may_be_given(step, given)?;
                self.give(given);
            }
            StepKind::Connect | StepKind::Login(_) | StepKind::Session(_) => self.connected = true,
            StepKind::Send(line) => {
                self.needs_a_connection(step)?;
                self.sends(line);
            }
            StepKind::SendRaw { bytes, .. } => {
                self.needs_a_connection(step)?;
                self.sends(bytes);
            }
            StepKind::Together(lines) => {
                self.needs_a_connection(step)?;
                for line in lines {
                    self.sends(line);
                }
            }
            StepKind::Expect(_)
            | StepKind::Silence(_)
            | StepKind::Closed(_)
            | StepKind::Tls(_)
            | StepKind::Hangup { .. } => self.needs_a_connection(step)?,
            StepKind::Data { name, step: data } => {
                self.data(step, name.as_deref().unwrap_or_default(), data)?;
            }
            StepKind::Set { .. } | StepKind::Check(_) => self.unused.clear(),
            StepKind::Repeat { steps, .. } | StepKind::When { steps, .. } => self.client(steps)?,
            _ => {}
        }
        Ok(())
    }

    fn needs_a_connection(&self, step: &Step) -> Found {
        if self.connected {
            return Ok(());
        }
        Err(fault(
            step,
            "there is no connection here",
            "expected `connect` or `login` above",
        ))
    }

    /// With a variable in it, it may be anything.
    fn sends(&mut self, line: &Template) {
        // It may be the port of one that listens.
        if line.variables().next().is_some() {
            self.unused.clear();
        }
        self.asked_passive |= line.pieces.iter().any(|piece| match piece {
            Piece::Variable(_) => true,
            Piece::Bytes(bytes) | Piece::Times(_, bytes) => {
                let upper = bytes.to_ascii_uppercase();
                upper
                    .windows(4)
                    .any(|verb| matches!(verb, b"PASV" | b"EPSV" | b"SPSV" | b"LPSV"))
            }
        });
    }

    fn data(&mut self, at: &Step, name: &str, step: &DataStep) -> Found {
        let of = if name.is_empty() {
            "data".to_owned()
        } else {
            format!("data {name}:")
        };
        match step {
            DataStep::Listen(address) => {
                if address.is_none() {
                    self.needs_a_connection(at)?;
                }
                if !self.unused.insert(name.to_owned()) {
                    return Err(fault(
                        at,
                        &format!("the port of the `{of} listen` above is lost unused"),
                        "expected one, or two with names, such as `data one: listen`",
                    ));
                }
                self.listening.insert(name.to_owned());
            }
            DataStep::Accept { .. } | DataStep::NoConnection(_) => {
                if !self.listening.contains(name) {
                    let hint = format!("expected `{of} listen` above");
                    return Err(fault(at, "nobody listens here", &hint));
                }
                self.unused.remove(name);
                self.opened.insert(name.to_owned());
            }
            DataStep::Dial(to) | DataStep::DialRefused(to) => {
                if to.is_none() && !self.asked_passive {
                    return Err(fault(
                        at,
                        "nothing above asks the server to listen",
                        "expected `C: PASV` or `C: EPSV` above, or a host and a port",
                    ));
                }
                self.opened.insert(name.to_owned());
            }
            DataStep::Close => {}
            _ if self.opened.contains(name) => {}
            _ => {
                let hint = format!("expected `{of} accept` or `{of} dial` above");
                return Err(fault(at, "there is no data connection here", &hint));
            }
        }
        Ok(())
    }

    fn give(&mut self, given: &Given) {
        match given {
            Given::File { name, .. } | Given::Filled { name, .. } => self.files.push(name.clone()),
            Given::Folder(name) => self.folders.extend(plain(name)),
            Given::Nothing(_) => {}
        }
    }

    /// Nothing outside of the script's own folder is made or removed, but for names that are
    /// ftplab's own.
    fn may_be_given(&self, step: &Step, given: &Given) -> Found {
        let (Given::File { name, .. }
        | Given::Filled { name, .. }
        | Given::Folder(name)
        | Given::Nothing(name)) = given;
        let Some(name) = plain(name) else {
            return Ok(());
        };
        if !given.stays_inside(&name) {
            let name = String::from_utf8_lossy(&name);
            return Err(fault(
                step,
                &format!("`{name}` leads out of the script's folder"),
                "names are relative to `$dir`; outside of it only `given nothing` with a name \
                 that begins with ftplab-",
            ));
        }
        let Some(slash) = name
            .iter()
            .rposition(|&byte| byte == b'/')
            .filter(|&at| at > 0)
        else {
            return Ok(());
        };
        let folder = name.get(..slash).unwrap_or_default();
        if matches!(given, Given::Nothing(_)) || self.folders.iter().any(|made| made == folder) {
            return Ok(());
        }
        let folder = String::from_utf8_lossy(folder);
        Err(fault(
            step,
            &format!("there is no folder `{folder}` yet"),
            &format!("expected `given folder \"{folder}\"` above"),
        ))
    }

    /// What is held against a file that is given must be given.
    fn contents(&self, step: &Step) -> Found {
        let (StepKind::Then(Then::File { contents, .. } | Then::ClientHas { contents, .. })
        | StepKind::Data {
            step: DataStep::Receive(contents),
            ..
        }) = &step.kind
        else {
            return Ok(());
        };
        for content in contents {
            if let Content::OfFile(name) = content
                && plain(name).is_some()
                && !self.files.contains(name)
            {
                return Err(fault(
                    step,
                    &format!("no file `{name}` is given"),
                    &format!("expected `given file \"{name}\"` above"),
                ));
            }
        }
        Ok(())
    }
}

/// The text, when there is no variable in it.
pub(super) fn plain(template: &Template) -> Option<Vec<u8>> {
    match template.pieces.as_slice() {
        [] => Some(Vec::new()),
        [Piece::Bytes(bytes)] => Some(bytes.clone()),
        _ => None,
    }
}

pub(super) fn fault(step: &Step, what: &str, hint: &str) -> (Location, Fault) {
    (step.at, Fault::new(step.at.column, what).hint(hint))
}
