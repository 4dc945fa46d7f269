//! 重复、提前或迟到的报文段。

use super::party;
use crate::note::SequenceNote;

pub(super) fn note(note: &SequenceNote) -> String {
    match note {
        SequenceNote::Retransmission { by, bytes } => {
            format!("重传：{}再次发送之前已捕获的 {bytes} 字节。", party(by))
        }
        SequenceNote::Ahead { by, missing, fin } => format!(
            "次序颠倒：在这个{}之前，{}还有 {missing} 字节没有到。要按序号读，不要按时间读。",
            if *fin { " FIN " } else { "报文段" },
            party(by)
        ),
        SequenceNote::FillsGap { by, bytes } => {
            format!(
                "迟到而没有丢失：{}的这 {bytes} 字节，应排在先到的报文段之前。",
                party(by)
            )
        }
        SequenceNote::KeepAlive { by } => {
            format!(
                "保活：{}重复一个早已确认的序号，看看对方是否还在。",
                party(by)
            )
        }
        SequenceNote::WindowProbe { by } => {
            format!("窗口探测：对方没有空间了，{}问现在有没有。", party(by))
        }
        SequenceNote::WindowProbeAck { by, window: 0 } => {
            format!("{}回答探测：仍然没有空间。", party(by))
        }
        SequenceNote::WindowProbeAck { by, window } => {
            format!("{}回答探测：又可以接收 {window} 字节。", party(by))
        }
        SequenceNote::KeepAliveAck { by } => format!("{}回答保活：还在。", party(by)),
    }
}
