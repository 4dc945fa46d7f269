//! Completion of commands, local and remote names.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use proto::EntryKind;
use rustyline::completion::{Completer, FilenameCompleter, Pair, Quote, escape, unescape};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};
use tokio::runtime::Runtime;

use super::commands::{COMMANDS, Words, meant};
use super::state::Shell;

/// How long a server may take to list a directory for a Tab.
const PATIENCE: Duration = Duration::from_secs(5);

/// Completes what stands before the cursor.
pub(super) struct Names {
    shell: Rc<RefCell<Shell>>,
    runtime: Rc<Runtime>,
    local: FilenameCompleter,
}

impl Names {
    pub(super) fn new(shell: Rc<RefCell<Shell>>, runtime: Rc<Runtime>) -> Self {
        Self {
            shell,
            runtime,
            local: FilenameCompleter::new(),
        }
    }

    /// The names in the server's directory `path` that can be typed.
    fn remote(&self, path: &str) -> Vec<(String, EntryKind)> {
        let Ok(mut shell) = self.shell.try_borrow_mut() else {
            return Vec::new();
        };
        let path = Some(path.as_bytes()).filter(|path| !path.is_empty());
        let listed = self.runtime.block_on(async {
            let session = shell.session().ok()?;
            Some(tokio::time::timeout(PATIENCE, session.entries(path)).await)
        });
        match listed {
            Some(Ok(Ok(entries))) => entries
                .into_iter()
                .filter_map(|entry| Some((String::from_utf8(entry.name).ok()?, entry.kind)))
                .filter(|(name, _)| !name.chars().any(char::is_control))
                .collect(),
            // A server that is slow is in the middle of a listing, which nobody waits for.
            Some(Err(_)) => {
                shell.lose();
                Vec::new()
            }
            // There is nothing to offer, and the command will say why.
            Some(Ok(Err(_))) | None => Vec::new(),
        }
    }
}

/// The word at the end of a line, as the shell will split it.
#[derive(Debug, PartialEq, Eq)]
struct LastWord {
    /// Where it begins, after its quote.
    start: usize,
    /// The quote that is still open.
    quote: Option<char>,
}

fn last_word(line: &str) -> LastWord {
    let (mut start, mut quote) = (0, None);
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        let next = at + c.len_utf8();
        match (c, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('"' | '\'', None) => (start, quote) = (next, Some(c)),
            (_, Some(open)) if c == open => quote = None,
            (_, None) if c.is_whitespace() => start = next,
            _ => {}
        }
    }
    LastWord { start, quote }
}

fn breaks(c: char) -> bool {
    c.is_whitespace() || c == '\\' || c == '"' || c == '\''
}

impl Completer for Names {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        pos: usize,
        context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let last = last_word(line.get(..pos).unwrap_or_default());
        let (start, quoted) = (last.start, last.quote);
        let word = line.get(start..pos).unwrap_or_default();
        let before = line.get(..start).unwrap_or_default();
        let words = match before.split_whitespace().next() {
            None => Words::Commands,
            Some(name) if name.starts_with('!') => Words::Local,
            Some(name) => meant(name).map_or(Words::Nothing, |command| command.words),
        };
        let is_first = || {
            let done = line.get(..start - usize::from(quoted.is_some()));
            shell_words::split(done.unwrap_or_default()).is_ok_and(|words| words.len() == 1)
        };
        let words = match words {
            Words::RemoteLocal | Words::LocalRemote
                if (words == Words::RemoteLocal) == is_first() =>
            {
                Words::Remote
            }
            Words::RemoteLocal | Words::LocalRemote => Words::Local,
            words => words,
        };
        match words {
            Words::Nothing | Words::RemoteLocal | Words::LocalRemote => Ok((pos, Vec::new())),
            Words::Local => self.local.complete(line, pos, context),
            Words::Commands => {
                let names = COMMANDS.iter().flat_map(|command| command.names);
                let fitting = names.filter(|name| name.starts_with(word));
                Ok((
                    start,
                    fitting
                        .map(|name| pair((*name).to_owned(), (*name).to_owned()))
                        .collect(),
                ))
            }
            Words::Remote => {
                let typed = match quoted {
                    Some('\'') => word.into(),
                    _ => unescape(word, Some('\\')),
                };
                let (directory, prefix) = match typed.rfind('/') {
                    Some(at) => typed.split_at(at + 1),
                    None => ("", typed.as_ref()),
                };
                let mut pairs = Vec::new();
                for (name, kind) in self.remote(directory) {
                    if !name.starts_with(prefix) {
                        continue;
                    }
                    let slash = if kind == EntryKind::Directory {
                        "/"
                    } else {
                        ""
                    };
                    let whole = format!("{directory}{name}{slash}");
                    let escaped = match quoted {
                        // Nothing stands for a quote within its own kind.
                        Some('\'') if whole.contains('\'') => continue,
                        Some('\'') => whole,
                        Some(_) => escape(whole, Some('\\'), |c| "\"\\$`".contains(c), Quote::None),
                        // A # would begin a comment.
                        None => escape(whole, Some('\\'), |c| breaks(c) || c == '#', Quote::None),
                    };
                    pairs.push(pair(format!("{name}{slash}"), escaped));
                }
                pairs.sort_by(|a, b| a.display.cmp(&b.display));
                Ok((start, pairs))
            }
        }
    }
}

fn pair(display: String, replacement: String) -> Pair {
    Pair {
        display,
        replacement,
    }
}

impl Hinter for Names {
    type Hint = String;
}
impl Highlighter for Names {}
impl Validator for Names {}
impl Helper for Names {}

#[cfg(test)]
mod tests {
    use super::{LastWord, last_word};

    #[test]
    fn the_last_word_is_found() {
        for (line, start, quote) in [
            ("", 0, None),
            ("get", 0, None),
            ("get ", 4, None),
            ("get a\\ b", 4, None),
            ("get \\#", 4, None),
            ("get \"a b", 5, Some('"')),
            ("get 'a \"b", 5, Some('\'')),
            ("get \"a b\" c", 10, None),
            ("get \"a\\\"", 5, Some('"')),
            ("get 'a\\' b", 9, None),
        ] {
            assert_eq!(last_word(line), LastWord { start, quote }, "{line}");
        }
    }
}
