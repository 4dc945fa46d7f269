//! What a line of a script expects, with what its variables stand for.

use script::{Pattern, StepKind, Variables, step_in_words};

use crate::check::shown::brief;

/// How much of a value is shown.
const SHOWN: usize = 100;
/// Their values are shown nowhere.
const SECRET: [&str; 2] = ["password", "second_password"];

/// A line in words, with the values of its variables.
pub(super) fn expected(kind: &StepKind, variables: &Variables) -> String {
    let words = step_in_words(kind);
    // In a regular expression a `$` is no variable.
    if has_regex(kind) {
        return words;
    }
    with_values(&words, variables)
}

fn has_regex(kind: &StepKind) -> bool {
    match kind {
        StepKind::Expect(expected) => expected
            .patterns
            .iter()
            .any(|pattern| matches!(pattern, Pattern::Matches(_) | Pattern::MatchesNot(_))),
        StepKind::Data { .. } | StepKind::Then(_) => step_in_words(kind).contains("match of /"),
        _ => false,
    }
}

/// `$name` is what the variable holds, when it holds something; `$$` is a dollar sign.
fn with_values(words: &str, variables: &Variables) -> String {
    let mut told = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, behind)) = rest.split_once('$') {
        told += before;
        if let Some(after) = behind.strip_prefix('$') {
            told += "$$";
            rest = after;
            continue;
        }
        let length = behind
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            .count();
        let (name, after) = behind.split_at_checked(length).unwrap_or((behind, ""));
        match variables.get(name).filter(|_| !SECRET.contains(&name)) {
            Some(value) => told += &brief(value, SHOWN),
            None => told += &format!("${name}"),
        }
        rest = after;
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use script::Variables;

    use super::with_values;

    #[test]
    fn variables_are_told_by_their_values() {
        let pairs = [("port", "20"), ("password", "x")];
        let variables: Variables = pairs
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .into();
        let told = with_values("from $port, $ports, $$port $password, $", &variables);
        assert_eq!(told, "from 20, $ports, $$port $password, $");
    }
}
