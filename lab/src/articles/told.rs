//! One erratum, as people and programs read it.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tracer::Language;

use super::{Item, Verdict};

impl Item {
    /// In words, wrapped to `columns`.
    pub(crate) fn told(&self, language: Language, columns: Option<usize>) -> String {
        let say = |en, zh| match language {
            Language::En => en,
            Language::Zh => zh,
        };
        let verdict = match self.verdict {
            Some(Verdict::Wrong) => say("wrong", "\u{9519}\u{8bef}"),
            Some(Verdict::HalfRight) => say("half right", "\u{534a}\u{5bf9}"),
            Some(Verdict::Trap) => say("trap", "\u{9677}\u{9631}"),
            None => "",
        };
        let mut text = format!("{}  {verdict}\n", self.name);
        let mut part = |name: &str, words: &str| {
            let width = columns.unwrap_or(usize::MAX);
            let first = format!("  {name}  ");
            let rest = " ".repeat(textwrap::core::display_width(&first));
            let options = textwrap::Options::new(width)
                .initial_indent(&first)
                .subsequent_indent(&rest);
            let _ = writeln!(text, "{}", textwrap::fill(words, options));
        };
        if let Some(claim) = &self.claim {
            part(say("says ", "\u{6587}\u{7ae0}"), claim.text(language));
        }
        if let Some(right) = &self.right {
            part(say("right", "\u{6b63}\u{786e}"), right.text(language));
        }
        for evidence in &self.shown {
            let (mut place, packet, line) = evidence.place();
            if let Some(packet) = packet {
                let _ = match language {
                    Language::En => write!(place, ", packet {packet}"),
                    Language::Zh => write!(place, "\u{ff0c}\u{7b2c} {packet} \u{4e2a}\u{5305}"),
                };
            }
            if let Some(line) = line {
                let _ = match language {
                    Language::En => write!(place, ": {line}"),
                    Language::Zh => write!(place, "\u{ff1a}{line}"),
                };
            }
            part(say("see  ", "\u{89c1}  "), &place);
        }
        if let Some(why) = &self.why {
            part(say("see  ", "\u{89c1}  "), why.text(language));
        }
        text
    }

    /// As JSON, in both languages.
    pub(crate) fn json(&self) -> Value {
        let shown: Vec<Value> = self
            .shown
            .iter()
            .map(|evidence| {
                let (place, packet, line) = evidence.place();
                json!({"place": place, "packet": packet, "line": line})
            })
            .collect();
        let words = |words: &Option<super::Words>| {
            words
                .as_ref()
                .map(|words| json!({"en": words.en, "zh": words.zh}))
        };
        json!({
            "item": self.name,
            "about": self.about,
            "verdict": self.verdict,
            "claim": words(&self.claim),
            "right": words(&self.right),
            "shown": shown,
            "why": words(&self.why),
        })
    }
}
