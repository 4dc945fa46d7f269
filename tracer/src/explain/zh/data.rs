//! 数据与确认。

use super::{packets, party_first, party_inside};
use crate::explain::{rate, rows, span};
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
            party_first(by),
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
        DataNote::Hashed { bytes, sha256 } => {
            format!("文件完整：{bytes} 字节。SHA-256 {sha256}。")
        }
        DataNote::Saved { file } => match &file.sha256 {
            Some(sha256) => format!(
                "已存为 {}：{} 字节，完整。SHA-256 {sha256}。",
                file.name, file.bytes
            ),
            None => format!(
                "已存为 {}：{} 字节，但文件不完整；捕获里缺的部分是零字节，或者没有。",
                file.name, file.bytes
            ),
        },
        DataNote::DataComplete {
            by,
            bytes: 0,
            missing: 0,
            transfer,
            ..
        } => format!(
            "{}在{}中什么也没有发送：0 字节。",
            party_first(by),
            transfer.map_or_else(|| "这个连接".into(), of)
        ),
        DataNote::DataComplete {
            by,
            bytes,
            missing,
            from_start,
            segments,
            duration,
            transfer,
        } => {
            let rate = rate(*bytes, *duration)
                .map(|rate| format!("（{rate}）"))
                .unwrap_or_default();
            let time = if duration.is_zero() {
                String::new()
            } else {
                format!("，从其中第一个到这个包用了 {}{rate}", span(*duration))
            };
            let lack = match (missing, from_start) {
                (0, true) => String::new(),
                (0, false) => "开头不在这次捕获里。".into(),
                (missing, _) => format!("另有 {missing} 字节已被确认，但不在这次捕获里。"),
            };
            let whole = if lack.is_empty() {
                "到此齐全"
            } else {
                "到此结束"
            };
            format!(
                "{}{}的数据{whole}：{bytes} 字节，{segments} 个报文段{time}。{lack}",
                party_first(by),
                transfer.map(of).unwrap_or_default(),
            )
        }
    }
}

pub(super) fn ack(note: &AckNote) -> String {
    match note {
        AckNote::Ack {
            by,
            covered,
            after,
            delayed,
        } => {
            let after = after
                .filter(|_| *delayed)
                .map(|after| format!("，在 {} 之后：延迟确认", span(after)))
                .unwrap_or_default();
            format!("{}确认{}{after}。", party_first(by), what(covered))
        }
        AckNote::AckPiggybacked { covered } => format!("顺便确认{}。", what(covered)),
        AckNote::DuplicateAck {
            by,
            waits_for,
            count,
            first,
        } => {
            let first = first
                .map(|first| format!("，最早在第 {first} 个包"))
                .unwrap_or_default();
            format!(
                "{}仍在等序号 {waits_for}：同样的确认又一次（第 {count} 次）{first}。",
                party_first(by)
            )
        }
        AckNote::Sack { by, has, twice } => {
            let place = if has.len() > 1 {
                "之前和之间"
            } else {
                "之前"
            };
            let has = (!has.is_empty()).then(|| {
                let has = rows(has, " 到 ", "、");
                format!("已有 {has}，只等{place}缺的部分（SACK，RFC 2018）")
            });
            let twice = twice.map(|numbers| {
                let twice = rows(&[numbers], " 到 ", "");
                format!("又收到了 {twice}（D-SACK，RFC 2883）")
            });
            let said: Vec<_> = has.into_iter().chain(twice).collect();
            format!("{}{}。", party_first(by), said.join("；"))
        }
        AckNote::AckAgain { by } => {
            format!("{}重复上一个确认：又收到了已经有的东西。", party_first(by))
        }
        AckNote::WindowUpdate {
            by,
            window,
            reopens,
        } => {
            let again = reopens
                .map(|packet| format!("第 {packet} 个包说窗口为 0 之后，"))
                .unwrap_or_default();
            format!(
                "{again}{}现在可以接收 {window} 字节（窗口更新）。",
                party_first(by)
            )
        }
        AckNote::ZeroWindow { by } => {
            format!("{}没有空间了：窗口为 0，对方必须等待。", party_first(by))
        }
        AckNote::UnseenData { by, bytes } => {
            format!(
                "它确认了{}的 {bytes} 字节，而这次捕获里还没有出现这些字节。",
                party_inside(by)
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

pub(super) fn of(transfer: TransferRef) -> String {
    match transfer.verb {
        Some(verb) => format!("第 {} 次传输（{verb}）", transfer.number),
        None => format!("第 {} 次传输", transfer.number),
    }
}
