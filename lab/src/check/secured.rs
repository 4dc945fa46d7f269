//! Scripts whose `login` is one under TLS, though they do not say so: which they are, and what has
//! no place there.

use client::ClientError;
use script::{DataStep, Need, Piece, Plays, Script, Step, StepKind, Template};

use super::target::Target;

/// What may help when a server has no TLS.
pub(super) const NO_TLS: &str =
    "--tls needs a server with TLS: switch it on there, or leave out --tls";

/// The commands of RFC 2228, which are about the security of a session.
const SECURITY: &[&str] = &["AUTH", "PBSZ", "PROT", "CCC", "ADAT", "MIC", "CONF", "ENC"];

/// How the scripts of a run log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logins {
    /// As they are written.
    AsWritten,
    /// Each plain `login` is one under TLS.
    UnderTls {
        /// Whether some script logs in by hand in clear text all the same.
        some_in_clear: bool,
    },
}

impl Logins {
    /// Those of these scripts, with `--tls` or without.
    pub(super) fn of(scripts: &[Script], tls: bool) -> Self {
        if !tls {
            return Self::AsWritten;
        }
        let mut clients = scripts
            .iter()
            .filter(|script| script.header.plays == Plays::Client);
        Self::UnderTls {
            some_in_clear: clients.any(|script| !may_be(script) && needs_clear_login(script)),
        }
    }
}

/// Whether it is TLS that could not be had.
pub(super) fn is_refusal(error: &ClientError) -> bool {
    match error {
        ClientError::Handshake(_) | ClientError::BytesBeforeTls => true,
        ClientError::Refused { command, .. } | ClientError::Unexpected { command, .. } => {
            command.starts_with("AUTH")
        }
        _ => false,
    }
}

/// Whether every plain `login` of this script may be one under TLS: it says nothing of TLS itself.
pub(super) fn may_be(script: &Script) -> bool {
    let steps = &script.steps;
    !script.header.needs.contains(&Need::Tls)
        && first(steps, |kind| speaks_of_tls(kind).then_some(())).is_none()
        && first(steps, |kind| {
            matches!(kind, StepKind::Login(_)).then_some(())
        })
        .is_some()
}

/// Why a script has no place under TLS, or in clear text where nobody is let in so.
pub(super) fn lacks(target: &Target, script: &Script) -> Option<String> {
    if target.secured && may_be(script) {
        return out_of_place(&script.steps).map(str::to_owned);
    }
    let why = target.no_clear_login.as_ref()?;
    needs_clear_login(script).then(|| format!("nobody can log in without TLS ({why})"))
}

/// Whether a script needs a user who may log in in clear text.
fn needs_clear_login(script: &Script) -> bool {
    let users = [
        Need::Login,
        Need::Password,
        Need::SecondUser,
        Need::Anonymous,
    ];
    let logs_in = users.iter().any(|user| script.header.needs.contains(user));
    logs_in && logs_in_in_clear(&script.steps)
}

/// What a script does that has no place under TLS.
fn out_of_place(steps: &[Step]) -> Option<&'static str> {
    first(steps, |kind| match kind {
        StepKind::SendRaw { urgent: true, .. } => Some("urgent data has no place under TLS"),
        kind if sends(kind, &["REIN"]) => {
            Some("REIN ends TLS, and what follows is in clear text (RFC 4217)")
        }
        _ => None,
    })
}

/// Whether a script says in clear text who it is, as far as it says that at all.
fn logs_in_in_clear(steps: &[Step]) -> bool {
    let in_clear = first(steps, |kind| match kind {
        StepKind::Login(login) => Some(!login.tls),
        StepKind::Tls(_) => Some(false),
        kind => sends(kind, &["USER", "PASS"]).then_some(true),
    });
    in_clear == Some(true)
}

fn speaks_of_tls(kind: &StepKind) -> bool {
    match kind {
        StepKind::Login(login) => login.tls,
        StepKind::Tls(_)
        | StepKind::Data {
            step: DataStep::Tls,
            ..
        } => true,
        kind => sends(kind, SECURITY),
    }
}

/// Whether a line sends one of these commands.
fn sends(kind: &StepKind, verbs: &[&str]) -> bool {
    let is = |line: &Template| match line.pieces.first() {
        Some(Piece::Bytes(bytes)) => {
            let mut words = bytes.split(|byte| !byte.is_ascii_alphabetic());
            let said = words.next().unwrap_or_default();
            let mut verbs = verbs.iter();
            verbs.any(|verb| said.eq_ignore_ascii_case(verb.as_bytes()))
        }
        _ => false,
    };
    match kind {
        StepKind::Send(line) | StepKind::SendRaw { bytes: line, .. } => is(line),
        StepKind::Together(lines) => lines.iter().any(is),
        _ => false,
    }
}

/// What is found at the first line that has something to find, also in blocks.
fn first<T>(steps: &[Step], find: impl Fn(&StepKind) -> Option<T> + Copy) -> Option<T> {
    steps.iter().find_map(|step| match &step.kind {
        StepKind::Repeat { steps, .. } | StepKind::When { steps, .. } => first(steps, find),
        kind => find(kind),
    })
}
