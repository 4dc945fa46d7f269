//! Passwords that were typed into a URL are not repeated in a message, where a log or somebody
//! beside the screen could read them.

/// What stands for a password.
const MASK: &str = "****";

/// `text` without the passwords that are in the words of the command line.
pub(crate) fn hidden(text: String) -> String {
    let words = std::env::args_os();
    let words: Vec<_> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    hidden_from(text, words.iter().map(String::as_str))
}

/// A word of the command line without the password that is in it: before it is quoted, after
/// which nobody would find it again.
pub(crate) fn masked(word: &str) -> String {
    hidden_from(word.to_owned(), [word].into_iter())
}

/// `text` without the passwords that are in `words`.
pub(crate) fn hidden_from<'a>(text: String, words: impl Iterator<Item = &'a str>) -> String {
    words
        .filter_map(credentials)
        .fold(text, |text, (whole, user)| {
            let masked = format!("{user}:{MASK}@");
            // As it was typed, and as an error that quotes it has it.
            text.replace(whole, &masked)
                .replace(&whole.escape_debug().to_string(), &masked)
        })
}

/// The `USER:PASSWORD@` in a word that is, or should have been, a URL, and its user. It may not
/// have become a URL just for a character that the password should not have, so all up to the
/// last @ is the password's.
fn credentials(word: &str) -> Option<(&str, &str)> {
    let start = word.find("://").map_or(0, |at| at + "://".len());
    let rest = &word[start..];
    let whole = &rest[..=rest.rfind('@')?];
    let (user, secret) = whole.split_once(':')?;
    (!user.contains('/') && secret.len() > 1).then_some((whole, user))
}

#[cfg(test)]
mod tests {
    use super::hidden_from;

    #[test]
    fn a_password_is_hidden_however_it_was_mistyped() {
        for (word, shown) in [
            ("ftp://ann:secret@h:99999/", "ftp://ann:****@h:99999/"),
            ("ftp://ann:se/cr@et@h/a", "ftp://ann:****@h/a"),
            ("ann:secret@h/a", "ann:****@h/a"),
            ("--x=ftp://ann:secret@h", "--x=ftp://ann:****@h"),
            ("http://:secret@h/", "http://:****@h/"),
            ("ftp://ann@h:21/a", "ftp://ann@h:21/a"),
            // A path is taken for a password rather than the other way round.
            ("ftp://h:21/a@b", "ftp://h:****@b"),
            ("ftp://ann:@h/", "ftp://ann:@h/"),
        ] {
            let text = format!("'{word}': wrong");
            let expected = format!("'{shown}': wrong");
            assert_eq!(hidden_from(text, [word].into_iter()), expected);
        }
        let quoted = format!("{:?}", "ann:a\"b@h");
        assert_eq!(
            hidden_from(quoted, ["ann:a\"b@h"].into_iter()),
            "\"ann:****@h\""
        );
    }
}
