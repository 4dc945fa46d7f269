//! The client over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod addresses;
mod events;
mod hostile;
mod mistrust;
mod peers;
mod servers;
mod tls;
mod trees;
