//! The lines `data …`.

use super::files;
use super::line::Line;
use super::names::{LISTEN, Names};
use crate::script_error::Fault;
use crate::step::{DataStep, StepKind};
use crate::template::Template;

pub(super) const STEPS: &[&str] = &[
    "listen", "accept", "none", "dial", "read", "receive", "send", "shutdown", "close", "cut",
    "reset", "closed", "tls",
];
/// The most bytes that a step may send or read: 4 GiB.
const MAX: u64 = 4 << 30;

/// `data [NAME:] STEP …`
pub(super) fn step(line: &mut Line, names: &mut Names) -> Result<StepKind, Fault> {
    let name = match line.peek_word() {
        Some(word) if word.len() > 1 && word.ends_with(':') => {
            let name = line.word("a name")?.trim_end_matches(':').to_owned();
            names.add_data(&name);
            Some(name)
        }
        _ => None,
    };
    let column = line.column();
    if let (None, Some(first), Some(second)) = (
        &name,
        line.peek_word().map(str::to_owned),
        line.second_word(),
    ) && !STEPS.contains(&first.as_str())
        && STEPS.contains(&second)
    {
        return Err(Fault::new(column, format!("no data step `{first}`"))
            .hint(format!("did you mean `data {first}: {second}`?")));
    }
    let word = line.one_of("data step", STEPS)?;
    let step = match word.as_str() {
        "listen" => {
            let address = if line.is_empty() {
                None
            } else {
                Some(names.value(line, "an address")?)
            };
            names.add(LISTEN);
            DataStep::Listen(address)
        }
        "accept" => {
            let mut from_port = None;
            if line.take("from") {
                line.keyword("port")?;
                let column = line.column();
                let port = names.value(line, "a port")?;
                if !port.may_be::<u16>() {
                    return Err(Fault::new(column, format!("no port `{port}`"))
                        .hint("expected a number up to 65535, or a variable"));
                }
                from_port = Some(port);
            }
            DataStep::Accept {
                from_port,
                within: line.within()?,
            }
        }
        "none" => {
            line.keyword("within")?;
            DataStep::NoConnection(line.time()?)
        }
        "dial" if line.take("refused") => DataStep::DialRefused(where_to(line, names)?),
        "dial" => DataStep::Dial(where_to(line, names)?),
        "read" => DataStep::Read(line.size(MAX)?),
        "receive" => {
            let contents = files::contents(line, names)?;
            if contents.is_empty() {
                return Err(line.fault("nothing is said about what comes").hint(
                    "expected what it must be: a text, file NAME, N bytes, crlf lines, nothing …",
                ));
            }
            DataStep::Receive(contents)
        }
        "send" if is_number(line) && !repeats(line) => DataStep::SendFilled(line.size(MAX)?),
        "send" => DataStep::Send(names.texts(line, "a text in quotes, or N bytes")?),
        "shutdown" => DataStep::Shutdown,
        "close" => DataStep::Close,
        "cut" => DataStep::Cut,
        "reset" => DataStep::Reset,
        "closed" => DataStep::Closed(line.within()?),
        _ => DataStep::Tls,
    };
    Ok(StepKind::Data { name, step })
}

/// An address and a port, or nothing.
fn where_to(line: &mut Line, names: &Names) -> Result<Option<(Template, Template)>, Fault> {
    if line.is_empty() {
        return Ok(None);
    }
    if line.peek_word() == Some("within") {
        return Err(line
            .fault("no `within` behind `data dial`")
            .hint("expected an address and a port, or nothing: its time is `limit:` of the head"));
    }
    let host = names.value(line, "an address")?;
    if line.is_empty() {
        return Err(line.fault("an address without a port").hint(
            "expected both, such as `data dial $host $port`, or neither: where the last 227 or 229 \
             said",
        ));
    }
    Ok(Some((host, names.value(line, "a port")?)))
}

fn is_number(line: &mut Line) -> bool {
    line.peek_word()
        .is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether the number is one of `5000 * "a"`.
fn repeats(line: &Line) -> bool {
    line.second_word() == Some("*")
}
