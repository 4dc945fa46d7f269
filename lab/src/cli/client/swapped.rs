//! Arguments in the wrong order: which is which, and the line that was meant.

use std::path::Path;

use crate::Failure;
use crate::secrets::masked;

/// Whether it has the form of a URL, and is no file that is called so.
pub(super) fn is_url(word: &str) -> bool {
    word.contains("://") && !Path::new(word).exists()
}

/// Whether a word before a URL is rather a place here than a URL without its scheme: it is there,
/// or its folder is, or it has the form of a path, or what would be the host is hardly one.
pub(super) fn is_place(word: &str) -> bool {
    let path = Path::new(word);
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let host = word.split('/').next().unwrap_or_default();
    let is_host = host.contains(['.', ':', '@']) || host == "localhost";
    !word.contains("://")
        && (!is_host
            || word.starts_with(['/', '.', '~'])
            || path.exists()
            || folder.is_some_and(Path::is_dir))
}

/// The failure that says what is wrong, and the command line with `word` as its last argument.
pub(super) fn belongs_last(what_is_wrong: &str, word: &str) -> Failure {
    let words = std::env::args_os().skip(1);
    let words = words.map(|word| word.to_string_lossy().into_owned());
    let line = moved_last(words.collect(), word);
    Failure::usage(format!("{what_is_wrong}\n  fix: ftplab {line}"))
}

fn moved_last(mut words: Vec<String>, word: &str) -> String {
    if let Some(at) = words.iter().position(|one| one == word) {
        let moved = words.remove(at);
        words.push(moved);
    }
    // Flags may still be before it: they stand anywhere.
    shell_words::join(words.iter().map(|word| masked(word)))
}

#[cfg(test)]
mod tests {
    use super::{is_place, moved_last};

    #[test]
    fn the_line_that_was_meant() {
        let words = ["put", "-r", "ftp://h/a b", "site"].map(str::to_owned);
        assert_eq!(
            moved_last(words.to_vec(), "ftp://h/a b"),
            "put -r site 'ftp://h/a b'"
        );
        for password in [
            "pa'ss",
            "pa ss",
            "pa\\ss",
            "pa$ss",
            "pa\"ss",
            "p'a\\ \"$s@s",
        ] {
            let url = format!("ftp://ann:{password}@h/x");
            let line = moved_last(["put", &url, "site"].map(str::to_owned).to_vec(), &url);
            assert_eq!(line, "put site 'ftp://ann:****@h/x'");
        }
    }

    #[test]
    fn a_place_is_told_from_a_url_without_a_scheme() {
        for (word, place) in [
            ("file", true),
            ("sub/", true),
            ("-", true),
            ("./a/b", true),
            ("/tmp/x", true),
            ("src/new.txt", true),
            ("out/new.txt", true),
            ("h.example/a", false),
            ("localhost/a", false),
            ("ann@h/a", false),
            ("ftp://h/a", false),
        ] {
            assert_eq!(is_place(word), place, "{word}");
        }
    }
}
