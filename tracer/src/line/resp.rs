//! Redis' protocol, RESP, as far as version 2 of it.

use super::Printer;
use super::text::{Cut, byte, from};

/// What is left of a segment.
struct Rest<'a> {
    /// As captured.
    bytes: &'a [u8],
    /// As sent.
    len: usize,
}

/// The length of a bulk string, or the number of an array's items.
enum Count {
    Of(u32),
    Null,
    TooLarge,
    Negative,
    Invalid,
}

/// The message or the length goes on in another packet; not the capture's fault.
struct Unfinished;

enum Stop {
    Cut,
    Unfinished,
}

impl From<Cut> for Stop {
    fn from(Cut: Cut) -> Self {
        Self::Cut
    }
}

impl From<Unfinished> for Stop {
    fn from(Unfinished: Unfinished) -> Self {
        Self::Unfinished
    }
}

pub(super) fn resp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "resp";
    p.text(": RESP");
    let mut rest = Rest {
        bytes,
        len: len as usize,
    };
    match items(p, &mut rest) {
        Ok(()) => {}
        Err(Stop::Unfinished) => p.truncated(),
        Err(Stop::Cut) => return Err(Cut),
    }
    Ok(())
}

/// Whole commands and replies, one behind the other. An array's items are items like others, so
/// that to know how many are still owed is enough.
fn items(p: &mut Printer<'_>, rest: &mut Rest<'_>) -> Result<(), Stop> {
    let mut owed = 0_u64;
    while rest.len > 0 || owed > 0 {
        if rest.len == 0 {
            return Err(Stop::Unfinished);
        }
        owed = owed.saturating_sub(1);
        match byte(rest.bytes, 0)? {
            b'+' | b'-' | b':' => {
                rest.skip(1);
                let text = rest.up_to_crlf()?;
                quoted(p, text)?;
            }
            b'$' => {
                rest.skip(1);
                match rest.count()? {
                    Count::Of(len) => string(p, rest, len as usize)?,
                    other => unusual(p, &other),
                }
            }
            b'*' => {
                rest.skip(1);
                match rest.count()? {
                    Count::Of(0) => p.text(" empty"),
                    Count::Of(items) => owed += u64::from(items),
                    other => unusual(p, &other),
                }
            }
            _ => inline(p, rest)?,
        }
    }
    Ok(())
}

fn string(p: &mut Printer<'_>, rest: &mut Rest<'_>, len: usize) -> Result<(), Stop> {
    if len == 0 {
        p.text(" empty");
    } else {
        if rest.len < len {
            return Err(Stop::Unfinished);
        }
        let text = rest.bytes.get(..len).ok_or(Unfinished)?;
        quoted(p, text)?;
        rest.skip(len);
    }
    rest.up_to_crlf()?;
    Ok(())
}

/// A line of words, as a person types it; empty lines go before it and behind.
fn inline(p: &mut Printer<'_>, rest: &mut Rest<'_>) -> Result<(), Stop> {
    rest.skip_ends();
    let mut end = 0;
    loop {
        if end >= rest.len {
            return Err(Stop::Unfinished);
        }
        if is_end(byte(rest.bytes, end)?) {
            break;
        }
        end += 1;
    }
    quoted(p, rest.bytes.get(..end).unwrap_or_default())?;
    rest.skip(end);
    rest.skip_ends();
    Ok(())
}

const fn is_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

fn unusual(p: &mut Printer<'_>, count: &Count) {
    p.text(match count {
        Count::Of(_) => "",
        Count::Null => " null",
        Count::TooLarge => " length too large",
        Count::Negative => " length negative and not -1",
        Count::Invalid => " invalid",
    });
}

fn quoted(p: &mut Printer<'_>, text: &[u8]) -> Result<(), Cut> {
    p.text(" \"");
    p.characters(text, 0, text.len())?;
    p.text("\"");
    Ok(())
}

impl<'a> Rest<'a> {
    fn skip(&mut self, len: usize) {
        self.bytes = from(self.bytes, len);
        self.len = self.len.saturating_sub(len);
    }

    fn skip_ends(&mut self) {
        let sent = self.bytes.get(..self.len).unwrap_or(self.bytes);
        let ends = sent.iter().take_while(|&&byte| is_end(byte)).count();
        self.skip(ends);
    }

    /// What stands before the next CRLF, and passes both.
    fn up_to_crlf(&mut self) -> Result<&'a [u8], Unfinished> {
        let sent = self.bytes.get(..self.len).unwrap_or(self.bytes);
        let end = sent.windows(2).position(|pair| pair == b"\r\n");
        let end = end.ok_or(Unfinished)?;
        let text = sent.get(..end).unwrap_or_default();
        self.skip(end + 2);
        Ok(text)
    }

    /// The next byte of a length.
    fn next(&mut self) -> Result<u8, Stop> {
        if self.len == 0 {
            return Err(Stop::Unfinished);
        }
        let next = byte(self.bytes, 0)?;
        self.skip(1);
        Ok(next)
    }

    /// `12\r\n`; what is passed ends with the first byte that is wrong.
    fn count(&mut self) -> Result<Count, Stop> {
        let mut next = self.next()?;
        let negative = next == b'-';
        if negative {
            next = self.next()?;
        }
        let mut value = Some(0_u32);
        let mut digits = false;
        while next.is_ascii_digit() {
            let digit = u32::from(next - b'0');
            value = value
                .and_then(|value| value.checked_mul(10)?.checked_add(digit))
                .filter(|&value| value <= i32::MAX.cast_unsigned());
            digits = true;
            next = self.next()?;
        }
        if !digits || next != b'\r' || self.next()? != b'\n' {
            return Ok(Count::Invalid);
        }
        Ok(match value {
            Some(1) if negative => Count::Null,
            _ if negative => Count::Negative,
            Some(value) => Count::Of(value),
            None => Count::TooLarge,
        })
    }
}
