//! The server over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod additions;
mod adversary;
mod clients;
mod common;
mod confinement;
mod connections;
mod details;
mod hardening;
mod limits;
mod listings;
mod persona;
mod protocol;
mod recursion;
mod tls;
mod transfers;
