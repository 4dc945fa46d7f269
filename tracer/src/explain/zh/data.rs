//! 数据与确认。

use super::{packets, party};
use crate::explain::{rate, span};
use crate::note::{AckNote, Covered, DataNote, TransferRef};

pub(super) fn data(note: &DataNote) -> String {
    match note {
        DataNote::Data {
            by,
            first,
            last,
            transfer,
            push,
        } => format!(
            "{}发送{}第 {}{} 字节{}。",
            party(by),
            transfer.map(of).unwrap_or_default(),
            first,
            if first == last {
                String::new()
            } else {
                format!(" 至 {last}")
            },
            if *push {
                "，眼下要发的到此为止（PSH）"
            } else {
                ""
            },
        ),
        DataNote::DataComplete {
            by,
            bytes,
            segments,
            duration,
            transfer,
        } => {
            let rate = rate(*bytes, *duration)
                .map(|rate| format!("（{rate}）"))
                .unwrap_or_default();
            format!(
                "{}{}的数据到此齐全：{bytes} 字节，{segments} 个报文段，\
                 从其中第一个到这个包用了 {}{rate}。",
                party(by),
                transfer.map(of).unwrap_or_default(),
                span(*duration),
            )
        }
    }
}

pub(super) fn ack(note: &AckNote) -> String {
    match note {
        AckNote::Ack { by, covered, after } => {
            let after = after
                .filter(|after| after.as_millis() >= 20)
                .map(|after| format!("，在 {} 之后（延迟确认）", span(after)))
                .unwrap_or_default();
            format!("{}确认{}{after}。", party(by), what(covered))
        }
        AckNote::AckPiggybacked { covered } => format!("顺便确认{}。", what(covered)),
        AckNote::DuplicateAck {
            by,
            waits_for,
            count,
        } => {
            format!(
                "{}仍在等序号 {waits_for}：同样的确认又一次（第 {count} 次）。",
                party(by)
            )
        }
        AckNote::WindowUpdate { by, window } => {
            format!("{}现在可以接收 {window} 字节（窗口更新）。", party(by))
        }
        AckNote::ZeroWindow { by } => format!("{}没有空间了：窗口为 0，对方必须等待。", party(by)),
        AckNote::UnseenData { by, bytes } => {
            format!(
                "它确认了{}的 {bytes} 字节，而这次捕获里没有这些字节。",
                party(by)
            )
        }
    }
}

fn what(covered: &Covered) -> String {
    let fin = if covered.fin { "和 FIN" } else { "" };
    match packets(covered.first, covered.last) {
        Some(packets) => format!("{packets}：{} 字节{fin}", covered.bytes),
        None => format!("{} 字节{fin}", covered.bytes),
    }
}

fn of(transfer: TransferRef) -> String {
    match transfer.verb {
        Some(verb) => format!("第 {} 次传输（{verb}）", transfer.number),
        None => format!("第 {} 次传输", transfer.number),
    }
}
