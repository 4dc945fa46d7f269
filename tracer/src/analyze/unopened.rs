//! Data connections that nobody answered: told when a reply or a command shows that they were given
//! up.

use std::time::Duration;

use proto::Code;

use super::Analyzer;
use super::connection::{Connection, DIALLER, Owner, Phase, Role};
use crate::Timestamp;
use crate::note::{ControlNote, Note, Party};

/// A client that sends its next command so long after its SYN does not wait for the answer.
const GIVEN_UP: Duration = Duration::from_secs(1);

impl Analyzer {
    /// Looks at what was just said on a control connection: that the data connection could not be
    /// opened, or something else by a client that dialled it.
    pub(super) fn unopened(&mut self, slot: usize, now: Timestamp) {
        let (mut failed, mut goes_on) = (false, false);
        for note in &self.notes {
            match note {
                Note::Control(ControlNote::Reply { code, .. }) => {
                    failed |= *code == Code::CANNOT_OPEN_DATA_CONNECTION;
                }
                Note::Control(ControlNote::Command { .. }) => goes_on = true,
                _ => {}
            }
        }
        if !failed && !goes_on {
            return;
        }
        let Some(newest) = self.newest_data(slot) else {
            return;
        };
        // Its place may have been given to another since.
        let same = |data: &&mut Connection| data.number == newest.number;
        let Some(data) = self.table.at(newest.slot).filter(same) else {
            return;
        };
        // An ICMP message has told why already.
        if data.phase != Phase::SynSent || data.unreachable.is_some() {
            return;
        }
        let by = data.party(DIALLER);
        let long_ago = data.age(now).is_some_and(|age| age >= GIVEN_UP);
        let gave_up = by == Party::Client && long_ago;
        if !failed && !gave_up {
            return;
        }
        let note = ControlNote::NotOpened {
            connection: data.name,
            by,
            syn: data.opened_in,
            attempts: data.syns,
        };
        self.notes.push(Note::Control(note));
        self.forget_newest(slot);
    }

    /// The newest data connection of a session.
    fn newest_data(&mut self, slot: usize) -> Option<Owner> {
        match &self.table.at(slot)?.role {
            Role::Control { control, .. } => control.session.newest,
            _ => None,
        }
    }

    /// It is told once.
    fn forget_newest(&mut self, slot: usize) {
        if let Some(connection) = self.table.at(slot)
            && let Role::Control { control, .. } = &mut connection.role
        {
            control.session.newest = None;
        }
    }
}
