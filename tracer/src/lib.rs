//! Frames in, explained events out.
//!
//! ```text
//! source  → decode → analyze             → render
//! Frame     Packet   Explained (notes)     narrated, tcpdump, summary, json…
//! ```
//!
//! The tracer knows neither the server nor the client of this project: it explains anybody's
//! traffic. Time comes only from the frames, so live and replayed traffic give the same events.

mod analyze;
mod capture;
mod compare;
mod decode;
mod diff;
mod digits;
mod explain;
mod extract;
mod fields;
mod filter;
mod frame;
mod line;
pub mod note;
mod packet;
mod pcap;
mod printed;
mod render;
mod seq;
mod sighting;

pub use analyze::{
    Analyzer, AnalyzerOptions, ConnectionSummary, Direction, Ending, Explained, Near, Place,
    Summary, Verdict,
};
pub use capture::{
    ANY, Capture, CaptureDirection, CaptureError, CaptureOptions, CaptureStatistics, Captures,
    DEFAULT_BUFFER, DEFAULT_RING, Engine, Filter, FilterError, Interface, MAX_FRAME, TimeStamps,
    interface_link, interfaces,
};
pub use compare::{
    Channel, Compared, Comparison, Figures, Gap, MAX_COMPARED, Mark, Marks, Reason, Row, Seen,
    Segment, Trace,
};
pub use decode::decode;
pub use diff::{DifferenceTotals, FieldTotal, FrameDifference, Halves, Varying};
pub use explain::{FieldName, Language, endpoint, plural, rate, span};
pub use fields::{Field, Speech, fields};
pub use filter::{Expression, ExpressionError, Instruction, Listing, MAX_INSTRUCTIONS, Program};
pub use frame::{Frame, LinkType, Stamp, Timestamp};
pub use line::{ClassicLine, Dump, LineOptions, TcpdumpLine, TimeFormat};
pub use packet::{
    Arp, ArpOperation, Fragment, Icmp, Ip, Link, MacAddr, Malformed, Network, Packet, Tcp,
    TcpFlags, TcpOption, TcpOptions, Transport, Udp,
};
pub use pcap::{
    Comments, Compression, MAX_INTERFACES, MAX_RECORD_LEN, PcapError, PcapInterface, PcapReader,
    PcapWriter, PcapngWriter, Precision, Record,
};
pub use printed::{
    Fault, Hosts, Printed, PrintedError, PrintedReader, Record as PrintedLine, Repair, StandIn,
    begins_packet,
};
pub use render::{
    Aside, Boxes, Classic, Decode, Json, Ladder, Narrated, NarratedOptions, Overview, Render,
    Tcpdump,
};
pub use seq::Seq;
pub use sighting::{Sighting, Way};
