//! One JSON object a line: each script, and the totals.

use std::io::{self, Write};

use script::Script;
use serde_json::{Map, Value, json};

use super::Totals;
use crate::check::verdict::{Played, Verdict};

pub(super) fn script(out: &mut impl Write, script: &Script, played: &Played) -> io::Result<()> {
    let header = &script.header;
    let rules: Vec<&str> = header.rules.iter().map(|rule| rule.text.as_str()).collect();
    let mut object = json!({
        "event": "script",
        "file": script.file,
        "purpose": header.purpose,
        "grade": header.grade.to_string(),
        "rules": rules,
        "verdict": played.verdict.word(),
        "milliseconds": u64::try_from(played.took.as_millis()).unwrap_or(u64::MAX),
        "wire_not_checked": played.unwatched.iter().map(|at| at.line).collect::<Vec<_>>(),
    });
    if let Some(object) = object.as_object_mut() {
        if !played.unplayed.is_empty() {
            let lines: Vec<u32> = played.unplayed.iter().map(|at| at.line).collect();
            object.insert("wire_not_played".into(), lines.into());
        }
        if let Some(why) = &played.why {
            object.insert("wire_not_checked_because".into(), why.as_str().into());
        }
        match &played.verdict {
            Verdict::Passed | Verdict::Unchecked(_) => {}
            Verdict::Skipped(why) => {
                object.insert("why".into(), Value::from(why.as_str()));
            }
            Verdict::Failed(fault) | Verdict::Mistaken(fault) => {
                object.insert("line".into(), fault.at.line.into());
                object.insert("expected".into(), fault.expected.as_str().into());
                object.insert("got".into(), fault.got.as_str().into());
                object.insert("dialogue".into(), played.dialogue.lines().collect());
                object.insert("packets".into(), played.packets.clone().into());
            }
        }
    }
    writeln!(out, "{object}")
}

pub(super) fn end(out: &mut impl Write, totals: &Totals, cut: Option<&str>) -> io::Result<()> {
    let grades: Map<String, Value> = totals
        .grades
        .iter()
        .map(|(grade, count)| {
            let counts = json!({
                "passed": count.passed,
                "failed": count.failed,
                "skipped": count.skipped,
                "not_checked": count.unchecked,
                "errors": count.mistaken,
            });
            (grade.to_string(), counts)
        })
        .collect();
    let mut object = json!({ "event": "totals", "grades": grades });
    if let (Some(cut), Some(object)) = (cut, object.as_object_mut()) {
        object.insert("cut".into(), cut.into());
    }
    writeln!(out, "{object}")
}
