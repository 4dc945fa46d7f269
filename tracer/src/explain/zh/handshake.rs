//! 建立连接。

use super::{party_first, party_inside};
use crate::explain::span;
use crate::note::{HandshakeNote, Inference, Link, Offers, Party, Purpose};

pub(super) fn note(note: &HandshakeNote) -> String {
    match note {
        HandshakeNote::Syn {
            by,
            to,
            from_port,
            to_port,
            isn,
            offers,
            purpose,
        } => format!(
            "三次握手第 1 步，SYN：{}向{}发起连接{}。它的序号从 {isn} 开始；\
             SYN 本身占用这个序号，所以第一个数据字节的序号将是 {}。它提出：{}。",
            party_first(by),
            match to {
                Party::Endpoint(_) => party_inside(to),
                _ => format!("{}的端口 {to_port} ", party_inside(to)).into(),
            },
            reason(purpose, *from_port, *to_port),
            isn.wrapping_add(1),
            offered(offers),
        ),
        HandshakeNote::SynAck {
            by,
            isn,
            ack,
            offers,
            after,
        } => format!(
            "三次握手第 2 步，SYN+ACK：{}接受连接{}。ack {ack} 的意思是“你的 SYN 收到了，\
             下一个我等的序号是 {ack}”；它自己的序号从 {isn} 开始。它提出：{}。",
            party_first(by),
            after
                .map(|after| format!("，在 SYN 之后 {}", span(after)))
                .unwrap_or_default(),
            offered(offers),
        ),
        HandshakeNote::Established {
            by,
            after,
            total,
            relative,
        } => {
            let numbers = if *relative {
                "此后打印的序号都相对于各自的起点。"
            } else {
                ""
            };
            let times = match (after, total) {
                (Some(after), Some(total)) => format!(
                    "距 SYN+ACK {}；从 SYN 到这里，也就是在捕获点看到的一个往返：{}。",
                    span(*after),
                    span(*total)
                ),
                _ => String::new(),
            };
            format!(
                "三次握手第 3 步，ACK：{}也收到了对方的 SYN。连接在两个方向上都已打开。\
                 {times}{numbers}",
                party_first(by)
            )
        }
        HandshakeNote::SynAckAgain { by, after } => format!(
            "三次握手第 2 步再来一次{}：{}没有看到第 3 步，重发 SYN+ACK。",
            after
                .map(|after| format!("，在 SYN 之后 {}", span(after)))
                .unwrap_or_default(),
            party_first(by)
        ),
        HandshakeNote::SynAgain { by, attempt, after } => format!(
            "第 {attempt} 个 SYN，距第一个 {}：{}没有等到 SYN+ACK，再试一次。",
            span(*after),
            party_first(by)
        ),
        HandshakeNote::Simultaneous { by } => {
            format!(
                "{}在看到对方的 SYN 之前也发起了连接：同时打开。",
                party_first(by)
            )
        }
        HandshakeNote::SimultaneousAck { by, opens } => format!(
            "{}确认对方的 SYN，同时重发自己的 SYN，因为双方都发起了连接。{}",
            party_first(by),
            if *opens {
                "双方都已确认：连接打开，用了四个报文段而不是三个。"
            } else {
                ""
            }
        ),
        HandshakeNote::Refused {
            by,
            port,
            syn,
            after,
        } => format!(
            "连接被拒绝{}：端口 {port} 上没有程序在监听，或者防火墙拒绝，所以{}用 RST 回答第 {syn} 个包的 SYN。",
            after
                .map(|after| format!("，在 {} 之后", span(after)))
                .unwrap_or_default(),
            party_inside(by)
        ),
        HandshakeNote::Forgotten => {
            "这个连接之前见过，但连接太多，已被忘记：从这里起当作新的来读。".into()
        }
        HandshakeNote::ChallengeAck { by, ack, syn } => format!(
            "质询 ACK：{}对第 {syn} 个包的 SYN 没有回答 SYN+ACK，而是说“我在等序号 {ack}”。\
             它以为这两个端口之间的旧连接还开着。如果对方不知道那个连接，就会回答 RST。",
            party_first(by)
        ),
        HandshakeNote::MidStream => "捕获开始时这个连接已经打开：看不到它的握手。".into(),
    }
}

fn reason(purpose: &Purpose, from_port: u16, to_port: u16) -> String {
    match purpose {
        Purpose::Control if to_port == 21 => "，FTP 服务器在这个端口监听：这将是控制连接".into(),
        Purpose::Control => "：这将是控制连接".into(),
        Purpose::Announced {
            by,
            packet,
            active,
            link,
        } => {
            let how = match (active, link) {
                (_, Link::Stranger) => {
                    "来连接的却是另一台主机：它可能有多个地址，也可能是两台服务器之间的传输，\
                     或者有人猜中了端口"
                        .into()
                }
                (true, _) => {
                    format!("主动模式下由服务器从自己的端口 {from_port} 发起：这是数据连接")
                }
                (false, _) => "被动模式下由客户端再次发起：这是数据连接".into(),
            };
            let announced = if *active {
                format!("，这个端口由第 {packet} 个包中的 {by} 宣布")
            } else {
                format!("，这个端口由第 {packet} 个包中对 {by} 的应答宣布")
            };
            let fit = match link {
                Link::Exact | Link::Stranger => "",
                Link::Reused => "；它以前被连接过，现在再用一次",
                Link::Translated => "；只有端口是宣布的那个，地址则是控制连接的",
            };
            format!("{announced}{fit}。{how}")
        }
        Purpose::Inferred { active, reason } => {
            let who = if *active {
                "服务器连接客户端"
            } else {
                "客户端再次连接服务器"
            };
            let why = match reason {
                Inference::Encrypted => "而它们的会话已加密，读不到端口的宣布",
                Inference::AnnouncementMissing => {
                    "而有一次传输还缺数据连接，这次捕获里又没有端口的宣布"
                }
                Inference::Unprinted => "而它们的会话正在进行，记录里没有宣布端口的文字",
                Inference::DefaultPort => {
                    "目的端口就是控制连接的源端口：没有 PORT 时的默认端口（RFC 959 §3.2）"
                }
            };
            format!("。推断：{who}，{why}。这就是数据连接")
        }
        Purpose::Unannounced => "。它来自端口 20（ftp-data），但捕获到的命令都没有宣布它".into(),
        Purpose::Unknown => String::new(),
    }
}

fn offered(offers: &Offers) -> String {
    let mut parts = vec![format!("窗口 {} 字节", offers.window)];
    if let Some(mss) = offers.mss {
        parts.push(format!("报文段最大 {mss} 字节（mss）"));
    }
    if let Some(shift) = offers.window_scale {
        parts.push(format!(
            "以后的窗口乘以 {}（wscale {shift}）",
            1_u32 << shift.min(14)
        ));
    }
    if offers.sack {
        parts.push("选择确认（sackOK）".into());
    }
    if offers.timestamps {
        parts.push("时间戳（TS）".into());
    }
    parts.join("、")
}
