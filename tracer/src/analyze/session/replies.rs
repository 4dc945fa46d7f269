//! What the server says: replies matched to their commands, and what follows from them.

use std::net::SocketAddr;

use proto::{Code, ReplyLine, Verb};

use super::{Act, Findings, Foreign, OpenReply, Session, announce};
use crate::analyze::exchange::Exchange;
use crate::analyze::expect::Change;
use crate::analyze::speech;
use crate::note::{CommandRef, ControlNote, Note, Text};

impl Session {
    /// A whole line from the server.
    pub(crate) fn reply_line(&mut self, line: &[u8], findings: &mut Findings<'_>) {
        let open = self.open_reply;
        match ReplyLine::parse(line, open.map(|open| open.code)) {
            Ok(ReplyLine::First { code, text }) => {
                let passive = self.passive(code, text).and_then(|(_, end)| end.ok());
                self.open_reply = Some(OpenReply {
                    code,
                    lines: 1,
                    passive,
                });
                goes_on(code, 1, findings);
            }
            Ok(ReplyLine::Middle(text)) => {
                let passive = open.and_then(|open| self.passive(open.code, text));
                if let Some(open) = &mut self.open_reply {
                    open.lines = open.lines.saturating_add(1);
                    let here = passive.and_then(|(_, end)| end.ok());
                    open.passive = open.passive.or(here);
                    goes_on(open.code, open.lines, findings);
                }
            }
            Ok(ReplyLine::Single { code, text } | ReplyLine::Last { code, text }) => {
                self.open_reply = None;
                let lines = open.map_or(1, |open| open.lines.saturating_add(1));
                let before = open.and_then(|open| open.passive);
                self.reply(code, text, lines, before, findings);
            }
            Err(_) if self.is_fresh() => {
                self.disowned = Some(Foreign(speech::foreign_greeting(line)));
            }
            Err(_) => {
                findings.notes.push(Note::Control(ControlNote::NotFtp {
                    text: Text::new(line),
                }));
            }
        }
    }

    fn reply(
        &mut self,
        code: Code,
        text: &[u8],
        lines: u32,
        before: Option<SocketAddr>,
        findings: &mut Findings<'_>,
    ) {
        self.replies = self.replies.saturating_add(1);
        if let Some(Note::Control(ControlNote::ReplyGoesOn { code: open, .. })) =
            findings.notes.last()
            && *open == code
        {
            findings.notes.pop();
        }
        if self.act == Act::Start && matches!(code.value(), 120 | 220 | 230 | 331 | 332 | 530) {
            self.set_act(Act::Login, findings);
        }
        let exchange = self.pending.answered(code);
        if exchange.is_none() && code.value() == 226 {
            // The end of a transfer whose command is not in the capture: its data may be.
            let number = self.add_transfer();
            for transfer in self.recent.iter_mut().filter(|t| t.number == number) {
                transfer.over = true;
            }
            findings.changes.push(Change::Seek(number));
            self.last_over = findings.packet;
        }
        let number = exchange.as_ref().and_then(|exchange| exchange.transfer);
        let runs = exchange
            .as_ref()
            .is_some_and(|e| e.verb.is_some_and(Verb::is_transfer));
        for transfer in self.recent.iter_mut().filter(|t| Some(t.number) == number) {
            if !runs {
                continue;
            }
            transfer.refused |= code.is_negative();
            if !code.is_preliminary() {
                transfer.over = true;
                self.last_over = findings.packet;
            }
            // At the end even an announcement does not explain where the connection is.
            let seek = if transfer.over {
                !code.is_negative()
            } else {
                !transfer.announced
            };
            if seek && !transfer.linked {
                findings.changes.push(Change::Seek(transfer.number));
            }
        }
        findings.notes.push(Note::Control(ControlNote::Reply {
            code,
            text: Text::new(text),
            lines,
            to: exchange.as_ref().map(|e| CommandRef {
                word: e.word.clone(),
                packet: e.packet,
            }),
            transfer: number.filter(|_| runs).map(|number| self.transfer(number)),
        }));
        self.consequences(code, text, before, exchange.as_ref(), findings);
    }

    /// What a reply changes: a passive endpoint, the beginning of encryption.
    fn consequences(
        &mut self,
        code: Code,
        text: &[u8],
        before: Option<SocketAddr>,
        exchange: Option<&Exchange>,
        findings: &mut Findings<'_>,
    ) {
        let verb = exchange.and_then(|exchange| exchange.verb);
        if let Some((packet, endpoint)) = exchange.and_then(|e| Some((e.packet, e.announced?))) {
            let reply = findings.packet;
            if code.is_negative() {
                findings.changes.push(Change::Withdraw(endpoint));
            }
            findings.changes.push(Change::Answered {
                packet,
                code,
                reply,
            });
        }
        let Some((by, endpoint)) = self.passive(code, text) else {
            if code.value() == 234 && verb == Some(Verb::Auth) {
                self.encrypted = true;
                findings.notes.push(Note::Control(ControlNote::Blind));
            }
            return;
        };
        // Some servers say where on the first of several lines.
        let endpoint = endpoint.or_else(|problem| before.ok_or(problem));
        let transfer = exchange.and_then(|exchange| exchange.transfer);
        let transfer = transfer.unwrap_or_else(|| self.prepared());
        self.announce(by, endpoint, self.server, transfer, findings);
    }

    /// Where a line of a reply that opens passive mode says that the server listens.
    fn passive(&self, code: Code, text: &[u8]) -> Option<(Verb, Result<SocketAddr, String>)> {
        Some(match code {
            Code::ENTERING_PASSIVE_MODE => (
                Verb::Pasv,
                announce::six_numbers(text)
                    .map(|six| six.addr().into())
                    .map_err(|e| e.to_string()),
            ),
            Code::ENTERING_LONG_PASSIVE_MODE => (
                Verb::Lpsv,
                proto::parse_228(text).map_err(|e| e.to_string()),
            ),
            Code::ENTERING_EXTENDED_PASSIVE_MODE => (
                Verb::Epsv,
                proto::parse_229(text)
                    .or_else(|error| announce::port_of_eprt(text).ok_or(error))
                    .map(|port| SocketAddr::new(self.server.ip(), port))
                    .map_err(|e| e.to_string()),
            ),
            _ => return None,
        })
    }

    /// The transfer that an announcement is for whose command is not in the capture.
    fn prepared(&mut self) -> u32 {
        match self.recent.back() {
            Some(last) if last.verb.is_none() => last.number,
            // One that ran was announced before.
            Some(last) if !last.over && !last.announced => last.number,
            _ => self.add_transfer(),
        }
    }
}

/// One note a packet for all the lines of a reply that goes on.
fn goes_on(code: Code, lines: u32, findings: &mut Findings<'_>) {
    if let Some(Note::Control(ControlNote::ReplyGoesOn {
        code: last,
        lines: count,
    })) = findings.notes.last_mut()
        && *last == code
    {
        *count = lines;
        return;
    }
    findings
        .notes
        .push(Note::Control(ControlNote::ReplyGoesOn { code, lines }));
}
