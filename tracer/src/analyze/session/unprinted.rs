//! A dialogue of which only the lengths are known: what each may be, by its place.

use std::collections::VecDeque;
use std::net::SocketAddr;

use proto::Verb;

use super::{Act, Findings, Session, lengths};
use crate::note::{Fit, Note, OmittedStage, Party, PrintedNote, Section};

/// Lengths remembered, to find the announcement of a data connection.
const RECENT: usize = 32;
/// Lines of one length that are named.
const NAMED: usize = 6;

/// How far a dialogue without words has come.
#[derive(Debug, Default)]
pub(super) struct Unprinted {
    stage: Stage,
    /// Of whom, how many bytes, in which packet.
    recent: VecDeque<(bool, u32, u64)>,
    /// What the client's last command may be.
    asked: Vec<Verb>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Silent,
    Greeted,
    UserGiven,
    PasswordAsked,
    PasswordGiven,
    Later,
}

impl Session {
    /// Bytes of which the trace has the number only: `bytes` in all, `shown` of them to be read.
    pub(crate) fn unprinted(
        &mut self,
        from_client: bool,
        bytes: u32,
        shown: u32,
        findings: &mut Findings<'_>,
    ) {
        if shown > 0 {
            // What was read of it was explained.
            self.unprinted.stage = Stage::Later;
            return;
        }
        let fits = if self.encrypted {
            Vec::new()
        } else if from_client {
            self.commands_of(bytes)
        } else {
            if self.act == Act::Start {
                self.set_act(Act::Login, findings);
            }
            self.replies_of(bytes)
        };
        if self.unprinted.recent.len() == RECENT {
            self.unprinted.recent.pop_front();
        }
        let said = (from_client, bytes, findings.packet);
        self.unprinted.recent.push_back(said);
        let by = if from_client {
            Party::Client
        } else {
            Party::Server
        };
        let note = PrintedNote::Unprinted { by, bytes, fits };
        findings.notes.push(Note::Printed(note));
    }

    fn commands_of(&mut self, bytes: u32) -> Vec<Fit> {
        let this = &mut self.unprinted;
        let (next, word) = match this.stage {
            Stage::Greeted => (Stage::UserGiven, "USER "),
            Stage::PasswordAsked => (Stage::PasswordGiven, "PASS "),
            stage => (stage, ""),
        };
        let login = Some(word).filter(|word| !word.is_empty());
        if let Some(fit) = login.and_then(|word| lengths::around(word, "", bytes)) {
            this.stage = next;
            this.asked.clear();
            return vec![fit];
        }
        if this.stage == Stage::Silent {
            // Nobody speaks before the greeting: the trace begins later.
            this.stage = Stage::Later;
        }
        let found = lengths::commands(bytes);
        this.asked = found.iter().map(|(verb, _)| *verb).collect();
        found.into_iter().map(|(_, fit)| fit).take(NAMED).collect()
    }

    fn replies_of(&mut self, bytes: u32) -> Vec<Fit> {
        let server = self.server;
        let this = &mut self.unprinted;
        let (next, fits) = match this.stage {
            Stage::Silent => {
                let iis = lengths::around("220 ", " Microsoft FTP Service (Version 5.0).", bytes);
                let any = lengths::around("220 ", "", bytes);
                (Stage::Greeted, [iis, any].into_iter().flatten().collect())
            }
            Stage::UserGiven => (Stage::PasswordAsked, asks_password(bytes)),
            Stage::PasswordGiven => (Stage::Later, accepts(bytes)),
            stage => (stage, lengths::replies(bytes, &this.asked, server)),
        };
        this.stage = next;
        fits.into_iter().take(NAMED).collect()
    }

    /// Packets were left out here; says what of the dialogue they must be.
    pub(crate) fn omitted(&mut self) -> OmittedStage {
        let stage = match self.unprinted.stage {
            Stage::PasswordAsked => OmittedStage::Password,
            Stage::Greeted => OmittedStage::Login,
            _ => OmittedStage::Later,
        };
        self.unprinted.stage = Stage::Later;
        self.unprinted.asked.clear();
        stage
    }

    /// Whether its words are not known.
    pub(crate) fn is_unprinted(&self) -> bool {
        !self.unprinted.recent.is_empty()
    }

    /// The packet that has the length of an endpoint's announcement, newest first.
    pub(crate) fn announced_by_length(
        &self,
        active: bool,
        endpoint: SocketAddr,
    ) -> Option<PrintedNote> {
        /// Characters of four numbers with three commas.
        const ADDRESS: std::ops::RangeInclusive<u32> = 7..=15;
        let announcements = lengths::announcements(active, endpoint);
        let recent = self.unprinted.recent.iter().rev();
        let fits = |&(from_client, bytes, packet): &(bool, u32, u64)| {
            let fit = |(verb, before, after, open): &(Verb, String, String, bool)| {
                let rest = bytes.checked_sub(lengths::len(before) + lengths::len(after) + 2)?;
                let fits = if *open {
                    ADDRESS.contains(&rest)
                } else {
                    rest == 0
                };
                fits.then(|| PrintedNote::AnnouncedByLength {
                    announced_by: *verb,
                    announced_in: packet,
                    line: format!("{before}{}{after}", if *open { "…" } else { "" }),
                    hole: open.then_some(rest),
                })
            };
            let found = announcements.iter().find_map(fit);
            found.filter(|_| from_client == active)
        };
        recent.filter(|said| said.0 == active).find_map(fits)
    }

    /// A data connection was opened for a transfer whose command cannot be read.
    pub(crate) fn unprinted_transfer(&mut self, section: &mut Option<Section>) -> u32 {
        let number = self.add_transfer();
        self.act = Act::Transfer;
        *section = Some(Section::Transfer { number });
        number
    }
}

fn asks_password(bytes: u32) -> Vec<Fit> {
    const IIS: &str = "331 Anonymous access allowed, send identity (e-mail name) as password.";
    const VSFTPD: &str = "331 Please specify the password.";
    exact_or(&[IIS, VSFTPD], "331 ", bytes)
}

fn accepts(bytes: u32) -> Vec<Fit> {
    const IIS: &str = "230 Anonymous user logged in.";
    const VSFTPD: &str = "230 Login successful.";
    exact_or(&[IIS, VSFTPD], "230 ", bytes)
}

/// The lines of that length; any that begins with the code when there is none.
fn exact_or(lines: &[&str], code: &str, bytes: u32) -> Vec<Fit> {
    let exact = lines.iter().find(|line| lengths::len(line) + 2 == bytes);
    match exact {
        Some(line) => vec![Fit {
            line: (*line).to_owned(),
            hole: None,
        }],
        None => lengths::around(code, "", bytes).into_iter().collect(),
    }
}
