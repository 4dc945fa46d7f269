//! Times as FTP writes them (RFC 3659 §2.3): `YYYYMMDDHHMMSS[.sss]`, always UTC.

use std::fmt;

/// A moment in UTC, to the second or finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeVal {
    /// 0 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
}

/// Text that is no `time-val`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time as YYYYMMDDHHMMSS with an optional fraction")]
pub struct TimeValError;

const SECONDS_PER_DAY: i64 = 86_400;

impl TimeVal {
    /// Reads `YYYYMMDDHHMMSS`, optionally with a fraction of a second, which is dropped.
    ///
    /// # Errors
    /// [`TimeValError`] when a digit is missing or a field is out of its range.
    pub fn parse(text: &[u8]) -> Result<Self, TimeValError> {
        let (digits, fraction) = text.split_at_checked(14).ok_or(TimeValError)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(TimeValError);
        }
        match fraction {
            [] => {}
            [b'.', rest @ ..] if !rest.is_empty() && rest.iter().all(u8::is_ascii_digit) => {}
            _ => return Err(TimeValError),
        }
        let pair = |at: usize| (digits[at] - b'0') * 10 + (digits[at + 1] - b'0');
        let time = Self {
            year: u16::from(pair(0)) * 100 + u16::from(pair(2)),
            month: pair(4),
            day: pair(6),
            hour: pair(8),
            minute: pair(10),
            second: pair(12),
        };
        let valid = matches!(time.month, 1..=12)
            && (1..=days_in_month(time.year, time.month)).contains(&time.day)
            && time.hour <= 23
            && time.minute <= 59
            && time.second <= 60;
        if valid { Ok(time) } else { Err(TimeValError) }
    }

    /// The moment this many seconds after 1970-01-01 00:00 UTC; years beyond 0 to 9999 are
    /// held at the ends of that range.
    pub fn from_unix(seconds: i64) -> Self {
        const FIRST: i64 = -62_167_219_200;
        const LAST: i64 = 253_402_300_799;
        let seconds = seconds.clamp(FIRST, LAST);
        let (days, rest) = (
            seconds.div_euclid(SECONDS_PER_DAY),
            seconds.rem_euclid(SECONDS_PER_DAY),
        );
        // Days since 0000-03-01, so that the leap day is the last of its year; then 400-year
        // cycles of 146 097 days, which all are alike.
        let days = days + 719_468;
        let (cycle, day_of_cycle) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524
            - day_of_cycle / 146_096)
            / 365;
        let day_of_year =
            day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        let year = year_of_cycle + cycle * 400 + i64::from(month <= 2);
        Self {
            year: narrow(year),
            month: narrow(month),
            day: narrow(day),
            hour: narrow(rest / 3600),
            minute: narrow(rest / 60 % 60),
            second: narrow(rest % 60),
        }
    }

    /// Seconds since 1970-01-01 00:00 UTC.
    pub fn to_unix(self) -> i64 {
        let (month, day) = (i64::from(self.month), i64::from(self.day));
        let year = i64::from(self.year) - i64::from(month <= 2);
        let (cycle, year_of_cycle) = (year.div_euclid(400), year.rem_euclid(400));
        let month_from_march = (month + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
        let day_of_cycle =
            year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
        let days = cycle * 146_097 + day_of_cycle - 719_468;
        days * SECONDS_PER_DAY
            + i64::from(self.hour) * 3600
            + i64::from(self.minute) * 60
            + i64::from(self.second)
    }
}

/// A calendar field, which is in its type's range because the moment is.
fn narrow<T: TryFrom<i64> + Default>(value: i64) -> T {
    T::try_from(value).unwrap_or_default()
}

const fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

/// `YYYYMMDDHHMMSS`.
impl fmt::Display for TimeVal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        write!(
            f,
            "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::TimeVal;
    use proptest::prelude::*;

    #[test]
    fn known_moments() {
        for (seconds, text) in [
            (0, "19700101000000"),
            (951_782_400, "20000229000000"),
            (1_709_251_199, "20240229235959"),
            (-1, "19691231235959"),
        ] {
            assert_eq!(TimeVal::from_unix(seconds).to_string(), text);
        }
        assert!(TimeVal::parse(b"20240229000000.123").is_ok());
        for bad in [
            "2024022900000",
            "20230229000000",
            "20241301000000",
            "20240101000000.",
            "2024010100000x",
        ] {
            assert!(TimeVal::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn moments_round_trip(seconds in -62_167_219_200_i64..=253_402_300_799) {
            let time = TimeVal::from_unix(seconds);
            prop_assert_eq!(time.to_unix(), seconds);
            prop_assert_eq!(TimeVal::parse(time.to_string().as_bytes()), Ok(time));
        }

        #[test]
        fn nothing_panics(seconds: i64, bytes: Vec<u8>) {
            let _ = TimeVal::from_unix(seconds).to_unix();
            let _ = TimeVal::parse(&bytes);
        }
    }
}
