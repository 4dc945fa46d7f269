//! One FTP session: commands matched to replies, announcements, transfers, acts.

mod announce;
mod linking;

use std::collections::VecDeque;
use std::net::SocketAddr;

use proto::{Code, CommandLine, HostPort, Kind, ReplyLine, Verb};

use super::connection::UsedBy;
use super::exchange::{Exchange, Exchanges};
use super::expect::Change;
use super::speech;
use crate::note::{CommandRef, ControlNote, Credential, Note, Section, Text};

/// Transfers remembered, for data connections that close late.
const TRANSFER_LIMIT: usize = 64;

/// The lowest telnet command (RFC 854): no FTP command begins with such a byte.
const TELNET: u8 = 240;

/// What the analyzer knows of a session.
#[derive(Debug)]
pub(crate) struct Session {
    /// Counted from 1 in the capture.
    pub(crate) number: u32,
    client: SocketAddr,
    server: SocketAddr,
    /// Commands without their final reply, oldest first.
    pending: Exchanges,
    /// The reply whose last line has not come yet.
    open_reply: Option<OpenReply>,
    anonymous: bool,
    act: Act,
    /// Transfers begun; the newest ones, the last of them prepared, running or over.
    transfers: u32,
    recent: VecDeque<Transfer>,
    /// Data connections opened.
    pub(crate) data_connections: u32,
    /// AUTH was accepted: nothing can be read any more.
    pub(crate) encrypted: bool,
    /// Replies, and commands that are known: what shows that this is FTP.
    replies: u32,
    commands: u32,
    /// It is something else, and what, when that can be told.
    pub(crate) disowned: Option<Foreign>,
    /// The packet with the last reply that ended a transfer.
    pub(crate) last_over: u64,
}

/// Another protocol than FTP, by name when that can be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foreign(pub(crate) Option<&'static str>);

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
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
struct Transfer {
    number: u32,
    verb: Option<Verb>,
    argument: Option<Text>,
    /// The server refused: the next transfer command may use the same data connection.
    refused: bool,
    /// Its final reply came.
    over: bool,
    /// An endpoint was announced for it.
    announced: bool,
    /// Its data connection is known.
    linked: bool,
}

impl Transfer {
    fn new(number: u32) -> Self {
        Self {
            number,
            verb: None,
            argument: None,
            refused: false,
            over: false,
            announced: false,
            linked: false,
        }
    }
}

/// Where a session puts what it finds in a packet.
pub(crate) struct Findings<'a> {
    pub(crate) packet: u64,
    pub(crate) notes: &'a mut Vec<Note>,
    pub(crate) section: &'a mut Option<Section>,
    pub(crate) changes: &'a mut Vec<Change>,
}

impl Session {
    pub(crate) fn new(number: u32, client: SocketAddr, server: SocketAddr) -> Self {
        Self {
            number,
            client,
            server,
            pending: Exchanges::default(),
            open_reply: None,
            anonymous: false,
            act: Act::Start,
            transfers: 0,
            recent: VecDeque::new(),
            data_connections: 0,
            encrypted: false,
            replies: 0,
            commands: 0,
            disowned: None,
            last_over: 0,
        }
    }

    /// Whether nothing was said yet that could tell FTP from anything else.
    pub(crate) fn is_fresh(&self) -> bool {
        self.replies == 0 && self.commands == 0
    }

    /// The two ends of the control connection: client, server.
    pub(crate) fn ends(&self) -> (SocketAddr, SocketAddr) {
        (self.client, self.server)
    }

    /// Bytes of one direction are missing from the capture.
    pub(crate) fn lost(&mut self, from_client: bool) {
        if from_client {
            return;
        }
        self.open_reply = None;
        self.pending.keep_last();
    }

    /// A whole line from the client.
    pub(crate) fn command(&mut self, line: &[u8], findings: &mut Findings<'_>) {
        // Telnet commands whose IAC did not come: a data mark alone, sent as urgent data.
        let telnet = line.iter().take_while(|&&byte| byte >= TELNET).count();
        let line = line.get(telnet..).unwrap_or_default();
        if telnet > 0 {
            findings.notes.push(Note::Control(ControlNote::Telnet));
            if line.is_empty() {
                return;
            }
        }
        let command = CommandLine::split(line);
        if self.commands == 0
            && let Some(protocol) = speech::foreign_command(&command)
        {
            self.disowned = Some(Foreign(Some(protocol)));
            return;
        }
        self.commands = self
            .commands
            .saturating_add(u32::from(command.verb.is_some()));
        let plausible = command.verb.is_some()
            || (!command.word.is_empty() && command.word.iter().all(u8::is_ascii_graphic));
        if !plausible {
            findings.notes.push(Note::Control(ControlNote::NotFtp {
                text: Text::new(line),
            }));
            return;
        }
        self.enter_act(command.verb, findings);
        let transfer = self.bind_transfer(command.verb, command.argument);
        let credential = self.credential(&command);
        findings.notes.push(Note::Control(ControlNote::Command {
            word: Text::new(command.word),
            verb: command.verb,
            argument: command.argument.map(Text::new),
            credential,
            transfer: transfer.map(|number| self.transfer(number)),
        }));
        let mut announced = None;
        if let Some(verb @ (Verb::Port | Verb::Eprt)) = command.verb {
            let argument = command.argument.unwrap_or_default();
            let endpoint = if verb == Verb::Port {
                HostPort::parse_port(argument)
                    .map(|six| six.addr().into())
                    .map_err(|e| e.to_string())
            } else {
                proto::parse_eprt(argument).map_err(|e| e.to_string())
            };
            announced = endpoint.as_ref().ok().copied();
            self.announce(
                verb,
                endpoint,
                self.client,
                self.current_transfer(),
                findings,
            );
        }
        self.pending.push(Exchange {
            verb: command.verb,
            word: Text::new(command.word),
            packet: findings.packet,
            transfer,
            announced,
            begun: false,
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

    fn reply(&mut self, code: Code, text: &[u8], lines: u32, findings: &mut Findings<'_>) {
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
        self.consequences(code, text, exchange.as_ref(), findings);
    }

    /// What a reply changes: a passive endpoint, the beginning of encryption.
    fn consequences(
        &mut self,
        code: Code,
        text: &[u8],
        exchange: Option<&Exchange>,
        findings: &mut Findings<'_>,
    ) {
        let verb = exchange.and_then(|exchange| exchange.verb);
        if let Some(endpoint) = exchange.and_then(|exchange| exchange.announced)
            && code.is_negative()
        {
            findings.changes.push(Change::Withdraw(endpoint));
        }
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
                if code.value() == 234 && verb == Some(Verb::Auth) {
                    self.encrypted = true;
                    findings.notes.push(Note::Control(ControlNote::Blind));
                }
                return;
            }
        };
        let transfer = exchange.and_then(|exchange| exchange.transfer);
        let transfer = transfer.unwrap_or_else(|| self.current_transfer());
        self.announce(by, endpoint, self.server, transfer, findings);
    }

    /// Records an endpoint, or why it cannot be read.
    fn announce(
        &mut self,
        by: Verb,
        endpoint: Result<SocketAddr, String>,
        announcer: SocketAddr,
        transfer: u32,
        findings: &mut Findings<'_>,
    ) {
        if endpoint.is_ok() {
            for known in self.recent.iter_mut().filter(|t| t.number == transfer) {
                known.announced = true;
            }
        }
        let peer = if announcer == self.client {
            self.server
        } else {
            self.client
        };
        announce::announce(by, endpoint, announcer, peer, transfer, findings);
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
        let unused = self
            .recent
            .back()
            .is_some_and(|transfer| transfer.verb.is_none());
        let runs = self.pending.runs_transfer();
        let act = match verb {
            Some(Verb::User | Verb::Pass | Verb::Acct) => Act::Login,
            Some(verb) if verb.kind() == Kind::Security => Act::Login,
            Some(Verb::Quit) => Act::Goodbye,
            Some(verb) if prepares_transfer(verb) || verb.is_transfer() => Act::Transfer,
            // What is said between PORT and the transfer, or while it runs, belongs to it.
            _ if self.act == Act::Transfer && (unused || runs) => return,
            _ => Act::Commands,
        };
        let next = match (verb, self.recent.back()) {
            _ if act != Act::Transfer => false,
            (_, None) => true,
            // A refused transfer may be tried again with the data connection it prepared.
            (Some(verb), Some(last)) if verb.is_transfer() => last.verb.is_some() && !last.refused,
            (_, Some(last)) => last.verb.is_some(),
        };
        if next {
            self.add_transfer();
            self.act = Act::Start;
        }
        self.set_act(act, findings);
    }

    fn set_act(&mut self, act: Act, findings: &mut Findings<'_>) {
        if act == self.act {
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

    /// The transfer that a command runs or prepares.
    fn bind_transfer(&mut self, verb: Option<Verb>, argument: Option<&[u8]>) -> Option<u32> {
        let verb = verb?;
        let transfer = self.recent.back_mut()?;
        if verb.is_transfer() {
            transfer.verb = Some(verb);
            transfer.argument = argument.map(Text::new);
            transfer.refused = false;
            transfer.over = false;
        } else if !prepares_transfer(verb) {
            return None;
        }
        Some(transfer.number)
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

/// Commands that only make sense with the transfer that follows them.
fn prepares_transfer(verb: Verb) -> bool {
    matches!(
        verb,
        Verb::Port | Verb::Pasv | Verb::Eprt | Verb::Epsv | Verb::Rest | Verb::Allo
    )
}
