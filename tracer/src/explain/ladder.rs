//! The words on the ladder, in every language.

use super::Language;

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
        match (self, bytes) {
            (Self::En, 1) => "1 byte, encrypted".to_owned(),
            (Self::En, _) => format!("{bytes} bytes, encrypted"),
            (Self::Zh, _) => format!("{bytes} 字节，已加密"),
        }
    }

    /// Several segments as one arrow, and how many acknowledgements came between them.
    pub(crate) fn run(self, segments: u64, bytes: u64, acks: u64) -> String {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        match (self, acks) {
            (Self::En, 0) => format!("{segments} segment{}, {bytes} bytes", plural(segments)),
            (Self::En, _) => format!(
                "{segments} segment{}, {bytes} bytes, {acks} ACK{} back",
                plural(segments),
                plural(acks)
            ),
            (Self::Zh, 0) => format!("{segments} 个报文段，{bytes} 字节"),
            (Self::Zh, _) => {
                format!("{segments} 个报文段，{bytes} 字节，{acks} 个 ACK 返回")
            }
        }
    }
}
