//! Why things differ, in words: one table for every language.

use crate::Language;

macro_rules! reasons {
    ($($name:ident $en:literal $zh:literal;)+) => {
        /// Why something differs, or why something is on one side only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reason {
            $(#[doc = concat!("`", $en, "`")] $name,)+
        }

        impl Reason {
            /// All of them, in the order in which they are told.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// A name for programs.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)+
                }
            }

            /// The reason as a clause.
            pub const fn text(self, language: Language) -> &'static str {
                match (self, language) {
                    $((Self::$name, Language::En) => $en, (Self::$name, Language::Zh) => $zh,)+
                }
            }
        }
    };
}

reasons! {
    Direction "direction: the other side sends"
        "方向：发送的是另一方";
    Ports "ports: each system chooses the ports of its connections for itself, unless it is told which"
        "端口：没有指定时，每个系统自己挑选连接所用的端口";
    Push "flags: PSH marks the end of what one write gave, and systems differ in where they set it"
        "标志：PSH 标记一次写入的末尾，各系统设置它的地方不同";
    Congestion "flags: the bits of ECN, which RFC 3168 added in 2001"
        "标志：ECN 的各位，由 2001 年的 RFC 3168 加入";
    Flags "flags: the packet does something else"
        "标志：这个包做的是另一件事";
    Sequence "sequence number: its sender has sent more or fewer bytes before"
        "序号：发送方在此之前发出的字节数不同";
    Acknowledgement "acknowledgement number: its sender has received more or fewer bytes by then, or waits longer before it acknowledges"
        "确认号：发送方到此时收到的字节数不同，或者它等得更久才确认";
    Length "length: another text, or another file, or cut into segments elsewhere"
        "长度：文本或文件不同，或者分段的位置不同";
    OursForbids "DF: Linux looks for the path's MTU and sets it; the sender in the article did not"
        "DF：Linux 探测路径 MTU，因此设置它；文章里的发送方没有设置";
    ArticleForbids "DF: the sender in the article looked for the path's MTU; ours did not here"
        "DF：文章里的发送方探测路径 MTU；我们的发送方这里没有";
    Window "window: what a system offers comes from its own buffers; these are those of Linux"
        "窗口：由系统自己的缓冲区决定；这里是 Linux 的";
    KernelsNumber "initial sequence number of the accepting side: the kernel's to choose (RFC 6528)"
        "接受方的初始序号：由内核选择（RFC 6528）";
    OtherNumber "initial sequence number of the connecting side: its kernel chose, as nobody asked for the article's"
        "发起方的初始序号：没有指定文章里的值，由内核选择";
    OutOfOrder "the same packet is there, at another place: the order differs"
        "同样的包存在，但位置不同：次序不同";
    Nowhere "no packet of ours is like it"
        "我们这边没有这样的包";
    Omitted "the article leaves it out: its bytes, or what they are acknowledged by"
        "文章省略了它：省略的字节，或对它们的确认";
    LoneAck "an acknowledgement by itself, where the article's went with data, or came later"
        "单独的确认；文章里它随数据发出，或者来得更晚";
    Later "after the article's last line"
        "在文章的最后一行之后";
    Again "bytes that were sent before"
        "以前发过的字节";
    Alone "the article has no such line"
        "文章里没有这一行";
}
