//! What the articles show and claim, item by item, what is wrong in it, and what shows it here.
//!
//! The table of items is `lab/articles/*.json`, and nothing else says any of it.

mod against;
mod rows;
mod table;
mod told;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use tracer::Language;

use crate::Failure;
use crate::scenario;
pub(crate) use against::{Against, Told, compared, lines};
pub(crate) use table::document;

/// The files of the table, with the articles' titles.
const FILES: [(&str, &str); 6] = [
    (
        "S0: a normal session in WinDump and in OpenBSD's tcpdump, 2001",
        include_str!("../../articles/s0.json"),
    ),
    (
        "S1: ports, PORT and PASV, with EtherPeek's boxes",
        include_str!("../../articles/s1.json"),
    ),
    (
        "S2: a login in eleven frames, byte by byte",
        include_str!("../../articles/s2.json"),
    ),
    (
        "S3: commands and replies, with Wireshark",
        include_str!("../../articles/s3.json"),
    ),
    (
        "S4: TCP and UDP headers, a laboratory report",
        include_str!("../../articles/s4.json"),
    ),
    (
        "G: across the articles",
        include_str!("../../articles/g.json"),
    ),
];

/// One thing that an article shows or claims.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    /// Article and number: `S0-66`.
    #[serde(rename = "item")]
    pub(crate) name: String,
    /// What it is, in a line.
    about: String,
    /// How wrong it is, when it is.
    verdict: Option<Verdict>,
    /// What the article says, when it is wrong.
    claim: Option<Words>,
    /// What is right.
    right: Option<Words>,
    #[serde(default)]
    shown: Vec<Evidence>,
    /// Why nothing shows it, or not all of it.
    why: Option<Words>,
}

/// How wrong a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    /// It is not so.
    #[serde(rename = "wrong")]
    Wrong,
    /// It is so in part, or sometimes.
    #[serde(rename = "half right")]
    HalfRight,
    /// It is so, and easily misread.
    #[serde(rename = "trap")]
    Trap,
}

/// The same in each language.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    en: String,
    zh: String,
}

impl Words {
    fn text(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

/// Where something can be seen.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Evidence {
    /// In a run of a scenario.
    Run {
        run: String,
        packet: Option<u64>,
        /// A part of the packet's line in tcpdump's style.
        line: Option<String>,
    },
    /// In a printed trace of the repository.
    Trace {
        trace: String,
        packet: Option<u64>,
        /// As above.
        line: Option<String>,
    },
    /// In what a command prints.
    Command { command: String },
    /// In a test of the repository.
    Test { test: String },
}

impl Evidence {
    /// The command line, or the test's file; the packet's number; and what its line has.
    fn place(&self) -> (String, Option<u64>, Option<&str>) {
        match self {
            Self::Run { run, packet, line } => {
                (format!("ftplab run {run}"), *packet, line.as_deref())
            }
            Self::Trace {
                trace,
                packet,
                line,
            } => {
                let command = format!("ftplab trace -r {trace}");
                (command, *packet, line.as_deref())
            }
            Self::Command { command } => (command.clone(), None, None),
            Self::Test { test } => (test.clone(), None, None),
        }
    }
}

/// Each article's title and items, in order.
///
/// # Errors
/// When the table cannot be read, which a test excludes.
fn articles() -> Result<Vec<(&'static str, Vec<Item>)>, Failure> {
    let read = |(title, text): (&'static str, &str)| {
        let items = serde_json::from_str(text)
            .map_err(|error| Failure::failed(format!("the table of {title}: {error}")))?;
        Ok((title, items))
    };
    FILES.into_iter().map(read).collect()
}

/// All items, in order.
///
/// # Errors
/// As [`articles`].
pub(crate) fn items() -> Result<Vec<Item>, Failure> {
    Ok(articles()?
        .into_iter()
        .flat_map(|(_, items)| items)
        .collect())
}

impl Item {
    /// Whether the article is wrong in it.
    pub(crate) const fn is_erratum(&self) -> bool {
        self.verdict.is_some()
    }

    /// The scenarios that say in their heads that they show it, and that it does not name itself.
    fn scenarios(&self) -> impl Iterator<Item = Evidence> {
        let named = |name: &str| {
            let is =
                |evidence: &Evidence| matches!(evidence, Evidence::Run { run, .. } if run == name);
            self.shown.iter().any(is)
        };
        let shows = |text: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix("shows:"));
            line.is_some_and(|items| items.split(',').any(|item| item.trim() == self.name))
        };
        scenario::ALL
            .iter()
            .filter(move |scenario| !named(scenario.name) && shows(scenario.text))
            .map(|scenario| Evidence::Run {
                run: scenario.name.to_owned(),
                packet: None,
                line: None,
            })
    }
}
