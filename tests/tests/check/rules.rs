//! Each script rests on a rule that there is: every section that is named is one of its RFC

use std::path::Path;

use super::scripts;

/// The numbered sections of the RFCs that scripts rest on, as their tables of contents have them,
/// and where those leave out what lies deeper, as their headings do. `4.1.2.1-13` are thirteen.
/// An RFC whose sections have no numbers has none.
const SECTIONS: &[(u32, &str)] = &[
    (
        959,
        "1 2 2.1-3 3 3.1 3.1.1 3.1.1.1-5 3.1.1.5.1-2 3.1.2 3.1.2.1-3 3.2 3.3 3.4 3.4.1-3 3.5 \
         4 4.1 4.1.1-3 4.2 4.2.1-2 5 5.1-4 5.3.1-2 6 7 8",
    ),
    (1123, "1.2.2 4.1 4.1.1-5 4.1.2.1-13 4.1.3.1-4 4.1.4.1-4"),
    (1635, ""),
    (2228, "1-11 5.1-2 8.1-2"),
    (2389, "1-6 2.1-2 3.1-3"),
    (2428, "1-6"),
    (2577, "1-11"),
    (2640, "1-9 1.1 2.1-2 3.1-3 4.1-3 4.3.1"),
    (
        3659,
        "1-12 2.1-5 2.2.1-2 3.1-4 4.1-4 5.1-5 6.1-5 7.1-9 7.2.1 7.3.1 7.5.1-10 7.5.1.1-6 \
         7.6.1-2 7.7.1-11 7.8.1 7.9.1-2 10.1-2",
    ),
    (
        4217,
        "1-21 4.1-2 10.1-4 11.1-3 12.1-5 15.1-3 15.1.1-2 15.2.1-7 21.1-2",
    ),
    // Transport Layer Security 1.2 and 1.3: how it ends.
    (5246, "7.2.1"),
    (8446, "6.1"),
];

/// The parts of RFC 959 behind its sections.
const APPENDICES: &[&str] = &["I", "II", "III"];

/// Whether there is such a rule.
fn exists(rule: &str) -> bool {
    let words: Vec<&str> = rule.split(' ').collect();
    match words.as_slice() {
        ["RFC", number, rest @ ..] => {
            let Ok(number) = number.parse::<u32>() else {
                return false;
            };
            let Some((_, sections)) = SECTIONS.iter().find(|(rfc, _)| *rfc == number) else {
                return false;
            };
            match rest {
                [] => sections.is_empty(),
                ["section", section] => {
                    let mut all = sections.split_whitespace();
                    all.any(|listed| covers(listed, section))
                }
                ["appendix", appendix] => number == 959 && APPENDICES.contains(appendix),
                _ => false,
            }
        }
        // Drafts have no number that would stay; advisories and kinds of weaknesses have no sections.
        [draft, "section", section] => {
            draft.starts_with("draft-") && section.parse::<u32>().is_ok()
        }
        [known] => known.starts_with("CVE-") || known.starts_with("CWE-"),
        _ => false,
    }
}

/// Whether `3.1`, or the row of sections `3.1-4`, has this section.
fn covers(listed: &str, section: &str) -> bool {
    let Some((first, last)) = listed.split_once('-') else {
        return listed == section;
    };
    let split = |text: &str| {
        let (parent, number) = text.rsplit_once('.').unwrap_or(("", text));
        number
            .parse::<u32>()
            .ok()
            .map(|number| (parent.to_owned(), number))
    };
    let (Some((parent, from)), Some((of, number))) = (split(first), split(section)) else {
        return false;
    };
    let to: u32 = last.parse().unwrap();
    parent == of
        && (from..=to).contains(&number)
        && format!("{number}") == section.rsplit('.').next().unwrap()
}

/// The rules of all scripts below a folder, each with its file.
fn rules(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rules(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("rule: "));
        let file = path.display().to_string();
        found.extend(lines.map(|rule| (file.clone(), rule.to_owned())));
    }
}

#[test]
fn every_section_is_one_of_its_rfc() {
    let mut found = Vec::new();
    rules(&scripts(), &mut found);
    assert!(found.len() > 370, "{}", found.len());
    let wrong: Vec<_> = found.iter().filter(|(_, rule)| !exists(rule)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sections_that_there_are_not_are_refused() {
    for rule in [
        "RFC 959 section 4.3",
        "RFC 959 section 4.1.4",
        "RFC 959 section 3.1.1.6",
        "RFC 959 section 5.04",
        "RFC 959",
        "RFC 959 appendix IV",
        "RFC 1123 section 4.1.2.14",
        "RFC 1635 section 3",
        "RFC 2389 section 7",
        "RFC 2428 section 3.1",
        "RFC 2577 section 12",
        "RFC 3659 section 7.10",
        "RFC 3659 section 7.5.11",
        "RFC 4217 section 22",
        "RFC 4217 section 15.4",
        "RFC 9999 section 1",
        "RFC 959 sections 4.1 and 4.2",
        "draft-ietf-ftpext-utf-8-option-00",
        "somewhere",
    ] {
        assert!(!exists(rule), "{rule}");
    }
    for rule in [
        "RFC 959 section 5.4",
        "RFC 959 section 3.1.1.5.2",
        "RFC 959 appendix II",
        "RFC 1123 section 4.1.2.13",
        "RFC 1635",
        "RFC 3659 section 12",
        "RFC 4217 section 15.2.7",
    ] {
        assert!(exists(rule), "{rule}");
    }
}
