//! 中文（简体）。

mod arp;
mod command;
mod control;
mod copy;
mod data;
mod handshake;
mod order;
mod other;
pub(super) mod overview;
mod printed;
mod reply;
mod teardown;
mod translation;
mod verdict;

pub(super) use command::verb;
pub(super) use reply::code;
pub(super) use verdict::verdict;

use std::borrow::Cow;

use super::figures::endpoint;
use crate::note::{Note, Party, Section, Undelivered, Unexplained};
use crate::{Ending, Summary};

pub(super) const TABLE: [&str; 8] = [
    "连接",
    "发起方",
    "源",
    "目的",
    "用途",
    "字节 →",
    "字节 ←",
    "如何关闭",
];

pub(super) fn note(note: &Note) -> String {
    match note {
        Note::Arp(note) => arp::note(note),
        Note::Handshake(note) => handshake::note(note),
        Note::Control(note) => control::note(note),
        Note::Data(note) => data::data(note),
        Note::Ack(note) => data::ack(note),
        Note::Sequence(note) => order::note(note),
        Note::Teardown(note) => teardown::note(note),
        Note::Translation(note) => translation::note(note),
        Note::Copy(note) => copy::note(note),
        Note::Other(note) => other::note(note),
        Note::Printed(note) => printed::note(note),
        Note::Unexplained(why) => unexplained(why),
    }
}

pub(super) fn section(section: Section) -> String {
    match section {
        Section::AddressResolution => "地址解析：谁拥有哪个以太网地址".into(),
        Section::NameResolution => "域名解析：名字对应哪个地址".into(),
        Section::Handshake => "三次握手：建立控制连接".into(),
        Section::Login => "登录".into(),
        Section::Commands => "控制连接上的命令".into(),
        Section::Transfer { number } => format!("第 {number} 次传输"),
        Section::Goodbye => "告别".into(),
        Section::Others => "FTP 会话之外".into(),
    }
}

pub(super) fn party(party: &Party) -> Cow<'static, str> {
    match party {
        Party::Client => "客户端".into(),
        Party::Server => "服务器".into(),
        Party::Endpoint(addr) => endpoint(*addr).into(),
    }
}

/// 句首或全角标点之后：地址与后面的汉字之间空一格。
fn party_first(who: &Party) -> Cow<'static, str> {
    match who {
        Party::Client | Party::Server => party(who),
        Party::Endpoint(addr) => format!("{} ", endpoint(*addr)).into(),
    }
}

/// 汉字之间：地址前后各空一格。
fn party_inside(who: &Party) -> Cow<'static, str> {
    match who {
        Party::Client | Party::Server => party(who),
        Party::Endpoint(addr) => format!(" {} ", endpoint(*addr)).into(),
    }
}

fn unexplained(why: &Unexplained) -> String {
    match why {
        Unexplained::Protocol { protocol } => format!("未解释：本程序不解释 {protocol} 这种协议。"),
        Unexplained::Malformed { layer, problem } => {
            format!("未解释：{layer} 层无法读取（{problem}）。")
        }
        Unexplained::Segment => "未解释：这个报文段与之前捕获的任何内容都对不上。".into(),
    }
}

pub(super) fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Closed {
            simultaneous: true,
            segments,
            ..
        } => {
            format!("双方同时关闭，{segments} 个报文段")
        }
        Ending::Closed {
            first, segments, ..
        } => {
            format!("{}先关闭，{segments} 个报文段", party_first(first))
        }
        Ending::Reset { by } => format!("被{}复位", party_inside(by)),
        Ending::Refused { by } => format!("被{}拒绝", party_inside(by)),
        Ending::Unreachable { by, why } => {
            let what = match why {
                Undelivered::Port => "端口无人监听",
                Undelivered::Prohibited => "防火墙不让通过",
                Undelivered::Protocol => "那里没有 TCP",
                Undelivered::Network => "无路到达该网络",
                _ => "主机没有回应",
            };
            format!("不可达：{by} 说{what}")
        }
        Ending::Unanswered => "SYN 没有得到回答".into(),
        Ending::Open => "仍然打开".into(),
    }
}

pub(super) fn purpose(control: bool) -> &'static str {
    if control { "命令与应答" } else { "?" }
}

pub(super) fn tally(summary: &Summary) -> String {
    let copies = match summary.copies {
        0 => String::new(),
        count => format!("，其中 {count} 个此前已捕获过"),
    };
    format!(
        "共 {} 个包，已解释 {} 个{copies}",
        summary.packets, summary.explained
    )
}

/// `第 7 个包`、`第 7 至 9 个包`。
fn packets(first: Option<u64>, last: Option<u64>) -> Option<String> {
    match (first?, last?) {
        (first, last) if first == last => Some(format!("第 {first} 个包")),
        (first, last) => Some(format!("第 {first} 至 {last} 个包")),
    }
}
