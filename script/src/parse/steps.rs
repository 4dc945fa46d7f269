//! Lines and blocks.

use super::line::Line;
use super::names::{LISTEN, Names};
use super::{MAX_DEPTH, MAX_STEPS, Source, data, dialogue, files, packets, scenario, tasks};
use crate::header::{Header, Plays};
use crate::script_error::{Fault, Location, near};
use crate::step::{Certificate, DataStep, Handler, Step, StepKind};
use crate::value::{Check, Operator};

pub(super) const CLIENT: &[&str] = &[
    "given",
    "connect",
    "session",
    "login",
    "C:",
    "C raw:",
    "C urgent:",
    "S:",
    "together",
    "tls",
    "data",
    "close",
    "reset",
    "set",
    "check",
    "repeat",
    "when",
    "wait",
    "then",
    "wire:",
];
pub(super) const SERVER: &[&str] = &[
    "given", "task:", "on", "C:", "C never:", "then", "wire:", "check",
];
const LAB: &[&str] = &["resolve", "client", "C:", "S:", "wait", "router", "capture"];
pub(super) const HANDLER: &[&str] = &[
    "S:", "S raw:", "tls", "data", "close", "reset", "set", "wait",
];
pub(super) const CERTIFICATES: &[&str] = &["untrusted", "misnamed"];

/// The words that begin what `end` ends.
const BLOCKS: &[&str] = &["together", "repeat", "when", "on"];

/// The block that a line lies in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    word: &'static str,
    line: u32,
    depth: usize,
    handler: bool,
}

/// Reads steps up to the end of the script, or of the block.
pub(super) fn read(
    source: &mut Source<'_>,
    header: &Header,
    names: &mut Names,
    count: &mut usize,
    block: Option<Block>,
) -> Result<Vec<Step>, Fault> {
    let mut steps = Vec::new();
    while let Some((text, column)) = source.next() {
        *count += 1;
        if *count > MAX_STEPS {
            return Err(Fault::new(column, "the script has too many lines")
                .hint(format!("expected at most {MAX_STEPS} steps")));
        }
        if text == "end" {
            if block.is_some() {
                return Ok(steps);
            }
            return Err(Fault::new(column, "`end` without a block")
                .hint("it closes together, repeat, when and on"));
        }
        let at = Location {
            line: source.number,
            column,
        };
        let kind = Reader {
            source,
            header,
            names,
            count,
            block,
        }
        .step(text, column);
        match kind {
            Ok(kind) => steps.push(Step { at, kind }),
            Err(fault) => {
                names.faults.push(fault, source)?;
                // What a block that was not understood holds would be taken for something else.
                if source.number == at.line && BLOCKS.contains(&split(text).0) {
                    source.skip_block(BLOCKS);
                }
            }
        }
    }
    match block {
        None => Ok(steps),
        Some(_) if names.faults.any() => Ok(steps),
        Some(block) => Err(Fault::new(
            1,
            format!(
                "the script ends inside `{}` of line {}",
                block.word, block.line
            ),
        )
        .hint("expected `end`")),
    }
}

struct Reader<'a, 's> {
    source: &'a mut Source<'s>,
    header: &'a Header,
    names: &'a mut Names,
    count: &'a mut usize,
    block: Option<Block>,
}

/// The word that says what a line is, and the rest of the line.
fn split(text: &str) -> (&str, &str) {
    const TWO: &[&str] = &["C raw:", "C urgent:", "C never:", "S raw:"];
    for word in TWO {
        if let Some(rest) = text.strip_prefix(word) {
            return (word, rest.trim_start());
        }
    }
    let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    (word, rest.trim_start())
}

/// `C neber:`, where the second word ends in a colon.
fn two_words(text: &str) -> Option<&str> {
    let (two, _) = text.split_once(':')?;
    let blanks = two.bytes().filter(|&byte| byte == b' ').count();
    (blanks == 1).then(|| text.get(..=two.len())).flatten()
}

impl Reader<'_, '_> {
    fn step(&mut self, text: &str, column: u32) -> Result<StepKind, Fault> {
        let (word, rest) = split(text);
        let before = text.chars().count() - rest.chars().count();
        let rest_at = column + u32::try_from(before).unwrap_or(0);
        let handler = self.block.is_some_and(|block| block.handler);
        let known = match (self.header.plays, handler) {
            (_, true) => HANDLER,
            (Plays::Client, false) => CLIENT,
            (Plays::Server, false) => SERVER,
            (Plays::Lab, false) => LAB,
        };
        if !known.contains(&word) {
            if let Some(two) = two_words(text).filter(|two| near(two, known)) {
                let fault = Fault::new(column, format!("no step `{two}` here"));
                return Err(fault.one_of(two, known));
            }
            let fault = Fault::new(column, format!("no step `{word}` here"));
            let of_client = self.header.plays == Plays::Lab && scenario::DOES.contains(&word);
            return Err(if of_client {
                fault.hint(format!("did you mean `client {word}`?"))
            } else {
                fault.one_of(word, known)
            });
        }
        if self.block.is_some_and(|block| block.word == "together") && word != "C:" {
            return Err(
                Fault::new(column, "only lines `C: …` can go in one segment")
                    .hint("expected `C: …`, or `end` above this line"),
            );
        }
        if word.ends_with(':') && (word.starts_with('C') || word.starts_with('S')) {
            return self.dialogue(word, rest, rest_at);
        }
        let mut line = Line::read(rest, rest_at)?;
        let kind = match word {
            "given" => StepKind::Given(files::given(&mut line, self.names)?),
            "then" => StepKind::Then(files::then(&mut line, self.names, self.header.plays)?),
            "connect" => StepKind::Connect,
            "session" => {
                let name = line.word("a name")?;
                self.names.add_session(&name);
                StepKind::Session(name)
            }
            "login" => StepKind::Login(dialogue::login(&mut line, self.names)?),
            "tls" if handler && !line.is_empty() => {
                let word = line.one_of("certificate", CERTIFICATES)?;
                StepKind::Tls(match word.as_str() {
                    "untrusted" => Certificate::Untrusted,
                    _ => Certificate::Misnamed,
                })
            }
            "tls" => StepKind::Tls(Certificate::Good),
            "data" => match data::step(&mut line, self.names)? {
                StepKind::Data {
                    step: DataStep::Tls,
                    ..
                } if handler => {
                    let what = "no `data tls` in a script that plays the server";
                    return Err(
                        Fault::new(column, what).hint("after PROT P its data connections have TLS")
                    );
                }
                step => step,
            },
            "close" => StepKind::Hangup { reset: false },
            "reset" => StepKind::Hangup { reset: true },
            "wait" => StepKind::Wait(line.time()?),
            "wire:" => StepKind::Wire(packets::wire(&mut line, self.names)?),
            "router" if !self.names.has_router => {
                return Err(
                    Fault::new(column, "there is no router: the hosts are in one network")
                        .hint("expected hosts of two networks between `network` and `end`"),
                );
            }
            "resolve" | "client" | "router" | "capture" => {
                StepKind::Lab(scenario::step(word, &mut line, self.names)?)
            }
            "task:" => StepKind::Task(tasks::read(&mut line, self.names)?),
            "set" => {
                let at = line.column();
                let name = line.word("a name")?;
                let mut letters = name.chars();
                let begins = letters
                    .next()
                    .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
                if !begins || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
                    return Err(Fault::new(at, format!("no variable can be called `{name}`"))
                        .hint("expected letters, digits and `_`, and no digit first: `set name \"text\"`"));
                }
                let value = self.names.texts(&mut line, "a text")?;
                self.names.add(&[&name]);
                StepKind::Set { name, value }
            }
            "check" => StepKind::Check(self.check(&mut line)?),
            "repeat" => {
                let at = line.column();
                let times = line.number("how often")?;
                let times = u32::try_from(times)
                    .ok()
                    .filter(|times| (1..=100_000).contains(times))
                    .ok_or_else(|| {
                        Fault::new(at, format!("{times} times")).hint("expected 1 to 100000")
                    })?;
                let until_closed = line.take("until");
                if until_closed {
                    line.keyword("closed")?;
                }
                line.end()?;
                self.names.add(&["n"]);
                let steps = self.inside("repeat", column, handler)?;
                StepKind::Repeat {
                    times,
                    until_closed,
                    steps,
                }
            }
            "when" => {
                let codes = dialogue::codes(&mut line)?;
                line.end()?;
                let steps = self.inside("when", column, handler)?;
                StepKind::When { codes, steps }
            }
            "together" => {
                line.end()?;
                return self.together(column);
            }
            _ => {
                let begin = &["any", "connect"];
                let (verbs, patterns) = dialogue::sent(&mut line, self.names, begin)?;
                let at = line.column();
                let times = line
                    .take("once")
                    .then_some(1)
                    .or_else(|| line.take("twice").then_some(2));
                if !line.is_empty() {
                    return Err(
                        Fault::new(at, "too much for `on`").hint("expected once, twice or nothing")
                    );
                }
                self.names.add(LISTEN);
                let steps = self.inside("on", column, true)?;
                StepKind::On(Handler {
                    verbs,
                    patterns,
                    times,
                    steps,
                })
            }
        };
        line.end()?;
        Ok(kind)
    }

    fn dialogue(&mut self, word: &str, rest: &str, column: u32) -> Result<StepKind, Fault> {
        let handler = self.block.is_some_and(|block| block.handler);
        match (word, self.header.plays) {
            ("S raw:", _) => dialogue::answer_raw(rest, column, self.names),
            ("C raw:", _) => dialogue::raw(rest, column, self.names, false),
            ("C urgent:", _) => dialogue::raw(rest, column, self.names, true),
            ("C never:", _) => dialogue::never(rest, column, self.names),
            ("C:", Plays::Client | Plays::Lab) => {
                let (text, column) = self.source.behind(word);
                dialogue::send(text, column, self.names)
            }
            ("C:", Plays::Server) => dialogue::heard(rest, column, self.names),
            (_, Plays::Server) if handler => {
                let (text, column) = self.source.behind(word);
                dialogue::answer(text, column, self.names)
            }
            _ => dialogue::expect(rest, column, self.names),
        }
    }

    /// The lines up to `end`.
    fn inside(
        &mut self,
        word: &'static str,
        column: u32,
        handler: bool,
    ) -> Result<Vec<Step>, Fault> {
        let depth = 1 + self.block.map_or(0, |block| block.depth);
        if depth > MAX_DEPTH {
            return Err(Fault::new(column, "too many blocks in blocks")
                .hint(format!("expected at most {MAX_DEPTH}")));
        }
        let block = Block {
            word,
            line: self.source.number,
            depth,
            handler,
        };
        read(
            self.source,
            self.header,
            self.names,
            self.count,
            Some(block),
        )
    }

    /// `together`: lines `C: …` up to `end`.
    fn together(&mut self, column: u32) -> Result<StepKind, Fault> {
        let steps = self.inside("together", column, false)?;
        let lines = steps.into_iter().filter_map(|step| match step.kind {
            StepKind::Send(line) => Some(line),
            // Refused at its place.
            _ => None,
        });
        Ok(StepKind::Together(lines.collect()))
    }

    fn check(&mut self, line: &mut Line) -> Result<Check, Fault> {
        let left = self.names.value(line, "a value")?;
        let column = line.column();
        let word = line.word("a comparison")?;
        let operator = Operator::parse(&word).ok_or_else(|| {
            let fault = Fault::new(column, format!("no comparison `{word}`"));
            match word.as_str() {
                "==" | "===" => fault.hint("did you mean `=`?"),
                "<>" => fault.hint("did you mean `!=`?"),
                _ => fault.one_of(&word, Operator::WORDS),
            }
        })?;
        let right = self.names.value(line, "a value")?;
        let plus = if line.take("+") {
            line.number("a number")?
        } else {
            0
        };
        Ok(Check {
            left,
            operator,
            right,
            plus,
        })
    }
}
