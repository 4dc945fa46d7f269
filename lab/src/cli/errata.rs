//! `ftplab errata`: what the articles get wrong, and what shows it.

use clap::Args;
use tracer::Language;

use crate::Failure;
use crate::articles;
use crate::cli::print;
use crate::view::columns;

/// List what the articles get wrong: the claim, what is right, and the packet that shows it.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab errata                 all of them
  ftplab errata S0-71 S2-28     two of them
  ftplab errata --lang zh       in Chinese
  ftplab errata --json | jq -r 'select(.verdict==\"trap\").item'
  ftplab errata --table         where each thing that the articles show can be seen, as Markdown")]
pub(super) struct ErrataOptions {
    /// Only these, by article and number: S0-66.
    #[arg(value_name = "ITEM")]
    items: Vec<String>,
    /// One JSON object a line, in both languages.
    #[arg(long)]
    json: bool,
    /// The map of all items, also of those that are right: docs/articles.md.
    #[arg(long, conflicts_with_all = ["json", "items"])]
    table: bool,
    /// The language: en or zh.
    #[arg(long, default_value = "en", value_name = "LANG")]
    lang: Language,
}

pub(super) fn errata(options: &ErrataOptions) -> Result<(), Failure> {
    if options.table {
        return print(&articles::document()?);
    }
    let errata: Vec<_> = articles::items()?
        .into_iter()
        .filter(articles::Item::is_erratum)
        .collect();
    for wanted in &options.items {
        if !errata
            .iter()
            .any(|item| item.name.eq_ignore_ascii_case(wanted))
        {
            return Err(Failure::usage(format!(
                "{wanted} is no erratum; `ftplab errata` lists them, from S0-66 to S4-21"
            )));
        }
    }
    let asked = |item: &&articles::Item| {
        let named = |wanted: &String| item.name.eq_ignore_ascii_case(wanted);
        options.items.is_empty() || options.items.iter().any(named)
    };
    let asked = errata.iter().filter(asked);
    let text: Vec<String> = if options.json {
        asked.map(|item| format!("{}\n", item.json())).collect()
    } else {
        asked
            .map(|item| item.told(options.lang, columns()))
            .collect()
    };
    print(&text.join(if options.json { "" } else { "\n" }))
}
