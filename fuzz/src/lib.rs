//! What is fuzzed: functions that take any bytes, and panic when something is wrong.
//!
//! The fuzz targets call them, and so do tests on the stable toolchain, which include these files
//! and `stable.rs`: `tracer/tests/fuzzed.rs`, `script/tests/fuzzed.rs` and
//! `server/tests/fuzzed.rs`.

mod packets;
mod persona;
mod script;

pub use packets::{
    boxes, decode, dns, filter, frames, host_port, lines, listings, pcap, pcapng, printed, replies,
    session, tcpdump_line,
};
pub use persona::persona;
pub use script::script;
