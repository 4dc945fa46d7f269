//! The entries of fuzz targets on the stable toolchain: on what fuzzing found, on seeds, on seeds
//! with bytes changed, and on random bytes.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// Takes any bytes.
type Entrance = fn(&[u8]);

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

/// Calls the entries, with so many inputs of each kind in all.
pub(crate) fn survive(entries: &[(&'static str, Entrance)], cases: u32) {
    for (name, entry) in entries {
        for seed in seeds(name) {
            entry(&seed);
        }
    }
    let mut runner = TestRunner::new(Config::with_cases(cases));
    let any_bytes = prop::collection::vec(any::<u8>(), 0..400);
    let random = (select(entries.to_vec()), any_bytes);
    runner
        .run(&random, |((_, entry), data)| {
            entry(&data);
            Ok(())
        })
        .unwrap();
    let hits = prop::collection::vec((any::<Index>(), any::<u8>()), 0..20);
    let which = (any::<Index>(), any::<Index>());
    let changed = (select(entries.to_vec()), which, hits);
    runner
        .run(&changed, |((name, entry), (which, keep), hits)| {
            let seeds = seeds(name);
            let mut data = seeds[which.index(seeds.len())].clone();
            for (at, byte) in hits {
                let at = at.index(data.len());
                data[at] = byte;
            }
            entry(&data);
            data.truncate(keep.index(data.len()));
            entry(&data);
            Ok(())
        })
        .unwrap();
}
