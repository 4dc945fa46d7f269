//! Under which heading a packet stands: what begins outside the sessions must not stand under the
//! end of one.

use super::connection::{Phase, Role};
use super::{Analyzer, Place};
use crate::note::{ConnectionName, Note, OtherNote, Section};
use crate::{Network, Packet};

/// The heading that was given last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heading {
    section: Section,
    /// Of the act's connection, its place in the table.
    slot: Option<usize>,
}

impl Analyzer {
    /// The heading before a packet that begins no act of a session: none in most cases.
    pub(super) fn heading(
        &mut self,
        packet: &Packet<'_>,
        begun: Option<Section>,
        place: Option<Place>,
    ) -> Option<Section> {
        let slot = self.found.map(|(slot, _)| slot);
        let opened = self.found.is_some_and(|(_, opened)| opened);
        let section = begun.or_else(|| {
            let now = self.heading?;
            let outside = matches!(now.section, Section::Others | Section::NameResolution);
            match place.map(|place| place.connection) {
                Some(ConnectionName::Tcp { .. }) => {
                    (opened && !outside && self.is_over(now)).then_some(Section::Others)
                }
                Some(_) if outside => self.act_of(slot?),
                Some(_) => None,
                None => self.beside(packet, now),
            }
        })?;
        self.heading = Some(Heading { section, slot });
        Some(section)
    }

    /// The heading of what is no TCP, when that has nothing to do with the last one.
    fn beside(&mut self, packet: &Packet<'_>, now: Heading) -> Option<Section> {
        if !matches!(packet.network, Network::Ip(_)) {
            return None;
        }
        let section = self.notes.iter().find_map(|note| match note {
            Note::Other(OtherNote::DnsQuestion { .. } | OtherNote::DnsAnswer { .. }) => {
                Some(Section::NameResolution)
            }
            Note::Other(OtherNote::Udp { .. } | OtherNote::Echo { .. }) => Some(Section::Others),
            _ => None,
        })?;
        // Names and other things by turns need no headings.
        let said = now.section == section || now.section == Section::Others;
        (!said && self.is_over(now)).then_some(section)
    }

    /// Whether nothing more is to come of what a heading announced.
    fn is_over(&mut self, heading: Heading) -> bool {
        match (heading.section, heading.slot) {
            (
                Section::AddressResolution
                | Section::NameResolution
                | Section::Others
                | Section::Goodbye,
                _,
            ) => true,
            (_, Some(slot)) => self
                .table
                .at(slot)
                .is_none_or(|connection| matches!(connection.phase, Phase::Closed(_))),
            (_, None) => false,
        }
    }

    /// The act in which the session of a connection is.
    fn act_of(&mut self, slot: usize) -> Option<Section> {
        let owner = match &self.table.at(slot)?.role {
            Role::Control { control, .. } => return control.session.section(),
            Role::Data { owner, .. } => *owner,
            Role::Unknown => return None,
        };
        match &self.table.owner(owner)?.role {
            Role::Control { control, .. } => control.session.section(),
            _ => None,
        }
    }
}
