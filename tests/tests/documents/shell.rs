//! The little of a shell's language that the documents use.

/// The words of a simple command; quotes hold words together.
pub(crate) fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in command.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    assert_eq!(quote, None, "{command}: a quote has no end");
    words.extend(word);
    words
}

/// The simple commands of a line, without its comment.
fn commands(line: &str) -> Vec<String> {
    let mut commands = vec![String::new()];
    let mut quote = None;
    let mut before = ' ';
    for c in line.chars() {
        let plain = quote.is_none();
        match c {
            '\'' | '"' if plain => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            '#' if plain && before.is_whitespace() => break,
            '|' | ';' | '&' if plain => {
                commands.push(String::new());
                before = c;
                continue;
            }
            _ => {}
        }
        if let Some(command) = commands.last_mut() {
            command.push(c);
        }
        before = c;
    }
    commands
}

/// The arguments of each call of the program in a line.
pub(crate) fn calls(line: &str) -> Vec<Vec<String>> {
    commands(line)
        .iter()
        .filter_map(|command| {
            let words = words(command);
            let mut words = words.iter().map(String::as_str).peekable();
            while words
                .next_if(|word| *word == "sudo" || is_assignment(word))
                .is_some()
            {}
            let rest: Vec<String> = match words.next()? {
                "ftplab" => words.map(String::from).collect(),
                "cargo" if words.next() == Some("run") => {
                    let mut words = words.map(String::from);
                    let mut cargo = words.by_ref().take_while(|word| word != "--");
                    if cargo.any(|word| word == "--example") {
                        return None;
                    }
                    words.collect()
                }
                _ => return None,
            };
            Some(
                rest.into_iter()
                    .take_while(|word| !word.starts_with('>'))
                    .collect(),
            )
        })
        .collect()
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    })
}

#[test]
fn calls_are_found_in_a_line() {
    let found = calls("sudo A_B=c ftplab trace -i lo --json | jq 'a | b' # ftplab no");
    assert_eq!(found, [["trace", "-i", "lo", "--json"]]);
    let found = calls("cargo run --release -- run active; ftplab doctor > report.txt");
    assert_eq!(found, [&["run", "active"][..], &["doctor"]]);
}
