//! The transfers of a session, and the data connections that they have or lack.

use std::net::IpAddr;

use super::{Session, TRANSFER_LIMIT, Transfer, UsedBy};
use crate::note::{Inference, TransferRef};

impl Session {
    /// Whether a transfer has its command and waits for its data connection.
    pub(crate) fn awaits_data(&self, number: u32) -> bool {
        self.find(number)
            .is_some_and(|t| t.verb.is_some() && !t.linked && !t.over)
    }

    /// The transfer of a connection to an endpoint that an earlier connection came to: a newer
    /// transfer that announced nothing uses the old endpoint (RFC 959 §3.3), otherwise the same
    /// transfer is tried again.
    pub(crate) fn again(&self, announced_for: u32) -> u32 {
        self.recent
            .back()
            .filter(|last| !(last.linked || last.announced || last.over))
            .map_or(announced_for, |last| last.number)
    }

    /// The transfer that lacks a data connection whose endpoint nothing announced, if there is
    /// one.
    pub(crate) fn lacks_data(&mut self, active: bool, from_20: bool) -> Option<(u32, Inference)> {
        if self.encrypted {
            return Some((self.add_transfer(), Inference::Encrypted));
        }
        let last = self.recent.back()?;
        let waits = !(last.linked || last.refused || last.over);
        let ready = !active || last.verb.is_some();
        let free = !last.announced || (active && from_20);
        (waits && ready && free).then_some((last.number, Inference::AnnouncementMissing))
    }

    /// The data connection of a transfer is known.
    pub(crate) fn link(&mut self, number: u32) {
        for transfer in self.recent.iter_mut().filter(|t| t.number == number) {
            transfer.linked = true;
        }
    }

    pub(super) fn add_transfer(&mut self) -> u32 {
        self.transfers = self.transfers.saturating_add(1);
        if self.recent.len() == TRANSFER_LIMIT {
            self.recent.pop_front();
        }
        self.recent.push_back(Transfer::new(self.transfers));
        self.transfers
    }

    /// The transfer that was prepared, ran or ended last; 0 when there was none.
    pub(crate) fn current_transfer(&self) -> u32 {
        self.recent.back().map_or(0, |transfer| transfer.number)
    }

    /// A transfer with its command, as far as it is known.
    pub(crate) fn transfer(&self, number: u32) -> TransferRef {
        TransferRef {
            number,
            verb: self.find(number).and_then(|transfer| transfer.verb),
        }
    }

    /// The command and argument of a transfer that is not long ago.
    pub(crate) fn used_by(&self, number: u32) -> Option<UsedBy> {
        let transfer = self.find(number)?;
        Some(UsedBy {
            verb: transfer.verb?,
            argument: transfer.argument.clone(),
        })
    }

    pub(super) fn find(&self, number: u32) -> Option<&Transfer> {
        self.recent
            .iter()
            .rev()
            .find(|transfer| transfer.number == number)
    }

    /// Whether a host may dial the endpoint of an announcement: the server after PORT, the client
    /// after PASV.
    pub(crate) fn may_dial(&self, host: IpAddr, active: bool) -> bool {
        let party = if active { self.server } else { self.client };
        party.ip().to_canonical() == host.to_canonical()
    }
}
