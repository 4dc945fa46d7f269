//! The words on the ladder, in every language.

use super::{Language, plural};

impl Language {
    /// Who stands at the left and at the right line.
    pub(crate) const fn parties(self) -> (&'static str, &'static str) {
        match self {
            Self::En => ("client", "server"),
            Self::Zh => ("客户端", "服务器"),
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
