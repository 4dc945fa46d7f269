//! 重复、提前或迟到的报文段。

use super::{party_first, party_inside};
use crate::note::{Late, Resend, SequenceNote};

pub(super) fn note(note: &SequenceNote) -> String {
    match note {
        SequenceNote::Retransmission {
            by,
            bytes,
            of,
            why,
            duplicate_acks,
        } => {
            let of = of.map(|of| format!("（第 {of} 个包）")).unwrap_or_default();
            let (name, why) = match why {
                Resend::Timeout => ("重传", String::new()),
                Resend::Fast => (
                    "快速重传",
                    match duplicate_acks {
                        0 => "它不等计时器：上一个确认没有到已发送的末尾，可见还丢了别的（RFC 6582）。".into(),
                        _ => format!("它不等计时器：{duplicate_acks} 个重复确认要求重发。"),
                    },
                ),
                Resend::Spurious => (
                    "不必要的重传",
                    "这些字节已被确认过：那个确认来迟了，或者丢了。".into(),
                ),
            };
            format!(
                "{name}：{}再次发送之前已捕获的 {bytes} 字节{of}。{why}",
                party_first(by)
            )
        }
        SequenceNote::Overlap { by, old, new } => format!(
            "重叠：{}发来的字节中，{old} 字节之前已捕获，{new} 字节是新的。",
            party_first(by)
        ),
        SequenceNote::WindowFull { by, window } => format!(
            "窗口已满：到此{}把对方能接收的 {window} 字节都发了，必须等待。",
            party_inside(by)
        ),
        SequenceNote::Ahead { by, missing, fin } => format!(
            "次序颠倒：在这个{}之前，{}还有 {missing} 字节没有到。要按序号读，不要按时间读。",
            if *fin { " FIN " } else { "报文段" },
            party_first(by)
        ),
        SequenceNote::FillsGap {
            by,
            bytes,
            gap,
            why,
        } => {
            let since = gap
                .map(|gap| format!("（自第 {gap} 个包起）"))
                .unwrap_or_default();
            let (name, why) = match why {
                Late::OutOfOrder => ("迟到而没有丢失", ""),
                Late::Fast => ("快速重传", "第一份没有经过这里，是确认要求重发的。"),
                Late::Timeout => ("重传", "第一份没有经过这里，发送方的计时器到时。"),
            };
            format!(
                "{name}：{}的这 {bytes} 字节，应排在先到的报文段之前{since}。{why}",
                party_first(by)
            )
        }
        SequenceNote::KeepAlive { by } => {
            format!(
                "保活：{}重复一个早已确认的序号，看看对方是否还在。",
                party_first(by)
            )
        }
        SequenceNote::WindowProbe { by } => {
            format!(
                "窗口探测：对方没有空间了，{}问现在有没有。",
                party_first(by)
            )
        }
        SequenceNote::WindowProbeAck {
            by,
            window: 0,
            probe,
        } => {
            format!(
                "{}回答第 {probe} 个包的探测：仍然没有空间。",
                party_first(by)
            )
        }
        SequenceNote::WindowProbeAck { by, window, probe } => {
            format!(
                "{}回答第 {probe} 个包的探测：又可以接收 {window} 字节。",
                party_first(by)
            )
        }
        SequenceNote::KeepAliveAck { by, probe } => {
            format!("{}回答第 {probe} 个包的保活：还在。", party_first(by))
        }
    }
}
