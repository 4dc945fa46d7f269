//! The time stamp before a line, in tcpdump's six forms.

use jiff::tz::TimeZone;

use super::text::Append;
use crate::Timestamp;

/// What tcpdump's `-t` flags choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// The local time of day: `13:50:46.564494`.
    #[default]
    Clock,
    /// Nothing (`-t`).
    None,
    /// Seconds since 1970 (`-tt`).
    Unix,
    /// The time since the previous line (`-ttt`).
    SincePrevious,
    /// Date and time of day (`-tttt`).
    Date,
    /// The time since the first line (`-ttttt`).
    SinceFirst,
}

/// Writes time stamps; remembers what the relative forms refer to.
#[derive(Debug)]
pub(super) struct Clock {
    format: TimeFormat,
    nanos: bool,
    zone: TimeZone,
    reference: Option<Timestamp>,
    /// The last second written and its text: packets come many to a second, and finding the
    /// offset of a time zone costs more than the rest of the line.
    second: Option<i64>,
    text: String,
}

impl Clock {
    pub(super) fn new(format: TimeFormat, nanos: bool, zone: TimeZone) -> Self {
        Self {
            format,
            nanos,
            zone,
            reference: None,
            second: None,
            text: String::new(),
        }
    }

    /// Whether it writes the time of day, as it does unless it is asked for something else.
    pub(super) fn is_default(&self) -> bool {
        self.format == TimeFormat::Clock && !self.nanos
    }

    /// Appends the stamp and a space.
    pub(super) fn write(&mut self, time: Timestamp, out: &mut String) {
        // What is finer than the precision does not count, also in differences.
        let time = if self.nanos {
            time
        } else {
            Timestamp(time.0 - time.0.rem_euclid(1000))
        };
        match self.format {
            TimeFormat::None => return,
            TimeFormat::Clock | TimeFormat::Date => self.local(time, out),
            TimeFormat::Unix => {
                if representable(time) {
                    out.push_str(itoa::Buffer::new().format(time.seconds()));
                    self.fraction(time, out);
                } else {
                    out.push_str(ERROR);
                }
            }
            TimeFormat::SincePrevious | TimeFormat::SinceFirst => {
                let reference = *self.reference.get_or_insert(time);
                let ahead = time.0.saturating_sub(reference.0);
                out.push(if ahead < 0 { '-' } else { ' ' });
                self.duration(Timestamp(ahead.saturating_abs()), out);
                if self.format == TimeFormat::SincePrevious {
                    self.reference = Some(time);
                }
            }
        }
        out.push(' ');
    }

    fn local(&mut self, time: Timestamp, out: &mut String) {
        if !representable(time) {
            out.push_str(ERROR);
            return;
        }
        let second = time.seconds();
        if self.second != Some(second) {
            self.second = Some(second);
            self.text.clear();
            self.second_text(second);
        }
        out.push_str(&self.text);
        self.fraction(time, out);
    }

    fn second_text(&mut self, second: i64) {
        let Ok(instant) = jiff::Timestamp::from_second(second) else {
            self.text.push_str(ERROR);
            return;
        };
        let local = self.zone.to_datetime(instant);
        if self.format == TimeFormat::Date {
            self.text.dec(local.year().unsigned_abs());
            for part in [local.month(), local.day()] {
                self.text.push('-');
                two_digits(i64::from(part), &mut self.text);
            }
            self.text.push(' ');
        }
        clock(
            [local.hour(), local.minute(), local.second()].map(i64::from),
            &mut self.text,
        );
    }

    fn duration(&self, time: Timestamp, out: &mut String) {
        if !representable(time) {
            out.push_str(ERROR);
            return;
        }
        let s = time.seconds();
        clock([s / 3600 % 24, s / 60 % 60, s % 60], out);
        self.fraction(time, out);
    }

    fn fraction(&self, time: Timestamp, out: &mut String) {
        let (mut rest, digits) = if self.nanos {
            (time.subsec_nanos(), 9)
        } else {
            (time.subsec_nanos() / 1000, 6)
        };
        let mut text = *b".000000000";
        for digit in text.iter_mut().skip(1).take(digits).rev() {
            *digit += u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        out.ascii(text.get(..=digits).unwrap_or_default());
    }
}

const ERROR: &str = "[Error converting time]";

/// tcpdump looks at the lowest 32 bits of the seconds only, and takes them for signed.
fn representable(time: Timestamp) -> bool {
    time.seconds() & 0x8000_0000 == 0
}

fn clock([hour, minute, second]: [i64; 3], out: &mut String) {
    two_digits(hour, out);
    out.push(':');
    two_digits(minute, out);
    out.push(':');
    two_digits(second, out);
}

fn two_digits(value: i64, out: &mut String) {
    if value < 10 {
        out.push('0');
    }
    out.push_str(itoa::Buffer::new().format(value));
}

#[cfg(test)]
mod tests {
    use jiff::tz::{TimeZone, offset};

    use super::{Clock, TimeFormat};
    use crate::Timestamp;

    fn stamps(format: TimeFormat, nanos: bool) -> Vec<String> {
        let zone = TimeZone::fixed(offset(8));
        let mut clock = Clock::new(format, nanos, zone);
        [
            Timestamp::new(982_734_646, 564_494_001),
            Timestamp::new(982_734_646, 564_494_999),
            Timestamp::new(982_734_707, 4_000),
            Timestamp::new(982_734_706, 999_999_999),
            Timestamp::new(0x8000_0000, 0),
        ]
        .map(|time| {
            let mut out = String::new();
            clock.write(time, &mut out);
            out
        })
        .to_vec()
    }

    #[test]
    fn all_forms() {
        assert_eq!(
            stamps(TimeFormat::Clock, false),
            [
                "13:50:46.564494 ",
                "13:50:46.564494 ",
                "13:51:47.000004 ",
                "13:51:46.999999 ",
                "[Error converting time] "
            ]
        );
        assert_eq!(
            stamps(TimeFormat::Date, true)[..2],
            [
                "2001-02-21 13:50:46.564494001 ",
                "2001-02-21 13:50:46.564494999 "
            ]
        );
        assert_eq!(stamps(TimeFormat::None, false)[0], "");
        assert_eq!(stamps(TimeFormat::Unix, false)[2], "982734707.000004 ");
        assert_eq!(
            stamps(TimeFormat::SincePrevious, false)[..4],
            [
                " 00:00:00.000000 ",
                " 00:00:00.000000 ",
                " 00:01:00.435510 ",
                "-00:00:00.000005 "
            ]
        );
        assert_eq!(
            stamps(TimeFormat::SinceFirst, true)[..4],
            [
                " 00:00:00.000000000 ",
                " 00:00:00.000000998 ",
                " 00:01:00.435509999 ",
                " 00:01:00.435505998 "
            ]
        );
    }
}
