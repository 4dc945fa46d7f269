//! From text to a script.

mod data;
mod dialogue;
mod faults;
mod files;
mod header;
mod line;
mod names;
mod network;
mod packets;
mod scenario;
mod segment;
mod sense;
mod steps;
mod tasks;
mod verbs;

use crate::header::{Header, Plays};
use crate::network::Network;
use crate::script_error::{Fault, ScriptError};
use crate::step::Step;

use self::names::Names;

/// The longest script: 1 MiB.
pub const MAX_SCRIPT: usize = 1 << 20;
/// The most lines with a step.
pub const MAX_STEPS: usize = 10_000;
/// How deep blocks may lie in blocks.
const MAX_DEPTH: usize = 8;

/// A script that can be played.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its file, as the user named it.
    pub file: String,
    /// What it tests.
    pub header: Header,
    /// Where it plays, when it is a scenario.
    pub network: Option<Network>,
    /// What it does.
    pub steps: Vec<Step>,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// The first thing that cannot be meant, with its place and what was expected there.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, ScriptError> {
        Self::read(file, text).map_err(|errors| errors.0)
    }

    /// The same.
    ///
    /// # Errors
    /// All that cannot be meant, in the order of the lines: one thing where the head is not as it
    /// must be, at most 20 of the steps.
    pub fn parse_all(file: &str, text: &[u8]) -> Result<Self, Vec<ScriptError>> {
        Self::read(file, text).map_err(|errors| {
            let (first, mut others) = *errors;
            others.insert(0, first);
            others
        })
    }

    /// Reads a script, or gives its first error, and the others.
    fn read(file: &str, text: &[u8]) -> Result<Self, Box<(ScriptError, Vec<ScriptError>)>> {
        let alone = |error| Box::new((error, Vec::new()));
        let text = checked(file, text).map_err(alone)?;
        plain(file, text).map_err(alone)?;
        let mut source = Source::new(text);
        let placed = |fault: Fault, source: &Source<'_>| {
            fault.placed(file, source.number.max(1), source.line)
        };
        let header = header::read(&mut source).map_err(|fault| alone(placed(fault, &source)))?;
        let network = (header.plays == Plays::Lab)
            .then(|| network::read(&mut source))
            .transpose()
            .map_err(|fault| alone(placed(fault, &source)))?;
        let mut names = Names::new(header.plays);
        if let Some(network) = &network {
            names.know_network(network);
        }
        let mut count = 0;
        let read = steps::read(&mut source, &header, &mut names, &mut count, None);
        let mut errors = names.faults.placed(file);
        let steps = match read {
            Ok(steps) => steps,
            Err(fault) => {
                errors.push(placed(fault, &source));
                Vec::new()
            }
        };
        if !errors.is_empty() {
            let first = errors.remove(0);
            return Err(Box::new((first, errors)));
        }
        if steps.is_empty() {
            let fault = Fault::new(1, "the script does nothing");
            return Err(alone(placed(
                fault.hint("expected a step after the head"),
                &source,
            )));
        }
        sense::check(header.plays, &steps).map_err(|(at, fault)| {
            let text = line_of(text, at.line).to_owned();
            let (file, what, hint) = (file.to_owned(), fault.what, fault.hint);
            alone(ScriptError {
                file,
                at,
                text,
                what,
                hint,
            })
        })?;
        Ok(Self {
            file: file.to_owned(),
            header,
            network,
            steps,
        })
    }
}

/// A line of the text, from 1.
fn line_of(text: &str, number: u32) -> &str {
    let index = usize::try_from(number).unwrap_or(0).saturating_sub(1);
    text.lines().nth(index).unwrap_or_default().trim_end()
}

/// The text, when it is one; without the mark that some editors put before it.
fn checked<'a>(file: &str, text: &'a [u8]) -> Result<&'a str, ScriptError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.len() > MAX_SCRIPT {
        let what = "the script has more than 1 MiB";
        let fault = Fault::new(1, what).hint("expected fewer bytes: is this a script?");
        return Err(fault.placed(file, 1, ""));
    }
    std::str::from_utf8(text).map_err(|error| {
        let (good, bad) = text.split_at(error.valid_up_to());
        let number = good.split(|&byte| byte == b'\n').count();
        let begin = good.iter().rposition(|&byte| byte == b'\n');
        let before = good.get(begin.map_or(0, |at| at + 1)..).unwrap_or_default();
        let column = 1 + String::from_utf8_lossy(before).chars().count();
        let rest = bad.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(&[before, rest].concat()).into_owned();
        let place = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let byte = bad.first().copied().unwrap_or_default();
        Fault::new(
            place(column),
            format!("the byte {byte:02x} here is no UTF-8"),
        )
        .hint(format!("expected \\x{byte:02x} in a text in quotes"))
        .placed(file, place(number), line.trim_end())
    })
}

/// What a script says is shown on terminals and in reports: no character in it commands one.
fn plain(file: &str, text: &str) -> Result<(), ScriptError> {
    for (number, line) in (1..).zip(text.lines()) {
        let control = |&(_, c): &(usize, char)| commands(c) && c != '\t';
        if let Some((before, c)) = line.chars().enumerate().find(control) {
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).bytes();
            let written: Vec<_> = bytes.map(|byte| format!("\\x{byte:02x}")).collect();
            let written = written.concat();
            let column = u32::try_from(before + 1).unwrap_or(u32::MAX);
            return Err(
                Fault::new(column, format!("the control character {written}"))
                    .hint(format!("in a text in quotes it is written as {written}"))
                    .placed(file, number, &line.replace(commands, "?")),
            );
        }
    }
    Ok(())
}

/// Whether a character moves a terminal, or turns the direction in which others are shown: then
/// a script would not be what it looks like.
fn commands(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// The lines that say something, one after the other.
pub(crate) struct Source<'a> {
    lines: std::str::Lines<'a>,
    /// The line that was read last, without blanks at its end.
    pub(crate) line: &'a str,
    /// The same with them.
    whole: &'a str,
    /// Its number, from 1.
    pub(crate) number: u32,
    /// Whether that line is to be read again.
    again: bool,
}

impl<'a> Source<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            lines: text.lines(),
            line: "",
            whole: "",
            number: 0,
            again: false,
        }
    }

    /// The next line that is neither empty nor a comment, with the column where it begins.
    fn next(&mut self) -> Option<(&'a str, u32)> {
        loop {
            if !std::mem::take(&mut self.again) {
                self.whole = self.lines.next()?;
                self.line = self.whole.trim_end();
                self.number = self.number.saturating_add(1);
            }
            let text = self.line.trim_start();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let column = 1 + self.line.chars().count() - text.chars().count();
            return Some((text, u32::try_from(column).unwrap_or(u32::MAX)));
        }
    }

    /// What stands behind the word that begins the line, with all its blanks but the one behind
    /// that word, and in which column that is.
    fn behind(&self, word: &str) -> (&'a str, u32) {
        let begun = self.whole.trim_start();
        let rest = begun.strip_prefix(word).unwrap_or_default();
        let text = rest.strip_prefix([' ', '\t']).unwrap_or(rest);
        let column = 1 + self.whole.chars().count() - text.chars().count();
        (text, u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// Passes over what follows, up to the `end` of a block that one of these words began.
    fn skip_block(&mut self, blocks: &[&str]) {
        let mut depth = 1;
        while let Some((text, _)) = self.next() {
            let word = text.split([' ', '\t']).next().unwrap_or_default();
            if blocks.contains(&word) {
                depth += 1;
            } else if text == "end" {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
        }
    }

    /// Gives the same line once more.
    fn back(&mut self) {
        self.again = true;
    }
}

#[cfg(test)]
mod tests {
    use super::{data, dialogue, files, header, segment, steps};

    /// docs/scripts.md names every word that begins a step or says more about it.
    #[test]
    fn the_document_has_every_word() {
        let document = include_str!("../../../docs/scripts.md");
        let words = [
            header::KEYS.to_vec(),
            header::NEEDS.to_vec(),
            steps::CLIENT.to_vec(),
            steps::SERVER.to_vec(),
            steps::HANDLER.to_vec(),
            dialogue::REST.to_vec(),
            dialogue::OVER.to_vec(),
            segment::REST.to_vec(),
            steps::CERTIFICATES.to_vec(),
            files::GIVEN.to_vec(),
            files::THEN.to_vec(),
            files::CLIENT.to_vec(),
            files::CONTENTS.to_vec(),
        ];
        // What stands in the document as code, each piece between blanks.
        let code: Vec<&str> = document.split('`').skip(1).step_by(2).collect();
        let code = format!(" {} ", code.join("  "));
        for word in words.concat() {
            // What stands in the place of the capital words is free.
            let word = word.trim_start_matches("N ").trim_end_matches(" NAME");
            let word = word.replace(" CODES ", " 500\\|502 ");
            let found = [" ", ":", ","]
                .iter()
                .any(|end| code.contains(&format!(" {word}{end}")));
            assert!(found, "docs/scripts.md does not name `{word}`");
        }
        for word in data::STEPS {
            let written = format!("`data {word}");
            assert!(
                document.contains(&written),
                "docs/scripts.md has no {written}"
            );
        }
    }
}
