//! Sessions and connections whose every packet is chosen, and what is told of them.

#![allow(clippy::unwrap_used)]

mod beside;
mod boxes;
mod extract;
mod linking;
mod tcp;
mod verdicts;
mod wire;
