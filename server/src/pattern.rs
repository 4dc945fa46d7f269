//! Names chosen by a pattern, in LIST and NLST.

/// A pattern of `*`, `?` and sets such as `[a-z]`, taken apart once for all names.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Byte(u8),
    Any,
    Many,
    /// A bit for each byte.
    Set(Box<[u128; 2]>),
}

impl Pattern {
    /// `[!a]` and `[^a]` are all but `a`, and a `]` in front is in the set. A `[` that no `]`
    /// closes stands for itself.
    fn new(text: &[u8]) -> Self {
        let last = text.iter().rposition(|&byte| byte == b']').unwrap_or(0);
        let mut parts = Vec::new();
        let mut at = 0;
        while let Some(&byte) = text.get(at) {
            let set = (byte == b'[' && at < last)
                .then(|| set(&text[at + 1..]))
                .flatten();
            let (part, length) = match (byte, set) {
                (_, Some((set, length))) => (Part::Set(Box::new(set)), length + 1),
                (b'*', None) => (Part::Many, 1),
                (b'?', None) => (Part::Any, 1),
                (byte, None) => (Part::Byte(byte), 1),
            };
            parts.push(part);
            at += length;
        }
        Self(parts)
    }

    /// The pattern that `text` is, if it asks for a choice of names rather than for one.
    pub(crate) fn choice(text: &[u8]) -> Option<Self> {
        let pattern = Self::new(text);
        let is_choice = pattern.0.iter().any(|part| !matches!(part, Part::Byte(_)));
        is_choice.then_some(pattern)
    }

    /// Whether `name` matches. Takes time in proportion to the product of their lengths at worst.
    /// A leading dot must be asked for.
    pub(crate) fn matches(&self, name: &[u8]) -> bool {
        let parts = &self.0;
        if name.starts_with(b".") && parts.first() != Some(&Part::Byte(b'.')) {
            return false;
        }
        let (mut p, mut n) = (0, 0);
        // Where to try again: after the last `*`, with one more byte of the name given to it.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (parts.get(p), name.get(n)) {
                (Some(Part::Many), _) => {
                    retry = Some((p + 1, n));
                    p += 1;
                }
                (None, None) => return true,
                (Some(part), Some(&byte)) if part.is(byte) => (p, n) = (p + 1, n + 1),
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
}

impl Part {
    /// Whether it stands for this byte.
    fn is(&self, byte: u8) -> bool {
        match self {
            Self::Byte(wanted) => *wanted == byte,
            Self::Any => true,
            Self::Many => false,
            Self::Set(set) => set[usize::from(byte >> 7)] >> (byte & 0x7f) & 1 == 1,
        }
    }
}

/// The set that begins behind its `[`, and the length with the `]`; nothing when it does not end.
fn set(text: &[u8]) -> Option<([u128; 2], usize)> {
    let is_negated = matches!(text.first(), Some(b'!' | b'^'));
    let start = usize::from(is_negated);
    let length = text.iter().skip(start + 1).position(|&byte| byte == b']')? + 1;
    let mut members = text.get(start..start + length)?;
    let mut set = [0_u128; 2];
    while let [first, after @ ..] = members {
        let last = if let [b'-', last, after @ ..] = after {
            members = after;
            last
        } else {
            members = after;
            first
        };
        for byte in *first..=*last {
            set[usize::from(byte >> 7)] |= 1 << (byte & 0x7f);
        }
    }
    let set = if is_negated {
        set.map(|half| !half)
    } else {
        set
    };
    Some((set, start + length + 1))
}

#[cfg(test)]
mod tests {
    use super::Pattern;

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
            ("[\u{e9}-\u{ff}]", "\u{e9}", false),
        ] {
            assert_eq!(
                Pattern::new(pattern.as_bytes()).matches(name.as_bytes()),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(Pattern::choice(b"x[1").is_none() && Pattern::choice(b"x[1]").is_some());
        assert!(!Pattern::new(&b"a*".repeat(1000)).matches(&b"a".repeat(999)));
        // Neither is read again for every byte.
        for sets in [&b"["[..], b"[]", b"[^"] {
            let pattern = [b"*", &sets.repeat(50_000)[..], b"x"].concat();
            assert!(!Pattern::new(&pattern).matches(&b"[".repeat(2000)));
        }
    }
}
