//! The map of all items, as Markdown: docs/articles.md.

use std::fmt::Write as _;

use super::{Evidence, Item, articles};
use crate::Failure;

const BEGIN: &str = "\
# The articles, and where to see what they show

Five articles about FTP on the wire are what this laboratory runs again. Below is each thing that
they show, claim or get wrong, by article and number, and what shows it here. This page is what
`ftplab errata --table` prints.

- `ftplab errata` lists what the articles get wrong: the claim, what is right, and the packet that
  settles it; `ftplab errata --lang zh` in Chinese, `ftplab errata S2-28` one item.
- `ftplab run article-active` and `ftplab run article-passive` play the two sessions of S0 again and
  hold our packets against the article's lines, side by side; they fail when a line that should
  match does not. `ftplab compare tests/traces/s0-active.txt our.pcap` does the same for any trace
  and capture.
- `ftplab diff one.pcap two.pcap` says which bytes differ between captures of the same session, and
  to which field each of them belongs.
";

/// The whole page.
///
/// # Errors
/// As [`articles`].
pub(crate) fn document() -> Result<String, Failure> {
    let mut page = String::from(BEGIN);
    for (title, items) in articles()? {
        let _ = write!(
            page,
            "\n## {title}\n\n| item | what it is | shown by |\n|---|---|---|\n"
        );
        for item in items {
            let verdict = if item.is_erratum() {
                " **(erratum)**"
            } else {
                ""
            };
            let (name, about, shown) = (&item.name, plain(&item.about), shown(&item));
            let _ = writeln!(page, "| {name} | {about}{verdict} | {shown} |");
        }
    }
    Ok(page)
}

fn shown(item: &Item) -> String {
    let mut parts: Vec<String> = item.shown.iter().map(of_evidence).collect();
    parts.extend(item.scenarios().map(|evidence| of_evidence(&evidence)));
    if let Some(why) = &item.why {
        parts.push(plain(&why.en));
    }
    parts.join("; ")
}

fn of_evidence(evidence: &Evidence) -> String {
    let (place, packet, _) = evidence.place();
    match (evidence, packet) {
        (Evidence::Test { .. }, _) => format!("the test `{place}`"),
        (_, Some(packet)) => format!("`{place}`, packet {packet}"),
        (_, None) => format!("`{place}`"),
    }
}

/// Without what Markdown would take for its own.
fn plain(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*")
}
