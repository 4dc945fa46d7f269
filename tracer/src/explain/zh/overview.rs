//! 整个捕获的汇总表的标题。

use crate::explain::OverviewTable;
use crate::note::Anomaly;

pub(in crate::explain) fn title(table: OverviewTable) -> &'static str {
    match table {
        OverviewTable::Connections => "连接",
        OverviewTable::Transfers => "传输",
        OverviewTable::Hashes => "SHA-256",
        OverviewTable::Replies => "应答码",
        OverviewTable::Anomalies => "异常",
        OverviewTable::Talkers => "流量最大的地址",
    }
}

pub(in crate::explain) fn columns(table: OverviewTable) -> &'static [&'static str] {
    match table {
        OverviewTable::Connections => &[],
        OverviewTable::Transfers => &[
            "会话",
            "传输",
            "命令",
            "发送方",
            "字节",
            "时间",
            "速率",
            "应答",
            "包号",
        ],
        OverviewTable::Hashes => &["连接", "命令", "字节", "SHA-256"],
        OverviewTable::Replies => &["应答码", "次数", "首个包号", "含义"],
        OverviewTable::Anomalies => &["异常", "次数", "包号"],
        OverviewTable::Talkers => &["地址", "发出的包", "发出的字节"],
    }
}

pub(in crate::explain) fn anomaly(anomaly: Anomaly) -> &'static str {
    match anomaly {
        Anomaly::Unexplained => "未能解释",
        Anomaly::Refused => "连接被拒绝",
        Anomaly::HandshakeRepeated => "握手报文重发",
        Anomaly::MidStream => "捕获开始前连接已打开",
        Anomaly::Retransmission => "重传",
        Anomaly::OutOfOrder => "乱序",
        Anomaly::DuplicateAck => "重复 ACK",
        Anomaly::UnseenData => "确认了未捕获的字节",
        Anomaly::ZeroWindow => "零窗口",
        Anomaly::WindowFull => "填满了窗口",
        Anomaly::Reset => "连接被复位",
        Anomaly::ChallengeAck => "挑战 ACK",
        Anomaly::AfterClose => "关闭之后的报文",
        Anomaly::ClearTextPassword => "明文密码",
        Anomaly::Stranger => "陌生主机连到了宣布的地址",
        Anomaly::ForeignAddress => "PORT 或 PASV 中的地址属于他人",
        Anomaly::NotFtp => "不是 FTP，或无法读懂",
        Anomaly::CutShort => "被捕获长度截断",
        Anomaly::Undelivered => "ICMP 报告未能送达",
        Anomaly::NameFailure => "名字无法解析",
        Anomaly::Copy => "被捕获了不止一次",
    }
}

/// How many rows are not shown.
pub(in crate::explain) fn more(count: u64) -> String {
    format!("……另有 {count} 行未显示")
}

/// The second half of the first line, with what separates it from the first.
pub(in crate::explain) fn size(bytes: u64, time: &str) -> String {
    format!("；线路上共 {bytes} 字节，{time}")
}
