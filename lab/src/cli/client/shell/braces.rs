//! `{a,b}` in patterns for files here, as a shell has it.

/// More alternatives than this are not made of one pattern: `{a,b}{a,b}…` doubles with each.
const MAX_ALTERNATIVES: usize = 1000;

/// The patterns without braces that `pattern` stands for; a brace without its fellow, or without a
/// comma within, is a character like others.
pub(super) fn alternatives(pattern: &str) -> Vec<String> {
    let mut open = vec![pattern.to_owned()];
    let mut done = Vec::new();
    while let Some(pattern) = open.pop() {
        match group(&pattern) {
            Some((before, choices, after))
                if open.len() + done.len() + choices.len() <= MAX_ALTERNATIVES =>
            {
                let whole = |choice: &&str| [before, choice, after].concat();
                open.extend(choices.iter().rev().map(whole));
            }
            _ => done.push(pattern),
        }
    }
    done
}

/// The first group with a comma: what is before it, its choices, and what is after it.
fn group(pattern: &str) -> Option<(&str, Vec<&str>, &str)> {
    pattern.match_indices('{').find_map(|(start, _)| {
        let inner = &pattern[start + 1..];
        let (mut depth, mut from, mut choices) = (0_usize, 0, Vec::new());
        for (at, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' if depth == 0 => {
                    choices.push(&inner[from..at]);
                    from = at + 1;
                }
                '}' if choices.is_empty() => return None,
                '}' => {
                    choices.push(&inner[from..at]);
                    return Some((&pattern[..start], choices, &inner[at + 1..]));
                }
                _ => {}
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::alternatives;

    #[test]
    fn braces_stand_for_their_choices() {
        for (pattern, all) in [
            ("a", &["a"][..]),
            ("{a,b}.txt", &["a.txt", "b.txt"]),
            ("x{a,b{c,d}}", &["xa", "xbc", "xbd"]),
            ("{a,}{1,2}", &["a1", "a2", "1", "2"]),
            ("d/{a/b,c}/*", &["d/a/b/*", "d/c/*"]),
            ("{a}", &["{a}"]),
            ("{a}{b,c}", &["{a}b", "{a}c"]),
            ("{a,b", &["{a,b"]),
            ("a,b}", &["a,b}"]),
        ] {
            assert_eq!(alternatives(pattern), all, "{pattern}");
        }
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        assert!(alternatives(&"{a,b}".repeat(100)).len() <= super::MAX_ALTERNATIVES);
    }
}
