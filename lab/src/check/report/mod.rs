//! What the scripts found, as people and programs read it.

mod json;
mod junit;
mod tap;
mod text;

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Stdout, Write};
use std::time::Duration;

use script::{Grade, Script};

use super::opponent::Opponents;
use super::verdict::{Played, Verdict};
use super::{CheckOptions, Format};
use crate::Failure;
use crate::cli::print;
use crate::secrets::hidden;

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
    /// Nothing of the wire could be seen, whatever the script.
    pub(super) blind: bool,
    /// The only script of a run whose reader counts it among those of other runs, as `prove`
    /// does: where it was skipped, that is a result and no run in which nothing was tested.
    pub(super) one_of_many: bool,
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
        if !told.is_empty() {
            return Some(Failure::failed(format!("{} failed", told.join(" and "))));
        }
        let unchecked: usize = self.grades.values().map(|count| count.unchecked).sum();
        (strict && unchecked > 0).then(|| {
            let what = match unchecked {
                1 => "1 script was".to_owned(),
                count => format!("{count} scripts were"),
            };
            Failure::failed(format!("{what} not checked on the wire"))
        })
    }

    /// Whether anything was tested.
    ///
    /// # Errors
    /// When nothing was, or nothing that must pass.
    pub(super) fn outcome(&self) -> Result<(), Failure> {
        if self.one_of_many {
            return Ok(());
        }
        let played: usize = self.grades.values().map(|c| c.passed + c.failed).sum();
        let unchecked = self.grades.values().any(|count| count.unchecked > 0);
        let how = if unchecked {
            "skipped or not checked on the wire"
        } else {
            "skipped"
        };
        if played == 0 {
            return Err(Failure::failed(format!(
                "every script was {how}: nothing was tested"
            )));
        }
        let must = self.grades.get(&Grade::Must);
        if must.is_some_and(|c| c.passed + c.failed == 0) {
            return Err(Failure::failed(format!(
                "every script graded MUST was {how}: what must be was not tested"
            )));
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
    strict: bool,
    count: usize,
    number: usize,
    totals: Totals,
    junit: junit::Document,
}

impl Report {
    pub(super) fn new(options: &CheckOptions, count: usize) -> Self {
        Self {
            out: BufWriter::new(io::stdout()),
            format: options.format,
            verbose: options.verbose,
            color: options.color.is_on(),
            strict: options.strict,
            count,
            number: 0,
            totals: Totals {
                one_of_many: options.format == Format::Tap && count == 1,
                ..Totals::default()
            },
            junit: junit::Document::default(),
        }
    }

    pub(super) fn begin(&mut self, opponents: &Opponents) -> Result<(), Failure> {
        self.totals.blind = opponents.are_unseen();
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
            Format::Tap => tap::script(out, self.number, script, played, self.strict),
            Format::Json => json::script(out, script, played),
            Format::Junit => {
                self.junit.script(script, played, self.strict);
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

    /// The totals; `cut` when a signal ended the run, which no reader may take for a whole one.
    pub(super) fn end(mut self, cut: bool) -> Result<(), Failure> {
        let (number, count) = (self.number, self.count);
        let cut = (cut && number < count)
            .then(|| format!("interrupted: {number} of {count} scripts were played"));
        let cut = cut.as_deref();
        // Where tests that were skipped count as well as those that passed, that is not enough.
        // What makes the run fail stands there as such.
        let untested = match self.totals.failure(self.strict) {
            Some(_) => None,
            None => self.totals.outcome().err(),
        };
        let no_success = cut.or(untested.as_ref().map(Failure::message));
        let out = &mut self.out;
        match self.format {
            Format::Text => text::end(out, &self.totals, cut),
            Format::Json => json::end(out, &self.totals, cut),
            Format::Junit => self.junit.write(out, &self.totals, no_success),
            Format::Tap => no_success.map_or(Ok(()), |why| tap::bail_out(out, why)),
        }
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
    }
}

/// What a program reads when no script could be played: that there is nothing, and why. People
/// read it on stderr.
pub(super) fn nothing(format: Format, why: &str) -> Result<(), Failure> {
    let why = hidden(why.to_owned());
    let out = &mut BufWriter::new(io::stdout());
    let totals = Totals::default();
    match format {
        Format::Text => Ok(()),
        Format::Tap => tap::nothing(out, &why),
        Format::Json => json::end(out, &totals, Some(&why)),
        Format::Junit => junit::Document::default().write(out, &totals, Some(&why)),
    }
    .and_then(|()| out.flush())
    .map_err(|error| Failure::output(&error))
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
