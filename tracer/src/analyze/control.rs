//! A control connection's two directions and its session.

use super::channel::Channel;
use super::connection::Side;
use super::session::{Findings, Session};
use crate::Seq;

/// What a control connection has beyond its TCP state.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) session: Session,
    channels: [Channel; 2],
}

impl Control {
    /// `first` are the sequence numbers of the first bytes of both sides, where known.
    pub(crate) fn new(session: Session, first: [Option<Seq>; 2]) -> Self {
        Self {
            session,
            channels: first.map(Channel::new),
        }
    }

    /// A segment from `side`.
    pub(crate) fn push(
        &mut self,
        side: Side,
        client: Side,
        seq: Seq,
        payload: &[u8],
        findings: &mut Findings<'_>,
    ) {
        self.channels[side].push(seq, payload, &mut self.session, side == client, findings);
    }

    /// Bytes of `side` before `seq` are missing from the capture.
    pub(crate) fn skip_to(
        &mut self,
        side: Side,
        client: Side,
        seq: Seq,
        findings: &mut Findings<'_>,
    ) {
        self.channels[side].skip_to(seq, &mut self.session, side == client, findings);
    }
}
