//! `JUnit`'s XML, as CI servers read it.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use script::Script;

use super::Totals;
use crate::check::verdict::{Played, Verdict};

/// The scripts so far: the totals come first in the document.
#[derive(Default)]
pub(super) struct Document {
    cases: Vec<TestCase>,
}

impl Document {
    /// With `strict` what was not checked on the wire is an error, as the run then fails by it.
    pub(super) fn script(&mut self, script: &Script, played: &Played, strict: bool) {
        let status = match &played.verdict {
            Verdict::Passed => TestCaseStatus::success(),
            Verdict::Unchecked(why) if strict => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(not_checked(why));
                status
            }
            Verdict::Unchecked(why) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(not_checked(why));
                status
            }
            Verdict::Skipped(why) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(why);
                status
            }
            Verdict::Failed(fault) | Verdict::Mistaken(fault) => {
                let kind = match played.verdict {
                    Verdict::Mistaken(_) => NonSuccessKind::Error,
                    _ => NonSuccessKind::Failure,
                };
                let mut status = TestCaseStatus::non_success(kind);
                status
                    .set_message(format!("expected {}; got {}", fault.expected, fault.got))
                    .set_type(script.header.grade.to_string())
                    .set_description(fault.to_string());
                status
            }
        };
        let mut case = TestCase::new(script.file.as_str(), status);
        let classname = script
            .header
            .rules
            .first()
            .map_or("", |rule| rule.text.as_str());
        case.set_classname(classname).set_time(played.took);
        let mut lines: Vec<String> = played.dialogue.lines().collect();
        if matches!(played.verdict, Verdict::Failed(_)) && !played.packets.is_empty() {
            lines.push("on the wire:".into());
            lines.extend(played.packets.iter().cloned());
        }
        lines.extend(played.remarks());
        case.set_system_out(lines.join("\n"));
        self.cases.push(case);
    }

    pub(super) fn write(
        mut self,
        out: &mut impl Write,
        totals: &Totals,
        cut: Option<&str>,
    ) -> io::Result<()> {
        let mut suite = TestSuite::new("ftplab check");
        if let Some(cut) = cut {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(cut);
            self.cases.push(TestCase::new("ftplab check", status));
        }
        suite.add_test_cases(self.cases);
        suite.set_time(totals.took);
        // What readers look for; as `disabled` the same scripts would be counted twice.
        let skipped = std::mem::take(&mut suite.disabled).to_string();
        suite
            .extra
            .insert("skipped".into(), skipped.as_str().into());
        let mut report = Report::new("ftplab");
        report.add_test_suite(suite);
        report.serialize(&mut *out).map_err(io::Error::other)?;
        writeln!(out)
    }
}

fn not_checked(why: &str) -> String {
    format!("the wire was not checked: {why}")
}
