//! Pieces of datagrams in the story: the bytes of a segment go on in its later pieces.

use super::datagrams::pieces::beginning;
use super::{Analyzer, Place};
use crate::note::{Note, Section};
use crate::{Ip, Packet, Transport};

impl Analyzer {
    /// Takes a piece of a datagram. True when nothing more is to be read in it.
    pub(super) fn piece(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        number: u64,
        section: &mut Option<Section>,
        place: &mut Option<Place>,
    ) -> bool {
        let Some(fragment) = ip.fragment else {
            return false;
        };
        let pieces = &mut self.datagrams.pieces;
        let note = pieces.take(ip, fragment, number, packet.time);
        self.notes.push(Note::Other(note));
        let segment = match &ip.transport {
            Transport::Tcp(tcp) => Some(beginning(tcp, fragment)),
            Transport::Fragment(_) => pieces.segment(ip),
            _ => return false,
        };
        if let Some(tcp) = segment {
            *place = Some(self.tcp(packet, ip, &tcp, number, section));
        }
        true
    }
}
