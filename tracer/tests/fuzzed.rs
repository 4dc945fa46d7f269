//! The entries of the fuzz targets in `fuzz/` that are of this crate.

#![allow(clippy::unwrap_used, clippy::similar_names)]

#[path = "../../fuzz/src/packets/mod.rs"]
#[allow(unreachable_pub)] // as a crate of its own it is reached
mod packets;
#[path = "../../fuzz/stable.rs"]
mod stable;

#[test]
fn seeds_and_changed_and_random_bytes_are_survived() {
    stable::survive(&packets::ENTRIES, 128);
}
