//! TCP segments, in the words of tcpdump 3 and of tcpdump 4.

use super::cursor::{Cursor, Fault};
use super::options;
use super::record::Header;
use crate::TcpFlags;

/// What a line says of a segment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Segment {
    /// The flags as they were printed.
    pub(crate) letters: String,
    /// What stands between the flags and the numbers: a checksum, old ECN flags.
    pub(crate) note: String,
    pub(crate) flags: TcpFlags,
    /// As printed: absolute, or relative to the connection's first.
    pub(crate) seq: Option<u32>,
    /// The number after the last byte was printed too.
    pub(crate) ranged: bool,
    pub(crate) len: u32,
    pub(crate) ack: Option<u32>,
    pub(crate) window: u16,
    pub(crate) urgent: Option<u16>,
    pub(crate) options_text: Option<String>,
    pub(crate) options: Vec<u8>,
    /// What follows, with the blank before it: `(DF)`, or what the bytes say.
    pub(crate) after: String,
    /// The sequence number, absolute, as far as it is known.
    pub(crate) absolute_seq: u32,
    pub(crate) knows_seq: bool,
    /// The trace has relative numbers.
    pub(crate) relative: bool,
    pub(crate) absolute_ack: u32,
    /// The part of the payload that the line shows.
    pub(crate) payload: Vec<u8>,
}

/// A segment, and where a blank was missing that belongs there (columns).
pub(super) type Read = Result<(Segment, Option<usize>), Fault>;

/// Whether text behind the addresses is a segment in the old words.
pub(super) fn is_classic(text: &str) -> bool {
    let word = text.split(' ').next().unwrap_or_default();
    let flags = !word.is_empty() && word.chars().all(|c| "SFRPWEU.".contains(c));
    // A packet within a packet has addresses of its own.
    let within = text.contains(" > ");
    flags || (!within && (text.contains(" win ") || text.contains(" ack ")))
}

/// `P 1:56(55) ack 1 win 17520 <mss 1460> (DF)`
pub(super) fn classic(cursor: &mut Cursor<'_>, header: &mut Header) -> Read {
    let mut segment = Segment::default();
    let letters = cursor.while_(|c| "SFRPWEU.".contains(c));
    if letters.is_empty() {
        return Err(cursor.fault("TCP flags, of S F R P W E and the full stop"));
    }
    letters.clone_into(&mut segment.letters);
    segment.flags = flags(letters.trim_matches('.'));
    if !cursor.eat(" ") {
        return Err(cursor.fault("a blank behind the TCP flags"));
    }
    let place = cursor.place();
    while cursor.rest().starts_with('[') {
        cursor.until("]", "] behind what began with [")?;
        if !cursor.eat(" ") {
            return Err(cursor.fault("a blank behind ]"));
        }
    }
    cursor.since(place).clone_into(&mut segment.note);
    if cursor.rest().starts_with(|c: char| c.is_ascii_digit()) {
        segment.seq = Some(cursor.number("a sequence number below 4294967296")?);
        cursor.expect(":", ": and the number behind the last byte")?;
        let at_end = *cursor;
        let end: u32 = cursor.number("the number behind the last byte")?;
        cursor.expect("(", "( and the number of bytes")?;
        segment.len = cursor.number("the number of bytes")?;
        let meant = segment.seq.unwrap_or(0).wrapping_add(segment.len);
        if end != meant {
            return Err(at_end.fault("the sum of the first number and the number of bytes"));
        }
        cursor.expect(")", ")")?;
        segment.ranged = true;
        if !cursor.eat(" ") {
            return Err(cursor.fault("a blank, and ack or win"));
        }
    }
    if cursor.eat("ack ") {
        segment.ack = Some(cursor.number("an acknowledgement number below 4294967296")?);
        segment.flags = segment.flags.union(TcpFlags::ACK);
        if !cursor.eat(" ") {
            return Err(cursor.fault("a blank, and win"));
        }
    }
    cursor.expect("win ", "ack or win")?;
    segment.window = cursor.number("a window below 65536")?;
    if cursor.eat(" urg ") {
        segment.urgent = Some(cursor.number("an urgent pointer below 65536")?);
        segment.flags = segment.flags.union(TcpFlags::URG);
    }
    if cursor.eat(" <") {
        let text = cursor.until(">", "> behind the options")?;
        segment.options = options::encode(text);
        segment.options_text = Some(text.to_owned());
    }
    let repaired = rest(cursor, &mut segment, header)?;
    Ok((segment, repaired))
}

/// `(DF) [tos 0x10]  (ttl 64, id 5)`; returns where a blank was missing.
fn rest(
    cursor: &mut Cursor<'_>,
    segment: &mut Segment,
    header: &mut Header,
) -> Result<Option<usize>, Fault> {
    let text = cursor.rest();
    let mut repaired = None;
    if text.starts_with(['(', '[']) {
        repaired = Some(cursor.fault("").column);
        segment.after.push(' ');
    }
    let place = cursor.place();
    loop {
        cursor.while_(|c| c == ' ');
        if cursor.eat("(") {
            let words = cursor.until(")", ") behind what began with (")?;
            header_words(words, header);
        } else if cursor.eat("[") {
            cursor.until("]", "] behind what began with [")?;
        } else if cursor.is_end() {
            break;
        } else {
            return Err(cursor.fault("(DF), or the end of the line"));
        }
    }
    cursor.while_(|_| true);
    segment.after.push_str(cursor.since(place));
    Ok(repaired)
}

/// What stands in parentheses about the IP header: `DF`, `ttl 64, id 5, len 60`,
/// `tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60`.
pub(super) fn header_words(words: &str, header: &mut Header) {
    for word in words.split(", ") {
        match word.trim().split_once(' ') {
            None if word.trim() == "DF" => header.dont_fragment = true,
            Some(("flags", flags)) => header.dont_fragment |= flags.contains("DF"),
            Some(("ttl" | "hlim", ttl)) => header.ttl = ttl.parse().ok(),
            Some(("id", id)) => header.id = id.parse().ok(),
            Some(("len" | "length", len)) => header.len = len.trim_end_matches(')').parse().ok(),
            _ => {}
        }
    }
}

fn flags(letters: &str) -> TcpFlags {
    const LETTERS: [(char, TcpFlags); 9] = [
        ('S', TcpFlags::SYN),
        ('F', TcpFlags::FIN),
        ('R', TcpFlags::RST),
        ('P', TcpFlags::PSH),
        ('.', TcpFlags::ACK),
        ('U', TcpFlags::URG),
        ('E', TcpFlags::ECE),
        ('W', TcpFlags::CWR),
        ('e', TcpFlags::AE),
    ];
    let set = LETTERS
        .iter()
        .filter(|(letter, _)| letters.contains(*letter));
    set.fold(TcpFlags::default(), |all, (_, flag)| all.union(*flag))
}

/// `Flags [P.], seq 1:56, ack 1, win 17520, options [nop], length 55: FTP: 220 ready`
pub(super) fn modern(cursor: &mut Cursor<'_>) -> Read {
    let mut segment = Segment::default();
    cursor.expect("Flags [", "Flags [")?;
    let begin = *cursor;
    let letters = cursor.until("]", "] behind the TCP flags")?;
    if letters != "none" {
        if letters.is_empty() || letters.chars().any(|c| !"FSRP.UEWe".contains(c)) {
            return Err(begin.fault("TCP flags, of F S R P . U E W"));
        }
        segment.flags = flags(letters);
    }
    letters.clone_into(&mut segment.letters);
    let place = cursor.place();
    if cursor.eat(", cksum ") {
        cursor.until(")", ") behind the checksum")?;
    }
    cursor.since(place).clone_into(&mut segment.note);
    let mut end = None;
    if cursor.eat(", seq ") {
        segment.seq = Some(cursor.number("a sequence number below 4294967296")?);
        if cursor.eat(":") {
            end = Some((*cursor, cursor.number("the number behind the last byte")?));
            segment.ranged = true;
        }
    }
    if cursor.eat(", ack ") {
        segment.ack = Some(cursor.number("an acknowledgement number below 4294967296")?);
    }
    cursor.expect(", win ", ", and seq, ack or win")?;
    segment.window = cursor.number("a window below 65536")?;
    if cursor.eat(", urg ") {
        segment.urgent = Some(cursor.number("an urgent pointer below 65536")?);
    }
    if cursor.eat(", options [") {
        let text = cursor.until("], length", "] behind the options, and the length")?;
        segment.options = options::encode(text);
        segment.options_text = Some(text.to_owned());
        cursor.expect(" ", "the length")?;
    } else {
        cursor.expect(", length ", ", and options or length")?;
    }
    segment.len = cursor.number("the number of bytes")?;
    let sum = segment.seq.map(|seq| seq.wrapping_add(segment.len));
    if let Some((at, end)) = end
        && sum != Some(end)
    {
        return Err(at.fault("the sum of the first number and the length"));
    }
    // Some printers put their words right behind the number.
    let goes_on = |c: char| ": ,[".contains(c) || c.is_ascii_uppercase();
    if !(cursor.is_end() || cursor.rest().starts_with(goes_on)) {
        return Err(cursor.fault("the end of the line, or : and what the bytes say"));
    }
    let place = cursor.place();
    cursor.while_(|_| true);
    cursor.since(place).clone_into(&mut segment.after);
    shown(&mut segment);
    Ok((segment, None))
}

/// The bytes that the line shows of a control connection: its first line, which is plain text.
fn shown(segment: &mut Segment) {
    let Some(text) = segment.after.strip_prefix(": FTP: ") else {
        return;
    };
    let len = usize::try_from(segment.len).unwrap_or(usize::MAX);
    if let Some(text) = text.strip_suffix(" [|ftp]") {
        // The line goes on in another segment.
        if text.len() <= len {
            segment.payload = text.as_bytes().to_vec();
        }
    } else if text.len() + 2 == len {
        // What is left of the payload is the end of the line.
        segment.payload = [text.as_bytes(), b"\r\n"].concat();
    } else if text.len() < len {
        segment.payload = text.as_bytes().to_vec();
    }
}
