//! The private network, the scenarios and the commands of the `ftplab` program.

mod doctor;
pub mod net;

pub use doctor::{Check, Outcome, Report, Verdict, examine};
