//! 此前已经捕获过的包。

use crate::Way;
use crate::note::CopyNote;

pub(super) fn note(note: &CopyNote) -> String {
    match note {
        CopyNote::Copy {
            of,
            interface,
            name,
            way,
            ttl,
            ttl_there,
            here,
            id,
        } => {
            let at = match (name, interface) {
                (Some(name), _) => format!(" {name} "),
                (None, Some(number)) => format!("接口 {number} "),
                (None, None) => String::new(),
            };
            let place = match (way, at.as_str()) {
                (Some(Way::In), "") => "，正在进入本机".to_owned(),
                (Some(Way::By), "") => "，发往其他主机".to_owned(),
                (Some(Way::Out), "") => "，正在离开本机".to_owned(),
                (Some(Way::In), at) => format!("，正从{at}进入"),
                (Some(Way::By), at) => format!("，正经过{}", at.trim_end()),
                (Some(Way::Out), at) => format!("，正从{at}发出"),
                (None, "") => String::new(),
                (None, at) => format!("，在{at}上捕获"),
            };
            let routers = match ttl_there.cmp(ttl) {
                std::cmp::Ordering::Greater => format!(
                    "，又经过了 {} 台路由器：这里的生存时间是 {ttl}，那里是 {ttl_there}",
                    ttl_there - ttl
                ),
                std::cmp::Ordering::Less => format!(
                    "，还没有经过 {} 台路由器：这里的生存时间是 {ttl}，那里是 {ttl_there}",
                    ttl - ttl_there
                ),
                std::cmp::Ordering::Equal => String::new(),
            };
            let proof = match (here, id) {
                (true, Some(_)) => {
                    "IP 标识相同，所以不是重发：它被捕获了两次，或者网络送达了两次。"
                }
                _ => "它只发送过一次。",
            };
            format!("与第 {of} 个包是同一个包{place}{routers}。{proof}")
        }
    }
}
