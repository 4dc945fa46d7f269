//! Scenarios with one thing wrong in them, and what `ftplab run` says of it.

use std::fs;

use crate::{assert_code, finish, ftplab, said};

/// What is said of `scenario` with `wrong` in place of the first `right`, which must be refused
/// before anything is played, at a place of the file.
pub fn refused(scenario: &str, right: &str, wrong: &str) -> String {
    assert!(scenario.contains(right), "{right}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.ftp");
    fs::write(&file, scenario.replacen(right, wrong, 1)).unwrap();
    let output = finish(ftplab().arg("run").arg(&file));
    assert_code(&output, 2);
    let said = said(&output);
    assert!(said.contains(&format!("{}:", file.display())), "{said}");
    said
}

/// The words that could stand in place of `word` in `context`, as the hint has them.
pub fn words_for(scenario: &str, context: &str, word: &str) -> Vec<String> {
    // What no word is like gets all words as the hint.
    const NONE: &str = "qqqqqqqqqqqqqqqq";
    let wrong = context.replacen(word, NONE, 1);
    assert!(wrong.contains(NONE), "{context}: {word}");
    let said = refused(scenario, context, &wrong);
    let (_, hint) = said
        .split_once("^ expected ")
        .unwrap_or_else(|| panic!("no hint with all words: {said}"));
    let words = hint.split('`').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}
