//! The server over real sockets.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod adversary;
mod clients;
mod common;
mod confinement;
mod details;
mod hardening;
mod persona;
mod protocol;
mod recursion;
mod tls;
mod transfers;
