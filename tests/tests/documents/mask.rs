//! What differs from run to run, masked: times, rates, initial sequence numbers, ports that the
//! kernel chose, and windows, which depend on the machine's memory.

use std::ops::RangeInclusive;

/// The ports that a private network lets its hosts choose from.
const CHOSEN: RangeInclusive<u64> = 40_036..=40_191;

/// The lines of an output, each as one line however it was wrapped, masked and without spaces
/// but for the indentation: the mask may be longer or shorter than what it stands for.
pub(crate) fn comparable(output: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in output.lines() {
        let line = line.trim_end();
        match lines.last_mut() {
            Some(above) if is_continuation(line) => {
                above.push(' ');
                above.push_str(line.trim_start());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    let tidy = |line: &String| {
        let indent = line.len() - line.trim_start().len();
        let words: String = mask(line).split_whitespace().collect();
        format!("{}{words}", " ".repeat(indent))
    };
    lines.iter().map(tidy).collect()
}

/// An explanation goes on in its second column; what begins one has a dot there.
fn is_continuation(line: &str) -> bool {
    line.starts_with("          ") && !line.trim_start().starts_with('·')
}

/// The text with a word in place of each thing that differs.
fn mask(text: &str) -> String {
    let mut masked = String::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if !c.is_ascii_digit() {
            masked.push(c);
            at += c.len_utf8();
        } else if is_clock(&text[at..]) {
            masked.push_str("CLOCK");
            at += CLOCK.len();
        } else {
            let (word, length) = number(&text[..at], &text[at..]);
            masked.push_str(&word);
            at += length;
        }
    }
    masked
}

const CLOCK: &[u8] = b"00:00:00.000000";

fn is_clock(text: &str) -> bool {
    text.len() >= CLOCK.len()
        && CLOCK.iter().zip(text.bytes()).all(|(&form, byte)| {
            if form == b'0' {
                byte.is_ascii_digit()
            } else {
                byte == form
            }
        })
}

/// What stands for the number at the start of `text`, and how many bytes it stands for.
fn number(before: &str, text: &str) -> (String, usize) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let figures = text[..end.unwrap_or(text.len())].trim_end_matches('.');
    let rest = &text[figures.len()..];
    let after = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
    if figures.matches('.').count() > 1 {
        // An address, perhaps with a port.
        let parts: Vec<String> = figures.split('.').map(integer).collect();
        return (parts.join("."), figures.len());
    }
    for (units, word) in [
        (&[" µs", " ms", " s"][..], "TIME"),
        (&[" B/s", " kB/s", " MB/s", " GB/s"][..], "RATE"),
    ] {
        for unit in units {
            if let Some(rest) = rest.strip_prefix(unit)
                && !rest.starts_with(|c: char| c.is_ascii_alphanumeric())
            {
                return (word.to_owned(), figures.len() + unit.len());
            }
        }
    }
    if after(&["_s\":"]) {
        let exponent = rest.strip_prefix("e-").map_or(0, |rest| {
            2 + rest.bytes().take_while(u8::is_ascii_digit).count()
        });
        return ("TIME".to_owned(), figures.len() + exponent);
    }
    let window = [
        "win ",
        "wscale ",
        "window ",
        "窗口 ",
        "乘以 ",
        "\"window\":",
        "\"window_scale\":",
    ];
    if after(&window) || (after(&["×"]) && rest.starts_with(" (wscale)")) {
        return ("WINDOW".to_owned(), figures.len());
    }
    if after(&["156,", "256+", "\"p2\":"]) {
        return ("PORT".to_owned(), figures.len());
    }
    if is_initial(before, rest) {
        return ("NUMBER".to_owned(), figures.len());
    }
    (integer(figures), figures.len())
}

/// Whether a number follows from an initial sequence number, however small that is by chance.
fn is_initial(before: &str, rest: &str) -> bool {
    let after = |words: &[&str]| words.iter().any(|word| before.ends_with(word));
    let told = after(&["start at ", "be number ", "expect is ", "\"isn\":"]);
    let in_json = after(&["\"seq\":", "\"ack\":"]);
    let in_syn = before.contains("Flags [S") && after(&["seq ", "ack "]);
    told || in_json || in_syn || (after(&["ack "]) && rest.starts_with(" means"))
}

fn integer(figures: &str) -> String {
    match figures.parse::<u64>() {
        Ok(port) if CHOSEN.contains(&port) => "PORT".to_owned(),
        Ok(_) if figures.len() >= 6 => "NUMBER".to_owned(),
        _ => figures.to_owned(),
    }
}

#[test]
fn what_differs_is_masked_and_nothing_else() {
    for (text, masked) in [
        (
            "  24  22:39:04.525251 control → IP 10.0.0.1.40119 > 10.0.0.2.21: seq 47:70, win 63",
            "  24  CLOCK control → IP 10.0.0.1.PORT > 10.0.0.2.21: seq 47:70, win WINDOW",
        ),
        ("156×256+197 = 40133.", "156×256+PORT = PORT."),
        ("8.0 µs (4.5 MB/s), 3 segments", "TIME (RATE), 3 segments"),
        (
            "\"after_s\":9.825e-6,\"bytes\":19",
            "\"after_s\":TIME,\"bytes\":19",
        ),
        (
            "start at 1284431752; ×1024 (wscale)",
            "start at NUMBER; ×WINDOW (wscale)",
        ),
        (
            "Flags [S.], seq 12, ack 34, win",
            "Flags [S.], seq NUMBER, ack NUMBER, win",
        ),
        ("3888 bytes, 1461 to 2920", "3888 bytes, 1461 to 2920"),
    ] {
        assert_eq!(mask(text), masked);
    }
    let wrapped = "        · one\n          two\n        · three";
    assert_eq!(comparable(wrapped), ["        ·onetwo", "        ·three"]);
}
