//! The Test Anything Protocol, version 13: what Perl's `prove` reads.

use std::io::{self, Write};

use script::Script;

use crate::check::verdict::{Played, Verdict};

pub(super) fn begin(out: &mut impl Write, count: usize) -> io::Result<()> {
    writeln!(out, "TAP version 13\n1..{count}")
}

/// No test can be made at all.
pub(super) fn nothing(out: &mut impl Write, why: &str) -> io::Result<()> {
    writeln!(out, "TAP version 13")?;
    bail_out(out, why)
}

/// The tests that are planned and not there will not come.
pub(super) fn bail_out(out: &mut impl Write, why: &str) -> io::Result<()> {
    writeln!(out, "Bail out!  {}", one_line(why))
}

/// What was not checked on the wire is neither passed nor failed, and TAP has no third: it is
/// skipped, as a test is that could not be made here. `TODO` would say that it is known not to
/// hold, which nobody saw, and a reader passes over it as well. With `strict` the run fails by it,
/// and so does its line: a report must not look better than the exit code.
pub(super) fn script(
    out: &mut impl Write,
    number: usize,
    script: &Script,
    played: &Played,
    strict: bool,
) -> io::Result<()> {
    let name = escape(&format!("{} - {}", script.file, script.header.purpose));
    match &played.verdict {
        Verdict::Passed => writeln!(out, "ok {number} - {name}")?,
        Verdict::Skipped(why) => writeln!(out, "ok {number} - {name} # SKIP {}", one_line(why))?,
        Verdict::Unchecked(why) if strict => {
            writeln!(out, "not ok {number} - {name}")?;
            writeln!(out, "  ---")?;
            writeln!(out, "  grade: {}", script.header.grade)?;
            writeln!(out, "  not_checked: {}", yaml(why))?;
            writeln!(out, "  ...")?;
        }
        Verdict::Unchecked(why) => {
            let why = one_line(why);
            writeln!(
                out,
                "ok {number} - {name} # SKIP the wire was not checked: {why}"
            )?;
        }
        Verdict::Failed(fault) | Verdict::Mistaken(fault) => {
            writeln!(out, "not ok {number} - {name}")?;
            writeln!(out, "  ---")?;
            writeln!(out, "  grade: {}", script.header.grade)?;
            let rules = script.header.rules.iter().map(|rule| rule.text.as_str());
            let rules = rules.collect::<Vec<_>>().join("; ");
            writeln!(out, "  rule: {}", yaml(&rules))?;
            writeln!(out, "  line: {}", fault.at.line)?;
            writeln!(out, "  expected: {}", yaml(&fault.expected))?;
            writeln!(out, "  got: {}", yaml(&fault.got))?;
            block(out, "dialogue", played.dialogue.lines())?;
            block(out, "packets", &played.packets)?;
            writeln!(out, "  ...")?;
        }
    }
    for remark in played.remarks() {
        writeln!(out, "# {}", one_line(&remark))?;
    }
    Ok(())
}

/// `#` and `\` mean something in a description.
fn escape(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// Lines as they are, in the one form of several lines that `prove` takes whatever is in them.
fn block<L: AsRef<str>>(
    out: &mut impl Write,
    name: &str,
    lines: impl IntoIterator<Item = L>,
) -> io::Result<()> {
    let mut lines = lines.into_iter().peekable();
    if lines.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "  {name}: |")?;
    for line in lines {
        writeln!(out, "    {}", one_line(line.as_ref()))?;
    }
    Ok(())
}

/// A YAML string, in JSON's form, which is YAML too.
fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
