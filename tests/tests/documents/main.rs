//! The documents: what they show, name and link to is there.
//!
//! `UPDATE_DOCUMENTS=1 cargo test -p ftplab-tests --test documents` writes their excerpts and
//! maps again.

#![allow(clippy::unwrap_used)]

mod articles;
mod chinese;
mod events;
mod excerpt;
mod kinds;
mod map;
mod mask;
mod page;
mod shell;

use ftplab_tests::{finish, ftplab, repository};

use excerpt::Runner;
use mask::comparable;
use page::Page;

#[test]
fn excerpts_are_what_the_program_says() {
    let update = std::env::var_os("UPDATE_DOCUMENTS").is_some();
    let mut runner = Runner::new();
    let mut compared = 0;
    let mut stale = Vec::new();
    for page in Page::all() {
        let mut texts = Vec::new();
        for block in &page.blocks {
            let directive = block.directive.as_deref().unwrap_or_default();
            let now = if let Some(command) = directive.strip_prefix("output of: ") {
                runner.excerpt(command)
            } else if let Some(folder) = directive.strip_prefix("files of: ") {
                Some(map::of(folder))
            } else {
                assert_eq!(directive, "", "{}: no such directive", page.place(block));
                None
            };
            compared += usize::from(now.is_some());
            let stands = page.text(block);
            if let Some(now) = &now
                && comparable(now) != comparable(&stands)
            {
                let place = page.place(block);
                stale.push(format!(
                    "{place}: {directive}\nstands:\n{stands}\nis now:\n{now}\n"
                ));
            }
            texts.push(now);
        }
        // All of a page, so that its excerpts go on being of one run; a page that is true stays.
        if update && stale.iter().any(|text| text.starts_with(&page.name())) {
            page.rewrite(&texts);
            eprintln!("{} was brought up to date", page.name());
        }
    }
    assert!(compared > 6, "only {compared} excerpts");
    assert!(
        update || stale.is_empty(),
        "UPDATE_DOCUMENTS=1 cargo test -p ftplab-tests --test documents would change this:\n\n{}",
        stale.join("\n")
    );
}

#[test]
fn output_stands_in_no_block_that_is_not_compared() {
    for page in Page::all() {
        for block in page.blocks.iter().filter(|block| block.directive.is_none()) {
            let text = page.text(block);
            let looks_like_output = ["Flags [", "━━", "{\"event\":", "ftplab: "]
                .iter()
                .any(|mark| text.contains(mark));
            assert!(!looks_like_output, "{}:\n{text}", page.place(block));
        }
    }
}

#[test]
fn command_lines_are_ones_that_the_program_takes() {
    let mut calls = Vec::new();
    for page in Page::all() {
        for block in page.blocks.iter().filter(|block| block.language == "sh") {
            let place = page.place(block);
            let text = page.text(block);
            calls.extend(
                text.lines()
                    .flat_map(shell::calls)
                    .map(|call| (place.clone(), call)),
            );
        }
        let place = page.path.display().to_string();
        for code in page.inline_code() {
            calls.extend(
                shell::calls(&code)
                    .into_iter()
                    .map(|call| (place.clone(), call)),
            );
        }
    }
    assert!(calls.len() > 20, "{calls:?}");
    for (place, call) in calls {
        assert!(parses(&call), "{place}: ftplab {}", call.join(" "));
    }
    // Otherwise the lines above prove nothing.
    for wrong in [
        "run backwards",
        "run active --styel tcpdump",
        "trace --count none",
        "sevre",
    ] {
        assert!(!parses(&shell::words(wrong)), "{wrong}");
    }
}

/// Whether the program understands every word; asked for help, it does nothing.
fn parses(call: &[String]) -> bool {
    finish(ftplab().args(call).arg("--help")).status.success()
}

#[test]
fn links_and_paths_lead_somewhere() {
    let mut followed = 0;
    for page in Page::all() {
        let from = page.path.display();
        let folder = page.path.parent().unwrap();
        for link in page.links() {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                page.path.clone()
            } else {
                folder.join(file)
            };
            assert!(repository().join(&target).exists(), "{from}: no {link}");
            if !anchor.is_empty() {
                let anchors = Page::read(&target).anchors();
                assert!(anchors.iter().any(|a| a == anchor), "{from}: no {link}");
            }
            followed += 1;
        }
        for path in page.inline_code().iter().filter(|code| is_path(code)) {
            assert!(repository().join(path).exists(), "{from}: no {path}");
            followed += 1;
        }
    }
    assert!(followed > 50, "only {followed}");
}

/// Whether it names a file or folder of this repository.
fn is_path(code: &str) -> bool {
    let own = [
        "bench", "bulk", "client", "docs", "lab", "proto", "server", "tests", "tracer",
    ];
    code.split_once('/')
        .is_some_and(|(first, _)| own.contains(&first) && !code.contains(' '))
}

#[test]
fn every_crate_is_on_a_map() {
    let read = |path| std::fs::read_to_string(repository().join(path)).unwrap();
    let (manifest, house) = (read("Cargo.toml"), read("ARCHITECTURE.md"));
    let members = manifest
        .lines()
        .find(|line| line.starts_with("members = "))
        .unwrap();
    for member in members.split('"').skip(1).step_by(2) {
        let directive = format!("<!-- files of: {member}");
        assert!(house.contains(&directive), "{directive}");
    }
}
