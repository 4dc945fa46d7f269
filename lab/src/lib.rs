//! The private network, the scenarios and the commands of the `ftplab` program.

pub mod net;
