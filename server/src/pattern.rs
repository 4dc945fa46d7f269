//! Names chosen by a pattern, in LIST and NLST.

/// Whether `argument` asks for a choice of names.
pub(crate) fn is_pattern(argument: &[u8]) -> bool {
    argument
        .iter()
        .any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

/// Whether `name` matches a pattern of `*`, `?` and `[a-z]`. Takes time in proportion to the product of
/// their lengths at worst. A leading dot must be asked for.
pub(crate) fn matches(pattern: &[u8], name: &[u8]) -> bool {
    if name.starts_with(b".") && !pattern.starts_with(b".") {
        return false;
    }
    let (mut p, mut n) = (0, 0);
    // Where to try again: after the last `*`, with one more byte of the name given to it.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(p), name.get(n)) {
            (Some(b'*'), _) => {
                retry = Some((p + 1, n));
                p += 1;
            }
            (None, None) => return true,
            (Some(_), Some(&byte)) if let Some(next) = one(pattern, p, byte) => {
                (p, n) = (next, n + 1);
            }
            _ => match retry {
                Some((after_star, given)) if given < name.len() => {
                    retry = Some((after_star, given + 1));
                    (p, n) = (after_star, given + 1);
                }
                _ => return false,
            },
        }
    }
}

/// Where the pattern goes on behind what stands for one byte at `at`, if that matches `byte`.
fn one(pattern: &[u8], at: usize, byte: u8) -> Option<usize> {
    let rest = pattern.get(at..)?;
    match rest {
        [b'?', ..] => Some(at + 1),
        [b'[', set @ ..] if let Some((is_in, length)) = in_set(set, byte) => {
            is_in.then_some(at + 1 + length)
        }
        [literal, ..] => (*literal == byte).then_some(at + 1),
        [] => None,
    }
}

/// Whether `byte` is in the set that begins behind its `[`, and the length with the `]`; nothing
/// when it does not end, for then the `[` stands for itself. `[!a]` and `[^a]` are all but `a`,
/// and a `]` in front is in the set.
fn in_set(set: &[u8], byte: u8) -> Option<(bool, usize)> {
    let is_negated = matches!(set.first(), Some(b'!' | b'^'));
    let start = usize::from(is_negated);
    let length = set.iter().skip(start + 1).position(|&byte| byte == b']')? + 1;
    let mut members = set.get(start..start + length)?;
    let mut is_in = false;
    while let [first, after @ ..] = members {
        if let [b'-', last, after @ ..] = after {
            is_in |= (*first..=*last).contains(&byte);
            members = after;
        } else {
            is_in |= *first == byte;
            members = after;
        }
    }
    Some((is_in != is_negated, start + length + 1))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "abc", true),
            ("*", "", true),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("?", "", false),
            ("*.t?t", "a.b.txt", true),
            ("a**b", "ab", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("x[34].txt", "x3.txt", true),
            ("x[34].txt", "x5.txt", false),
            ("[a-c]*[!0-9]", "b12x", true),
            ("[a-c]*[!0-9]", "b12", false),
            ("[^a]", "b", true),
            ("[]a]", "]", true),
            ("[a-]", "-", true),
            ("[a", "[a", true),
            ("[]", "[]", true),
            ("*[z]", "abcz", true),
            ("[", "x", false),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(!matches(&b"a*".repeat(1000), &b"a".repeat(999)));
    }
}
