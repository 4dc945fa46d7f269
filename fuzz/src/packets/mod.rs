//! Captures, frames, what peers say, and printed traces: one function for each parser, and some for
//! the analyzer with every style.

mod files;
mod frames;
mod made;
mod printed;
mod show;
mod speech;

/// Takes any bytes.
pub type Entrance = fn(&[u8]);

pub use files::{pcap, pcapng};
pub use frames::{boxes, decode, filter, tcpdump_line};
pub use made::{dns, frames, session};
pub use printed::printed;
pub use speech::{host_port, lines, listings, replies};

/// Every entry by its name, which is also that of its folder of seeds.
pub const ENTRIES: [(&str, Entrance); 14] = [
    ("pcap", pcap),
    ("pcapng", pcapng),
    ("decode", decode),
    ("filter", filter),
    ("lines", lines),
    ("replies", replies),
    ("listings", listings),
    ("host_port", host_port),
    ("tcpdump_line", tcpdump_line),
    ("boxes", boxes),
    ("dns", dns),
    ("frames", frames),
    ("session", session),
    ("printed", printed),
];
