//! 地址解析。

use crate::explain::span;
use crate::note::ArpNote;

pub(super) fn note(note: &ArpNote) -> String {
    match note {
        ArpNote::Request {
            asker,
            target,
            broadcast: true,
        } => format!(
            "{asker} 要给 {target} 发送数据，但只知道它的 IP 地址。以太网需要硬件地址，\
             所以它向所有人询问（广播到 ff:ff:ff:ff:ff:ff）。"
        ),
        ArpNote::Request {
            asker,
            target,
            broadcast: false,
        } => {
            format!("{asker} 只问 {target} 一个：你的以太网地址还是原来那个吗？")
        }
        ArpNote::Reply {
            owner,
            mac,
            request: Some(request),
            after,
        } => {
            let after = after
                .map(|after| format!("，{} 之后", span(after)))
                .unwrap_or_default();
            format!(
                "回答第 {request} 个包{after}，只发给提问者：{owner} 的地址是 {mac}。\
                 提问者把它记入 ARP 缓存，短时间内不必再问。"
            )
        }
        ArpNote::Reply {
            owner,
            mac,
            request: None,
            ..
        } => {
            format!("{owner} 说自己的地址是 {mac}；没有捕获到对应的提问。")
        }
        ArpNote::Announcement {
            address,
            probe: false,
        } => {
            format!("一台主机宣布 {address} 是它的地址，好让各处的缓存记住。")
        }
        ArpNote::Announcement {
            address,
            probe: true,
        } => {
            format!("一台主机在使用 {address} 之前，先确认没有别人在用。")
        }
    }
}
