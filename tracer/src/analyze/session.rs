//! One FTP session: commands matched to replies, announcements, transfers, acts.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use proto::{Code, CommandLine, HostPort, Kind, ReplyLine, Verb};

use super::connection::UsedBy;
use super::exchange::{Exchange, Exchanges};
use super::expect::{Change, Expected};
use super::speech;
use crate::note::{
    Announcement, CommandRef, ControlNote, Credential, Encoding, Inference, Note, Section, Text,
    TransferRef, Whose,
};

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

    fn add_transfer(&mut self) -> u32 {
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

    fn find(&self, number: u32) -> Option<&Transfer> {
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
        announce(by, endpoint, announcer, peer, transfer, findings);
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

fn announce(
    by: Verb,
    endpoint: Result<SocketAddr, String>,
    announcer: SocketAddr,
    peer: SocketAddr,
    transfer: u32,
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
    let address = endpoint.ip().to_canonical();
    let foreign = address != announcer.ip().to_canonical();
    let whose = if !foreign {
        Whose::Own
    } else if address.is_unspecified() {
        Whose::Zero
    } else if address == peer.ip().to_canonical() {
        Whose::Peer
    } else if is_private(address) && !is_private(announcer.ip().to_canonical()) {
        Whose::Private
    } else {
        Whose::Third
    };
    findings
        .notes
        .push(Note::Control(ControlNote::Announced(Announcement {
            by,
            endpoint,
            encoding,
            foreign,
            whose,
        })));
    let packet = findings.packet;
    let mut expect = |endpoint, translated| {
        findings.changes.push(Change::Expect(Expected {
            by,
            endpoint,
            packet,
            transfer,
            translated,
            third: whose == Whose::Third && !translated,
        }));
    };
    expect(endpoint, false);
    if foreign {
        // Careful clients dial the server itself, whatever address it names; and careful servers
        // the client. A NAT may also have changed one address and not the other.
        expect(SocketAddr::new(announcer.ip(), endpoint.port()), true);
    }
}

/// An address that no packet on the Internet can have (RFC 1918, RFC 6598, RFC 4193), or that
/// only reaches this link or host.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_link_local()
                || v4.is_loopback()
                || (a == 100 && b & 0xc0 == 64)
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_loopback(),
    }
}
