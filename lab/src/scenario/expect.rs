//! `S:` lines of a scenario: the last reply held against what is expected of it.

use proto::{Printable, Reply};
use script::{Lines, Pattern, ReplyExpected, StepKind, Template, Variables, step_in_words};

/// Whether a reply is as expected.
///
/// # Errors
/// What was expected, and what came.
pub(super) fn as_expected(reply: &Reply, expected: &ReplyExpected) -> Result<(), String> {
    let value = reply.code.value();
    let digits = [value / 100, value / 10 % 10, value % 10].map(|digit| digit.to_le_bytes()[0]);
    let lines = match expected.lines {
        Lines::Any => true,
        Lines::Single => reply.lines.len() == 1,
        Lines::Multi => reply.lines.len() > 1,
    };
    let text = reply.lines.join(&b'\n');
    let mut fits = expected.codes.fit(digits) && lines;
    for pattern in &expected.patterns {
        fits = fits && is_in(&text, pattern)?;
    }
    if fits {
        return Ok(());
    }
    let wanted = step_in_words(&StepKind::Expect(expected.clone()));
    Err(format!(
        "expected that {wanted}, but it said {}",
        quoted(reply)
    ))
}

/// A reply as a message shows it.
pub(super) fn quoted(reply: &Reply) -> String {
    let reply = reply.to_string();
    format!("`{}`", Printable(reply.trim_end().as_bytes()))
}

/// Whether a text is as the pattern says.
fn is_in(text: &[u8], pattern: &Pattern) -> Result<bool, String> {
    let contains =
        |part: &[u8]| part.is_empty() || text.windows(part.len()).any(|window| window == part);
    let fill = |part: &Template| {
        part.fill(&Variables::new())
            .map_err(|error| error.to_string())
    };
    Ok(match pattern {
        Pattern::Has(part) => contains(&fill(part)?),
        Pattern::HasNot(part) => !contains(&fill(part)?),
        Pattern::Matches(regex) => regex.is_match(text),
        Pattern::MatchesNot(regex) => !regex.is_match(text),
    })
}
