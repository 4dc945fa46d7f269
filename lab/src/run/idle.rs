//! Lines `drop …`, `hold …`, `double …` and `delay …` of a scenario that met no packet.

use std::thread::sleep;
use std::time::{Duration, Instant};

use tracer::Language;

use super::stage::Stage;
use crate::Failure;
use crate::net::RuleUse;
use crate::scenario::Scenario;
use crate::view::ViewOptions;

/// Such a line: the scenario did not show what it says.
pub(super) struct IdleRule {
    line: u32,
    text: String,
    met: RuleUse,
}

/// The lines that did nothing, in their order. A packet that has just been captured may still be
/// on its way into the cable: it is waited for.
pub(super) fn rules(stage: &Stage, scenario: &Scenario) -> Vec<IdleRule> {
    const PATIENCE: Duration = Duration::from_secs(1);
    const PAUSE: Duration = Duration::from_millis(5);
    let until = Instant::now() + PATIENCE;
    loop {
        let idle = idle_now(&stage.rules(), scenario);
        if idle.is_empty() || Instant::now() >= until {
            return idle;
        }
        sleep(PAUSE);
    }
}

fn idle_now(uses: &[RuleUse], scenario: &Scenario) -> Vec<IdleRule> {
    let rules = scenario.network.cable.rules.iter().zip(uses);
    rules
        .filter(|(_, met)| met.decided == 0)
        .map(|(rule, met)| IdleRule {
            line: rule.at.line,
            text: scenario.line(rule.at).trim().to_owned(),
            met: *met,
        })
        .collect()
}

/// Names them on stderr.
pub(super) fn tell(idle: &[IdleRule]) {
    for rule in idle {
        message!("ftplab: {}", rule.told(Language::En));
    }
}

/// A scenario of which a line did nothing has not shown what it says.
///
/// # Errors
/// When there is one: exit code 1.
pub(super) fn fail(name: &str, idle: &[IdleRule]) -> Result<(), Failure> {
    match idle {
        [] => Ok(()),
        [one] => Err(Failure::failed(format!(
            "{name} did not show what its line {} says",
            one.line
        ))),
        [first, rest @ ..] => {
            let rest: Vec<_> = rest.iter().map(|rule| rule.line.to_string()).collect();
            Err(Failure::failed(format!(
                "{name} did not show what its lines {} and {} say",
                first.line,
                rest.join(" and ")
            )))
        }
    }
}

impl IdleRule {
    /// As a line below the packets, where the output has such lines.
    pub(super) fn shown(&self, view: &ViewOptions) -> Option<String> {
        if view.is_json() {
            let line = serde_json::json!({
                "event": "idle_rule", "line": self.line, "rule": self.text,
                "alike": self.met.alike, "meant": self.met.meant,
            });
            return Some(line.to_string());
        }
        view.is_narrated().then(|| self.told(view.language()))
    }

    fn told(&self, language: Language) -> String {
        let Self { line, text, met } = self;
        let alike = met.alike;
        match (language, alike, met.meant) {
            (Language::En, 0, _) => {
                format!("line {line}: `{text}` met no packet: none such came by")
            }
            (Language::En, _, 0) => {
                format!("line {line}: `{text}` met no packet: only {alike} such came by")
            }
            (Language::En, ..) => format!(
                "line {line}: `{text}` did nothing: a line above it had decided about all that it \
                 met"
            ),
            (Language::Zh, 0, _) => {
                format!("第 {line} 行的 `{text}` 没有遇到任何包：没有这样的包经过")
            }
            (Language::Zh, _, 0) => {
                format!("第 {line} 行的 `{text}` 没有遇到任何包：只有 {alike} 个这样的包经过")
            }
            (Language::Zh, ..) => {
                format!("第 {line} 行的 `{text}` 什么也没做：它遇到的包都已由上面的一行决定")
            }
        }
    }
}
