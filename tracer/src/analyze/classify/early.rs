//! Connections that were captured before what announced them: two interfaces, or a switch's mirror
//! port, do not keep the order of the network.

use super::Analyzer;
use crate::analyze::connection::{DIALLER, Owner, Role};
use crate::analyze::expect::Expected;
use crate::note::{ControlNote, Inference, Link, Note, Purpose};

impl Analyzer {
    /// `owner` announces an endpoint: perhaps somebody came to it already.
    pub(super) fn came_before(&mut self, expected: &Expected, owner: Owner) {
        let Some(session) = self.session(owner) else {
            return;
        };
        let ((client, server), since) = (session.ends(), session.last_over);
        let inferred = session.inferred;
        let between = self.acquaintances.between(client.ip(), server.ip());
        let strays = between.map(|between| between.strays.clone());
        let candidates = strays.into_iter().flatten().rev();
        for early in inferred.into_iter().chain(candidates) {
            let Some(connection) = self.table.at(early.slot) else {
                continue;
            };
            let halves = &connection.halves;
            let Some(listening) = halves.iter().position(|h| h.addr == expected.endpoint) else {
                continue;
            };
            // With its SYN, a connection shows who listens.
            let syn_seen = halves.iter().any(|half| half.isn.is_some());
            let (host, opened_in) = (halves[1 - listening].addr.ip(), connection.opened_in);
            let fits = connection.number == early.number
                && opened_in > since
                && !(syn_seen && listening == DIALLER);
            let known = match (&connection.role, connection.purpose) {
                (Role::Unknown, _) => false,
                (
                    Role::Data {
                        transfer,
                        owner: of,
                        ..
                    },
                    Purpose::Inferred {
                        reason: Inference::AnnouncementMissing,
                        ..
                    },
                ) if *transfer == expected.transfer && *of == owner => true,
                _ => continue,
            };
            let invited = |analyzer: &mut Self| {
                let session = analyzer.session(owner);
                session.is_some_and(|session| session.may_dial(host, expected.active()))
            };
            if !fits || !invited(self) {
                continue;
            }
            let link = if expected.translated {
                Link::Translated
            } else {
                Link::Exact
            };
            let purpose = Purpose::Announced {
                by: expected.by,
                packet: expected.packet,
                active: expected.active(),
                link,
            };
            let name = if known {
                self.table.at(early.slot).map(|connection| {
                    connection.purpose = purpose;
                    connection.name
                })
            } else {
                let client = if expected.active() {
                    listening
                } else {
                    1 - listening
                };
                self.become_data(early.slot, owner, client, expected.transfer, purpose)
            };
            self.expectations.mark_used(expected.endpoint, owner);
            if let Some(connection) = name {
                self.notes.push(Note::Control(ControlNote::CameBefore {
                    connection,
                    opened_in,
                }));
            }
            self.remember_command(early.slot);
            return;
        }
    }
}
