//! What the analyzer says of a packet.

use crate::note::{ConnectionName, CopyNote, Note, Party, Section};

/// What there is to say about one packet.
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a> {
    /// The packet's place in the capture, from 1.
    pub number: u64,
    /// A new act begins with this packet.
    pub section: Option<Section>,
    /// Where the packet belongs, when it is TCP.
    pub place: Option<Place>,
    /// Why it is there, most important first; never empty.
    pub notes: &'a [Note],
}

impl Explained<'_> {
    /// Whether the packet was captured before.
    pub fn is_copy(&self) -> bool {
        self.copy_of().is_some()
    }

    /// The packet that it is a copy of.
    pub(crate) fn copy_of(&self) -> Option<u64> {
        self.notes.iter().find_map(|note| match note {
            Note::Copy(CopyNote::Copy { of, .. }) => Some(*of),
            _ => None,
        })
    }

    /// Whether the packet was explained.
    pub fn is_explained(&self) -> bool {
        !self
            .notes
            .iter()
            .any(|note| matches!(note, Note::Unexplained(_)))
    }
}

/// The connection and direction of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the connection is called.
    pub connection: ConnectionName,
    /// Who sent the packet.
    pub from: Party,
}
