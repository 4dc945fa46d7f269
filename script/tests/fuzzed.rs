//! The entry of the fuzz target in `fuzz/` that is of this crate.

#![allow(clippy::unwrap_used)]

#[path = "../../fuzz/src/script.rs"]
#[allow(unreachable_pub)] // as a crate of its own it is reached
mod entry;
#[path = "../../fuzz/stable.rs"]
mod stable;

#[test]
fn seeds_and_changed_and_random_bytes_are_survived() {
    stable::survive(&[("script", entry::script)], 256);
}
