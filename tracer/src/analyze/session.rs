//! One FTP session: commands matched to replies, announcements, transfers, acts.

use std::collections::VecDeque;
use std::net::SocketAddr;

use proto::{Code, CommandLine, HostPort, Kind, ReplyLine, Verb};

use super::connection::UsedBy;
use super::expect::Expected;
use crate::note::{
    Announcement, CommandRef, ControlNote, Credential, Encoding, Note, Section, Text, TransferRef,
};

/// Commands that may wait for their replies; more are a flood, and the oldest is forgotten.
const PENDING_LIMIT: usize = 64;

/// What the analyzer knows of a session.
#[derive(Debug)]
pub(crate) struct Session {
    /// Counted from 1 in the capture.
    pub(crate) number: u32,
    client: SocketAddr,
    server: SocketAddr,
    pending: VecDeque<Pending>,
    /// The reply whose last line has not come yet.
    open_reply: Option<OpenReply>,
    anonymous: bool,
    act: Act,
    /// Transfers begun, and the one that is being prepared or runs.
    transfers: u32,
    transfer: Option<Transfer>,
    /// Data connections opened.
    pub(crate) data_connections: u32,
    /// AUTH was accepted: nothing can be read any more.
    pub(crate) encrypted: bool,
}

#[derive(Debug)]
struct Pending {
    verb: Option<Verb>,
    word: Text,
    packet: u64,
}

#[derive(Clone, Copy, Debug)]
struct OpenReply {
    code: Code,
    lines: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Start,
    Login,
    Commands,
    Transfer,
    Goodbye,
}

#[derive(Debug)]
struct Transfer {
    number: u32,
    verb: Option<Verb>,
    argument: Option<Text>,
    done: bool,
}

/// Where a session puts what it finds in a packet.
pub(crate) struct Findings<'a> {
    pub(crate) packet: u64,
    pub(crate) notes: &'a mut Vec<Note>,
    pub(crate) section: &'a mut Option<Section>,
    pub(crate) expected: &'a mut Vec<Expected>,
}

impl Session {
    pub(crate) fn new(number: u32, client: SocketAddr, server: SocketAddr) -> Self {
        Self {
            number,
            client,
            server,
            pending: VecDeque::new(),
            open_reply: None,
            anonymous: false,
            act: Act::Start,
            transfers: 0,
            transfer: None,
            data_connections: 0,
            encrypted: false,
        }
    }

    /// The transfer that is prepared or runs, or was the last to end.
    pub(crate) fn transfer(&self) -> Option<TransferRef> {
        self.transfer.as_ref().map(|t| TransferRef {
            number: t.number,
            verb: t.verb,
        })
    }

    /// The command and argument of transfer `number`, while it is the current one.
    pub(crate) fn used_by(&self, number: u32) -> Option<UsedBy> {
        let transfer = self.transfer.as_ref().filter(|t| t.number == number)?;
        Some(UsedBy {
            verb: transfer.verb?,
            argument: transfer.argument.clone(),
        })
    }

    /// A whole line from the client.
    pub(crate) fn command(&mut self, line: &[u8], findings: &mut Findings<'_>) {
        let command = CommandLine::split(line);
        let plausible = command.verb.is_some()
            || (!command.word.is_empty() && command.word.iter().all(u8::is_ascii_graphic));
        if !plausible {
            findings.notes.push(Note::Control(ControlNote::NotFtp {
                text: Text::new(line),
            }));
            return;
        }
        self.enter_act(command.verb, findings);
        let transfer = self.note_transfer(command.verb, command.argument);
        let credential = self.credential(&command);
        findings.notes.push(Note::Control(ControlNote::Command {
            word: Text::new(command.word),
            verb: command.verb,
            argument: command.argument.map(Text::new),
            credential,
            transfer,
        }));
        if let Some(verb @ (Verb::Port | Verb::Eprt)) = command.verb {
            let argument = command.argument.unwrap_or_default();
            let endpoint = if verb == Verb::Port {
                HostPort::parse_port(argument)
                    .map(|six| six.addr().into())
                    .map_err(|e| e.to_string())
            } else {
                proto::parse_eprt(argument).map_err(|e| e.to_string())
            };
            announce(verb, endpoint, self.client, findings);
        }
        if self.pending.len() == PENDING_LIMIT {
            self.pending.pop_front();
        }
        self.pending.push_back(Pending {
            verb: command.verb,
            word: Text::new(command.word),
            packet: findings.packet,
        });
    }

    /// A whole line from the server.
    pub(crate) fn reply_line(&mut self, line: &[u8], findings: &mut Findings<'_>) {
        let open = self.open_reply;
        match ReplyLine::parse(line, open.map(|open| open.code)) {
            Ok(ReplyLine::First { code, .. }) => {
                self.open_reply = Some(OpenReply { code, lines: 1 });
                goes_on(code, 1, findings);
            }
            Ok(ReplyLine::Middle(_)) => {
                if let Some(open) = &mut self.open_reply {
                    open.lines = open.lines.saturating_add(1);
                    goes_on(open.code, open.lines, findings);
                }
            }
            Ok(ReplyLine::Single { code, text } | ReplyLine::Last { code, text }) => {
                let lines = self
                    .open_reply
                    .take()
                    .map_or(1, |open| open.lines.saturating_add(1));
                self.reply(code, text, lines, findings);
            }
            Err(_) => {
                findings.notes.push(Note::Control(ControlNote::NotFtp {
                    text: Text::new(line),
                }));
            }
        }
    }

    fn reply(&mut self, code: Code, text: &[u8], lines: u32, findings: &mut Findings<'_>) {
        if let Some(Note::Control(ControlNote::ReplyGoesOn { code: open, .. })) =
            findings.notes.last()
            && *open == code
        {
            findings.notes.pop();
        }
        if self.act == Act::Start {
            self.set_act(Act::Login, findings);
        }
        let preliminary = code.is_preliminary();
        // 421 may come at any time (RFC 959 §5.4); 120 and 220 greet before any command.
        let unasked = code.value() == 421 || self.pending.is_empty();
        let answered = match self.pending.front() {
            Some(_) if unasked => None,
            Some(front) => {
                let reference = CommandRef {
                    word: front.word.clone(),
                    packet: front.packet,
                };
                let verb = front.verb;
                if !preliminary {
                    self.pending.pop_front();
                }
                Some((reference, verb))
            }
            None => None,
        };
        let verb = answered.as_ref().and_then(|(_, verb)| *verb);
        let mut transfer = None;
        if verb.is_some_and(Verb::is_transfer)
            && let Some(current) = &mut self.transfer
            && current.verb == verb
        {
            current.done |= !preliminary;
            transfer = Some(TransferRef {
                number: current.number,
                verb,
            });
        }
        findings.notes.push(Note::Control(ControlNote::Reply {
            code,
            text: Text::new(text),
            lines,
            to: answered.map(|(reference, _)| reference),
            transfer,
        }));
        self.consequences(code, text, verb, findings);
    }

    /// What a reply changes: a passive endpoint, the beginning of encryption.
    fn consequences(
        &mut self,
        code: Code,
        text: &[u8],
        verb: Option<Verb>,
        findings: &mut Findings<'_>,
    ) {
        let (by, endpoint) = match code {
            Code::ENTERING_PASSIVE_MODE => (
                Verb::Pasv,
                HostPort::parse_227(text)
                    .map(|six| six.addr().into())
                    .map_err(|e| e.to_string()),
            ),
            Code::ENTERING_EXTENDED_PASSIVE_MODE => (
                Verb::Epsv,
                proto::parse_229(text)
                    .map(|port| SocketAddr::new(self.server.ip(), port))
                    .map_err(|e| e.to_string()),
            ),
            _ => {
                self.encrypted |= code.value() == 234 && verb == Some(Verb::Auth);
                return;
            }
        };
        announce(by, endpoint, self.server, findings);
    }

    fn credential(&mut self, command: &CommandLine<'_>) -> Option<Credential> {
        match command.verb? {
            Verb::User => {
                let name = command.argument.unwrap_or_default();
                self.anonymous =
                    name.eq_ignore_ascii_case(b"anonymous") || name.eq_ignore_ascii_case(b"ftp");
                Some(Credential::UserName)
            }
            Verb::Pass if self.anonymous => Some(Credential::AnonymousPassword),
            Verb::Pass | Verb::Acct => Some(Credential::Password),
            _ => None,
        }
    }

    fn enter_act(&mut self, verb: Option<Verb>, findings: &mut Findings<'_>) {
        let act = match verb {
            Some(Verb::User | Verb::Pass | Verb::Acct) => Act::Login,
            Some(verb) if verb.kind() == Kind::Security => Act::Login,
            Some(Verb::Quit) => Act::Goodbye,
            Some(verb) if prepares_transfer(verb) || verb.is_transfer() => Act::Transfer,
            _ if self.act == Act::Transfer && self.transfer.as_ref().is_some_and(|t| !t.done) => {
                return;
            }
            _ => Act::Commands,
        };
        self.set_act(act, findings);
    }

    fn set_act(&mut self, act: Act, findings: &mut Findings<'_>) {
        let next_transfer = act == Act::Transfer && self.transfer.as_ref().is_none_or(|t| t.done);
        if next_transfer {
            self.transfers += 1;
            self.transfer = Some(Transfer {
                number: self.transfers,
                verb: None,
                argument: None,
                done: false,
            });
        }
        if act == self.act && !next_transfer {
            return;
        }
        self.act = act;
        *findings.section = Some(match act {
            Act::Start | Act::Login => Section::Login,
            Act::Commands => Section::Commands,
            Act::Transfer => Section::Transfer {
                number: self.transfers,
            },
            Act::Goodbye => Section::Goodbye,
        });
    }

    /// The transfer that a command begins or prepares.
    fn note_transfer(
        &mut self,
        verb: Option<Verb>,
        argument: Option<&[u8]>,
    ) -> Option<TransferRef> {
        let verb = verb?;
        let transfer = self.transfer.as_mut().filter(|t| !t.done)?;
        if verb.is_transfer() {
            transfer.verb = Some(verb);
            transfer.argument = argument.map(Text::new);
        } else if !prepares_transfer(verb) {
            return None;
        }
        Some(TransferRef {
            number: transfer.number,
            verb: transfer.verb,
        })
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

/// Transfer parameter commands (RFC 959 §4.1.2, RFC 2428), and REST and ALLO, which belong to the
/// transfer that follows them.
fn prepares_transfer(verb: Verb) -> bool {
    match verb {
        Verb::Rest | Verb::Allo => true,
        Verb::Opts | Verb::Lang => false,
        _ => verb.kind() == Kind::Parameter,
    }
}

/// Records an endpoint, or why it cannot be read.
fn announce(
    by: Verb,
    endpoint: Result<SocketAddr, String>,
    announcer: SocketAddr,
    findings: &mut Findings<'_>,
) {
    let endpoint = match endpoint {
        Ok(endpoint) => endpoint,
        Err(problem) => {
            let note = ControlNote::AnnouncementUnreadable { by, problem };
            findings.notes.push(Note::Control(note));
            return;
        }
    };
    let encoding = if matches!(by, Verb::Port | Verb::Pasv) {
        let [p1, p2] = endpoint.port().to_be_bytes();
        Encoding::SixNumbers { p1, p2 }
    } else {
        Encoding::Decimal
    };
    let foreign = endpoint.ip().to_canonical() != announcer.ip().to_canonical();
    findings
        .notes
        .push(Note::Control(ControlNote::Announced(Announcement {
            by,
            endpoint,
            encoding,
            foreign,
        })));
    findings.expected.push(Expected {
        by,
        endpoint,
        packet: findings.packet,
    });
}
