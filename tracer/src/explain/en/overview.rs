//! The headings of the tables of a whole capture in English.

use crate::explain::{OverviewTable, plural};
use crate::note::Anomaly;

pub(in crate::explain) fn title(table: OverviewTable) -> &'static str {
    match table {
        OverviewTable::Connections => "Connections",
        OverviewTable::Transfers => "Transfers",
        OverviewTable::Hashes => "SHA-256",
        OverviewTable::Replies => "Reply codes",
        OverviewTable::Anomalies => "Anomalies",
        OverviewTable::Talkers => "Top talkers",
    }
}

pub(in crate::explain) fn columns(table: OverviewTable) -> &'static [&'static str] {
    match table {
        OverviewTable::Connections => &[],
        OverviewTable::Transfers => &[
            "session", "transfer", "command", "from", "bytes", "time", "rate", "reply", "packet",
        ],
        OverviewTable::Hashes => &["connection", "command", "bytes", "SHA-256"],
        OverviewTable::Replies => &["code", "count", "first packet", "meaning"],
        OverviewTable::Anomalies => &["what", "count", "packets"],
        OverviewTable::Talkers => &["address", "packets sent", "bytes sent"],
    }
}

pub(in crate::explain) fn anomaly(anomaly: Anomaly) -> &'static str {
    match anomaly {
        Anomaly::Unexplained => "not explained",
        Anomaly::Refused => "connection refused",
        Anomaly::HandshakeRepeated => "handshake repeated",
        Anomaly::MidStream => "open before the capture began",
        Anomaly::Retransmission => "retransmission",
        Anomaly::OutOfOrder => "out of order",
        Anomaly::DuplicateAck => "duplicate ACK",
        Anomaly::UnseenData => "ACK of bytes not captured",
        Anomaly::ZeroWindow => "zero window",
        Anomaly::WindowFull => "window filled",
        Anomaly::Reset => "connection reset",
        Anomaly::ChallengeAck => "challenge ACK",
        Anomaly::AfterClose => "packet after the close",
        Anomaly::ClearTextPassword => "password in clear text",
        Anomaly::Stranger => "a stranger at an announced endpoint",
        Anomaly::ForeignAddress => "PORT or PASV with a foreign address",
        Anomaly::NotFtp => "not FTP, or not readable",
        Anomaly::CutShort => "cut short by the snap length",
        Anomaly::Undelivered => "not delivered, says an ICMP message",
        Anomaly::NameFailure => "name not resolved",
        Anomaly::Copy => "captured more than once",
    }
}

/// How many rows are not shown.
pub(in crate::explain) fn more(count: u64) -> String {
    format!("… and {count} more")
}

/// The second half of the first line, with what separates it from the first.
pub(in crate::explain) fn size(bytes: u64, time: &str) -> String {
    format!("; {} on the wire, {time}", plural(bytes, "byte"))
}
