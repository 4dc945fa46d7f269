//! Pieces of datagrams in the story: the bytes of a segment go on in its later pieces.

use super::datagrams::pieces::beginning;
use super::{Analyzer, Place};
use crate::note::{Note, Section};
use crate::{Ip, Packet, Tcp, TcpFlags, Transport};

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
        match &ip.transport {
            Transport::Tcp(tcp) => {
                let early = pieces.early(ip, fragment);
                let later = early.iter().filter_map(|one| pieces.late(ip, one));
                let mut payload = Vec::new();
                let (first, apart) = join(beginning(tcp, fragment), later, &mut payload);
                *place = Some(self.tcp(packet, ip, &first, number, section));
                let found = self.found;
                for tcp in apart {
                    self.tcp(packet, ip, &tcp, number, section);
                }
                self.found = found;
            }
            Transport::Fragment(_) => {
                if let Some(tcp) = pieces.segment(ip) {
                    *place = Some(self.tcp(packet, ip, &tcp, number, section));
                }
            }
            _ => return false,
        }
        true
    }
}

/// The first piece together with those that follow on it without a gap, and the others.
fn join<'a>(
    first: Tcp<'a>,
    later: impl Iterator<Item = Tcp<'a>>,
    payload: &'a mut Vec<u8>,
) -> (Tcp<'a>, Vec<Tcp<'a>>) {
    let (mut joined, mut apart) = (first, Vec::new());
    payload.extend(first.payload);
    let start = first.seq + u32::from(first.flags.contains(TcpFlags::SYN));
    for tcp in later {
        // What the snap length cut off leaves a gap.
        let whole = payload.len() == joined.len as usize;
        if whole && apart.is_empty() && tcp.seq == start + joined.len {
            payload.extend(tcp.payload);
            joined.len += tcp.len;
            joined.flags.0 |= tcp.flags.0;
        } else {
            apart.push(tcp);
        }
    }
    joined.payload = payload;
    (joined, apart)
}
