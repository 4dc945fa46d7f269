//! What goes wrong on the other side, on the way and on the disk: the real server, and the real
//! client, under faults. Afterwards they serve and work as before, and nothing is left: every
//! count of descriptors, threads and unfinished files comes back to what it was.

#![allow(clippy::unwrap_used)]

mod peer;
mod served;
mod stages;

mod client;
mod crowd;
mod cuts;
mod endings;
mod network;
mod storage;
