//! Numbers as people read them, the same in every language.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::digits::decimal;
use crate::note::Numbers;

/// A duration with the unit that suits it: `107 µs`, `1.25 ms`, `40.1 ms`, `2.50 s`.
pub fn span(duration: Duration) -> String {
    let nanos = duration.subsec_nanos();
    // The unit of the last digit that is shown, and how many digits follow the point.
    let (step, digits, unit) = match nanos {
        0..10_000 => (100, 1, " µs"),
        10_000..1_000_000 => (1000, 0, " µs"),
        1_000_000..10_000_000 => (10_000, 2, " ms"),
        _ => (100_000, 1, " ms"),
    };
    // What lies between two numbers is rounded as `fmt` does it, also in the last case.
    if duration.as_secs() > 0 || nanos % step == step / 2 {
        return span_by_fmt(duration);
    }
    let rounded = (nanos + step / 2) / step;
    let mut text = String::with_capacity(16);
    decimal(&mut text, (rounded / 10_u32.pow(digits)).into());
    if digits > 0 {
        text.push('.');
        for place in (0..digits).rev() {
            decimal(&mut text, (rounded / 10_u32.pow(place) % 10).into());
        }
    }
    text.push_str(unit);
    text
}

/// The same, slower.
fn span_by_fmt(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match duration.as_nanos() {
        0..10_000 => format!("{:.1} µs", seconds * 1e6),
        10_000..1_000_000 => format!("{:.0} µs", seconds * 1e6),
        1_000_000..10_000_000 => format!("{:.2} ms", seconds * 1e3),
        10_000_000..1_000_000_000 => format!("{:.1} ms", seconds * 1e3),
        _ => format!("{seconds:.2} s"),
    }
}

/// A number of things in English: `1 packet`, `2 packets`. The plural is that with an `s`.
pub fn plural(number: u64, thing: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{end}")
}

/// Bytes a second, in powers of ten; `None` when no time passed.
pub fn rate(bytes: u64, duration: Duration) -> Option<String> {
    let seconds = duration.as_secs_f64();
    if seconds <= 0.0 {
        return None;
    }
    #[allow(clippy::cast_precision_loss)] // three digits are shown
    let rate = bytes as f64 / seconds;
    Some(match rate {
        r if r >= 1e9 => format!("{:.2} GB/s", r / 1e9),
        r if r >= 1e6 => format!("{:.1} MB/s", r / 1e6),
        r if r >= 1e3 => format!("{:.1} kB/s", r / 1e3),
        r => format!("{r:.0} B/s"),
    })
}

/// An endpoint in tcpdump's form: address, dot, port.
pub fn endpoint(addr: SocketAddr) -> String {
    match addr.ip() {
        IpAddr::V4(ip) => format!("{ip}.{}", addr.port()),
        IpAddr::V6(ip) => format!("{ip}.{}", addr.port()),
    }
}

/// Rows of sequence numbers, one behind the other.
pub(super) fn rows(numbers: &[Numbers], to: &str, comma: &str) -> String {
    let rows = numbers
        .iter()
        .map(|Numbers { first, last }| format!("{first}{to}{last}"));
    rows.collect::<Vec<_>>().join(comma)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{rate, span, span_by_fmt};

    #[test]
    fn spans_have_three_digits_or_so() {
        let texts = [900, 107_400, 1_254_000, 40_100_000, 2_500_000_000]
            .map(|nanos| span(Duration::from_nanos(nanos)));
        assert_eq!(texts, ["0.9 µs", "107 µs", "1.25 ms", "40.1 ms", "2.50 s"]);
    }

    proptest! {
        #[test]
        fn digits_are_those_of_fmt(nanos in any::<u64>(), shift in 0..64, zeros in 0..6_u32) {
            let nanos = (nanos >> shift) / 10_u64.pow(zeros) * 10_u64.pow(zeros);
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(span(duration), span_by_fmt(duration));
        }
    }

    #[test]
    fn no_rate_without_time() {
        assert_eq!(rate(1000, Duration::ZERO), None);
        assert_eq!(
            rate(1_500_000, Duration::from_millis(10)).as_deref(),
            Some("150.0 MB/s")
        );
    }
}
