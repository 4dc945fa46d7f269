//! The lines `login`, `C: …` and `S: …`.

use super::line::Line;
use super::names::{Names, REPLY};
use crate::codes::{CodePattern, Codes, Lines, Pattern, ReplyExpected, Skip};
use crate::script_error::{Fault, near};
use crate::step::{Login, Over, StepKind};
use crate::token;

use super::verbs;

#[cfg(test)]
pub(super) const OVER: &[&str] = &["in clear", "under tls"];
pub(super) const REST: &[&str] = &[
    "single",
    "multi",
    "has",
    "no",
    "within",
    "or closed",
    "or nothing",
    "else CODES skip",
];

/// `login [tls] [NAME PASSWORD]`
pub(super) fn login(line: &mut Line, names: &Names) -> Result<Login, Fault> {
    let tls = line.take("tls");
    if line.is_empty() {
        return Ok(Login { tls, who: None });
    }
    let column = line.column();
    let word = line.peek_word().unwrap_or_default().to_owned();
    let name = names.value(line, "a user's name")?;
    if line.is_empty() {
        if !tls && near(&word, &["tls"]) {
            return Err(
                Fault::new(column, "a user's name without a password").hint("did you mean `tls`?")
            );
        }
        return Err(line.fault("a user's name without a password").hint(
            "expected `login`, `login tls`, or either with a name and a password; who is called \
             tls has quotes",
        ));
    }
    let password = names.value(line, "a password")?;
    let who = Some((name, password));
    Ok(Login { tls, who })
}

/// `C: TEXT`, sent with a line end.
pub(super) fn send(rest: &str, column: u32, names: &Names) -> Result<StepKind, Fault> {
    let line = token::template(rest, column)?;
    names.check(&line, column)?;
    Ok(StepKind::Send(line))
}

/// `C raw: "…"` and `C urgent: "…"`
pub(super) fn raw(rest: &str, column: u32, names: &Names, urgent: bool) -> Result<StepKind, Fault> {
    let mut line = Line::read(rest, column)?;
    let at = line.column();
    let bytes = names.texts(&mut line, "a text in quotes")?;
    line.end()?;
    if urgent && bytes.pieces.is_empty() {
        return Err(Fault::new(at, "nothing to send as urgent")
            .hint("expected at least one byte: the last one is the urgent one"));
    }
    Ok(StepKind::SendRaw { bytes, urgent })
}

/// `S: TEXT` of a handler.
pub(super) fn answer(rest: &str, column: u32, names: &Names) -> Result<StepKind, Fault> {
    let line = token::template(rest, column)?;
    names.check(&line, column)?;
    Ok(StepKind::Reply(line))
}

/// `S raw: "…"` of a handler.
pub(super) fn answer_raw(rest: &str, column: u32, names: &Names) -> Result<StepKind, Fault> {
    let mut line = Line::read(rest, column)?;
    let bytes = names.texts(&mut line, "a text in quotes")?;
    line.end()?;
    Ok(StepKind::ReplyRaw(bytes))
}

/// `C: VERB | VERB "text" in clear` of a script that plays the server.
pub(super) fn heard(rest: &str, column: u32, names: &mut Names) -> Result<StepKind, Fault> {
    let mut line = Line::read(rest, column)?;
    let (verbs, patterns) = sent(&mut line, names, &["any"])?;
    let over = over(&mut line)?;
    line.end()?;
    Ok(StepKind::Sent {
        verbs,
        patterns,
        over,
    })
}

/// `C never: VERB …`
pub(super) fn never(rest: &str, column: u32, names: &mut Names) -> Result<StepKind, Fault> {
    let mut line = Line::read(rest, column)?;
    let (verbs, patterns) = sent(&mut line, names, &["any"])?;
    let over = over(&mut line)?;
    line.end()?;
    Ok(StepKind::NeverSent {
        verbs,
        patterns,
        over,
    })
}

/// `in clear`, `under tls` or nothing.
fn over(line: &mut Line) -> Result<Option<Over>, Fault> {
    if line.take("in") {
        line.keyword("clear")?;
        return Ok(Some(Over::Clear));
    }
    if line.take("under") {
        line.keyword("tls")?;
        return Ok(Some(Over::Tls));
    }
    Ok(None)
}

/// `VERB | VERB PATTERN…`; `others` are words that may stand in a verb's place.
pub(super) fn sent(
    line: &mut Line,
    names: &mut Names,
    others: &[&str],
) -> Result<(Vec<String>, Vec<Pattern>), Fault> {
    let mut verbs = Vec::new();
    loop {
        let column = line.column();
        let verb = line.word("a command's name")?;
        verbs.push(if others.contains(&verb.as_str()) {
            verb
        } else {
            verbs::known(&verb, column, others)?
        });
        if !line.take("|") {
            break;
        }
    }
    Ok((verbs, patterns(line, names)?))
}

/// `S: 331|230 single "text" /regex/ within 2 s or closed else 5xx skip`
pub(super) fn expect(rest: &str, column: u32, names: &mut Names) -> Result<StepKind, Fault> {
    let mut line = Line::read(rest, column)?;
    if line.take("nothing") {
        line.keyword("within")?;
        let time = line.time()?;
        line.end()?;
        return Ok(StepKind::Silence(time));
    }
    if line.take("closed") {
        let within = line.within()?;
        line.end()?;
        return Ok(StepKind::Closed(within));
    }
    let mut expected = ReplyExpected {
        codes: codes(&mut line)?,
        lines: Lines::Any,
        patterns: Vec::new(),
        within: None,
        or_closed: false,
        or_nothing: false,
        skip: None,
    };
    while !line.is_empty() {
        let at = line.column();
        let found = patterns(&mut line, names)?;
        if !found.is_empty() {
            expected.patterns.extend(found);
            continue;
        }
        match line.peek_word().unwrap_or_default() {
            "single" | "multi" if expected.lines != Lines::Any => {
                return Err(Fault::new(at, "how many lines is said already")
                    .hint("expected `single` or `multi`, once"));
            }
            "single" => expected.lines = Lines::Single,
            "multi" => expected.lines = Lines::Multi,
            "within" if expected.within.is_some() => {
                return Err(Fault::new(at, "how long it may take is said already")
                    .hint("expected `within` once"));
            }
            "else" if expected.skip.is_some() => {
                return Err(Fault::new(at, "a second `else`")
                    .hint("expected one, with all codes: `else 500|502 skip`"));
            }
            "within" => {
                expected.within = line.within()?;
                continue;
            }
            "or" => {
                line.keyword("or")?;
                if line.take("nothing") {
                    expected.or_nothing = true;
                } else {
                    line.keyword("closed")?;
                    expected.or_closed = true;
                }
                continue;
            }
            "else" => {
                line.keyword("else")?;
                let codes = codes(&mut line)?;
                line.keyword("skip")?;
                expected.skip = Some(Skip { codes });
                continue;
            }
            other => {
                let what = format!("`{other}` says nothing about a reply");
                return Err(Fault::new(at, what).one_of(other, REST));
            }
        }
        line.word("a word")?;
    }
    names.add(REPLY);
    Ok(StepKind::Expect(expected))
}

/// `226`, `2xx|331`, `not 5xx`
pub(super) fn codes(line: &mut Line) -> Result<Codes, Fault> {
    let not = line.take("not");
    let mut any_of = Vec::new();
    loop {
        const HINT: &str = "expected three digits such as 226, a class such as 5xx, or `any`";
        let column = line.column();
        let word = line
            .word("a reply code")
            .map_err(|fault| fault.hint(HINT))?;
        let code = CodePattern::parse(&word)
            .ok_or_else(|| Fault::new(column, format!("`{word}` is no reply code")).hint(HINT))?;
        if not && code.0 == [None; 3] {
            return Err(Fault::new(column, "no reply can be `not any`").hint(
                "expected codes that may not come, such as `not 5xx`, or `nothing within 1 s`",
            ));
        }
        any_of.push(code);
        if !line.take("|") {
            return Ok(Codes { not, any_of });
        }
    }
}

/// Patterns, as many as there are.
pub(super) fn patterns(line: &mut Line, names: &mut Names) -> Result<Vec<Pattern>, Fault> {
    let mut patterns = Vec::new();
    while let Some(pattern) = pattern(line, names)? {
        patterns.push(pattern);
    }
    Ok(patterns)
}

/// `"text"`, `/regex/`, `has "text"`, `no "text"` or `no /regex/`, when one is next.
pub(super) fn pattern(line: &mut Line, names: &mut Names) -> Result<Option<Pattern>, Fault> {
    let found = held(line, names)?;
    if let Some(Pattern::Matches(regex)) = &found {
        names.add_groups(regex);
    }
    Ok(found)
}

/// The same where nothing can use what its groups caught.
pub(super) fn held(line: &mut Line, names: &mut Names) -> Result<Option<Pattern>, Fault> {
    let column = line.column();
    let not = line.take("no");
    let has = !not && line.take("has");
    if let Some(regex) = line.regex() {
        names.count_regex(column)?;
        return Ok(Some(if not {
            Pattern::MatchesNot(regex)
        } else {
            Pattern::Matches(regex)
        }));
    }
    if line.is_text() {
        let text = line.value("a text")?;
        names.check(&text, column)?;
        return Ok(Some(if not {
            Pattern::HasNot(text)
        } else {
            Pattern::Has(text)
        }));
    }
    if not || has {
        return Err(line
            .fault("nothing to look for")
            .hint("expected a text in quotes or a regular expression between slashes"));
    }
    Ok(None)
}
