use std::collections::BTreeSet;
use std::path::Path;

use super::{Evidence, Item, items};
use crate::scenario;

/// How many items each article has.
const COUNTS: [(&str, u32); 6] = [
    ("S0", 73),
    ("S1", 42),
    ("S2", 35),
    ("S3", 24),
    ("S4", 22),
    ("G", 10),
];

/// Those in which an article is wrong, from and to.
const ERRATA: [(&str, u32, u32); 9] = [
    ("S0", 66, 73),
    ("S1", 23, 23),
    ("S1", 25, 25),
    ("S1", 28, 28),
    ("S1", 32, 32),
    ("S1", 38, 38),
    ("S1", 41, 42),
    ("S2", 21, 34),
    ("S3", 17, 23),
];

/// And the last article's.
const LAST: (&str, u32, u32) = ("S4", 11, 21);

fn all() -> Vec<Item> {
    items().unwrap_or_else(|failure| panic!("{}", failure.message()))
}

#[test]
fn every_item_is_there_once_and_in_order() {
    let expected = COUNTS
        .iter()
        .flat_map(|(article, count)| (1..=*count).map(move |number| format!("{article}-{number}")));
    let found: Vec<String> = all().into_iter().map(|item| item.name).collect();
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn every_erratum_has_its_verdict_and_nothing_else_has() {
    let expected: BTreeSet<String> = ERRATA
        .iter()
        .chain([&LAST])
        .flat_map(|(article, first, last)| {
            (*first..=*last).map(move |number| format!("{article}-{number}"))
        })
        .collect();
    assert_eq!(expected.len(), 47);
    for item in all() {
        let name = &item.name;
        assert_eq!(item.is_erratum(), expected.contains(name), "{name}");
        for words in [&item.claim, &item.right] {
            assert_eq!(words.is_some(), item.is_erratum(), "{name}");
            let Some(words) = words else { continue };
            let chinese = words
                .zh
                .chars()
                .any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
            assert!(chinese && !words.en.is_empty(), "{name}");
        }
    }
}

#[test]
fn every_scenario_and_file_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for item in all() {
        let name = &item.name;
        assert!(!item.about.is_empty(), "{name}");
        assert!(!item.shown.is_empty() || item.why.is_some(), "{name}");
        for evidence in &item.shown {
            match evidence {
                Evidence::Run { run, .. } => {
                    assert!(scenario::named(run).is_some(), "{name}: no scenario {run}");
                }
                Evidence::Trace { trace: file, .. } | Evidence::Test { test: file } => {
                    assert!(root.join(file).is_file(), "{name}: no {file}");
                }
                Evidence::Command { command } => {
                    assert!(command.starts_with("ftplab "), "{name}: {command}");
                }
            }
        }
    }
}
