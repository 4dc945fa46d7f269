//! docs/articles.md is what `ftplab errata --table` prints.

use std::fs;

use ftplab_tests::{ftplab, output, repository};

#[test]
fn the_map_of_the_articles_is_that_of_the_program() {
    let path = repository().join("docs/articles.md");
    let now = output(ftplab().args(["errata", "--table"]));
    let stands = fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() && stands != now {
        fs::write(&path, &now).unwrap();
        eprintln!("docs/articles.md was brought up to date");
        return;
    }
    assert!(
        stands == now,
        "UPDATE_DOCUMENTS=1 cargo test -p ftplab-tests --test documents would change docs/articles.md"
    );
    let rows = now
        .lines()
        .filter(|line| line.starts_with("| S") || line.starts_with("| G"));
    assert_eq!(rows.count(), 206);
}
