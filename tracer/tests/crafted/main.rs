//! Sessions and connections whose every packet is chosen, and what is told of them.

#![allow(clippy::unwrap_used)]

mod beside;
mod boxes;
mod doubts;
mod extract;
mod hard_links;
mod ladder;
mod linking;
mod tcp;
mod translation;
mod verdicts;
mod wire;
