//! What a line `wire: …` says of a packet behind its two ends.

use super::dialogue;
use super::line::Line;
use super::names::Names;
use super::packets::begins_with_a_digit;
use crate::codes::Pattern;
use crate::script_error::Fault;
use crate::segment::{Field, FieldWanted, OptionName, OptionWanted};
use crate::value::Operator;

/// What may stand there.
pub(super) const REST: &[&str] = &[
    "length", "win", "ttl", "seq", "ack", "urg", "mss", "wscale", "sackOK", "TS", "has", "no",
];

/// What is asked of a packet beside its flags and its ends.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) fields: Vec<FieldWanted>,
    pub(super) options: Vec<OptionWanted>,
    pub(super) payload: Vec<Pattern>,
}

/// `length > 20 win 0 mss 1460 no TS "226"`, to the end of the line.
pub(super) fn asked(line: &mut Line, names: &mut Names) -> Result<Asked, Fault> {
    let mut asked = Asked::default();
    while !line.is_empty() {
        let no_option = (line.peek_word() == Some("no"))
            .then(|| line.second_word().and_then(OptionName::parse))
            .flatten();
        if let Some(option) = no_option {
            line.keyword("no")?;
            line.keyword(option.word())?;
            let present = false;
            asked.options.push(OptionWanted { option, present });
            continue;
        }
        // A packet is looked for when the script is over.
        if let Some(pattern) = dialogue::held(line, names)? {
            asked.payload.push(pattern);
            continue;
        }
        let column = line.column();
        let word = line.word("what a packet has")?;
        let option = OptionName::parse(&word);
        match (Field::parse(&word), option) {
            (Some(field), None) => asked.fields.push(compared(field, line, names)?),
            (Some(field), Some(_)) if is_compared(line) => {
                asked.fields.push(compared(field, line, names)?);
            }
            (_, Some(option)) => {
                let present = true;
                asked.options.push(OptionWanted { option, present });
            }
            (None, None) => {
                let what = format!("`{word}` says nothing about a packet");
                return Err(Fault::new(column, what).one_of(&word, REST));
            }
        }
    }
    Ok(asked)
}

/// Whether a comparison or a number follows: an option's name may also stand alone.
fn is_compared(line: &mut Line) -> bool {
    line.peek_word().is_some_and(|word| {
        Operator::parse(word).is_some() || word.starts_with('$') || begins_with_a_digit(word)
    })
}

/// `20`, `> 2`, `<= $most`
fn compared(field: Field, line: &mut Line, names: &Names) -> Result<FieldWanted, Fault> {
    let operator = line.peek_word().and_then(Operator::parse);
    if operator.is_some() {
        line.word("a comparison")?;
    }
    let column = line.column();
    let (what, hint) = needed(field);
    let value = names.value(line, what)?;
    if !field.can_be(&value) {
        let (_, noun) = what.split_once(' ').unwrap_or(("", what));
        return Err(Fault::new(column, format!("`{value}` is no {noun}")).hint(hint));
    }
    Ok(FieldWanted {
        field,
        operator: operator.unwrap_or(Operator::Equal),
        value,
    })
}

/// What a number is called, and which are meant.
const fn needed(field: Field) -> (&'static str, &'static str) {
    match field {
        Field::Length => (
            "a length",
            "expected a number of bytes, also `> 20`, `>= 20`, `< 20` or `<= 20`",
        ),
        Field::Window => (
            "a window",
            "expected a number up to 65535, as tcpdump prints it behind `win`, also `> 1000`",
        ),
        Field::TimeToLive => (
            "a time to live",
            "expected a number up to 255, such as 64, also `> 1`",
        ),
        Field::Sequence => (
            "a sequence number",
            "expected the number of the first byte, such as 1, also `> 1`; how many there are is \
             `length`",
        ),
        Field::Acknowledgement => (
            "an acknowledgement number",
            "expected the number of the byte that is awaited, such as 1, also `> 1`",
        ),
        Field::Urgent => (
            "an urgent pointer",
            "expected a number up to 65535, as tcpdump prints it behind `urg`, also `> 1`",
        ),
        Field::SegmentSize => (
            "a segment size",
            "expected a number of bytes up to 65535, such as 1460, also `> 500`, or nothing",
        ),
        Field::WindowScale => (
            "a window scale",
            "expected a number of bits, such as 7, also `> 0`, or nothing",
        ),
    }
}
