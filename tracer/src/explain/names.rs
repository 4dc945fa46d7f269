//! The names of the fields of packets: one table for every language.

use super::Language;

macro_rules! names {
    ($($name:ident $en:literal $zh:literal;)+) => {
        /// What a field of a packet is called.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FieldName {
            $(#[doc = concat!("`", $en, "`")] $name,)+
        }

        impl FieldName {
            /// The name in words.
            pub const fn text(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::En) => $en, (Self::$name, Language::Zh) => $zh,)+
                }
            }
        }
    };
}

names! {
    Destination "destination" "目的地址";
    Source "source" "源地址";
    EtherType "type" "类型";
    Length "length" "长度";
    VlanTag "VLAN tag" "VLAN 标签";
    Family "address family" "地址族";
    PacketType "packet type" "报文方向";
    HardwareType "hardware type" "硬件类型";
    AddressLength "address length" "地址长度";
    Address "address" "地址";
    Reserved "reserved" "保留";
    InterfaceIndex "interface index" "接口编号";
    ProtocolType "protocol type" "协议类型";
    HardwareLength "hardware address length" "硬件地址长度";
    ProtocolLength "protocol address length" "协议地址长度";
    Operation "operation" "操作";
    SenderHardware "sender hardware address" "发送方硬件地址";
    SenderProtocol "sender protocol address" "发送方协议地址";
    TargetHardware "target hardware address" "目标硬件地址";
    TargetProtocol "target protocol address" "目标协议地址";
    VersionHeaderLength "version, header length" "版本和首部长度";
    TypeOfService "differentiated services" "区分服务";
    TotalLength "total length" "总长度";
    Identification "identification" "标识";
    FlagsOffset "flags, fragment offset" "标志和片偏移";
    TimeToLive "time to live" "生存时间";
    Protocol "protocol" "协议";
    HeaderChecksum "header checksum" "首部校验和";
    Options "options" "选项";
    VersionClassFlow "version, class, flow label" "版本、流量类别和流标签";
    PayloadLength "payload length" "载荷长度";
    NextHeader "next header" "下一个首部";
    HopLimit "hop limit" "跳数限制";
    ExtensionLength "extension length" "扩展首部长度";
    ExtensionData "extension data" "扩展首部内容";
    SourcePort "source port" "源端口";
    DestinationPort "destination port" "目的端口";
    SequenceNumber "sequence number" "序号";
    AckNumber "acknowledgment number" "确认号";
    HeaderLength "header length" "首部长度";
    Flags "flags" "标志";
    Window "window" "窗口";
    Checksum "checksum" "校验和";
    UrgentPointer "urgent pointer" "紧急指针";
    Option "option" "选项";
    Kind "type" "类型";
    Code "code" "代码";
    RestOfHeader "rest of header" "首部其余部分";
    AddressControl "address, control" "地址和控制";
    VersionType "version, type" "版本和类型";
    Session "session" "会话";
    Label "label" "标签";
    RadioHeader "radio information" "无线电信息";
    FrameControl "frame control" "帧控制";
    Duration "duration" "持续时间";
    ServicePoints "service access points, control" "服务访问点和控制";
    Organization "organization" "组织";
    Questions "questions" "问题数";
    Answers "answers" "回答数";
    Authorities "authority records" "授权记录数";
    Additionals "additional records" "附加记录数";
    RecordName "name" "名字";
    RecordType "record type" "记录类型";
    RecordClass "class" "类";
    RecordData "record data" "记录内容";
    Command "command" "命令";
    Argument "argument" "参数";
    Space "space" "空格";
    ReplyCode "reply code" "应答码";
    Text "text" "文本";
    LineEnd "end of line" "行尾";
    Data "data" "数据";
    Padding "padding" "填充";
    CutShort "cut short" "不完整";
}
