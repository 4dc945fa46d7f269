//! The maps of files in ARCHITECTURE.md: each file with the first sentence of its documentation.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use ftplab_tests::repository;

/// The column at which the sentences begin.
const COLUMN: usize = 24;

/// The map of a folder, given relative to the root of the repository.
pub(crate) fn of(folder: &str) -> String {
    let mut map = format!("{folder}/\n");
    list(&repository().join(folder), 1, &mut map);
    map
}

fn list(folder: &Path, depth: usize, map: &mut String) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| holds_source(path))
        .collect();
    // What holds the others together first, then files, then folders.
    entries.sort_by_key(|path| {
        let name = path.file_name().unwrap().to_owned();
        let root = name == "lib.rs" || name == "main.rs";
        (!root, path.is_dir(), name)
    });
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        // A folder's own file speaks for the folder.
        let of_folder = name == "mod.rs" || (name == "main.rs" && depth > 1);
        if of_folder || name.ends_with("tests.rs") {
            continue;
        }
        let (name, file) = if path.is_dir() {
            let own = ["mod.rs", "main.rs"].map(|own| path.join(own));
            (
                format!("{name}/"),
                own.into_iter().find(|own| own.is_file()),
            )
        } else {
            (name.to_owned(), Some(path.clone()))
        };
        let start = format!("{}{name}", "  ".repeat(depth));
        let sentence = file.map(|file| first_sentence(&file)).unwrap_or_default();
        let line = format!("{start:<COLUMN$}{sentence}");
        writeln!(map, "{}", line.trim_end()).unwrap();
        if path.is_dir() {
            list(&path, depth + 1, map);
        }
    }
}

/// Whether it is a source file, or a folder with one in it.
fn holds_source(path: &Path) -> bool {
    if path.is_dir() {
        let mut entries = fs::read_dir(path).unwrap();
        return entries.any(|entry| holds_source(&entry.unwrap().path()));
    }
    path.extension().is_some_and(|end| end == "rs")
}

fn first_sentence(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let paragraph: Vec<&str> = text
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    assert!(
        !paragraph.is_empty(),
        "{}: no //! at its start",
        file.display()
    );
    let paragraph = paragraph.join(" ");
    let sentence = paragraph.split(". ").next().unwrap_or_default();
    sentence.trim_end_matches(['.', '。', ':']).to_owned()
}
