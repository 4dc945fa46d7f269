//! What differs, as people read it.

use std::fmt::Write as _;

use textwrap::core::display_width;

use super::{DifferenceTotals, FrameDifference, Halves};
use crate::{Language, plural};

impl FrameDifference {
    /// The headings over [`FrameDifference::line`].
    pub fn heading(language: Language) -> &'static str {
        match language {
            Language::En => "frame  bytes   same  differ  fields that differ, with their bytes",
            Language::Zh => "  帧号   字节   相同    不同  不同的字段及其字节数",
        }
    }

    /// The frame in a line.
    pub fn line(&self, language: Language) -> String {
        let [short, long] = self.lengths;
        let bytes = if short == long {
            long.to_string()
        } else {
            format!("{short}-{long}")
        };
        let mut line = format!(
            "{:>5}  {bytes:>5}  {:>5}  {:>6} ",
            self.number,
            self.same,
            self.differ()
        );
        let mut layer = "";
        for field in &self.varying {
            let comma = match (layer, language) {
                ("", _) => " ",
                (_, Language::En) => ", ",
                (_, Language::Zh) => "\u{ff0c}",
            };
            line.push_str(comma);
            if field.layer != layer {
                line.push_str(field.layer);
                line.push(' ');
                layer = field.layer;
            }
            let of = match language {
                Language::En => " of ",
                Language::Zh => "/",
            };
            let name = field.name.text(language);
            let _ = write!(line, "{name} {}{of}{}", field.differ, field.len);
        }
        line
    }
}

impl DifferenceTotals {
    /// The sums, and what they say about the experiment of the article, a paragraph a line.
    pub fn text(&self, captures: usize, language: Language) -> String {
        let (frames, same, differ) = (self.frames, self.same, self.differ);
        let all = same + differ;
        let share = (same * 100).checked_div(all).unwrap_or(0);
        let mut text = match language {
            Language::En => format!(
                "{captures} captures, {} each: {same} of {all} bytes ({share} %) are \
                 the same in all of them, {differ} are not\n",
                plural(frames, "frame")
            ),
            Language::Zh => format!(
                "{captures} 次捕获，每次 {frames} 帧：{all} 字节中有 {same} 字节（{share} %）在各次中\
                 都相同，{differ} 字节不同\n"
            ),
        };
        for field in &self.fields {
            let name = format!("{} {}", field.layer, field.name.text(language));
            let gap = " ".repeat(32_usize.saturating_sub(display_width(&name)));
            let (frames, differ) = (field.frames, field.differ);
            let _ = match language {
                Language::En => writeln!(
                    text,
                    "  {name}{gap}differs in {frames:>4} frames, {differ:>5} bytes"
                ),
                Language::Zh => {
                    writeln!(
                        text,
                        "  {name}{gap}在 {frames:>4} 帧中不同，共 {differ:>5} 字节"
                    )
                }
            };
        }
        if self.ipv4 > 0 {
            text.push_str(&self.experiment(language));
        }
        text
    }

    /// The identical bytes of the article, as far as these captures explain them.
    fn experiment(&self, language: Language) -> String {
        let (ipv4, coupled) = (self.ipv4, self.coupled);
        let Halves { same, low, high } = self.identification;
        let sum = self.header_checksum;
        match language {
            Language::En => format!(
                "identification: the same in {same} of {ipv4} frames, only the low byte differs in \
                 {low}, the high byte too in {high}\n\
                 header checksum: the same in {}, only the low byte differs in {}, the high byte \
                 too in {}; it covers the identification, and in {coupled} of {ipv4} frames both \
                 differ or neither does\n\
                 The article's 706 identical bytes of 11 frames became 728 in its second round: \
                 22 = 2 × 11. Its Windows adds one to the identification for each datagram, so in \
                 captures that follow each other quickly the high byte stays, and with it that of \
                 the checksum. Linux numbers each connection's packets from a random start, and \
                 gives 0 to a SYN/ACK: so here the high byte stays for a SYN/ACK, and elsewhere by \
                 chance only. The article gives no total; here it is {}.\n",
                sum.same,
                sum.low,
                sum.high,
                self.same + self.differ
            ),
            Language::Zh => format!(
                "标识：{ipv4} 帧中有 {same} 帧相同，{low} 帧只有低字节不同，{high} 帧高字节也不同\n\
                 首部校验和：{} 帧相同，{} 帧只有低字节不同，{} 帧高字节也不同；它的计算包括标识，\
                 {ipv4} 帧中有 {coupled} 帧两者都不同或都相同\n\
                 文章的 11 帧在第一轮有 706 个相同字节，第二轮有 728 个：22 = 2 × 11。文章里的 Windows \
                 每发一个数据报就把标识加一，所以接连进行的捕获中高字节不变，校验和的高字节也就不变。\
                 Linux 为每个连接从随机数开始编号，SYN/ACK 的标识为 0：所以这里 SYN/ACK 的高字节不变，\
                 其他的只是偶然不变。文章没有给出总字节数；这里是 {}。\n",
                sum.same,
                sum.low,
                sum.high,
                self.same + self.differ
            ),
        }
    }
}
