//! The time stamp before a line, in tcpdump's six forms.

use jiff::tz::TimeZone;

use super::text::Append;
use crate::digits::padded;
use crate::{Stamp, Timestamp};

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
    reference: Option<Moment>,
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

    /// Appends the stamp and a space; of a file that has an odd one, that.
    pub(super) fn write(&mut self, time: Timestamp, odd: Option<Stamp>, out: &mut String) {
        let moment = self.moment(time, odd);
        match self.format {
            TimeFormat::None => return,
            TimeFormat::Clock | TimeFormat::Date => self.local(moment, out),
            TimeFormat::Unix => {
                if moment.is_representable() {
                    out.push_str(itoa::Buffer::new().format(moment.seconds));
                    self.fraction(moment, out);
                } else {
                    out.push_str(ERROR);
                }
            }
            TimeFormat::SincePrevious | TimeFormat::SinceFirst => {
                let mut reference = self.reference.unwrap_or(moment);
                if reference == Moment::default() {
                    // What tcpdump takes for no time at all.
                    reference = moment;
                }
                let behind = moment < reference;
                out.push(if behind { '-' } else { ' ' });
                let since = if behind {
                    self.between(reference, moment)
                } else {
                    self.between(moment, reference)
                };
                self.duration(since, out);
                self.reference = Some(if self.format == TimeFormat::SincePrevious {
                    moment
                } else {
                    reference
                });
            }
        }
        out.push(' ');
    }

    /// What is finer than the precision does not count, also in differences.
    fn moment(&self, time: Timestamp, odd: Option<Stamp>) -> Moment {
        let (seconds, nanos) = match odd {
            Some(Stamp { seconds, nanos }) => (seconds.into(), nanos),
            None => (time.seconds(), time.subsec_nanos().into()),
        };
        Moment {
            seconds,
            fraction: if self.nanos { nanos } else { nanos / 1000 },
        }
    }

    /// As tcpdump subtracts: a second is borrowed at most once.
    fn between(&self, later: Moment, earlier: Moment) -> Moment {
        let second = if self.nanos { 1_000_000_000 } else { 1_000_000 };
        let mut seconds = later.seconds - earlier.seconds;
        let mut fraction = later.fraction - earlier.fraction;
        if fraction < 0 {
            seconds -= 1;
            fraction += second;
        }
        Moment { seconds, fraction }
    }

    fn local(&mut self, moment: Moment, out: &mut String) {
        if !moment.is_representable() {
            out.push_str(ERROR);
            return;
        }
        let second = moment.seconds;
        if self.second != Some(second) {
            self.second = Some(second);
            self.text.clear();
            self.second_text(second);
        }
        out.push_str(&self.text);
        self.fraction(moment, out);
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

    fn duration(&self, moment: Moment, out: &mut String) {
        if !moment.is_representable() {
            out.push_str(ERROR);
            return;
        }
        let s = moment.seconds;
        clock([s / 3600 % 24, s / 60 % 60, s % 60], out);
        self.fraction(moment, out);
    }

    fn fraction(&self, moment: Moment, out: &mut String) {
        let digits = if self.nanos { 9 } else { 6 };
        // tcpdump takes its lowest 32 bits for a number without sign.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rest = moment.fraction as u32;
        if rest >= 10_u32.pow(digits) {
            out.push('.');
            out.push_str(itoa::Buffer::new().format(rest));
            return;
        }
        out.push('.');
        padded(out, rest.into(), digits / 3);
    }
}

const ERROR: &str = "[Error converting time]";

/// What tcpdump keeps as a `timeval`. A damaged file may have any number in each field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    seconds: i64,
    /// In microseconds or nanoseconds.
    fraction: i64,
}

impl Moment {
    /// tcpdump looks at the lowest 32 bits of the seconds only, and takes them for signed.
    const fn is_representable(self) -> bool {
        self.seconds & 0x8000_0000 == 0
    }
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
            clock.write(time, None, &mut out);
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
