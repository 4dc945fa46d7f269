//! A control connection's two directions and its session.

use super::channel::Channel;
use super::connection::Side;
use super::session::{Findings, Session};
use crate::{Seq, Tcp};

/// What a control connection has beyond its TCP state.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) session: Session,
    channels: [Channel; 2],
}

impl Control {
    /// A control connection that has carried nothing yet.
    pub(crate) fn new(session: Session) -> Self {
        Self {
            session,
            channels: [Channel::new(), Channel::new()],
        }
    }

    /// The bytes that it holds beside this value.
    pub(crate) fn held(&self) -> usize {
        let channels = self.channels.iter().map(Channel::held).sum::<usize>();
        size_of::<Self>() + self.session.held() + channels
    }

    /// Gives up what waits: lines without their end, what came too early, and commands whose
    /// replies never came. Each direction goes on where it is, and says so with its next bytes.
    pub(crate) fn shed(&mut self) {
        let waits = self.channels.iter().any(Channel::waits);
        let loses = self.session.shed() || waits;
        for channel in &mut self.channels {
            channel.shed(loses);
        }
    }

    /// Keeps no more room than it fills.
    pub(crate) fn rest(&mut self) {
        self.channels.iter_mut().for_each(Channel::rest);
        self.session.rest();
    }

    /// Says which sequence number `side`'s first byte has; only the first word counts.
    pub(crate) fn begin(&mut self, side: Side, seq: Seq) {
        self.channels[side].begin(seq);
    }

    /// A segment from `side`.
    pub(crate) fn push(
        &mut self,
        side: Side,
        client: Side,
        tcp: &Tcp<'_>,
        findings: &mut Findings<'_>,
    ) {
        self.channels[side].push(tcp, &mut self.session, side == client, findings);
    }

    /// The peer of `side` has everything before `seq`, whether the capture has it or not.
    pub(crate) fn promise(
        &mut self,
        side: Side,
        client: Side,
        seq: Seq,
        findings: &mut Findings<'_>,
    ) {
        self.channels[side].promise(seq, &mut self.session, side == client, findings);
    }
}
