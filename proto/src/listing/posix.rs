//! `drwxr-xr-x   2 owner group     4096 Jan  1 12:00 name`

use super::{Entry, EntryKind, Modified, number, split_once, words};
use crate::TimeVal;

const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Reads a line of `ls -l`. Owner, group and link count differ between servers, so the date is
/// what is looked for: the size stands before it and the name after it.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (&letter, _) = line.split_first()?;
    let mut kind = match letter {
        b'-' => EntryKind::File,
        b'd' => EntryKind::Directory,
        b'l' => EntryKind::Symlink,
        b'b' | b'c' | b'p' | b's' | b'D' => EntryKind::Other,
        _ => return None,
    };
    let mode = mode_bits(line.get(1..10)?)?;

    // At most eight words come before the name; the window looks at three at a time.
    let mut window: [(usize, &[u8]); 4] = [(0, b""); 4];
    let mut found = None;
    for word in words(line).take(12) {
        window.rotate_left(1);
        window[3] = word;
        let [size, first, second, third] = window;
        let modified = date(first.1, second.1, third.1);
        let iso = iso_date(second.1, third.1);
        if let Some(modified) = modified {
            found = Some((size.1, modified, third));
        } else if let Some(modified) = iso {
            found = Some((first.1, modified, third));
        }
        if found.is_some() {
            break;
        }
    }
    let (size, modified, (last, word)) = found?;
    // One space, then the name: further spaces belong to it.
    let name = line
        .get(last + word.len() + 1..)
        .filter(|name| !name.is_empty())?;

    let (mut name, mut target) = (name.to_vec(), None);
    if kind == EntryKind::Symlink
        && let Some(arrow) = name.windows(4).position(|window| window == b" -> ")
    {
        target = Some(name.split_off(arrow + 4));
        name.truncate(arrow);
    }
    match name.as_slice() {
        b"." => kind = EntryKind::Current,
        b".." => kind = EntryKind::Parent,
        _ => {}
    }
    Some(Entry {
        name,
        kind,
        size: number(size),
        modified: Some(modified),
        mode: Some(mode),
        target,
    })
}

/// `rwxr-sr-t` as bits.
fn mode_bits(letters: &[u8]) -> Option<u32> {
    let mut bits = 0;
    for (index, (&letter, expected)) in letters.iter().zip(b"rwxrwxrwx").enumerate() {
        let bit = 0o400 >> index;
        let special = match index {
            2 => 0o4000,
            5 => 0o2000,
            8 => 0o1000,
            _ => 0,
        };
        bits |= match letter {
            b'-' => 0,
            _ if letter == *expected => bit,
            b's' | b't' if special != 0 => bit | special,
            b'S' | b'T' | b'l' if special != 0 => special,
            _ => return None,
        };
    }
    Some(bits)
}

/// `Jan 1 12:00` or `Jan 1 2024`, also with the day first.
fn date(first: &[u8], second: &[u8], third: &[u8]) -> Option<Modified> {
    let (month, day) = match (month(first), month(second)) {
        (Some(month), _) => (month, second),
        (None, Some(month)) => (month, first),
        _ => return None,
    };
    let day = number(day).filter(|day| matches!(day, 1..=31))?;
    if let Some((hour, minute)) = hour_minute(third) {
        return Some(Modified::Recent {
            month,
            day,
            hour,
            minute,
        });
    }
    let year = number(third).filter(|year| matches!(year, 1900..=9999))?;
    Some(Modified::Local(TimeVal {
        year,
        month,
        day,
        hour: 0,
        minute: 0,
        second: 0,
    }))
}

/// `2024-01-31 12:00`.
fn iso_date(date: &[u8], time: &[u8]) -> Option<Modified> {
    let (year, rest) = split_once(date, b'-')?;
    let (month, day) = split_once(rest, b'-')?;
    let (hour, minute) = hour_minute(time)?;
    Some(Modified::Local(TimeVal {
        year: number(year).filter(|_| year.len() == 4)?,
        month: number(month).filter(|month| matches!(month, 1..=12))?,
        day: number(day).filter(|day| matches!(day, 1..=31))?,
        hour,
        minute,
        second: 0,
    }))
}

fn month(word: &[u8]) -> Option<u8> {
    (1..)
        .zip(MONTHS)
        .find(|(_, name)| name.eq_ignore_ascii_case(word))
        .map(|(number, _)| number)
}

/// `23:59`.
pub(super) fn hour_minute(word: &[u8]) -> Option<(u8, u8)> {
    let (hour, minute) = split_once(word, b':')?;
    let hour = number(hour).filter(|hour| *hour <= 23)?;
    let minute = number(minute).filter(|minute| *minute <= 59)?;
    Some((hour, minute))
}

/// The three letters of a month, 1 to 12.
pub(super) fn month_name(month: u8) -> &'static [u8] {
    MONTHS
        .get(usize::from(month).wrapping_sub(1))
        .copied()
        .unwrap_or(b"???")
}
