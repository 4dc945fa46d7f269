//! The entries of the fuzz targets in `fuzz/`, on what fuzzing found, on seeds, and on some more.

#![allow(clippy::unwrap_used, clippy::similar_names)]

#[path = "../../fuzz/src/lib.rs"]
#[allow(unreachable_pub)] // as a crate of its own it is reached
mod fuzz;

use std::path::Path;

use fuzz::ENTRIES;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Every seed of an entry; an entry without any is a mistake.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(name);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{name}");
    paths
        .into_iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

#[test]
fn seeds_and_finds_are_survived() {
    for (name, entry) in ENTRIES {
        for seed in seeds(name) {
            entry(&seed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_survived(
        (_, entry) in select(&ENTRIES[..]),
        data in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        entry(&data);
    }

    #[test]
    fn seeds_with_bytes_changed_are_survived(
        (name, entry) in select(&ENTRIES[..]),
        which in any::<Index>(),
        hits in prop::collection::vec((any::<Index>(), any::<u8>()), 0..20),
        keep in any::<Index>(),
    ) {
        let seeds = seeds(name);
        let mut data = seeds[which.index(seeds.len())].clone();
        for (at, byte) in hits {
            let at = at.index(data.len());
            data[at] = byte;
        }
        entry(&data);
        data.truncate(keep.index(data.len()));
        entry(&data);
    }
}
