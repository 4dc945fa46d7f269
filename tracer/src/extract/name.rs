//! Names for files that a capture brings: nobody may choose where they go or what they replace.

/// Longest name, in bytes; file systems take 255, and a suffix may follow.
const LIMIT: usize = 200;

/// A name without a path, control characters or a leading dot, made from a command's argument.
/// `None` when nothing is left.
pub(super) fn safe(argument: &[u8]) -> Option<String> {
    let last = argument
        .rsplit(|&byte| matches!(byte, b'/' | b'\\' | 0))
        .find(|part| !part.is_empty())?;
    let mut name = String::new();
    for c in String::from_utf8_lossy(last).chars() {
        let steers = matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        );
        let c = if c.is_control() || steers || c == char::REPLACEMENT_CHARACTER {
            '_'
        } else {
            c
        };
        if name.len() + c.len_utf8() > LIMIT {
            break;
        }
        name.push(c);
    }
    if name.starts_with('.') {
        name.replace_range(..1, "_");
    }
    (!name.trim().is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LIMIT, safe};

    #[test]
    fn only_the_last_part_is_kept_and_it_hides_nothing() {
        let name = |argument: &[u8]| safe(argument);
        assert_eq!(name(b"/etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(name(b"..\\..\\boot.ini").as_deref(), Some("boot.ini"));
        assert_eq!(name(b"a/../..").as_deref(), Some("_."));
        assert_eq!(name(b".bashrc").as_deref(), Some("_bashrc"));
        assert_eq!(name(b"a\x1b[2Jb").as_deref(), Some("a_[2Jb"));
        assert_eq!(name(b"dir/").as_deref(), Some("dir"));
        assert_eq!(name(b"//"), None);
    }

    proptest! {
        #[test]
        fn any_argument_makes_a_name_or_none(argument: Vec<u8>) {
            if let Some(name) = safe(&argument) {
                prop_assert!(!name.contains(['/', '\\', '\0']) && !name.starts_with('.'));
                prop_assert!(name.len() <= LIMIT && !name.chars().any(char::is_control));
            }
        }
    }
}
