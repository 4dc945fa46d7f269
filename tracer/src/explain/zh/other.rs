//! TCP 以外的包。

use crate::explain::{endpoint, span};
use crate::note::{IcmpMessage, OtherNote, Quoted, Undelivered};

pub(super) fn note(note: &OtherNote) -> String {
    match note {
        OtherNote::Udp {
            from,
            to,
            bytes,
            service,
        } => format!(
            "数据报{}：从 {} 到 {}，{bytes} 字节。UDP 没有握手，也不保证送达。",
            service
                .map(|service| format!("（{service}）"))
                .unwrap_or_default(),
            endpoint(*from),
            endpoint(*to)
        ),
        OtherNote::DnsQuestion { name, kind, again } => format!(
            "DNS：询问 {name} 的 {kind} 记录。{}",
            again
                .map(|packet| format!("第 {packet} 个包已问过，没有得到回答。"))
                .unwrap_or_default()
        ),
        OtherNote::DnsAnswer {
            name,
            kind,
            addresses,
            records,
            failure,
            question,
            after,
        } => {
            let to = match (question, after) {
                (Some(question), Some(after)) => {
                    format!("回答第 {question} 个包，{} 之后", span(*after))
                }
                _ => "没有捕获到对应的提问".into(),
            };
            let what = match (failure, &addresses[..]) {
                (Some(failure), _) => format!("没有，{failure}"),
                (None, []) if *records == 0 => "没有这种记录".into(),
                (None, []) => format!("{records} 条记录"),
                (None, addresses) => {
                    let list: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                    list.join("、")
                }
            };
            format!("DNS 应答，{to}：{name} {kind}：{what}。")
        }
        OtherNote::Resolved {
            address,
            name,
            answer,
        } => format!("地址 {address} 就是第 {answer} 个包对 {name} 的回答。"),
        OtherNote::Echo { from, to, sequence } => {
            format!("Ping {sequence}：{from} 问 {to} 在不在。")
        }
        OtherNote::EchoReply {
            from,
            sequence,
            request,
            after,
        } => match (request, after) {
            (Some(request), Some(after)) => format!(
                "Ping {sequence} 的回答：{from} 在。提问是第 {request} 个包，在 {} 之前。",
                span(*after)
            ),
            _ => format!("{from} 回答一个没有捕获到的 ping（{sequence}）。"),
        },
        OtherNote::Undelivered {
            by,
            why,
            mtu,
            about,
            sure,
            syn,
            quoted,
        } => format!(
            "{by} 说{}没有送到：{}{}。{}",
            what(*about, *syn, *quoted),
            reason(*why),
            mtu.map(|mtu| format!("；最多只能通过 {mtu} 字节"))
                .unwrap_or_default(),
            match about {
                Some(_) if !sure => {
                    "它引用的内容看不出指的是哪个包：这里只是同样两端之间的一个。"
                }
                _ => "",
            }
        ),
        OtherNote::NeighborSolicitation {
            target,
            probe: false,
        } => format!("谁有 {target}；IPv6 这样询问以太网地址，就像 IPv4 用 ARP。"),
        OtherNote::NeighborSolicitation {
            target,
            probe: true,
        } => format!("一台主机在使用 {target} 之前，先确认没有别人在用。"),
        OtherNote::NeighborAdvertisement {
            target,
            solicitation,
        } => match solicitation {
            Some(packet) => format!("回答第 {packet} 个包：{target} 在这里。"),
            None => format!("{target} 说明自己在哪里，虽然没有看到有人询问。"),
        },
        OtherNote::Icmp { from, message } => format!("{from} {}。", icmp(*message)),
        OtherNote::Fragment {
            offset,
            bytes,
            last,
            first,
            whole,
            missing,
            pieces,
            known,
            completes,
        } => {
            let place = match (offset, last) {
                (0, _) => "数据报对链路来说太大，被分片。这是第一片".into(),
                (_, last) => format!(
                    "{}的{}",
                    match first {
                        Some(first) => {
                            format!("从第 {first} 个包开始（端口在那里）的数据报")
                        }
                        None => "没有捕获到开头的数据报".into(),
                    },
                    if *last {
                        "最后一片"
                    } else {
                        "其中一片"
                    }
                ),
            };
            let which = match (offset, whole) {
                (0, Some(whole)) => {
                    format!("{bytes} 字节，全部是 {whole} 字节，包括 IP 之上的首部")
                }
                (0, None) => format!("{bytes} 字节；全部有多少，要看最后一片"),
                (offset, Some(whole)) => {
                    format!("偏移 {offset} 起的 {bytes} 字节，全部是 {whole} 字节")
                }
                (offset, None) => format!("偏移 {offset} 起的 {bytes} 字节"),
            };
            let known = match known {
                0 => String::new(),
                known => format!("这一片中有 {known} 字节之前已捕获。"),
            };
            let state = match (whole, missing) {
                (Some(whole), _) if *completes => {
                    format!("数据报到此完整：{pieces} 片，共 {whole} 字节。")
                }
                (_, Some(missing @ 1..)) if *last => {
                    format!("但数据报还有 {missing} 字节没有捕获到。")
                }
                _ => String::new(),
            };
            format!("{place}：{which}。{known}{state}")
        }
        OtherNote::Protocol { name, number } => {
            format!("{name}（编号 {number}）：它不携带 FTP，不再往下读。")
        }
    }
}

fn what(packet: Option<u64>, syn: bool, quoted: Option<Quoted>) -> String {
    let ends = quoted.map(|q| {
        if q.protocol == "ICMP" {
            format!("ICMP，从 {} 到 {}", q.from.ip(), q.to.ip())
        } else {
            format!(
                "{}，从 {} 到 {}",
                q.protocol,
                endpoint(q.from),
                endpoint(q.to)
            )
        }
    });
    match (packet, ends) {
        (Some(packet), Some(ends)) if syn => format!("第 {packet} 个包的 SYN（{ends}）"),
        (Some(packet), Some(ends)) => format!("第 {packet} 个包（{ends}）"),
        (None, Some(ends)) => format!("一个没有捕获到的包（{ends}）"),
        _ => "一个没有说明的包".into(),
    }
}

fn reason(why: Undelivered) -> &'static str {
    match why {
        Undelivered::Network => "没有通往那个网络的路",
        Undelivered::Host => "那台主机在它的链路上没有回答",
        Undelivered::Protocol => "那台主机不支持这个协议",
        Undelivered::Port => "那个端口上没有程序在监听",
        Undelivered::TooBig => "它大于下一段链路所能通过的，又不许分片",
        Undelivered::Prohibited => "防火墙不让它通过",
        Undelivered::HopLimit => "它经过的路由器太多（TTL 用完）",
        Undelivered::Reassembly => "它的一片没有及时到达",
        Undelivered::Parameter => "它的首部有错",
        Undelivered::Other => "原因没有名称",
    }
}

fn icmp(message: IcmpMessage) -> &'static str {
    match message {
        IcmpMessage::RouterSolicitation => "问这里有没有路由器",
        IcmpMessage::RouterAdvertisement => "是路由器，说明这里使用哪些地址",
        IcmpMessage::Redirect => "知道更好的路",
        IcmpMessage::Multicast => "说明自己收听哪些组播组，或者询问",
        IcmpMessage::TimeStamp => "询问或告知时间",
        IcmpMessage::SourceQuench => "要求少发一些（这种消息已不再使用，RFC 6633）",
    }
}
