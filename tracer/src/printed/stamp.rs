//! The time before a line: of day, with its date, or in seconds since 1970.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::cursor::Cursor;
use crate::Timestamp;

/// A time as it was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    form: Form,
    /// The fraction of the second in nanoseconds, and how many digits it was printed with.
    nanos: i32,
    digits: u32,
    /// A blank stood before it, as tcpdump prints before differences.
    indented: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The time of day.
    Clock([i8; 3]),
    /// With its date (`-tttt`).
    Date([i16; 3], [i8; 3]),
    /// Since 1970 (`-tt`).
    Unix(i64),
}

impl Stamp {
    /// Takes a time from the beginning of a line; `None` when there is none.
    pub(super) fn take(cursor: &mut Cursor<'_>) -> Option<Self> {
        let mut there = *cursor;
        let indented = there.eat(" ");
        let mut date = None;
        let looks = there.rest().as_bytes();
        if looks.get(4) == Some(&b'-') && looks.get(7) == Some(&b'-') {
            let year = there.number("").ok()?;
            there.eat("-");
            let month = there.number("").ok()?;
            there.eat("-");
            let day = there.number("").ok()?;
            Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
            there.expect(" ", "").ok()?;
            date = Some([year, month, day]);
        }
        let first = there.while_(|c| c.is_ascii_digit());
        let form = if there.eat(":") {
            let hour = first.parse().ok()?;
            let minute = there.number("").ok()?;
            there.expect(":", "").ok()?;
            let second = there.number("").ok()?;
            Time::new(hour, minute, second, 0).ok()?;
            let clock = [hour, minute, second];
            date.map_or(Form::Clock(clock), |date| Form::Date(date, clock))
        } else if first.len() >= 5 && date.is_none() {
            Form::Unix(first.parse().ok()?)
        } else {
            return None;
        };
        there.expect(".", "").ok()?;
        let fraction = there.while_(|c| c.is_ascii_digit());
        let digits = u32::try_from(fraction.len()).ok()?;
        let fewest = if matches!(form, Form::Unix(_)) { 6 } else { 2 };
        if !(fewest..=9).contains(&digits) {
            return None;
        }
        let nanos = fraction.parse::<i32>().ok()? * 10_i32.pow(9 - digits);
        there.expect(" ", "").ok()?;
        *cursor = there;
        Some(Self {
            form,
            nanos,
            digits,
            indented,
        })
    }

    /// The moment, on the clock of `zone`. A time of day is one of 1970-01-01, as no day was
    /// printed.
    pub(super) fn moment(&self, zone: &TimeZone) -> Timestamp {
        let (date, [hour, minute, second]) = match self.form {
            Form::Unix(seconds) => return Timestamp::new(seconds, self.nanos.into()),
            Form::Clock(clock) => (Date::constant(1970, 1, 1), clock),
            Form::Date([year, month, day], clock) => {
                let small = |value| i8::try_from(value).unwrap_or(1);
                let date = Date::new(year, small(month), small(day));
                (date.unwrap_or_default(), clock)
            }
        };
        let time = Time::new(hour, minute, second, 0).unwrap_or_default();
        let seconds = zone
            .to_timestamp(DateTime::from_parts(date, time))
            .map_or(0, jiff::Timestamp::as_second);
        Timestamp::new(seconds, self.nanos.into())
    }

    /// Whether it is a time of day without its day.
    pub(super) const fn has_no_day(&self) -> bool {
        matches!(self.form, Form::Clock(_))
    }

    /// Appends it as it was printed, and the blank behind it.
    pub(crate) fn write(&self, out: &mut String) {
        if self.indented {
            out.push(' ');
        }
        let clock = |[hour, minute, second]: [i8; 3], out: &mut String| {
            out.push_str(&format!("{hour:02}:{minute:02}:{second:02}"));
        };
        match self.form {
            Form::Unix(seconds) => out.push_str(itoa::Buffer::new().format(seconds)),
            Form::Clock(of_day) => clock(of_day, out),
            Form::Date([year, month, day], of_day) => {
                out.push_str(&format!("{year:04}-{month:02}-{day:02} "));
                clock(of_day, out);
            }
        }
        let fraction = format!("{:09}", self.nanos);
        out.push('.');
        out.push_str(fraction.get(..self.digits as usize).unwrap_or_default());
        out.push(' ');
    }
}
