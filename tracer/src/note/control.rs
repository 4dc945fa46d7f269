//! What happened on a control connection.

use std::fmt;
use std::net::SocketAddr;

use proto::{Code, Verb};
use serde::{Serialize, Serializer};

use super::parts::{ConnectionName, Party, TransferRef, verb, verb_opt};

/// Commands and replies (RFC 959).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ControlNote {
    /// The side that was dialled greets as FTP servers do: this looks like a control connection,
    /// whatever its port.
    Recognised,
    /// What is said here is no FTP, in spite of the port or of the greeting.
    Disowned {
        /// What it looks like instead, when that can be told.
        protocol: Option<&'static str>,
    },
    /// A connection seen before must be the data connection of the transfer that this packet
    /// speaks of: its announcement is not in the capture.
    Found {
        /// What that connection is called from here on.
        connection: ConnectionName,
        /// Its place among the capture's connections, from 1.
        number: u32,
        /// The transfer.
        transfer: TransferRef,
    },
    /// The endpoint that this packet announces was dialled before: the capture has its packets in
    /// another order than the network had.
    CameBefore {
        /// What that connection is called from here on.
        connection: ConnectionName,
        /// The packet that opened it.
        opened_in: u64,
    },
    /// The data connection was given up: its SYN had no answer of any kind.
    NotOpened {
        /// What that connection is called.
        connection: ConnectionName,
        /// Who dialled.
        by: Party,
        /// The packet with the SYN.
        syn: u64,
        /// How often it was sent.
        attempts: u32,
    },
    /// A whole command line.
    Command {
        /// The first word as it was sent.
        word: Text,
        /// The command, when it is one that we know.
        #[serde(serialize_with = "verb_opt")]
        verb: Option<Verb>,
        /// What follows the word.
        argument: Option<Text>,
        /// A user name or password that anybody on the path can read.
        credential: Option<Credential>,
        /// The transfer it begins or prepares.
        transfer: Option<TransferRef>,
    },
    /// The last line of a reply: the reply is whole.
    Reply {
        /// The three digits.
        #[serde(serialize_with = "digits")]
        code: Code,
        /// The text of that line.
        text: Text,
        /// How many lines the reply has.
        lines: u32,
        /// The command it answers, when that was captured.
        to: Option<CommandRef>,
        /// The transfer it reports on.
        transfer: Option<TransferRef>,
    },
    /// One or more lines of a reply that goes on.
    ReplyGoesOn {
        /// The three digits of its first line.
        #[serde(serialize_with = "digits")]
        code: Code,
        /// Lines so far.
        lines: u32,
    },
    /// The endpoint for a data connection, and how the six numbers spell it.
    Announced(Announcement),
    /// PORT, PASV, EPRT or EPSV whose endpoint cannot be read.
    AnnouncementUnreadable {
        /// Which.
        #[serde(serialize_with = "verb")]
        by: Verb,
        /// What is wrong with it.
        problem: String,
    },
    /// Bytes of a line whose end has not come yet.
    Incomplete {
        /// How many bytes wait for the end of their line.
        bytes: u32,
    },
    /// The capture has only the beginning of the segment.
    CutShort {
        /// Bytes that the snap length cut off.
        bytes: u32,
    },
    /// So much waited in all sessions that what waited in this one was given up before.
    GivenUp {
        /// Bytes of this segment that end or continue a line whose beginning is among it.
        bytes: u32,
    },
    /// A line longer than is kept; it was dropped up to its end.
    TooLong,
    /// A line from the server that is not a reply, or one from the client that is not text.
    NotFtp {
        /// The line.
        text: Text,
    },
    /// Telnet negotiation or a Synch inside the stream (RFC 1123 §4.1.2.10).
    Telnet,
    /// AUTH was accepted: what follows cannot be read.
    Blind,
    /// TLS from the first byte on, on the port for that (990): implicit FTPS.
    ImplicitTls,
    /// Plain text again: CCC ended the encryption (RFC 2228 §3).
    Readable,
    /// After AUTH was accepted: the bytes are encrypted from here on (RFC 4217).
    Encrypted {
        /// How many.
        bytes: u32,
    },
}

/// The command that a reply answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommandRef {
    /// Its first word as sent.
    pub word: Text,
    /// The packet that completed its line.
    pub packet: u64,
}

/// Which secret travels in clear text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A user's name.
    UserName,
    /// A password.
    Password,
    /// The "password" of an anonymous login: an e-mail address by custom, no secret.
    AnonymousPassword,
}

/// An endpoint for a data connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Announcement {
    /// `PORT`, `EPRT`, `PASV` or `EPSV`.
    #[serde(serialize_with = "verb")]
    pub by: Verb,
    /// Where the data connection will go.
    pub endpoint: SocketAddr,
    /// How it was written.
    pub encoding: Encoding,
    /// The address is not the one of the party that announced it: a NAT, or a bounce.
    pub foreign: bool,
    /// Whose address it is.
    pub whose: Whose,
}

/// Whose address an announcement names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The announcer's.
    Own,
    /// Nobody's: 0.0.0.0 or ::.
    Zero,
    /// That of the other end of the control connection.
    Peer,
    /// Loopback: that of the other end's own machine, while the announcer is on another.
    Loopback,
    /// A private one, while the announcer comes from a public one: it sits behind a NAT.
    Private,
    /// A third host's: a bounce, a transfer between two servers, or a NAT.
    Third,
}

/// How an endpoint was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// `h1,h2,h3,h4,p1,p2`: the port is `p1·256+p2`.
    SixNumbers {
        /// The high byte of the port.
        p1: u8,
        /// The low byte of the port.
        p2: u8,
    },
    /// The port in decimal (RFC 2428).
    Decimal,
}

/// A piece of a line as it was sent: bytes, since FTP does not promise UTF-8.
///
/// Displayed as text with everything that could steer a terminal escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Box<[u8]>);

impl Text {
    /// Longest piece that a note keeps, in bytes; the rest is cut off.
    pub const LIMIT: usize = 512;

    /// Keeps at most [`Text::LIMIT`] bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes[..bytes.len().min(Self::LIMIT)].into())
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nearly always it is all that a terminal shows as it is.
        let plain = |all, byte: &u8| all & matches!(byte, b' '..=b'~');
        if self.0.iter().fold(true, plain)
            && let Ok(text) = std::str::from_utf8(&self.0)
        {
            return f.write_str(text);
        }
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() || steers(c) {
                    write!(f, "{}", c.escape_default())?;
                } else {
                    fmt::Write::write_char(f, c)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Whether a character changes the direction of text or is not seen: what is shown would not be
/// what was sent.
const fn steers(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A reply's code as its three digits.
#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // as below
pub(crate) fn digits_opt<S: Serializer>(
    code: &Option<Code>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match code {
        Some(code) => digits(code, serializer),
        None => serializer.serialize_none(),
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde hands fields over by reference
fn digits<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(code)
}
