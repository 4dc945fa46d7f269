//! Sessions and connections whose every packet is chosen, and what is told of them.

#![allow(clippy::unwrap_used)]

mod beside;
mod boxes;
mod copies;
mod doubts;
mod entered_late;
mod extract;
mod hard_links;
mod headings;
mod ladder;
mod linking;
mod meant;
mod pieces;
mod recovery;
mod sent_again;
mod tcp;
mod translation;
mod verdicts;
mod wire;
