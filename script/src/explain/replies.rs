//! Replies and patterns in words.

use super::limit;
use crate::codes::{CodePattern, Codes, Lines, Pattern, ReplyExpected};

pub(super) fn reply(expected: &ReplyExpected) -> String {
    let ReplyExpected {
        codes: wanted,
        lines,
        patterns: held,
        within,
        or_closed,
        or_nothing,
        skip,
    } = expected;
    let lines = match lines {
        Lines::Any => "",
        Lines::Single => " in one line",
        Lines::Multi => " in several lines",
    };
    let mut told = format!(
        "the server replies {}{lines}{}{}",
        codes(wanted),
        patterns(held),
        limit(*within)
    );
    if *or_closed {
        told += ", or closes the connection";
    }
    if *or_nothing {
        told += ", or says nothing";
    }
    if let Some(skip) = skip {
        told += &format!("; with {} there is no verdict", codes(&skip.codes));
    }
    told
}

pub(super) fn codes(codes: &Codes) -> String {
    let each = |code: &CodePattern| match code.0 {
        [None, None, None] => "anything".to_owned(),
        [Some(1), None, None] => "1xx (begun)".to_owned(),
        [Some(2), None, None] => "2xx (done)".to_owned(),
        [Some(3), None, None] => "3xx (go on)".to_owned(),
        [Some(4), None, None] => "4xx (not now)".to_owned(),
        [Some(5), None, None] => "5xx (no)".to_owned(),
        _ => code.to_string(),
    };
    let list: Vec<String> = codes.any_of.iter().map(each).collect();
    if codes.not {
        format!("anything but {}", list.join(" and "))
    } else {
        list.join(" or ")
    }
}

pub(super) fn patterns(patterns: &[Pattern]) -> String {
    let mut told = String::new();
    for held in patterns {
        told += ", ";
        told += &pattern(held);
    }
    told
}

pub(super) fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Has(text) => format!("with `{text}` in it"),
        Pattern::HasNot(text) => format!("without `{text}` in it"),
        Pattern::Matches(regex) => format!("with a match of /{regex}/"),
        Pattern::MatchesNot(regex) => format!("without a match of /{regex}/"),
    }
}
