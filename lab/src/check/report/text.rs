//! For people: what failed, what was expected, what came, and what was said before.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use script::Script;

use super::Totals;
use crate::check::opponent::Opponents;
use crate::check::verdict::{Played, Verdict};

/// How many lines of the dialogue are shown before a failure.
const SHOWN: usize = 12;

pub(super) fn begin(out: &mut impl Write, opponents: &Opponents, count: usize) -> io::Result<()> {
    let scripts = if count == 1 { "script" } else { "scripts" };
    writeln!(out, "{count} {scripts} against {}", opponents.told())
}

/// A verdict in its colour.
fn painted(word: &str, color: AnsiColor, paint: bool) -> String {
    let style = if paint {
        color.on_default().bold()
    } else {
        Style::new()
    };
    format!("{style}{word}{style:#}")
}

pub(super) fn script(
    out: &mut impl Write,
    script: &Script,
    played: &Played,
    verbose: bool,
    color: bool,
) -> io::Result<()> {
    let grade = script.header.grade;
    match &played.verdict {
        Verdict::Passed => {
            let word = painted("passed", AnsiColor::Green, color);
            writeln!(out, "{word}   {grade:<9}  {}", script.file)?;
            if verbose {
                dialogue(out, played, usize::MAX)?;
            }
        }
        Verdict::Skipped(why) => {
            let word = painted("skipped", AnsiColor::Yellow, color);
            writeln!(out, "{word}  {grade:<9}  {}: {why}", script.file)?;
        }
        Verdict::Unchecked(_) => {
            let word = painted(played.verdict.word(), AnsiColor::Yellow, color);
            writeln!(out, "{word}  {grade:<9}  {}", script.file)?;
        }
        Verdict::Mistaken(fault) => {
            let word = painted("ERROR", AnsiColor::Red, color);
            writeln!(
                out,
                "{word}    {grade:<9}  {}:{}",
                script.file, fault.at.line
            )?;
            writeln!(out, "    line:     {}", fault.expected)?;
            writeln!(out, "    but:      {}", fault.got)?;
            dialogue(out, played, if verbose { usize::MAX } else { SHOWN })?;
        }
        Verdict::Failed(fault) => {
            let rules: Vec<&str> = script
                .header
                .rules
                .iter()
                .map(|r| r.text.as_str())
                .collect();
            let word = painted("FAILED", AnsiColor::Red, color);
            writeln!(
                out,
                "{word}   {grade:<9}  {}:{}",
                script.file, fault.at.line
            )?;
            writeln!(out, "    {} ({})", script.header.purpose, rules.join("; "))?;
            writeln!(out, "    expected: {}", fault.expected)?;
            writeln!(out, "    got:      {}", fault.got)?;
            dialogue(out, played, if verbose { usize::MAX } else { SHOWN })?;
            if !played.packets.is_empty() {
                writeln!(out, "    on the wire:")?;
            }
            for packet in &played.packets {
                writeln!(out, "      {packet}")?;
            }
        }
    }
    for remark in played.remarks() {
        writeln!(out, "    {remark}")?;
    }
    Ok(())
}

fn dialogue(out: &mut impl Write, played: &Played, shown: usize) -> io::Result<()> {
    let lines: Vec<String> = played.dialogue.lines().collect();
    let from = lines.len().saturating_sub(shown);
    if from > 0 {
        writeln!(
            out,
            "      … {} before; all of them with --verbose",
            tracer::plural(from as u64, "line")
        )?;
    }
    for line in lines.iter().skip(from) {
        writeln!(out, "      {line}")?;
    }
    Ok(())
}

pub(super) fn end(out: &mut impl Write, totals: &Totals, cut: Option<&str>) -> io::Result<()> {
    writeln!(out)?;
    for (grade, count) in &totals.grades {
        let played = count.passed + count.failed + count.unchecked;
        write!(out, "{grade:<9}  {} of {played} passed", count.passed)?;
        if count.skipped > 0 {
            write!(out, ", {} skipped", count.skipped)?;
        }
        if count.unchecked > 0 {
            write!(out, ", {} not checked on the wire", count.unchecked)?;
        }
        if count.mistaken > 0 {
            write!(out, ", {} with an error in the script", count.mistaken)?;
        }
        writeln!(out)?;
    }
    if let Some(cut) = cut {
        writeln!(out, "{cut}")?;
    }
    if totals.unwatched > 0 {
        writeln!(
            out,
            "{} not checked, for the reason told there{}",
            match totals.unwatched {
                1 => "In 1 script the wire was".to_owned(),
                count => format!("In {count} scripts the wire was"),
            },
            if totals.blind {
                "; on raw sockets: ftplab doctor"
            } else {
                ""
            }
        )?;
    }
    Ok(())
}
