//! 关闭连接。

use super::{party_first, party_inside};
use crate::explain::span;
use crate::note::{Doubtful, FinOrder, ResetReason, TeardownNote};

pub(super) fn note(note: &TeardownNote) -> String {
    match note {
        TeardownNote::Fin {
            by,
            order,
            seq,
            acks_fin,
        } => {
            let next = seq.wrapping_add(1);
            let merged = if *acks_fin {
                "同一个报文段还确认了对方的 FIN。"
            } else {
                ""
            };
            let start = match order {
                FinOrder::First => format!(
                    "关闭开始：{}先关闭。FIN 的意思是“我没有别的要发了”，但它还能接收。",
                    party_first(by)
                ),
                FinOrder::Second => format!("{}也关闭自己的方向。", party_first(by)),
                FinOrder::Simultaneous => {
                    format!(
                        "{}在确认对方的 FIN 之前也关闭：双方同时关闭。",
                        party_first(by)
                    )
                }
            };
            format!("{start}FIN 占用序号 {seq}，所以对它的确认将是 {next}。{merged}")
        }
        TeardownNote::FinAcknowledged { by, ack } => {
            format!(
                "{}确认 FIN：ack {ack} 就是 FIN 的序号加一。",
                party_first(by)
            )
        }
        TeardownNote::Closed {
            first,
            segments,
            simultaneous,
            lasted,
        } => {
            let lasted = lasted
                .map(|t| format!("它持续了 {}。", span(t)))
                .unwrap_or_default();
            let who = if *simultaneous {
                "双方同时".into()
            } else {
                format!("{}先关闭", party_first(first))
            };
            let how = if *segments == 3 {
                "三个报文段，因为其中一个同时带有 ACK 和 FIN"
            } else {
                "四个报文段：每个方向一个 FIN 和一个 ACK"
            };
            format!("已关闭，{who}，{how}。{lasted}")
        }
        TeardownNote::HalfClosed { by } => {
            format!(
                "半关闭：对方已发出 FIN，而{}继续发送。两个方向各自关闭。",
                party_inside(by)
            )
        }
        TeardownNote::FinAgain {
            by,
            acknowledged: true,
        } => format!(
            "{}再次发送 FIN，虽然它已被确认：那个确认来迟了，或者丢了。",
            party_first(by)
        ),
        TeardownNote::FinAgain { by, .. } => {
            format!("{}再次发送 FIN：没有及时得到确认。", party_first(by))
        }
        TeardownNote::Reset {
            by,
            reason,
            answers,
            doubt,
        } => format!(
            "复位：{}{}{}。{}",
            party_first(by),
            match reason {
                ResetReason::Abort => "立即放弃连接",
                ResetReason::DataAfterClose => "已经关闭，不接受再发给它的东西",
                ResetReason::AfterFin => "已发出 FIN，不再等对方的",
                ResetReason::AfterClose => "复位一个已经结束的连接",
                ResetReason::Unknowing => "没有这个连接，或者已经没有了",
                ResetReason::NotWanted => {
                    "不要自己发起的连接：它只是问端口是否打开（半开扫描），或者它已经不再等待，或者是别人冒用了它的地址"
                }
                ResetReason::Unanswered => "多次发送都没有得到回答，不再等待",
                ResetReason::InsteadOfFin => "收到了对方的 FIN，不发自己的 FIN 就立即结束",
                ResetReason::HalfOpen => "不知道那个旧连接，把它剩下的一端结束",
                ResetReason::Unknown => "结束一个连接，而这次捕获里没有它的其他包",
            },
            answers
                .map(|packet| format!("（第 {packet} 个包）"))
                .unwrap_or_default(),
            match doubt {
                None => "此后不再发送，也不再确认。",
                Some(Doubtful::InWindow) => {
                    "但它的序号不是对方所等的：对方可以先问一声，继续下去（RFC 5961 §3.2）。"
                }
                Some(Doubtful::Outside) => {
                    "但它的序号在对方的窗口之外，对方应当不理（RFC 9293 §3.10.7.4）：它是旧的，或者有人在猜，或者捕获丢了使窗口移到那里的包。"
                }
            }
        ),
        TeardownNote::ChallengeAck { by, rst, waits_for } => format!(
            "质询 ACK：第 {rst} 个包的 RST 落在窗口里，但序号不是{}所等的 {waits_for}。\
             所以连接继续；真要复位的一方会用这个序号再发 RST，只能猜的人做不到（RFC 5961 §3.2）。",
            party_inside(by)
        ),
        TeardownNote::AfterClose { by } => {
            format!("{}在已经结束的连接上发送了这个包。", party_first(by))
        }
    }
}
