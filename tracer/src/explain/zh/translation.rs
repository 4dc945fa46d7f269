//! 同一个连接在地址转换（NAT）的两侧。

use crate::explain::endpoint;
use crate::note::{Changed, TranslationNote};

pub(super) fn note(note: &TranslationNote) -> String {
    match note {
        TranslationNote::Connection {
            of,
            other,
            changed,
            was,
            now,
        } => {
            let whose = match changed {
                Changed::Source => "源地址",
                Changed::Destination => "目的地址",
            };
            format!(
                "这个 SYN 在第 {of} 个包里已经出现过：初始序号相同，{whose}不同。路上的路由器把 \
                 {} 换成了 {}（NAT）。{other} 和这个连接是同一个连接的两半。",
                endpoint(*was),
                endpoint(*now)
            )
        }
        TranslationNote::Segment {
            of,
            seq_shift,
            ack_shift,
            since,
        } => {
            let mut shifted = Vec::new();
            for (what, shift) in [("序号", seq_shift), ("确认号", ack_shift)] {
                if *shift != 0 {
                    let more = if *shift > 0 { "大" } else { "小" };
                    shifted.push(format!("{what}比那里{more} {}", shift.unsigned_abs()));
                }
            }
            let mut text = format!("与第 {of} 个包是同一个报文段，只是在路由器的另一侧。");
            if !shifted.is_empty() {
                if let Some(packet) = since {
                    text.push_str(&format!("第 {packet} 个包的文本改写后长度变了，所以"));
                }
                text.push_str(&shifted.join("，"));
                text.push('。');
            }
            text
        }
        TranslationNote::Rewritten {
            of,
            was,
            now,
            longer,
        } => {
            let length = if *longer == 0 {
                "长度不变。".to_owned()
            } else {
                let (more, higher) = if *longer > 0 {
                    ("多了", "大")
                } else {
                    ("少了", "小")
                };
                let bytes = longer.unsigned_abs();
                format!(
                    "{more} {bytes} 字节。此后这个方向的序号在这一侧都{higher} {bytes}，\
                         对方的确认号由路由器改回去。"
                )
            };
            format!(
                "与第 {of} 个包是同一个报文段，但路由器改写了它的文本：“{was}”变成了“{now}”，\
                 {length}TCP 校验和也要重新计算。"
            )
        }
    }
}
