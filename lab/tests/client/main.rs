//! The client's commands, as a user runs them.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod beginner;
mod hostile;
mod programs;
mod session;
mod shell;
mod slips;
mod stumbles;
mod terminal;
mod trees;
