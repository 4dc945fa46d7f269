//! DNS messages (RFC 1035): what is asked, and the answers, not the other sections.

mod edns;
mod name;
mod names;
mod record;

use super::Printer;
use super::text::{Append, Cut, be16, byte};
pub(super) use name::name;
use name::skip_name;
use names::{kind, response_code};
use record::answer;

/// Where a message stands; tcpdump reads each a little differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    Udp,
    /// Behind a length (RFC 1035 §4.2.2).
    Tcp,
    /// Multicast DNS (RFC 6762): a bit of the class has a meaning of its own.
    Multicast,
    /// Over UDP, in the words of 2001.
    Classic,
}

const HEADER_LEN: usize = 12;
const OPT: u16 = 41;
const IN: u16 = 1;
/// In a class: a question wants a direct answer, an answer replaces what is cached.
const MULTICAST_BIT: u16 = 0x8000;
const INVERSE_QUERY: u16 = 1;

pub(super) fn domain(
    p: &mut Printer<'_>,
    mut bytes: &[u8],
    mut len: u32,
    carrier: Carrier,
) -> Result<(), Cut> {
    p.protocol = "domain";
    if carrier == Carrier::Tcp {
        let Some(rest) = len.checked_sub(2) else {
            p.text(" [DNS over TCP: length ");
            p.dec(len);
            p.text(" < 2]");
            p.invalid();
            return Ok(());
        };
        len = rest;
        let prefix = be16(bytes, 0)?;
        if u32::from(prefix) != len {
            p.text(" [prefix length(");
            p.dec(prefix);
            p.text(") != length(");
            p.dec(len);
            p.text(")]");
            p.invalid();
            return Ok(());
        }
        bytes = bytes.get(2..).ok_or(Cut)?;
        p.text(" ");
    }
    if (len as usize) < HEADER_LEN {
        p.text("domain [length ");
        p.dec(len);
        p.text(" < 12]");
        p.invalid();
        return Ok(());
    }
    if bytes.len() < HEADER_LEN {
        p.truncated();
        return Ok(());
    }
    let message = Message {
        bytes,
        flags: be16(bytes, 2)?,
        questions: be16(bytes, 4)?,
        answers: be16(bytes, 6)?,
        authorities: be16(bytes, 8)?,
        additional: be16(bytes, 10)?,
        multicast: carrier == Carrier::Multicast,
        classic: carrier == Carrier::Classic,
    };
    if message.classic {
        p.text(" ");
    }
    p.dec(be16(bytes, 0)?);
    p.text(message.operation());
    let printed = if message.flags & 0x8000 != 0 {
        response(p, &message)
    } else {
        request(p, &message)
    };
    if let Err(Cut) = printed {
        if p.left {
            return Err(Cut);
        }
        if message.classic {
            p.text("[|domain]");
        } else {
            p.truncated();
        }
        return Ok(());
    }
    p.text(" (");
    p.dec(len);
    p.text(")");
    Ok(())
}

struct Message<'a> {
    /// From the header on: names refer to places in it.
    bytes: &'a [u8],
    flags: u16,
    questions: u16,
    answers: u16,
    authorities: u16,
    additional: u16,
    multicast: bool,
    classic: bool,
}

impl Message<'_> {
    const fn operation_code(&self) -> u16 {
        self.flags >> 11 & 0xf
    }

    const fn operation(&self) -> &'static str {
        match self.operation_code() {
            0 => "",
            1 => " inv_q",
            2 => " stat",
            3 => " op3",
            4 => " notify",
            5 => " update",
            6 => " op6",
            7 => " op7",
            8 => " op8",
            9 => " updateA",
            10 => " updateD",
            11 => " updateDA",
            12 => " updateM",
            13 => " updateMA",
            14 => " zoneInit",
            _ => " zoneRef",
        }
    }

    /// The class in a field that may hold a bit of another meaning too.
    const fn class(&self, field: u16) -> u16 {
        if self.multicast {
            field & !MULTICAST_BIT
        } else {
            field
        }
    }

    /// The response code, with the upper bits that an OPT record adds (RFC 6891 §6.1.3).
    fn response_code(&self) -> u16 {
        let upper = if self.classic {
            None
        } else {
            self.upper_response_code()
        };
        self.flags & 0xf | upper.unwrap_or(0) << 4
    }

    fn upper_response_code(&self) -> Option<u16> {
        let mut at = HEADER_LEN;
        for _ in 0..self.questions {
            at = skip_name(self.bytes, at)? + 4;
            self.bytes.get(at)?;
        }
        for _ in 0..u32::from(self.answers) + u32::from(self.authorities) {
            at = skip_name(self.bytes, at)? + 8;
            at += 2 + usize::from(be16(self.bytes, at).ok()?);
            self.bytes.get(at)?;
        }
        for _ in 0..self.additional {
            at = skip_name(self.bytes, at)?;
            let kind = be16(self.bytes, at).ok()?;
            let upper = self.bytes.get(at + 4)?;
            if kind == OPT {
                return Some(u16::from(*upper));
            }
            at += 8;
            at += 2 + usize::from(be16(self.bytes, at).ok()?);
            self.bytes.get(at)?;
        }
        None
    }
}

fn count(p: &mut Printer<'_>, count: u16, what: &str) {
    p.text(" [");
    p.dec(count);
    p.text(what);
    p.text("]");
}

fn request(p: &mut Printer<'_>, message: &Message<'_>) -> Result<(), Cut> {
    if message.flags & 0x0100 != 0 {
        p.text("+");
    }
    let (bit, sign) = if message.classic {
        (0x0020, "$")
    } else {
        (0x0010, "%")
    };
    if message.flags & bit != 0 {
        p.text(sign);
    }
    // Bits that mean nothing in a request.
    if message.flags & 0x06cf != 0 {
        p.text(" [b2&3=0x");
        p.out.hex(u32::from(message.flags), 1);
        p.text("]");
    }
    let inverse = message.operation_code() == INVERSE_QUERY;
    let (usual_answers, usual_questions) = if inverse { (1, 0) } else { (0, 1) };
    if inverse && message.questions != usual_questions {
        count(p, message.questions, "q");
    }
    if message.answers != usual_answers {
        count(p, message.answers, "a");
    }
    if !inverse && message.questions != usual_questions {
        count(p, message.questions, "q");
    }
    if message.authorities != 0 {
        count(p, message.authorities, "n");
    }
    if message.additional != 0 {
        count(p, message.additional, "au");
    }
    let mut at = HEADER_LEN;
    for number in 0..message.questions {
        if number > 0 && at >= message.bytes.len() {
            return Err(Cut);
        }
        at = question(p, message, at)?;
    }
    if p.verbose() > 1 {
        let at = records(p, message, at, message.answers, Need::First)?;
        other_sections(p, message, at)?;
    }
    Ok(())
}

/// Those that `-vv` shows too.
fn other_sections(p: &mut Printer<'_>, message: &Message<'_>, at: usize) -> Result<(), Cut> {
    let at = records(p, message, at, message.authorities, Need::Named(" ns:"))?;
    records(p, message, at, message.additional, Need::Named(" ar:"))?;
    Ok(())
}

/// What stands before a section's first record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing, and it is read even where the message has ended.
    First,
    Named(&'static str),
}

/// Prints a section; returns where the next one is.
fn records(
    p: &mut Printer<'_>,
    message: &Message<'_>,
    mut at: usize,
    count: u16,
    need: Need,
) -> Result<usize, Cut> {
    for number in 0..count {
        if at >= message.bytes.len() && (number > 0 || need != Need::First) {
            return Err(Cut);
        }
        match need {
            _ if number > 0 => p.text(","),
            Need::First => {}
            Need::Named(name) => p.text(name),
        }
        at = answer(p, message, at)?;
    }
    Ok(at)
}

fn response(p: &mut Printer<'_>, message: &Message<'_>) -> Result<(), Cut> {
    response_code(p, message.response_code());
    for (bit, set, unset) in [
        (0x0400, "*", ""),
        (0x0080, "", "-"),
        (0x0200, "|", ""),
        if message.classic {
            (0x0010, "%", "")
        } else {
            (0x0020, "$", "")
        },
    ] {
        p.text(if message.flags & bit != 0 { set } else { unset });
    }
    if message.questions != 1 {
        count(p, message.questions, "q");
    }
    let mut at = HEADER_LEN;
    for number in 0..message.questions {
        if number > 0 {
            p.text(",");
        }
        if p.verbose() > 1 {
            p.text(" q:");
            at = question(p, message, at)?;
        } else {
            at = skip_name(message.bytes, at).ok_or(Cut)? + 4;
        }
    }
    p.text(" ");
    p.dec(message.answers);
    p.text("/");
    p.dec(message.authorities);
    p.text("/");
    p.dec(message.additional);
    let at = records(p, message, at, message.answers, Need::First)?;
    if p.verbose() > 1 {
        other_sections(p, message, at)?;
    }
    Ok(())
}

/// ` A? ftp.microsoft.com.`; returns where the next one is.
fn question(p: &mut Printer<'_>, message: &Message<'_>, at: usize) -> Result<usize, Cut> {
    let fields = skip_name(message.bytes, at).ok_or(Cut)?;
    byte(message.bytes, fields + 3)?;
    kind(p, be16(message.bytes, fields)?);
    let field = be16(message.bytes, fields + 2)?;
    class(p, message, field);
    if message.multicast {
        p.text(if field & MULTICAST_BIT != 0 {
            " (QU)"
        } else {
            " (QM)"
        });
    }
    p.text("? ");
    Ok(name(p, message.bytes, at)? + 4)
}

fn class(p: &mut Printer<'_>, message: &Message<'_>, field: u16) {
    match message.class(field) {
        IN => {}
        3 => p.text(" CHAOS"),
        4 => p.text(" HS"),
        255 => p.text(" ANY"),
        class => {
            p.text(" (Class ");
            p.dec(class);
            p.text(")");
        }
    }
}
