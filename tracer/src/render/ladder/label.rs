//! What stands on an arrow: flags, relative numbers, the first line of a command or a reply.

use std::borrow::Cow;
use std::fmt::Write as _;

use textwrap::core::display_width;
use textwrap::{Options, WrapAlgorithm};

use crate::{Seq, Tcp, TcpFlags};

/// The most rows that one label takes.
const MAX_ROWS: usize = 6;

/// The flags that matter, and relative numbers; the ACK not beside text.
pub(super) fn label(tcp: &Tcp<'_>, own: Seq, other: Seq, is_text: bool) -> String {
    let mut label = String::new();
    for (flag, name) in [
        (TcpFlags::SYN, "SYN "),
        (TcpFlags::FIN, "FIN "),
        (TcpFlags::RST, "RST "),
        (TcpFlags::URG, "URG "),
    ] {
        if tcp.flags.contains(flag) {
            label.push_str(name);
        }
    }
    if tcp.flags.contains(TcpFlags::SYN) {
        let _ = write!(label, "{} ", tcp.seq.0);
    }
    let from = tcp.seq.0.wrapping_sub(own.0);
    if tcp.len > 0 {
        let _ = write!(label, "{from}:{} ", from.wrapping_add(tcp.len));
    } else if tcp
        .flags
        .intersects(TcpFlags(TcpFlags::FIN.0 | TcpFlags::RST.0))
    {
        let _ = write!(label, "{from} ");
    }
    if tcp.flags.contains(TcpFlags::ACK) && (tcp.len == 0 || !is_text) {
        let _ = write!(label, "ACK {} ", tcp.ack.0.wrapping_sub(other.0));
    }
    if tcp.len == 0 || !is_text {
        label.truncate(label.trim_end().len());
    }
    label
}

/// The first line of a command or a reply.
pub(super) fn push_line(label: &mut String, payload: &[u8]) {
    let line = payload.split(|&byte| matches!(byte, b'\r' | b'\n')).next();
    for character in String::from_utf8_lossy(line.unwrap_or_default()).chars() {
        label.push(if character.is_control() {
            '?'
        } else {
            character
        });
    }
}

/// The rows of a label that has so many columns.
pub(super) fn rows(label: &str, room: usize) -> Vec<String> {
    if display_width(label) <= room {
        return vec![label.to_owned()];
    }
    let options = Options::new(room).wrap_algorithm(WrapAlgorithm::FirstFit);
    let wrapped = textwrap::wrap(label, options);
    let mut rows: Vec<String> = wrapped.into_iter().map(Cow::into_owned).collect();
    if rows.len() > MAX_ROWS {
        rows.truncate(MAX_ROWS);
        if let Some(last) = rows.last_mut() {
            *last = cut(&format!("{last}…"), room);
        }
    }
    rows
}

/// As much of `text` as fits in `room` columns.
pub(super) fn cut(text: &str, room: usize) -> String {
    if display_width(text) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if display_width(&short) >= room {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use textwrap::core::display_width;

    use super::rows;

    #[test]
    fn a_long_label_takes_several_rows_and_loses_nothing() {
        let label = "95:145 227 Entering Passive Mode (192,168,123,45,156,180).";
        let wrapped = rows(label, 20);
        assert!(wrapped.iter().all(|row| display_width(row) <= 20));
        let whole: String = wrapped.concat();
        assert_eq!(whole.replace(' ', ""), label.replace(' ', ""));
        assert_eq!(rows(label, 80), [label]);
    }

    #[test]
    fn a_label_without_end_is_cut() {
        let wrapped = rows(&"x".repeat(10_000), 20);
        assert!(wrapped.len() < 10);
        assert!(wrapped.last().is_some_and(|row| row.ends_with('…')));
    }
}
