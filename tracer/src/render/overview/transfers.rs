//! Files and listings: what was moved, how much of it, how fast, and what the server said.

use std::collections::BTreeMap;
use std::time::Duration;

use proto::{Code, Verb};

use crate::Language;
use crate::explain::{rate, span};
use crate::note::{ConnectionName, ControlNote, DataNote, Note, Party, Text};

/// Transfers that have begun and not ended, at most; the oldest sessions' leave first.
const UNDER_WAY: usize = 4096;
/// Ended ones that are kept to be shown.
const KEPT: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Transfers {
    /// By session and number within it.
    under_way: BTreeMap<(u32, u32), Transfer>,
    ended: Vec<Transfer>,
    count: u64,
}

#[derive(Debug)]
struct Transfer {
    session: u32,
    number: u32,
    verb: Verb,
    argument: Option<Text>,
    /// The packet with the command.
    packet: u64,
    data: Option<Data>,
    reply: Option<Code>,
}

#[derive(Clone, Copy, Debug)]
struct Data {
    by: Party,
    bytes: u64,
    duration: Duration,
}

impl Transfers {
    pub(super) fn notes(&mut self, connection: ConnectionName, notes: &[Note], packet: u64) {
        let (ConnectionName::Control { session } | ConnectionName::Data { session, .. }) =
            connection
        else {
            return;
        };
        for note in notes {
            match note {
                Note::Control(ControlNote::Command {
                    verb: Some(verb),
                    argument,
                    transfer: Some(transfer),
                    ..
                }) if verb.is_transfer() => self.begin(Transfer {
                    session,
                    number: transfer.number,
                    verb: *verb,
                    argument: argument.clone(),
                    packet,
                    data: None,
                    reply: None,
                }),
                Note::Control(ControlNote::Reply {
                    code,
                    to: Some(to),
                    transfer: Some(transfer),
                    ..
                }) if !code.is_preliminary()
                    && Verb::parse(to.word.as_bytes()).is_some_and(Verb::is_transfer) =>
                {
                    self.update((session, transfer.number), |row| row.reply = Some(*code));
                }
                Note::Data(DataNote::DataComplete {
                    by,
                    bytes,
                    duration,
                    transfer: Some(transfer),
                    ..
                }) => {
                    let (by, bytes, duration) = (*by, *bytes, *duration);
                    let data = Data {
                        by,
                        bytes,
                        duration,
                    };
                    self.update((session, transfer.number), |row| {
                        // The receiver ends its own side with nothing sent.
                        if row.data.is_none_or(|known| known.bytes <= bytes) {
                            row.data = Some(data);
                        }
                    });
                }
                _ => {}
            }
        }
    }

    fn begin(&mut self, transfer: Transfer) {
        self.count += 1;
        let key = (transfer.session, transfer.number);
        if let Some(before) = self.under_way.insert(key, transfer) {
            self.keep(before);
        }
        if self.under_way.len() > UNDER_WAY
            && let Some((_, oldest)) = self.under_way.pop_first()
        {
            self.keep(oldest);
        }
    }

    fn update(&mut self, key: (u32, u32), change: impl FnOnce(&mut Transfer)) {
        let Some(transfer) = self.under_way.get_mut(&key) else {
            return;
        };
        change(transfer);
        let refused = transfer.reply.is_some_and(Code::is_negative);
        let ended = transfer.reply.is_some() && (transfer.data.is_some() || refused);
        if ended && let Some(transfer) = self.under_way.remove(&key) {
            self.keep(transfer);
        }
    }

    fn keep(&mut self, transfer: Transfer) {
        if self.ended.len() < KEPT {
            self.ended.push(transfer);
        }
    }

    /// How many there were, and the first `limit` in the order of their commands.
    pub(super) fn rows(&self, language: Language, limit: usize) -> (u64, Vec<[String; 9]>) {
        let mut all: Vec<_> = self.ended.iter().chain(self.under_way.values()).collect();
        all.sort_by_key(|transfer| transfer.packet);
        let rows = all.into_iter().take(limit).map(|row| row.cells(language));
        (self.count, rows.collect())
    }
}

impl Transfer {
    fn cells(&self, language: Language) -> [String; 9] {
        let unknown = || "?".to_owned();
        let command = match &self.argument {
            Some(argument) => format!("{} {argument}", self.verb),
            None => self.verb.to_string(),
        };
        let [by, bytes, time, rate] = match self.data {
            None => [const { String::new() }; 4].map(|_| unknown()),
            Some(data) => [
                language.party(&data.by),
                data.bytes.to_string(),
                span(data.duration),
                rate(data.bytes, data.duration).unwrap_or_default(),
            ],
        };
        [
            self.session.to_string(),
            self.number.to_string(),
            command,
            by,
            bytes,
            time,
            rate,
            self.reply.map_or_else(unknown, |code| code.to_string()),
            self.packet.to_string(),
        ]
    }
}
