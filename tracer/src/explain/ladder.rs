//! The words on the ladder, in every language.

use std::net::SocketAddr;

use super::{Language, endpoint, plural};
use crate::note::{ConnectionName, TranslationNote};

impl Language {
    /// Who stands at the left and at the right line.
    pub(crate) const fn parties(self) -> (&'static str, &'static str) {
        match self {
            Self::En => ("client", "server"),
            Self::Zh => ("客户端", "服务器"),
        }
    }

    /// Who stands between the two, and changes addresses.
    pub(crate) const fn router(self) -> &'static str {
        match self {
            Self::En => "router",
            Self::Zh => "路由器",
        }
    }

    /// Who is neither: its address follows.
    pub(crate) const fn third(self) -> &'static str {
        match self {
            Self::En => "third host",
            Self::Zh => "第三台主机",
        }
    }

    /// Before the label of a SYN whose connection has a number for a name: the port it goes to.
    pub(crate) fn dials(self, connection: ConnectionName, port: u16) -> String {
        match self {
            Self::En => format!("{connection}, port {port}: "),
            Self::Zh => format!("{connection}，端口 {port}："),
        }
    }

    /// Whose lines the arrows of a connection are between that belongs to no session.
    pub(crate) fn strangers(
        self,
        connection: ConnectionName,
        left: SocketAddr,
        right: SocketAddr,
    ) -> String {
        let [left, right] = [left, right].map(endpoint);
        match self {
            Self::En => format!("{connection} is between {left}, on the left, and {right}"),
            Self::Zh => format!("{connection}：左边是 {left}，右边是 {right}"),
        }
    }

    /// What an address translator changed in a segment, where its two halves do not say it.
    pub(crate) fn translated(self, note: &TranslationNote) -> Option<String> {
        match note {
            TranslationNote::Connection { was, now, .. } => {
                let [was, now] = [*was, *now].map(endpoint);
                Some(match self {
                    Self::En => format!("NAT: {was} becomes {now}"),
                    Self::Zh => format!("NAT：{was} 变为 {now}"),
                })
            }
            TranslationNote::Rewritten { longer: 0, .. } | TranslationNote::Segment { .. } => None,
            TranslationNote::Rewritten { longer, .. } => {
                let bytes = longer.unsigned_abs();
                let counted = plural(bytes.into(), "byte");
                Some(match (self, *longer > 0) {
                    (Self::En, true) => format!(
                        "NAT: rewritten, and {counted} longer; from here on the numbers differ by as many"
                    ),
                    (Self::En, false) => format!(
                        "NAT: rewritten, and {counted} shorter; from here on the numbers differ by as many"
                    ),
                    (Self::Zh, true) => {
                        format!("NAT：改写后长了 {bytes} 字节；此后两侧的序号相差这么多")
                    }
                    (Self::Zh, false) => {
                        format!("NAT：改写后短了 {bytes} 字节；此后两侧的序号相差这么多")
                    }
                })
            }
        }
    }

    /// How often a packet was captured, when that is more than once.
    pub(crate) fn seen(self, times: u32) -> String {
        match (self, times) {
            (Self::En, 2) => "seen twice".into(),
            (Self::En, _) => format!("seen {times} times"),
            (Self::Zh, _) => format!("捕获到 {times} 次"),
        }
    }

    /// In the place of an arrow: the packet was captured before.
    pub(crate) fn same(self, of: u64) -> String {
        match self {
            Self::En => format!("the same packet as {of}"),
            Self::Zh => format!("与第 {of} 个包是同一个包"),
        }
    }

    /// How many of the segments of an arrow, and of the acknowledgements, were captured again.
    pub(crate) fn copies(self, count: u64) -> String {
        match (self, count) {
            (_, 0) => String::new(),
            (Self::En, _) => format!(", {count} seen again"),
            (Self::Zh, _) => format!("，{count} 个再次捕获"),
        }
    }

    /// What the two ladders show: control connections, data connections.
    pub(crate) const fn kinds(self) -> (&'static str, &'static str) {
        match self {
            Self::En => ("control", "data"),
            Self::Zh => ("控制", "数据"),
        }
    }

    /// What stands for text that nobody can read.
    pub(crate) fn encrypted(self, bytes: u32) -> String {
        match self {
            Self::En => format!("{}, encrypted", plural(bytes.into(), "byte")),
            Self::Zh => format!("{bytes} 字节，已加密"),
        }
    }

    /// Several segments as one arrow, and how many acknowledgements came between them.
    pub(crate) fn run(self, segments: u64, bytes: u64, acks: u64) -> String {
        let (sent, size) = (plural(segments, "segment"), plural(bytes, "byte"));
        match (self, acks) {
            (Self::En, 0) => format!("{sent}, {size}"),
            (Self::En, _) => format!("{sent}, {size}, {} back", plural(acks, "ACK")),
            (Self::Zh, 0) => format!("{segments} 个报文段，{bytes} 字节"),
            (Self::Zh, _) => {
                format!("{segments} 个报文段，{bytes} 字节，{acks} 个 ACK 返回")
            }
        }
    }
}
