//! The client over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod events;
mod hostile;
mod peers;
mod servers;
mod tls;
mod trees;
