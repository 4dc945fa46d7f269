//! `01-29-97  11:32PM       <DIR>          name`: what IIS sends unless told otherwise.

use super::posix::hour_minute;
use super::{Entry, EntryKind, Modified, number, split_once, words};
use crate::TimeVal;

pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let mut words = words(line);
    let (_, date) = words.next()?;
    let (_, time) = words.next()?;
    let (start, size) = words.next()?;
    let modified = Modified::Local(moment(date, time)?);
    let (kind, size, symlink) = if size.eq_ignore_ascii_case(b"<DIR>") {
        (EntryKind::Directory, None, false)
    } else if size.eq_ignore_ascii_case(b"<SYMLINKD>") || size.eq_ignore_ascii_case(b"<JUNCTION>") {
        (EntryKind::Symlink, None, true)
    } else {
        (EntryKind::File, Some(number(size)?), false)
    };
    let rest = &line[start..];
    // After a size stands one space; after `<DIR>` the name begins in the column that IIS pads
    // it to, so leading spaces are not part of it.
    let name = match kind {
        EntryKind::File => split_once(rest, b' ')?.1,
        _ => split_once(rest, b' ')?.1.trim_ascii_start(),
    };
    let (name, target) = match name.windows(2).position(|window| window == b" [") {
        Some(at) if symlink => {
            let target = &name[at + 2..];
            (
                &name[..at],
                Some(target.strip_suffix(b"]").unwrap_or(target).to_vec()),
            )
        }
        _ => (name, None),
    };
    if name.is_empty() {
        return None;
    }
    let kind = match name {
        b"." => EntryKind::Current,
        b".." => EntryKind::Parent,
        _ => kind,
    };
    Some(Entry {
        name: name.to_vec(),
        kind,
        size,
        modified: Some(modified),
        mode: None,
        target,
    })
}

/// `01-29-97 11:32PM`, also with a four-digit year or a 24-hour clock.
fn moment(date: &[u8], time: &[u8]) -> Option<TimeVal> {
    let (month, rest) = split_once(date, b'-')?;
    let (day, year) = split_once(rest, b'-')?;
    let number_of_year: u16 = number(year)?;
    let year = match (year.len(), number_of_year) {
        (2, 0..=69) => 2000 + number_of_year,
        (2, _) => 1900 + number_of_year,
        (4, _) => number_of_year,
        _ => return None,
    };
    let (clock, half) = match time {
        [clock @ .., b'A' | b'a', b'M' | b'm'] => (clock, Some(0)),
        [clock @ .., b'P' | b'p', b'M' | b'm'] => (clock, Some(12)),
        _ => (time, None),
    };
    let (hour, minute) = hour_minute(clock)?;
    let hour = match half {
        Some(half) if matches!(hour, 1..=12) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    Some(TimeVal {
        year,
        month: number(month).filter(|month| matches!(month, 1..=12))?,
        day: number(day).filter(|day| matches!(day, 1..=31))?,
        hour,
        minute,
        second: 0,
    })
}
