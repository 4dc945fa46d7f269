//! The private network, the scenarios and the commands of the `ftplab` program.
//!
//! ```text
//! cli/       the command line, one file a command
//! run/       a scenario on its stage, captured and shown while it plays
//! scenario/  what happens in a run; the scripts themselves are in `lab/scenarios/`
//! net/       the private network
//! view.rs    how packets are shown and kept, for `run` and `trace`
//! articles/  what the articles show, and what shows it here
//! doctor.rs  what this machine allows
//! ```

// `println!` and `eprintln!` panic when nobody reads: `message!` tells the user of something.
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[macro_use]
mod message;

mod articles;
mod check;
mod cli;
mod doctor;
mod failure;
mod interrupt;
pub mod net;
mod recording;
mod run;
mod scenario;
mod secrets;
mod swept;
mod view;

pub use cli::main;
pub use doctor::{Check, Outcome, Report, Verdict, examine};
pub use failure::Failure;
pub use scenario::{ALL, BuiltIn, named};
