//! What the scripts found, as people and programs read it.

mod json;
mod junit;
mod tap;
mod text;

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Stdout, Write};
use std::time::Duration;

use script::{Grade, Script};

use super::Format;
use super::opponent::Opponents;
use super::verdict::{Played, Verdict};
use crate::Failure;
use crate::cli::print;

/// How many scripts of a grade ended how.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    /// The wire was not watched, and all else was as expected.
    pub(super) unchecked: usize,
    /// What is wrong is the script.
    pub(super) mistaken: usize,
}

/// What a run found.
#[derive(Clone, Debug, Default)]
pub(super) struct Totals {
    pub(super) grades: BTreeMap<Grade, Count>,
    /// Scripts with lines about the wire that nobody could look at.
    pub(super) unwatched: usize,
    pub(super) took: Duration,
}

impl Totals {
    fn add(&mut self, script: &Script, played: &Played) {
        let count = self.grades.entry(script.header.grade).or_default();
        match played.verdict {
            Verdict::Passed => count.passed += 1,
            Verdict::Failed(_) => count.failed += 1,
            Verdict::Skipped(_) => count.skipped += 1,
            Verdict::Unchecked(_) => count.unchecked += 1,
            Verdict::Mistaken(_) => count.mistaken += 1,
        }
        self.unwatched += usize::from(!played.unwatched.is_empty());
        self.took += played.took;
    }

    /// What is told when scripts that must pass did not; with `strict`, any. A script that cannot
    /// be meant so comes first: nothing of what it was to find is known.
    pub(super) fn failure(&self, strict: bool) -> Option<Failure> {
        let mistaken: usize = self.grades.values().map(|count| count.mistaken).sum();
        if mistaken > 0 {
            let what = match mistaken {
                1 => "1 script has an error".to_owned(),
                count => format!("{count} scripts have errors"),
            };
            return Some(Failure::usage(what));
        }
        let counts = self.grades.iter();
        let counted =
            counts.filter(|(grade, count)| count.failed > 0 && (strict || **grade == Grade::Must));
        let told = counted.map(|(grade, count)| {
            let plural = if count.failed == 1 { "" } else { "s" };
            format!("{} script{plural} graded {grade}", count.failed)
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| Failure::failed(format!("{} failed", told.join(" and "))))
    }

    /// Whether anything was tested.
    ///
    /// # Errors
    /// When nothing was, or nothing that must pass.
    pub(super) fn outcome(&self) -> Result<(), Failure> {
        let played: usize = self
            .grades
            .values()
            .map(|c| c.passed + c.failed + c.unchecked)
            .sum();
        if played == 0 {
            return Err(Failure::failed(
                "every script was skipped: nothing was tested",
            ));
        }
        let must = self.grades.get(&Grade::Must);
        if must.is_some_and(|c| c.passed + c.failed + c.unchecked == 0) {
            return Err(Failure::failed(
                "every script graded MUST was skipped: what must be was not tested",
            ));
        }
        Ok(())
    }
}

/// Writes what the scripts found, as it comes.
pub(super) struct Report {
    out: BufWriter<Stdout>,
    format: Format,
    verbose: bool,
    color: bool,
    count: usize,
    number: usize,
    totals: Totals,
    junit: junit::Document,
}

impl Report {
    pub(super) fn new(format: Format, verbose: bool, color: bool, count: usize) -> Self {
        Self {
            out: BufWriter::new(io::stdout()),
            format,
            verbose,
            color,
            count,
            number: 0,
            totals: Totals::default(),
            junit: junit::Document::default(),
        }
    }

    pub(super) fn begin(&mut self, opponents: &Opponents) -> Result<(), Failure> {
        let out = &mut self.out;
        match self.format {
            Format::Text => text::begin(out, opponents, self.count),
            Format::Tap => tap::begin(out, self.count),
            Format::Junit | Format::Json => Ok(()),
        }
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
    }

    pub(super) fn script(&mut self, script: &Script, played: &Played) -> Result<(), Failure> {
        self.number += 1;
        self.totals.add(script, played);
        let out = &mut self.out;
        match self.format {
            Format::Text => text::script(out, script, played, self.verbose, self.color),
            Format::Tap => tap::script(out, self.number, script, played),
            Format::Json => json::script(out, script, played),
            Format::Junit => {
                self.junit.script(script, played);
                Ok(())
            }
        }
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
    }

    /// Counts a script that is not shown.
    pub(super) fn count(&mut self, script: &Script, played: &Played) {
        self.totals.add(script, played);
    }

    /// What was found so far.
    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(super) fn end(mut self) -> Result<(), Failure> {
        let out = &mut self.out;
        match self.format {
            Format::Text => text::end(out, &self.totals),
            Format::Json => json::end(out, &self.totals),
            Format::Junit => self.junit.write(out, &self.totals),
            Format::Tap => Ok(()),
        }
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
    }
}

/// The index of scripts: grade, rule, name, purpose.
pub(super) fn list(scripts: &[Script]) -> Result<(), Failure> {
    let mut text = String::new();
    for script in scripts {
        let header = &script.header;
        let rules: Vec<&str> = header.rules.iter().map(|rule| rule.text.as_str()).collect();
        text += &format!(
            "{:<9}  {}\n           {} ({})\n",
            header.grade,
            script.file,
            header.purpose,
            rules.join("; ")
        );
    }
    let plural = if scripts.len() == 1 { "" } else { "s" };
    text += &format!("{} script{plural}\n", scripts.len());
    print(&text)
}
