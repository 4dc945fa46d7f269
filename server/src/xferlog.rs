//! One line for each file that was moved, in the form that wu-ftpd gave its `xferlog`, which
//! most log readers know.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proto::{TimeVal, write_name};

use crate::path::VirtualPath;

/// An open log. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Xferlog {
    file: Arc<File>,
}

/// A file that is about to be moved.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    pub(crate) path: VirtualPath,
    pub(crate) incoming: bool,
    pub(crate) ascii: bool,
}

/// How it went.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome<'a> {
    /// Seconds since 1970 UTC.
    pub(crate) now: i64,
    pub(crate) took: Duration,
    pub(crate) host: &'a str,
    /// Bytes moved.
    pub(crate) size: u64,
    pub(crate) user: &'a [u8],
    pub(crate) anonymous: bool,
    pub(crate) complete: bool,
}

impl Xferlog {
    /// Opens the log, to write behind what is there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self::of(file))
    }

    /// A log that is open already.
    pub(crate) fn of(file: File) -> Self {
        Self {
            file: Arc::new(file),
        }
    }

    /// Appends a line. A log that cannot be written is told of, and stops nothing else.
    pub(crate) fn record(&self, transfer: &Transfer, outcome: &Outcome<'_>) {
        if let Err(error) = (&*self.file).write_all(&line(transfer, outcome)) {
            tracing::warn!(target: "ftplab::server", %error, "cannot write the xferlog");
        }
    }
}

/// Times are UTC. Whatever could end a field or a line is written as `_`.
fn line(transfer: &Transfer, outcome: &Outcome<'_>) -> Vec<u8> {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let time = TimeVal::from_unix(outcome.now);
    // 1970 began on a Thursday.
    let day = usize::try_from(outcome.now.div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let month = usize::from(time.month.saturating_sub(1)).min(11);
    let mut line = format!(
        "{} {} {:>2} {:02}:{:02}:{:02} {} {} {} {} ",
        DAYS[day],
        MONTHS[month],
        time.day,
        time.hour,
        time.minute,
        time.second,
        time.year,
        outcome.took.as_secs(),
        outcome.host,
        outcome.size
    )
    .into_bytes();
    let mut path = Vec::new();
    transfer.path.write(&mut path);
    push_word(&path, &mut line);
    let letter = |yes, a, b| if yes { a } else { b };
    line.extend(
        format!(
            " {} _ {} {} ",
            letter(transfer.ascii, 'a', 'b'),
            letter(transfer.incoming, 'i', 'o'),
            letter(outcome.anonymous, 'a', 'r'),
        )
        .bytes(),
    );
    push_word(outcome.user, &mut line);
    let completion = letter(outcome.complete, 'c', 'i');
    line.extend(format!(" ftp 0 * {completion}\n").bytes());
    line
}

fn push_word(word: &[u8], out: &mut Vec<u8>) {
    let is_break = |byte: &u8| byte.is_ascii_control() || byte.is_ascii_whitespace();
    let word: Vec<_> = word
        .iter()
        .map(|byte| if is_break(byte) { b'_' } else { *byte })
        .collect();
    write_name(&word, out);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Outcome, Transfer, line};
    use crate::path::VirtualPath;

    #[test]
    fn a_line_has_eighteen_words_whatever_the_name() {
        let transfer = Transfer {
            path: VirtualPath::default().join("a b\nc\u{9b}d".as_bytes()),
            incoming: true,
            ascii: false,
        };
        let outcome = Outcome {
            now: 981_726_646,
            took: Duration::from_millis(2500),
            host: "127.0.0.1",
            size: 5,
            user: b"ann",
            anonymous: false,
            complete: true,
        };
        assert_eq!(
            String::from_utf8(line(&transfer, &outcome)).unwrap(),
            "Fri Feb  9 13:50:46 2001 2 127.0.0.1 5 /a_b_c?d b _ i r ann ftp 0 * c\n"
        );
    }
}
