//! 许多包合起来说明什么。

use crate::explain::{endpoint, span};
use crate::note::Whose;
use crate::{Near, Verdict};

pub(in crate::explain) fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::DataConnections {
            by,
            to,
            ports,
            announced,
        } => format!(
            "{by} 连接了 {to} 的 {ports} 个不同端口：这是 FTP 数据连接，不是端口扫描。\
             这 {announced} 个连接都有命令和应答可以解释。"
        ),
        Verdict::PortScan {
            by,
            to,
            ports,
            refused,
            unanswered,
        } => format!(
            "{by} 试了 {to} 的 {ports} 个没有宣布过的端口，{refused} 次被拒绝，\
             {unanswered} 次没有回答：这是端口扫描，不是 FTP。"
        ),
        Verdict::Bounce {
            connection,
            packet,
            target,
            whose,
            reply,
            reply_in,
            dialled: _,
            data,
            opened,
        } => {
            let itself = matches!(whose, Whose::Peer | Whose::Loopback);
            let who = match whose {
                Whose::Peer => "服务器自己",
                Whose::Loopback => "环回地址，也就是服务器自己",
                _ => "第三台主机",
            };
            let went = match (data, opened) {
                (Some(data), Some(true)) => format!("去连接了：{data}"),
                (Some(data), _) => format!("去连接过，没有连上（{data}），客户端由此得知"),
                (None, _) => "没有看到它前去".into(),
            };
            let did = match (reply, reply_in) {
                (Some(code), Some(by)) if code.is_negative() => match data {
                    None => format!("服务器在第 {by} 个包里用 {code} 拒绝。"),
                    Some(_) => format!("服务器拒绝（第 {by} 个包，{code}），却{went}。"),
                },
                (Some(code), Some(by)) => {
                    let but = if data.is_some() { "并" } else { "但" };
                    format!("服务器同意（第 {by} 个包，{code}），{but}{went}。")
                }
                _ => match data {
                    Some(_) => format!("服务器{went}。"),
                    None => format!("{went}。"),
                },
            };
            let why = if itself {
                "这样的命令是弄错了，或者是让服务器去连只对它本机开放的服务（RFC 2577 §3）。"
            } else {
                "这是攻击（RFC 2577 §3），除非两台主机都是服务器，在互传文件。"
            };
            format!(
                "反弹（bounce）：在第 {packet} 个包里，{connection} 的客户端让服务器去连接 {}（{who}）。{did}{why}",
                endpoint(*target)
            )
        }
        Verdict::Translation {
            connection,
            copy,
            dialler,
            acceptor,
            connections,
        } => {
            let mut changed = Vec::new();
            for [here, there] in [dialler, acceptor] {
                if here != there {
                    changed.push(format!("{} 变成 {}", endpoint(*here), endpoint(*there)));
                }
            }
            let more = match connections {
                0 | 1 => String::new(),
                _ => format!("这些主机之间还有 {} 个连接也是如此。", connections - 1),
            };
            format!(
                "{connection} 和 {copy} 是同一个连接，在地址转换（NAT）的两侧都被捕获：\
                 {}；双方的初始序号相同。{more}",
                changed.join("，")
            )
        }
        Verdict::Vantage {
            connection,
            near,
            server_leg,
            client_leg,
            hops,
        } => {
            let place = match near {
                Near::Client => "客户端一侧",
                Near::Server => "服务器一侧",
                Near::Between => "客户端与服务器之间，离两边都远",
            };
            let times = match (server_leg, client_leg) {
                (Some(server), Some(client)) => format!(
                    "SYN 到 SYN+ACK 用了 {}（到服务器的一段），SYN+ACK 到 ACK 用了 {}\
                     （到客户端的一段）；",
                    span(*server),
                    span(*client)
                ),
                _ => String::new(),
            };
            let routers = hops.map_or_else(
                || "记录里没有 TTL".into(),
                |[client, server]| {
                    format!(
                        "按 TTL 推算，客户端的包经过了 {client} 个路由器，服务器的包经过了 {server} 个"
                    )
                },
            );
            format!("捕获点在{place}，由 {connection} 可知：{times}{routers}。")
        }
    }
}
