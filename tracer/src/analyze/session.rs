//! One FTP session: commands matched to replies, announcements, transfers, acts.

mod announce;
mod lengths;
mod linking;
mod replies;
mod unprinted;

use std::collections::VecDeque;
use std::net::SocketAddr;

use proto::{Code, CommandLine, HostPort, Kind, Verb};

use super::connection::{Owner, UsedBy};
use super::exchange::{Exchange, Exchanges};
use super::expect::Change;
use super::speech;
use crate::note::{ControlNote, Credential, Note, Section, Text};

/// Transfers remembered, for data connections that close late.
const TRANSFER_LIMIT: usize = 64;

/// Transfers that stay when memory is scarce.
const RECENT: usize = 4;

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
    /// The newest data connection, until it was told that nobody answered it.
    pub(crate) newest: Option<Owner>,
    /// The newest data connection that nothing had announced when it was opened.
    pub(crate) inferred: Option<Owner>,
    /// AUTH was accepted: nothing can be read any more.
    pub(crate) encrypted: bool,
    /// Replies, and commands that are known: what shows that this is FTP.
    replies: u32,
    commands: u32,
    /// It is something else, and what, when that can be told.
    pub(crate) disowned: Option<Foreign>,
    /// The packet with the last reply that ended a transfer.
    pub(crate) last_over: u64,
    /// What is known of a dialogue without words.
    unprinted: unprinted::Unprinted,
}

/// Another protocol than FTP, by name when that can be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Foreign(pub(crate) Option<&'static str>);

#[derive(Clone, Copy, Debug)]
struct OpenReply {
    code: Code,
    lines: u32,
    /// Where the server listens, when one of its lines said so.
    passive: Option<SocketAddr>,
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
            newest: None,
            inferred: None,
            encrypted: false,
            replies: 0,
            commands: 0,
            disowned: None,
            last_over: 0,
            unprinted: unprinted::Unprinted::default(),
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

    /// The bytes that it holds beside this value, but for the little that it knows of a dialogue
    /// without words.
    pub(crate) fn held(&self) -> usize {
        let arguments = self.recent.iter().filter_map(|t| t.argument.as_ref());
        let arguments = arguments.map(|argument| argument.as_bytes().len());
        self.pending.held()
            + self.recent.capacity() * size_of::<Transfer>()
            + arguments.sum::<usize>()
    }

    /// Keeps what is newest. True when something had to go.
    pub(crate) fn shed(&mut self) -> bool {
        let old = self.recent.len().saturating_sub(RECENT);
        let loses = old > 0 || self.open_reply.is_some() || self.pending.len() > 1;
        self.lost(false);
        self.recent.drain(..old);
        self.rest();
        loses
    }

    /// Keeps no more room than it fills.
    pub(crate) fn rest(&mut self) {
        self.pending.rest();
        self.recent.shrink_to_fit();
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
        if let Some(verb @ (Verb::Port | Verb::Eprt | Verb::Lprt)) = command.verb {
            // Servers forgive blanks around it, and the data connection comes.
            let argument = command.argument.unwrap_or_default().trim_ascii();
            let endpoint = match verb {
                Verb::Port => HostPort::parse_port(argument)
                    .map(|six| six.addr().into())
                    .map_err(|e| e.to_string()),
                Verb::Lprt => proto::parse_lprt(argument).map_err(|e| e.to_string()),
                _ => proto::parse_eprt(argument).map_err(|e| e.to_string()),
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
        *findings.section = self.section();
    }

    /// The heading of the act that it is in, if it has begun one.
    pub(crate) fn section(&self) -> Option<Section> {
        Some(match self.act {
            Act::Start => return None,
            Act::Login => Section::Login,
            Act::Commands => Section::Commands,
            Act::Transfer => Section::Transfer {
                number: self.transfers,
            },
            Act::Goodbye => Section::Goodbye,
        })
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

/// Commands that only make sense with the transfer that follows them.
fn prepares_transfer(verb: Verb) -> bool {
    matches!(
        verb,
        Verb::Port
            | Verb::Pasv
            | Verb::Eprt
            | Verb::Epsv
            | Verb::Lprt
            | Verb::Lpsv
            | Verb::Rest
            | Verb::Allo
    )
}
