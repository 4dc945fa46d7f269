//! The Test Anything Protocol, version 14.

use std::io::{self, Write};

use script::Script;

use crate::check::verdict::{Played, Verdict};

pub(super) fn begin(out: &mut impl Write, count: usize) -> io::Result<()> {
    writeln!(out, "TAP version 14\n1..{count}")
}

pub(super) fn script(
    out: &mut impl Write,
    number: usize,
    script: &Script,
    played: &Played,
) -> io::Result<()> {
    let name = escape(&format!("{} - {}", script.file, script.header.purpose));
    match &played.verdict {
        Verdict::Passed => writeln!(out, "ok {number} - {name}")?,
        Verdict::Skipped(why) => writeln!(out, "ok {number} - {name} # SKIP {}", one_line(why))?,
        Verdict::Unchecked(why) => {
            let why = one_line(why);
            writeln!(
                out,
                "ok {number} - {name} # SKIP the wire was not checked: {why}"
            )?;
        }
        Verdict::Failed(fault) => {
            writeln!(out, "not ok {number} - {name}")?;
            writeln!(out, "  ---")?;
            writeln!(out, "  grade: {}", script.header.grade)?;
            if let Some(rule) = script.header.rules.first() {
                writeln!(out, "  rule: {}", yaml(&rule.text))?;
            }
            writeln!(out, "  line: {}", fault.at.line)?;
            writeln!(out, "  expected: {}", yaml(&fault.expected))?;
            writeln!(out, "  got: {}", yaml(&fault.got))?;
            let none = |empty: bool| if empty { " []" } else { "" };
            let silent = played.dialogue.lines().next().is_none();
            writeln!(out, "  dialogue:{}", none(silent))?;
            for line in played.dialogue.lines() {
                writeln!(out, "    - {}", yaml(&line))?;
            }
            writeln!(out, "  packets:{}", none(played.packets.is_empty()))?;
            for line in &played.packets {
                writeln!(out, "    - {}", yaml(line))?;
            }
            writeln!(out, "  ...")?;
        }
    }
    for at in &played.unwatched {
        let why = one_line(played.why.as_deref().unwrap_or("nobody watched it"));
        writeln!(
            out,
            "# not checked: line {} is about the wire: {why}",
            at.line
        )?;
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

/// A YAML string, in JSON's form, which is YAML too.
fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
