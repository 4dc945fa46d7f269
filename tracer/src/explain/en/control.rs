//! Commands, replies and announcements in English.

use std::fmt::Write;

use proto::{FirstDigit, SecondDigit, Verb};

use super::{agree, bytes, command, reply};
use crate::explain::endpoint;
use crate::note::{Announcement, ControlNote, Credential, Encoding, Text, TransferRef, Whose};

pub(super) fn note(note: &ControlNote) -> String {
    match note {
        ControlNote::Recognised => {
            "The side that was dialled greets with 220, as FTP servers do: this looks like a control \
             connection."
                .into()
        }
        ControlNote::Disowned { protocol } => {
            let what = match protocol {
                Some(protocol) => format!("this is {protocol}"),
                None => "the side that was dialled does not begin with a reply".into(),
            };
            format!("Not FTP, whatever the port or the greeting promised: {what}.")
        }
        ControlNote::Found {
            connection,
            number,
            transfer,
        } => format!(
            "The data connection{} must be the one seen before as tcp {number}; from here on it is \
             called {connection}. Nothing in this capture announced it: inferred from its hosts and \
             its time.",
            super::data::of(*transfer)
        ),
        ControlNote::CameBefore {
            connection,
            opened_in,
        } => format!(
            "That endpoint was dialled already, in packet {opened_in}: the connection is called \
             {connection}. The capture has these packets in another order than the network had."
        ),
        ControlNote::NotOpened {
            connection,
            by,
            syn,
            attempts,
        } => {
            let times = match attempts {
                0 | 1 => String::new(),
                2 => ", sent twice,".into(),
                _ => format!(", sent {attempts} times,"),
            };
            format!(
                "{connection} was never opened: the SYN of packet {syn}{times} had no answer at \
                 all. A host where nobody listens answers with RST. So something on the way drops \
                 it in silence: most often a firewall that has not read which port {} was to dial.",
                super::party(by)
            )
        }
        ControlNote::Command {
            word,
            verb,
            argument,
            credential,
            transfer,
        } => {
            let argument = argument
                .as_ref()
                .map(|a| format!(" {a}"))
                .unwrap_or_default();
            let meaning = match verb {
                Some(verb) => format!("the client {}.", command::verb(*verb)),
                None => "not a command of any RFC that this tracer knows.".into(),
            };
            let mut text = format!("Command {word}{argument}: {meaning}");
            if let Some(credential) = credential {
                text.push_str(secret(*credential));
            }
            if let (Some(transfer), Some(verb)) = (transfer, verb)
                && verb.is_transfer()
            {
                let _ = write!(text, " This is transfer {}.", transfer.number);
            }
            text
        }
        ControlNote::Reply {
            code,
            text,
            lines,
            to,
            transfer,
        } => {
            let to = match to {
                Some(to) => format!("to {} (packet {})", to.word, to.packet),
                None if matches!(code.value(), 120 | 220) => "unasked: the greeting".into(),
                None if code.value() == 421 => "unasked".into(),
                None => "to a command that was not captured".into(),
            };
            let several = (*lines > 1).then(|| format!(" Its {lines} lines are complete."));
            let lines = several.unwrap_or_default();
            format!(
                "Reply {code}{} {to}: {}{}{lines}",
                quoted(text),
                digits(*code),
                transfer.map(|t| outcome(t, *code)).unwrap_or_default()
            )
        }
        ControlNote::ReplyGoesOn { code, lines } => {
            let so_far = match lines {
                1 => "first line".into(),
                lines => format!("{lines} lines so far"),
            };
            format!(
                "Reply {code}-, {so_far}: the hyphen says that more lines follow, up to one that \
                 begins with {code} and a space."
            )
        }
        ControlNote::Announced(announcement) => announced(announcement),
        ControlNote::AnnouncementUnreadable { by, problem } => {
            format!(
                "The endpoint of {by} cannot be read: {problem}. No data connection can follow from \
                 it."
            )
        }
        ControlNote::Incomplete { bytes: count } => format!(
            "{} of a line that does not end in this packet; it is read when its CR LF has come.",
            bytes(u64::from(*count))
        ),
        ControlNote::CutShort { bytes: count } => format!(
            "The last {} of this segment {} not in the capture (snap length): the line that {} to \
             cannot be read.",
            bytes(u64::from(*count)),
            agree(*count, "is", "are"),
            agree(*count, "it belongs", "they belong")
        ),
        ControlNote::GivenUp { bytes: count } => {
            let rest = match count {
                0 => String::new(),
                _ => format!(
                    " {} of this segment {} to a line whose beginning is gone with it.",
                    bytes(u64::from(*count)),
                    agree(*count, "belongs", "belong")
                ),
            };
            format!(
                "So much had to be kept of all sessions that what waited in this one was given up: \
                 lines without their end, segments that came too early, commands without a \
                 reply.{rest}"
            )
        }
        ControlNote::TooLong => {
            "A line of more than 4096 bytes: no FTP command or reply is that long; it was dropped."
                .into()
        }
        ControlNote::NotFtp { text } => format!("Not an FTP line: {text}"),
        ControlNote::Telnet => {
            "A telnet command inside the text (FTP's control connection is a telnet stream, \
             RFC 1123 §4.1.2.10)."
                .into()
        }
        ControlNote::Blind => {
            "From here on both sides talk TLS, and the words cannot be read. What can still be seen: \
             how much each side says and when, and the data connections with their hosts, ports, \
             direction and volume."
                .into()
        }
        ControlNote::ImplicitTls => {
            "TLS from the first byte on, to port 990: implicit FTPS. Commands and replies cannot be \
             read; lengths and times can be seen, and the data connections with their hosts, ports, \
             direction and volume."
                .into()
        }
        ControlNote::Readable => {
            "Plain text again: the encryption of the control connection has ended (CCC).".into()
        }
        ControlNote::Encrypted { bytes: count } => format!(
            "{}, encrypted since AUTH was accepted: commands and replies can no longer be read.",
            bytes(u64::from(*count))
        ),
    }
}

fn secret(credential: Credential) -> &'static str {
    match credential {
        Credential::UserName => " The name travels in clear text.",
        Credential::Password => " CLEAR-TEXT PASSWORD: whoever sees this packet can read it.",
        Credential::AnonymousPassword => {
            " CLEAR-TEXT PASSWORD: of an anonymous login, so by custom only an e-mail address."
        }
    }
}

/// The three digits, one by one (RFC 959 §4.2).
fn digits(code: proto::Code) -> String {
    let value = code.value();
    let first = code
        .first_digit()
        .map_or("not a first digit of RFC 959", |digit| match digit {
            FirstDigit::Preliminary => "begun, another reply will follow",
            FirstDigit::Completion => "done",
            FirstDigit::Intermediate => "accepted, but another command must follow",
            FirstDigit::TransientNegative => "not done, may work later",
            FirstDigit::PermanentNegative => "not done, do not repeat it as it is",
        });
    let second = code
        .second_digit()
        .map_or("not a second digit of RFC 959", |digit| match digit {
            SecondDigit::Syntax => "syntax",
            SecondDigit::Information => "information",
            SecondDigit::Connections => "the connections",
            SecondDigit::Authentication => "login",
            SecondDigit::Unspecified => "unspecified",
            SecondDigit::FileSystem => "the file system",
        });
    let whole = reply::code(code).unwrap_or("a code of this server's own");
    format!(
        "{}·· {first}; ·{}· about {second}; {value} {whole}.",
        value / 100,
        value / 10 % 10
    )
}

fn outcome(transfer: TransferRef, code: proto::Code) -> String {
    let number = transfer.number;
    if code.is_preliminary() {
        format!(" Transfer {number} begins.")
    } else if code.is_completion() {
        format!(" Transfer {number} is complete; the control connection stays open.")
    } else {
        format!(" Transfer {number} failed.")
    }
}

fn announced(announcement: &Announcement) -> String {
    let Announcement {
        by,
        endpoint: to,
        encoding,
        foreign: _,
        whose,
    } = announcement;
    let port = to.port();
    let arithmetic = match encoding {
        Encoding::SixNumbers { p1, p2 } => {
            format!("The last two numbers are the port: {p1}×256+{p2} = {port}")
        }
        Encoding::Decimal => format!("The port is written in decimal: {port}"),
    };
    let active = matches!(by, Verb::Port | Verb::Eprt | Verb::Lprt);
    let (who, dials) = if active {
        ("the client", "the server")
    } else {
        ("the server", "the client")
    };
    let to = endpoint(*to);
    let who = if *whose == Whose::Own {
        format!("So {who} says that it waits at {to}, and {dials} is to dial it.")
    } else {
        format!("So {who} asks {dials} to dial {to}.")
    };
    let bare = if *by == Verb::Epsv {
        " The address is that of the control connection: 229 names none."
    } else {
        ""
    };
    format!(
        "{arithmetic}. {who}{bare}{}{}",
        elsewhere(*whose, active),
        service(port, active)
    )
}

/// What an address means that is not the sender's own.
fn elsewhere(whose: Whose, active: bool) -> &'static str {
    match (whose, active) {
        (Whose::Own, _) => "",
        (Whose::Zero, _) => {
            " The address is zero, which nobody has: the sender does not know its own, or does not \
             tell it. The other side may take that of the control connection, or refuse."
        }
        (Whose::Peer, true) => {
            " The address is the server's own: it would dial itself. That is a mistake, or a \
             bounce to a service that listens to nobody but the server's own machine, or that a \
             firewall hides. A careful server refuses."
        }
        (Whose::Peer, false) => {
            " The address is not that of the sender but that of the other side: a mistake, or a NAT \
             on the way. A careful client dials the address of the control connection instead."
        }
        (Whose::Loopback, true) => {
            " The address is loopback, where every machine finds itself: the server would dial \
             itself. That is a client that does not know its own address, or a bounce to a service \
             that listens to nobody but the server's own machine. A careful server refuses."
        }
        (Whose::Loopback, false) => {
            " The address is loopback, where every machine finds itself: the client would dial \
             itself. The server does not know its own address. A careful client dials the address \
             of the control connection instead."
        }
        (Whose::Private, _) => {
            " The address is a private one, while the sender comes from a public one: it sits behind \
             a NAT that did not rewrite this line, or it names a host in a private network of the \
             other side (a bounce). The other side may take the address of the control connection, \
             or refuse."
        }
        (Whose::Third, true) => {
            " The address is not that of the sender: a NAT on the way, a transfer between two \
             servers, or a bounce. A careful server refuses."
        }
        (Whose::Third, false) => {
            " The address is not that of the sender: a NAT on the way, or a transfer between two \
             servers. A careful client dials the address of the control connection instead."
        }
    }
}

/// What a port means on which no client waits (RFC 2577 §3).
fn service(port: u16, active: bool) -> &'static str {
    match (port, active) {
        (0, _) => " Port 0 cannot be dialled.",
        (1..1024, true) => {
            " Ports below 1024 are those of services, and not of clients that wait: a careful \
             server refuses (RFC 2577 §3)."
        }
        _ => "",
    }
}

/// A reply's own words: the packet's line has them on port 21 only.
fn quoted(text: &Text) -> String {
    if text.as_bytes().is_empty() {
        return String::new();
    }
    format!(" “{text}”")
}
