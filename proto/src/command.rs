//! Commands with their arguments understood.

mod argument;

use std::fmt;
use std::net::SocketAddr;

use self::argument::Argument;
use crate::host_port::encode_eprt;
use crate::long_port::encode_lprt;
use crate::telnet::escape;
use crate::{
    ArgumentError, Code, CommandLine, EprtError, EpsvArgument, HostPort, HostPortError,
    LongPortError, Mode, Password, Pathname, Structure, Text, TimeVal, TypeCode, Verb, parse_eprt,
    parse_lprt,
};

/// A command as it was meant: the verb with its typed argument. An X-variant (RFC 775) parses
/// as the command it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the verb of the same name")]
pub enum Command {
    User(Text),
    Pass(Password),
    Acct(Text),
    Cwd(Pathname),
    Cdup,
    Smnt(Pathname),
    Rein,
    Quit,
    Port(HostPort),
    Pasv,
    Type(TypeCode),
    Stru(Structure),
    Mode(Mode),
    Retr(Pathname),
    Stor(Pathname),
    /// Some clients suggest a name, though RFC 959 has no argument here.
    Stou(Option<Pathname>),
    Appe(Pathname),
    /// Bytes to allocate, and the record size after `R`.
    Allo(u64, Option<u64>),
    /// A byte offset (RFC 3659 §5.3).
    Rest(u64),
    Rnfr(Pathname),
    Rnto(Pathname),
    Abor,
    Dele(Pathname),
    Rmd(Pathname),
    Mkd(Pathname),
    Pwd,
    /// May begin with options such as `-la`.
    List(Option<Pathname>),
    Nlst(Option<Pathname>),
    Site(Text),
    Syst,
    Stat(Option<Pathname>),
    Help(Option<Text>),
    Noop,
    Feat,
    Opts(Text),
    Eprt(SocketAddr),
    Epsv(Option<EpsvArgument>),
    Lprt(SocketAddr),
    Lpsv,
    Mdtm(Pathname),
    Size(Pathname),
    Mlst(Option<Pathname>),
    Mlsd(Option<Pathname>),
    Mfmt(TimeVal, Pathname),
    Lang(Option<Text>),
    Clnt(Text),
    Auth(Text),
    Pbsz(u32),
    /// The protection level's letter, upper case: C, S, E or P.
    Prot(char),
    Adat(Text),
    Ccc,
    Mic(Text),
    Conf(Text),
    Enc(Text),
    Host(Text),
}

/// Why a line is no command that can be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The word is no verb that is known by name.
    #[error("unknown command")]
    UnknownVerb,
    /// An argument is missing, or there is one where none belongs.
    #[error("expected {}{}", .0.as_str(), .0.syntax())]
    Syntax(Verb),
    /// The argument cannot be text or a name on this connection.
    #[error("{0}: {1}")]
    Argument(Verb, ArgumentError),
    /// PORT's six numbers are wrong.
    #[error("{0}")]
    HostPort(HostPortError),
    /// EPRT's or EPSV's argument is wrong.
    #[error("{0}: {1}")]
    Extended(Verb, EprtError),
    /// LPRT's numbers are wrong.
    #[error("LPRT: {0}")]
    LongPort(LongPortError),
    /// The argument is well formed, but no such parameter exists.
    #[error("{} has no such parameter", .0.as_str())]
    Parameter(Verb),
}

impl CommandError {
    /// The code that RFC 959 (or 2428) gives the refusal.
    pub const fn code(self) -> Code {
        match self {
            Self::UnknownVerb => Code::SYNTAX_ERROR,
            Self::Parameter(_) => Code::PARAMETER_NOT_IMPLEMENTED,
            Self::Extended(_, EprtError::UnknownProtocol) => Code::PROTOCOL_NOT_SUPPORTED,
            Self::Syntax(_)
            | Self::Argument(..)
            | Self::HostPort(_)
            | Self::LongPort(_)
            | Self::Extended(..) => Code::ARGUMENT_SYNTAX_ERROR,
        }
    }
}

impl Command {
    /// Understands a split line.
    ///
    /// # Errors
    /// [`CommandError`], whose [`code`](CommandError::code) tells 500, 501, 504 and 522 apart.
    pub fn parse(line: &CommandLine<'_>) -> Result<Self, CommandError> {
        let verb = line.verb.ok_or(CommandError::UnknownVerb)?;
        let argument = Argument {
            verb,
            bytes: line.argument,
        };
        Ok(match verb.canonical() {
            Verb::User => Self::User(argument.text()?),
            Verb::Pass => Self::Pass(
                Password::new(line.argument.unwrap_or_default())
                    .map_err(|error| CommandError::Argument(verb, error))?,
            ),
            Verb::Acct => Self::Acct(argument.text()?),
            Verb::Cwd | Verb::Xcwd => Self::Cwd(argument.pathname()?),
            Verb::Cdup | Verb::Xcup => argument.none(Self::Cdup)?,
            Verb::Smnt => Self::Smnt(argument.pathname()?),
            Verb::Rein => argument.none(Self::Rein)?,
            Verb::Quit => argument.none(Self::Quit)?,
            Verb::Port => Self::Port(
                HostPort::parse_port(argument.required()?).map_err(CommandError::HostPort)?,
            ),
            Verb::Pasv => argument.none(Self::Pasv)?,
            Verb::Type => Self::Type(argument.parameter(TypeCode::parse)?),
            Verb::Stru => Self::Stru(argument.parameter(Structure::parse)?),
            Verb::Mode => Self::Mode(argument.parameter(Mode::parse)?),
            Verb::Retr => Self::Retr(argument.pathname()?),
            Verb::Stor => Self::Stor(argument.pathname()?),
            Verb::Stou => Self::Stou(argument.optional_pathname()?),
            Verb::Appe => Self::Appe(argument.pathname()?),
            Verb::Allo => argument.allo()?,
            Verb::Rest => Self::Rest(argument.number()?),
            Verb::Rnfr => Self::Rnfr(argument.pathname()?),
            Verb::Rnto => Self::Rnto(argument.pathname()?),
            Verb::Abor => argument.none(Self::Abor)?,
            Verb::Dele => Self::Dele(argument.pathname()?),
            Verb::Rmd | Verb::Xrmd => Self::Rmd(argument.pathname()?),
            Verb::Mkd | Verb::Xmkd => Self::Mkd(argument.pathname()?),
            Verb::Pwd | Verb::Xpwd => argument.none(Self::Pwd)?,
            Verb::List => Self::List(argument.optional_pathname()?),
            Verb::Nlst => Self::Nlst(argument.optional_pathname()?),
            Verb::Site => Self::Site(argument.text()?),
            Verb::Syst => argument.none(Self::Syst)?,
            Verb::Stat => Self::Stat(argument.optional_pathname()?),
            Verb::Help => Self::Help(argument.optional_text()?),
            Verb::Noop => argument.none(Self::Noop)?,
            Verb::Feat => argument.none(Self::Feat)?,
            Verb::Opts => Self::Opts(argument.text()?),
            Verb::Eprt => Self::Eprt(
                parse_eprt(argument.required()?)
                    .map_err(|error| CommandError::Extended(verb, error))?,
            ),
            Verb::Epsv => match argument.optional() {
                None => Self::Epsv(None),
                Some(bytes) => Self::Epsv(Some(
                    EpsvArgument::parse(bytes)
                        .map_err(|error| CommandError::Extended(verb, error))?,
                )),
            },
            Verb::Lprt => {
                Self::Lprt(parse_lprt(argument.required()?).map_err(CommandError::LongPort)?)
            }
            Verb::Lpsv => argument.none(Self::Lpsv)?,
            Verb::Mdtm => Self::Mdtm(argument.pathname()?),
            Verb::Size => Self::Size(argument.pathname()?),
            Verb::Mlst => Self::Mlst(argument.optional_pathname()?),
            Verb::Mlsd => Self::Mlsd(argument.optional_pathname()?),
            Verb::Mfmt => argument.mfmt()?,
            Verb::Lang => Self::Lang(argument.optional_text()?),
            Verb::Clnt => Self::Clnt(argument.text()?),
            Verb::Auth => Self::Auth(argument.text()?),
            Verb::Pbsz => Self::Pbsz(
                u32::try_from(argument.number()?).map_err(|_| CommandError::Syntax(verb))?,
            ),
            Verb::Prot => match argument.required()? {
                [letter] if letter.is_ascii_alphabetic() => {
                    match char::from(letter.to_ascii_uppercase()) {
                        level @ ('C' | 'S' | 'E' | 'P') => Self::Prot(level),
                        _ => return Err(CommandError::Parameter(verb)),
                    }
                }
                _ => return Err(CommandError::Syntax(verb)),
            },
            Verb::Adat => Self::Adat(argument.text()?),
            Verb::Ccc => argument.none(Self::Ccc)?,
            Verb::Mic => Self::Mic(argument.text()?),
            Verb::Conf => Self::Conf(argument.text()?),
            Verb::Enc => Self::Enc(argument.text()?),
            Verb::Host => Self::Host(argument.text()?),
        })
    }

    /// The command's verb.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::User(_) => Verb::User,
            Self::Pass(_) => Verb::Pass,
            Self::Acct(_) => Verb::Acct,
            Self::Cwd(_) => Verb::Cwd,
            Self::Cdup => Verb::Cdup,
            Self::Smnt(_) => Verb::Smnt,
            Self::Rein => Verb::Rein,
            Self::Quit => Verb::Quit,
            Self::Port(_) => Verb::Port,
            Self::Pasv => Verb::Pasv,
            Self::Type(_) => Verb::Type,
            Self::Stru(_) => Verb::Stru,
            Self::Mode(_) => Verb::Mode,
            Self::Retr(_) => Verb::Retr,
            Self::Stor(_) => Verb::Stor,
            Self::Stou(_) => Verb::Stou,
            Self::Appe(_) => Verb::Appe,
            Self::Allo(..) => Verb::Allo,
            Self::Rest(_) => Verb::Rest,
            Self::Rnfr(_) => Verb::Rnfr,
            Self::Rnto(_) => Verb::Rnto,
            Self::Abor => Verb::Abor,
            Self::Dele(_) => Verb::Dele,
            Self::Rmd(_) => Verb::Rmd,
            Self::Mkd(_) => Verb::Mkd,
            Self::Pwd => Verb::Pwd,
            Self::List(_) => Verb::List,
            Self::Nlst(_) => Verb::Nlst,
            Self::Site(_) => Verb::Site,
            Self::Syst => Verb::Syst,
            Self::Stat(_) => Verb::Stat,
            Self::Help(_) => Verb::Help,
            Self::Noop => Verb::Noop,
            Self::Feat => Verb::Feat,
            Self::Opts(_) => Verb::Opts,
            Self::Eprt(_) => Verb::Eprt,
            Self::Epsv(_) => Verb::Epsv,
            Self::Lprt(_) => Verb::Lprt,
            Self::Lpsv => Verb::Lpsv,
            Self::Mdtm(_) => Verb::Mdtm,
            Self::Size(_) => Verb::Size,
            Self::Mlst(_) => Verb::Mlst,
            Self::Mlsd(_) => Verb::Mlsd,
            Self::Mfmt(..) => Verb::Mfmt,
            Self::Lang(_) => Verb::Lang,
            Self::Clnt(_) => Verb::Clnt,
            Self::Auth(_) => Verb::Auth,
            Self::Pbsz(_) => Verb::Pbsz,
            Self::Prot(_) => Verb::Prot,
            Self::Adat(_) => Verb::Adat,
            Self::Ccc => Verb::Ccc,
            Self::Mic(_) => Verb::Mic,
            Self::Conf(_) => Verb::Conf,
            Self::Enc(_) => Verb::Enc,
            Self::Host(_) => Verb::Host,
        }
    }

    /// Appends the command as it is sent: telnet escapes and CRLF included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut line = Vec::new();
        self.write_line(&mut line);
        escape(&line, out);
        out.extend(*b"\r\n");
    }

    /// Appends the line without telnet escapes and CRLF.
    pub fn write_line(&self, line: &mut Vec<u8>) {
        line.extend_from_slice(self.verb().as_str().as_bytes());
        let mut add = |bytes: &[u8]| {
            line.push(b' ');
            line.extend_from_slice(bytes);
        };
        match self {
            Self::User(text)
            | Self::Acct(text)
            | Self::Site(text)
            | Self::Opts(text)
            | Self::Auth(text)
            | Self::Adat(text)
            | Self::Mic(text)
            | Self::Conf(text)
            | Self::Enc(text)
            | Self::Host(text)
            | Self::Clnt(text)
            | Self::Help(Some(text))
            | Self::Lang(Some(text)) => add(text.as_bytes()),
            Self::Pass(password) => add(password.as_bytes()),
            Self::Cwd(path)
            | Self::Smnt(path)
            | Self::Retr(path)
            | Self::Stor(path)
            | Self::Appe(path)
            | Self::Rnfr(path)
            | Self::Rnto(path)
            | Self::Dele(path)
            | Self::Rmd(path)
            | Self::Mkd(path)
            | Self::Mdtm(path)
            | Self::Size(path)
            | Self::Stou(Some(path))
            | Self::List(Some(path))
            | Self::Nlst(Some(path))
            | Self::Stat(Some(path))
            | Self::Mlst(Some(path))
            | Self::Mlsd(Some(path)) => {
                add(path.as_bytes());
            }
            Self::Port(host_port) => add(host_port.to_string().as_bytes()),
            Self::Type(code) => add(code.to_string().as_bytes()),
            Self::Stru(code) => add(code.to_string().as_bytes()),
            Self::Mode(code) => add(code.to_string().as_bytes()),
            Self::Allo(size, None) => add(size.to_string().as_bytes()),
            Self::Allo(size, Some(record)) => add(format!("{size} R {record}").as_bytes()),
            Self::Rest(offset) => add(offset.to_string().as_bytes()),
            Self::Eprt(addr) => add(encode_eprt(*addr).as_bytes()),
            Self::Lprt(addr) => add(encode_lprt(*addr).as_bytes()),
            Self::Epsv(Some(argument)) => add(argument.to_string().as_bytes()),
            Self::Mfmt(time, path) => {
                add(time.to_string().as_bytes());
                add(path.as_bytes());
            }
            Self::Pbsz(size) => add(size.to_string().as_bytes()),
            Self::Prot(level) => add(level.to_string().as_bytes()),
            Self::Cdup
            | Self::Rein
            | Self::Quit
            | Self::Pasv
            | Self::Lpsv
            | Self::Abor
            | Self::Pwd
            | Self::Syst
            | Self::Noop
            | Self::Feat
            | Self::Ccc
            | Self::Stou(None)
            | Self::List(None)
            | Self::Nlst(None)
            | Self::Stat(None)
            | Self::Help(None)
            | Self::Epsv(None)
            | Self::Mlst(None)
            | Self::Mlsd(None)
            | Self::Lang(None) => {}
        }
    }
}

/// The line for people, secrets included; [`CommandLine::masked`] hides them.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = Vec::new();
        self.write_line(&mut line);
        f.write_str(&String::from_utf8_lossy(&line))
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
