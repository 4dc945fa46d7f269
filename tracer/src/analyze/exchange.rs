//! Commands and the replies that belong to them.

use std::collections::VecDeque;
use std::net::SocketAddr;

use proto::{Code, Dialogue, Verb};

use crate::note::Text;

/// Commands that may wait for their replies; more are a flood, and the oldest is forgotten.
const LIMIT: usize = 64;

/// A command and what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) verb: Option<Verb>,
    pub(crate) word: Text,
    pub(crate) packet: u64,
    /// The transfer that it prepares or runs.
    pub(crate) transfer: Option<u32>,
    /// Where it wants the server to dial.
    pub(crate) announced: Option<SocketAddr>,
    /// A preliminary reply came: only its own final replies end it.
    pub(crate) begun: bool,
}

/// Commands without their final reply, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Exchanges(VecDeque<Exchange>);

/// The one command that a code answers, for the codes that have but one.
fn only_answers(code: Code) -> Option<Verb> {
    Some(match code.value() {
        215 => Verb::Syst,
        221 => Verb::Quit,
        227 => Verb::Pasv,
        228 => Verb::Lpsv,
        229 => Verb::Epsv,
        234 => Verb::Auth,
        331 => Verb::User,
        _ => return None,
    })
}

impl Exchanges {
    pub(crate) fn push(&mut self, exchange: Exchange) {
        if self.0.len() == LIMIT {
            self.0.pop_front();
        }
        self.0.push_back(exchange);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The bytes that they take beside this value.
    pub(crate) fn held(&self) -> usize {
        let words = self.0.iter().map(|one| one.word.as_bytes().len());
        self.0.capacity() * size_of::<Exchange>() + words.sum::<usize>()
    }

    /// Keeps no more room than they fill.
    pub(crate) fn rest(&mut self) {
        self.0.shrink_to_fit();
    }

    /// Replies were lost: the client went on from every command but the last.
    pub(crate) fn keep_last(&mut self) {
        while self.0.len() > 1 {
            self.0.pop_front();
        }
    }

    /// Whether a transfer has begun and not ended.
    pub(crate) fn runs_transfer(&self) -> bool {
        self.0
            .iter()
            .any(|exchange| exchange.begun && exchange.verb.is_some_and(Verb::is_transfer))
    }

    /// The command that a reply answers; taken off the list when the reply is its last.
    pub(crate) fn answered(&mut self, code: Code) -> Option<Exchange> {
        let allows = |exchange: &Exchange| {
            exchange
                .verb
                .is_some_and(|verb| Dialogue::new(verb).allows(code))
        };
        // Replies come in the order of the commands; only what is asked while a transfer runs
        // (STAT, ABOR) is answered before the transfer is (RFC 959 §4.1.3).
        let only = only_answers(code);
        let meant = |e: &Exchange| {
            // Hardly anything but a transfer begins before it is done.
            let begins = code.is_preliminary() && e.verb.is_some_and(Verb::is_transfer);
            e.verb.is_some() && e.verb == only || (begins && allows(e))
        };
        let refused = |e: &Exchange| !e.begun && !allows(e);
        if (only.is_some() || self.0.front().is_some_and(refused))
            && let Some(at) = self.0.iter().position(meant)
        {
            // The replies to what came before are not in the capture; a transfer may go on.
            let mut ahead = at;
            self.0.retain(|exchange| {
                let lost = ahead > 0 && !exchange.begun;
                ahead = ahead.saturating_sub(1);
                !lost
            });
        }
        let first = self.0.front()?;
        let at = if first.begun && !allows(first) {
            self.0.iter().position(allows).unwrap_or(0)
        } else {
            0
        };
        if code.is_preliminary() {
            let exchange = self.0.get_mut(at)?;
            exchange.begun = true;
            return Some(exchange.clone());
        }
        self.0.remove(at)
    }
}
