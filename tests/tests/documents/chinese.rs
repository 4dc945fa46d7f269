//! Chinese has its own punctuation: a colon, a comma, a semicolon or a parenthesis of half width
//! belongs to what is quoted, never to a sentence.

use std::fs;
use std::path::{Path, PathBuf};

use ftplab_tests::repository;

/// Marks that have a sister of full width.
const MARKS: [char; 5] = [':', ';', ',', '(', ')'];

#[test]
fn chinese_sentences_have_marks_of_full_width() {
    let mut wrong = Vec::new();
    let mut sentences = 0;
    for folder in [
        "tracer/src",
        "script/src",
        "lab/src",
        "lab/scenarios",
        "lab/articles",
    ] {
        for file in files(&repository().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            for sentence in texts(&file, &text) {
                if sentence.chars().any(is_han) {
                    sentences += 1;
                    wrong.extend(
                        half_width(&sentence).map(|at| format!("{}: {at}", file.display())),
                    );
                }
            }
        }
    }
    assert!(sentences > 500, "{sentences}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_mark_of_half_width_is_found() {
    let wrong = [
        "路由器: 从",
        "端口 {port}: ",
        "从(现在)起",
        "一,二",
        "一;二",
    ];
    for text in wrong {
        assert!(half_width(text).next().is_some(), "{text}");
    }
    for text in ["12:30 以后", "地址 10.0.0.1:21", "命令 PORT 10,0,0,1,4,1"] {
        assert_eq!(half_width(text).next(), None);
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// The texts in a file that may be Chinese: strings of a program, lines of a scenario, the Chinese
/// texts about an article.
fn texts(file: &Path, text: &str) -> Vec<String> {
    match file.extension().and_then(|kind| kind.to_str()) {
        Some("rs") => strings(text),
        Some("ftp") => text
            .lines()
            .filter_map(|line| line.split_once("zh: "))
            .map(|(_, told)| told.to_owned())
            .collect(),
        Some("json") => chinese(&serde_json::from_str(text).unwrap()),
        _ => Vec::new(),
    }
}

/// The values of all fields whose name is `zh`.
fn chinese(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::Array(values) => values.iter().flat_map(chinese).collect(),
        serde_json::Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(text) if name == "zh" => vec![text.to_owned()],
                _ => chinese(value),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The string literals of a program, each on one line; comments have none.
fn strings(program: &str) -> Vec<String> {
    let code: Vec<_> = program
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n").replace("'\"'", "' '");
    let mut strings = Vec::new();
    let mut rest = code.chars();
    while rest.any(|character| character == '"') {
        let mut string = String::new();
        while let Some(character) = rest.next() {
            match character {
                '"' => break,
                '\\' => match rest.next() {
                    Some('\n') => rest = rest.as_str().trim_start().chars(),
                    Some(escaped) => string.push(escaped),
                    None => break,
                },
                _ => string.push(character),
            }
        }
        strings.push(string);
    }
    strings
}

/// Where a text has a mark of half width beside a Han character, or at the end of a part.
fn half_width(text: &str) -> impl Iterator<Item = String> {
    let plain = without_values(text);
    let mut wrong = Vec::new();
    for (at, mark) in plain
        .char_indices()
        .filter(|(_, mark)| MARKS.contains(mark))
    {
        let (before, after) = (&plain[..at], &plain[at + 1..]);
        let han = |beside: Option<char>| beside.is_some_and(is_han);
        let beside =
            han(before.trim_end().chars().next_back()) || han(after.trim_start().chars().next());
        let ends = !"()".contains(mark) && (after.is_empty() || after.starts_with(' '));
        if beside || ends {
            wrong.push(text.to_owned());
        }
    }
    wrong.into_iter()
}

/// A text with a letter for each value that is put into it.
fn without_values(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, value)) = rest.split_once('{') {
        plain.push_str(before);
        plain.push('x');
        rest = value.split_once('}').map_or("", |(_, after)| after);
    }
    plain + rest
}

fn is_han(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character)
}
