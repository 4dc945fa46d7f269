//! Listing lines, straight into the buffer that will be sent.

use super::posix::month_name;
use super::{EntryKind, FactSet, Perm};
use crate::TimeVal;

/// What a listing says about one entry.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, 0 to 0o7777. The bits above them are those of `st_mode`, which tell a FIFO,
    /// a socket and a device; only of [`EntryKind::Other`] are they looked at.
    pub mode: u32,
    /// How many names it has.
    pub links: u64,
    /// Its owner's name.
    pub owner: &'a [u8],
    /// Its group's name.
    pub group: &'a [u8],
    /// Bytes.
    pub size: u64,
    /// When its content changed last, in seconds since 1970 UTC.
    pub modified: i64,
    /// `MLSx` `perm`: letters of RFC 3659 §7.5.5.
    pub perm: Perm,
    /// `MLSx` `unique`: two numbers, such as device and inode.
    pub unique: (u64, u64),
    /// Its name.
    pub name: &'a [u8],
    /// Where a symbolic link points, if that is to be shown.
    pub target: Option<&'a [u8]>,
}

/// Half a year, after which `ls` shows the year instead of the time.
const RECENT_SECONDS: i64 = 182 * 86_400;

/// Appends one `ls -l` line with its CRLF. `now` is in seconds since 1970 UTC and decides
/// whether the time or the year is shown; both are UTC.
pub fn write_posix_line(facts: &Facts<'_>, now: i64, out: &mut Vec<u8>) {
    write_long_line(facts, 4, now, out);
}

/// Appends one line as IIS writes it in its Unix style: like
/// [`write_posix_line`], but with one column less for the number of names. Its CRLF included.
pub fn write_iis_line(facts: &Facts<'_>, now: i64, out: &mut Vec<u8>) {
    write_long_line(facts, 3, now, out);
}

fn write_long_line(facts: &Facts<'_>, links_width: usize, now: i64, out: &mut Vec<u8>) {
    out.push(match facts.kind {
        EntryKind::File => b'-',
        EntryKind::Directory | EntryKind::Current | EntryKind::Parent => b'd',
        EntryKind::Symlink => b'l',
        EntryKind::Other => match facts.mode >> 12 & 0o17 {
            0o1 => b'p',
            0o2 => b'c',
            0o6 => b'b',
            0o14 => b's',
            _ => b'?',
        },
    });
    for (index, letter) in (0..9).zip(b"rwxrwxrwx") {
        let set = facts.mode & (0o400 >> index) != 0;
        out.push(if set { *letter } else { b'-' });
    }
    write_special(facts.mode, out);
    out.push(b' ');
    push_right(facts.links, links_width, out);
    out.push(b' ');
    push_left(facts.owner, 8, out);
    out.push(b' ');
    push_left(facts.group, 8, out);
    out.push(b' ');
    push_right(facts.size, 12, out);
    out.push(b' ');
    let time = TimeVal::from_unix(facts.modified);
    out.extend_from_slice(month_name(time.month));
    out.push(b' ');
    push_right(time.day.into(), 2, out);
    out.push(b' ');
    let age = now.saturating_sub(facts.modified);
    if (0..RECENT_SECONDS).contains(&age) {
        push_two(time.hour, out);
        out.push(b':');
        push_two(time.minute, out);
    } else {
        push_right(time.year.into(), 5, out);
    }
    out.push(b' ');
    write_name(facts.name, out);
    if let Some(target) = facts.target {
        out.extend_from_slice(b" -> ");
        write_name(target, out);
    }
    out.extend_from_slice(b"\r\n");
}

/// Set-user-ID, set-group-ID and sticky take the places of the three `x`, which are the last that
/// were written: in small letters where that is set too.
fn write_special(mode: u32, out: &mut [u8]) {
    for (bit, place, letter) in [(0o4000, 7, b's'), (0o2000, 4, b's'), (0o1000, 1, b't')] {
        if mode & bit != 0
            && let Some(shown) = out.iter_mut().nth_back(place - 1)
        {
            *shown = if *shown == b'x' {
                letter
            } else {
                letter.to_ascii_uppercase()
            };
        }
    }
}

/// Appends the chosen facts, a space and the name, without a line end (RFC 3659 §7.2), as MLST's
/// reply has them: people read replies, so the name has no control characters.
pub fn write_mlst_line(facts: &Facts<'_>, chosen: FactSet, out: &mut Vec<u8>) {
    write_facts(facts, chosen, out);
    write_name(facts.name, out);
}

/// Appends the chosen facts, a space, the name and CRLF, as MLSD sends them (RFC 3659 §7.2). Only
/// programs read them, and they have to name what is there: a tab and a CR stay, which end no line
/// there and steer no terminal; any other control character is a `?`.
pub fn write_mlsd_line(facts: &Facts<'_>, chosen: FactSet, out: &mut Vec<u8>) {
    write_facts(facts, chosen, out);
    write_masked(facts.name, b"\t\r", out);
    out.extend_from_slice(b"\r\n");
}

/// The chosen facts and a space.
fn write_facts(facts: &Facts<'_>, chosen: FactSet, out: &mut Vec<u8>) {
    for (name, fact) in FactSet::NAMES {
        // A directory has no size to speak of (RFC 3659 §7.5.7 is about what RETR would send).
        let has = fact != FactSet::SIZE || matches!(facts.kind, EntryKind::File);
        if !has || !chosen.contains(fact) {
            continue;
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        match fact {
            FactSet::TYPE => out.extend_from_slice(match facts.kind {
                EntryKind::File => b"file",
                EntryKind::Directory => b"dir",
                EntryKind::Current => b"cdir",
                EntryKind::Parent => b"pdir",
                EntryKind::Symlink => b"OS.unix=slink",
                EntryKind::Other => b"OS.unix=special",
            }),
            FactSet::SIZE => push_decimal(facts.size, out),
            FactSet::MODIFY => push_time(facts.modified, out),
            FactSet::PERM => facts.perm.write(out),
            FactSet::UNIQUE => {
                push_hex(facts.unique.0, out);
                out.push(b'g');
                push_hex(facts.unique.1, out);
            }
            _ => {
                out.push(b'0');
                for shift in [6, 3, 0] {
                    out.push(digit(u64::from(facts.mode >> shift) & 7));
                }
            }
        }
        if fact == FactSet::TYPE
            && let Some(target) = facts.target
        {
            write_target(target, out);
        }
        out.push(b';');
    }
    out.push(b' ');
}

/// Appends `:` and where a link points, if a fact's value can say so: a `;` or a space would end
/// it (RFC 3659 §7.2, `SCHAR`).
fn write_target(target: &[u8], out: &mut Vec<u8>) {
    let is_schar = |byte: &u8| byte.is_ascii_graphic() && !b";*<>[]`{|}~".contains(byte);
    if target.iter().all(is_schar) {
        out.push(b':');
        out.extend_from_slice(target);
    }
}

/// Appends a name with every control character shown as `?`, as `ls -q` does: a name can
/// neither begin a line of its own nor steer a terminal.
pub fn write_name(name: &[u8], out: &mut Vec<u8>) {
    write_masked(name, b"", out);
}

/// The same, but the control characters in `kept` stay.
fn write_masked(name: &[u8], kept: &[u8], out: &mut Vec<u8>) {
    let is_masked = |byte: &u8| byte.is_ascii_control() && !kept.contains(byte);
    let suspicious = |byte: &u8| is_masked(byte) || *byte == C1_LEAD;
    if !name.iter().any(suspicious) {
        return out.extend_from_slice(name);
    }
    // In another encoding the two bytes may be a letter.
    let is_utf8 = std::str::from_utf8(name).is_ok();
    let mut rest = name;
    while let [byte, after @ ..] = rest {
        rest = after;
        match (*byte, after) {
            (C1_LEAD, [0x80..=0x9f, after @ ..]) if is_utf8 => {
                rest = after;
                out.push(b'?');
            }
            (byte, _) if is_masked(&byte) => out.push(b'?'),
            (byte, _) => out.push(byte),
        }
    }
}

/// The first of the two bytes of U+0080 to U+009F in UTF-8, among which is CSI, the same to a
/// terminal as `ESC [`.
const C1_LEAD: u8 = 0xc2;

fn push_time(seconds: i64, out: &mut Vec<u8>) {
    let time = TimeVal::from_unix(seconds);
    let (century, year) = (time.year / 100, time.year % 100);
    for pair in [century, year] {
        push_two(pair.to_le_bytes()[0], out);
    }
    for pair in [time.month, time.day, time.hour, time.minute, time.second] {
        push_two(pair, out);
    }
}

fn push_decimal(value: u64, out: &mut Vec<u8>) {
    push_right(value, 0, out);
}

/// A decimal number, padded with spaces on the left.
fn push_right(mut value: u64, width: usize, out: &mut Vec<u8>) {
    let mut digits = [b' '; 20];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = digit(value % 10);
        value /= 10;
        if value == 0 {
            break;
        }
    }
    let start = start.min(digits.len().saturating_sub(width));
    out.extend_from_slice(&digits[start..]);
}

/// Text, padded with spaces on the right.
fn push_left(text: &[u8], width: usize, out: &mut Vec<u8>) {
    write_name(text, out);
    out.extend(std::iter::repeat_n(b' ', width.saturating_sub(text.len())));
}

fn push_two(value: u8, out: &mut Vec<u8>) {
    out.push(digit(u64::from(value / 10)));
    out.push(digit(u64::from(value % 10)));
}

fn push_hex(mut value: u64, out: &mut Vec<u8>) {
    let mut digits = [b'0'; 16];
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b"0123456789abcdef"[(value & 15) as usize];
        value >>= 4;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[start..]);
}

/// The last decimal digit of `value`, as ASCII.
const fn digit(value: u64) -> u8 {
    b'0' + (value % 10).to_le_bytes()[0]
}
