//! 没有字节的打印记录能说明什么。

use super::party_first;
use crate::note::{Fit, OmittedStage, PrintedNote};

pub(super) fn note(note: &PrintedNote) -> String {
    match note {
        PrintedNote::Unprinted { by, bytes, fits } => {
            let who = party_first(by);
            match &fits[..] {
                [] => format!("{who}发送 {bytes} 字节，记录里没有内容。"),
                fits => format!(
                    "{who}发送 {bytes} 字节，记录里没有内容。推断：按长度可能是{}。",
                    lines(fits)
                ),
            }
        }
        PrintedNote::Omitted {
            by,
            own,
            peer,
            stage,
        } => {
            let what = match stage {
                OmittedStage::Password => "推断：这是 PASS 和它的应答，因为服务器刚刚要过密码。",
                OmittedStage::Login => {
                    "推断：其中有 USER、PASS 和它们的应答，因为此前服务器只发了问候。"
                }
                OmittedStage::Later => "",
            };
            format!(
                "这里缺少 {own} 和 {peer} 字节：{}发送的 {own} 字节，以及它确认的 {peer} 字节。\
                 这一行之前有包被省略了。{what}",
                party_first(by)
            )
        }
        PrintedNote::WindowShrank {
            by,
            from,
            bytes,
            to,
            omitted,
        } => {
            let confirmed = match omitted {
                0 => String::new(),
                omitted => format!("其中包括记录省略的 {omitted} 字节：它们确实到了。"),
            };
            format!(
                "窗口：{from} − {bytes} = {to}。{}确认的字节在程序读走之前占着空间。{confirmed}",
                party_first(by)
            )
        }
        PrintedNote::WindowGrew { by, from, to, read } => format!(
            "窗口：从 {from} 到 {to}。{}的程序在此期间读走了 {read} 字节。",
            party_first(by)
        ),
        PrintedNote::AnnouncedByLength {
            announced_by,
            announced_in,
            line,
            hole,
        } => {
            let address = hole
                .map(|hole| format!("（地址占 {hole} 个字符）"))
                .unwrap_or_default();
            format!(
                "推断：宣布（{announced_by}）在第 {announced_in} 个包里，它的长度正好是“{line}”{address}。"
            )
        }
    }
}

fn lines(fits: &[Fit]) -> String {
    let one = |fit: &Fit| match fit.hole {
        Some(hole) => format!("“{}”（… 为 {hole} 个字符）", fit.line),
        None => format!("“{}”", fit.line),
    };
    fits.iter().map(one).collect::<Vec<_>>().join("或")
}
