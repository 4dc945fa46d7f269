//! The `ftplab` program.
fn main() {}
