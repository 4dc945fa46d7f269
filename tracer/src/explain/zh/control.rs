//! 命令、应答与端口的宣布。

use std::fmt::Write;

use proto::{FirstDigit, SecondDigit, Verb};

use super::{command, reply};
use crate::explain::endpoint;
use crate::note::{Announcement, ControlNote, Credential, Encoding, Text, TransferRef, Whose};

pub(super) fn note(note: &ControlNote) -> String {
    match note {
        ControlNote::Recognised => {
            "被连接的一方像 FTP 服务器那样用 220 问候：这看来是一个控制连接。".into()
        }
        ControlNote::Disowned { protocol } => {
            let what = match protocol {
                Some(protocol) => format!("这是 {protocol}"),
                None => "被连接的一方没有以应答开头".into(),
            };
            format!("不是 FTP，不论端口或问候看来如何：{what}。")
        }
        ControlNote::Found {
            connection,
            number,
            transfer,
        } => format!(
            "{}的数据连接应当就是前面看到的 tcp {number}，此后称为 {connection}。\
             这次捕获里没有宣布它的命令：由主机和时间推断。",
            super::data::of(*transfer)
        ),
        ControlNote::CameBefore {
            connection,
            opened_in,
        } => format!(
            "这个地址在第 {opened_in} 个包里已经有人连接：该连接称为 {connection}。\
             捕获里这些包的先后与网络上的不同。"
        ),
        ControlNote::NotOpened {
            connection,
            by,
            syn,
            attempts,
        } => {
            let times = match attempts {
                0 | 1 => " ".into(),
                _ => format!("（共发 {attempts} 次）"),
            };
            format!(
                "{connection} 始终没有打开：第 {syn} 个包的 SYN{times}没有得到任何回答。\
                 主机如果只是没有程序监听，会回 RST。可见它在路上被悄悄丢弃了：\
                 多半是防火墙没有读出{}要连接哪个端口。",
                super::party_inside(by)
            )
        }
        ControlNote::Command {
            word,
            verb,
            argument,
            credential,
            transfer,
        } => {
            let argument = argument
                .as_ref()
                .map(|a| format!(" {a}"))
                .unwrap_or_default();
            let meaning = match verb {
                Some(verb) => format!("客户端{}。", command::verb(*verb)),
                None => "本程序所知的 RFC 中没有这个命令。".into(),
            };
            let mut text = format!("命令 {word}{argument}：{meaning}");
            if let Some(credential) = credential {
                text.push_str(secret(*credential));
            }
            if let (Some(transfer), Some(verb)) = (transfer, verb)
                && verb.is_transfer()
            {
                let _ = write!(text, "这是第 {} 次传输。", transfer.number);
            }
            text
        }
        ControlNote::Reply {
            code,
            text,
            lines,
            to,
            transfer,
        } => {
            let to = match to {
                Some(to) => format!("回答 {}（第 {} 个包）", to.word, to.packet),
                None if matches!(code.value(), 120 | 220) => "不待询问：问候".into(),
                None if code.value() == 421 => "不待询问".into(),
                None => "没有捕获到对应的命令".into(),
            };
            let lines = if *lines > 1 {
                format!("{lines} 行到此完整。")
            } else {
                String::new()
            };
            format!(
                "应答 {code}{}，{to}：{}{}{lines}",
                quoted(text),
                digits(*code),
                transfer.map(|t| outcome(t, *code)).unwrap_or_default()
            )
        }
        ControlNote::ReplyGoesOn { code, lines } => format!(
            "应答 {code}-，到此 {lines} 行：连字符表示后面还有，\
             直到以 {code} 加空格开头的一行为止。"
        ),
        ControlNote::Announced(announcement) => announced(announcement),
        ControlNote::AnnouncementUnreadable { by, problem } => {
            format!("{by} 的地址和端口无法读出：{problem}。不会有由它而来的数据连接。")
        }
        ControlNote::Incomplete { bytes } => {
            format!("一行中的 {bytes} 字节，这个包里还没有行尾；等 CR LF 到了再读。")
        }
        ControlNote::CutShort { bytes } => {
            format!(
                "这个报文段的最后 {bytes} 字节不在捕获里（snaplen）：它们所在的那一行读不出来。"
            )
        }
        ControlNote::GivenUp { bytes } => {
            let rest = match bytes {
                0 => String::new(),
                _ => format!("这个报文段有 {bytes} 字节属于开头已被丢弃的一行。"),
            };
            format!(
                "所有会话要保留的东西太多，这个会话里等着的已被丢弃：\
                 没有结尾的行、来得太早的报文段、没有应答的命令。{rest}"
            )
        }
        ControlNote::TooLong => "超过 4096 字节的一行：FTP 的命令和应答没有这么长，已丢弃。".into(),
        ControlNote::NotFtp { text } => format!("不是 FTP 的一行：{text}"),
        ControlNote::Telnet => {
            "文本中有 telnet 命令（FTP 的控制连接是 telnet 流，RFC 1123 §4.1.2.10）。".into()
        }
        ControlNote::Blind => "此后双方用 TLS 交谈，内容读不到了。仍能看到的：各方何时说了多少，\
             以及数据连接的主机、端口、方向和数据量。"
            .into(),
        ControlNote::ImplicitTls => {
            "从第一个字节起就是 TLS，端口 990：隐式 FTPS。命令和应答读不到；\
             仍能看到长度和时间，以及数据连接的主机、端口、方向和数据量。"
                .into()
        }
        ControlNote::Readable => "又是明文：控制连接的加密已经结束（CCC）。".into(),
        ControlNote::Encrypted { bytes } => {
            format!("{bytes} 字节，自 AUTH 被接受起已加密：再也读不到命令和应答。")
        }
    }
}

fn secret(credential: Credential) -> &'static str {
    match credential {
        Credential::UserName => "用户名以明文传送。",
        Credential::Password => "明文密码：谁看到这个包，谁就能读到它。",
        Credential::AnonymousPassword => "明文密码：不过是匿名登录，按惯例只是一个电子邮件地址。",
    }
}

/// 三位数字，一位一位地讲（RFC 959 §4.2）。
fn digits(code: proto::Code) -> String {
    let value = code.value();
    let first = code
        .first_digit()
        .map_or("不是 RFC 959 的首位数字", |digit| match digit {
            FirstDigit::Preliminary => "已开始，还会有一个应答",
            FirstDigit::Completion => "已完成",
            FirstDigit::Intermediate => "已接受，但还要有另一个命令",
            FirstDigit::TransientNegative => "没有做成，以后也许可以",
            FirstDigit::PermanentNegative => "没有做成，不要原样再试",
        });
    let second = code
        .second_digit()
        .map_or("不是 RFC 959 的第二位数字", |digit| match digit {
            SecondDigit::Syntax => "语法",
            SecondDigit::Information => "信息",
            SecondDigit::Connections => "连接",
            SecondDigit::Authentication => "登录",
            SecondDigit::Unspecified => "未定义",
            SecondDigit::FileSystem => "文件系统",
        });
    let whole = reply::code(code).unwrap_or("这个服务器自己的代码");
    format!(
        "{}·· {first}；·{}· 关于{second}；{value} {whole}。",
        value / 100,
        value / 10 % 10
    )
}

fn outcome(transfer: TransferRef, code: proto::Code) -> String {
    let number = transfer.number;
    if code.is_preliminary() {
        format!("第 {number} 次传输开始。")
    } else if code.is_completion() {
        format!("第 {number} 次传输完成；控制连接仍然打开。")
    } else {
        format!("第 {number} 次传输失败。")
    }
}

fn announced(announcement: &Announcement) -> String {
    let Announcement {
        by,
        endpoint: to,
        encoding,
        foreign: _,
        whose,
    } = announcement;
    let port = to.port();
    let arithmetic = match encoding {
        Encoding::SixNumbers { p1, p2 } => format!("最后两个数是端口：{p1}×256+{p2} = {port}"),
        Encoding::Decimal => format!("端口用十进制写出：{port}"),
    };
    let active = matches!(by, Verb::Port | Verb::Eprt | Verb::Lprt);
    let (who, dials) = if active {
        ("客户端", "服务器")
    } else {
        ("服务器", "客户端")
    };
    let to = endpoint(*to);
    let who = if *whose == Whose::Own {
        format!("也就是：{who}说自己在 {to} 等着，请{dials}来连接。")
    } else {
        format!("也就是：{who}让{dials}去连接 {to}。")
    };
    let bare = if *by == Verb::Epsv {
        "地址就是控制连接的地址：229 不说地址。"
    } else {
        ""
    };
    format!(
        "{arithmetic}。{who}{bare}{}{}",
        elsewhere(*whose, active),
        service(port, active)
    )
}

/// 不是发送者自己的地址意味着什么。
fn elsewhere(whose: Whose, active: bool) -> &'static str {
    match (whose, active) {
        (Whose::Own, _) => "",
        (Whose::Zero, _) => {
            "地址是零，谁也没有这个地址：发送者没有弄清自己的地址，或者不说。\
             对方可以改用控制连接的地址，也可以拒绝。"
        }
        (Whose::Peer, true) => {
            "这是服务器自己的地址：它会去连接自己。这是弄错了，或者是反弹（bounce），\
             要连到只对服务器本机开放、或被防火墙挡住的服务。谨慎的服务器会拒绝。"
        }
        (Whose::Peer, false) => {
            "这个地址不是发送者的，而是对方的：弄错了，或者途中有 NAT。\
             谨慎的客户端会改用控制连接的地址。"
        }
        (Whose::Loopback, true) => {
            "这是环回地址，每台机器用它找到的都是自己：服务器会去连接自己。要么客户端不知道\
             自己的地址，要么这是反弹（bounce），要连到只对服务器本机开放的服务。\
             谨慎的服务器会拒绝。"
        }
        (Whose::Loopback, false) => {
            "这是环回地址，每台机器用它找到的都是自己：客户端会去连接自己。服务器不知道\
             自己的地址。谨慎的客户端会改用控制连接的地址。"
        }
        (Whose::Private, _) => {
            "这是私有地址，而发送者来自公网地址：它在 NAT 后面，NAT 没有改写这一行；\
             或者它指的是对方内网里的主机（bounce）。对方可以改用控制连接的地址，\
             也可以拒绝。"
        }
        (Whose::Third, true) => {
            "这个地址不是发送者自己的：途中有 NAT，或者是两台服务器之间的传输，\
             或者是反弹（bounce）。谨慎的服务器会拒绝。"
        }
        (Whose::Third, false) => {
            "这个地址不是发送者自己的：途中有 NAT，或者是两台服务器之间的传输。\
             谨慎的客户端会改用控制连接的地址。"
        }
    }
}

/// 不会有客户端等着的端口（RFC 2577 §3）。
fn service(port: u16, active: bool) -> &'static str {
    match (port, active) {
        (0, _) => "端口 0 无法连接。",
        (1..1024, true) => {
            "1024 以下的端口属于各种服务，不是客户端等待的端口：谨慎的服务器会拒绝（RFC 2577 §3）。"
        }
        _ => "",
    }
}

/// 应答自己的文字：只有在端口 21 上，包的那一行才印出它。
fn quoted(text: &Text) -> String {
    if text.as_bytes().is_empty() {
        return String::new();
    }
    format!("“{text}”")
}
