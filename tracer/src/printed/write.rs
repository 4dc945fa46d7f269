//! Back from a record to a line: its own, or that of another tcpdump.

use std::fmt::Write as _;

use super::Printed;
use super::record::{Body, End, Form, Record};
use super::segment::Segment;
use crate::{TcpFlags, TcpOption, TcpOptions};

impl Record {
    /// Appends the line as it was printed, made anew from what was understood, without the time.
    pub(crate) fn own_text(&self, out: &mut String) {
        out.push_str(&self.before);
        if let Some([from, to]) = &self.ends {
            ends(from, to, out);
        }
        match &self.body {
            Body::Text { text, .. } => out.push_str(text),
            Body::Tcp(tcp) if self.form == Form::Classic => {
                out.push(' ');
                classic(tcp, out);
            }
            Body::Tcp(tcp) => {
                let options = tcp.options_text.clone().unwrap_or_default();
                out.push(' ');
                modern(tcp, (tcp.seq, tcp.ack), &options, &tcp.note, out);
                out.push_str(&tcp.after);
            }
        }
    }
}

fn ends(from: &End, to: &End, out: &mut String) {
    for (end, behind) in [(from, " > "), (to, ":")] {
        out.push_str(&end.host);
        if let Some(port) = &end.port_text {
            out.push('.');
            out.push_str(port);
        }
        out.push_str(behind);
    }
}

fn classic(tcp: &Segment, out: &mut String) {
    let _ = write!(out, "{} {}", tcp.letters, tcp.note);
    if let Some(seq) = tcp.seq {
        let _ = write!(out, "{seq}:{}({}) ", seq.wrapping_add(tcp.len), tcp.len);
    }
    if let Some(ack) = tcp.ack {
        let _ = write!(out, "ack {ack} ");
    }
    let _ = write!(out, "win {}", tcp.window);
    if let Some(urgent) = tcp.urgent {
        let _ = write!(out, " urg {urgent}");
    }
    if let Some(options) = &tcp.options_text {
        let _ = write!(out, " <{options}>");
    }
    out.push_str(&tcp.after);
}

fn modern(
    tcp: &Segment,
    (seq, ack): (Option<u32>, Option<u32>),
    options: &str,
    note: &str,
    out: &mut String,
) {
    const LETTERS: [(TcpFlags, char); 9] = [
        (TcpFlags::FIN, 'F'),
        (TcpFlags::SYN, 'S'),
        (TcpFlags::RST, 'R'),
        (TcpFlags::PSH, 'P'),
        (TcpFlags::ACK, '.'),
        (TcpFlags::URG, 'U'),
        (TcpFlags::ECE, 'E'),
        (TcpFlags::CWR, 'W'),
        (TcpFlags::AE, 'e'),
    ];
    out.push_str("Flags [");
    if tcp.flags == TcpFlags::default() {
        out.push_str("none");
    }
    for (flag, letter) in LETTERS {
        if tcp.flags.contains(flag) {
            out.push(letter);
        }
    }
    out.push(']');
    out.push_str(note);
    let takes_numbers = TcpFlags::SYN.union(TcpFlags::FIN).union(TcpFlags::RST);
    if let Some(seq) = seq
        && (tcp.len > 0 || tcp.flags.intersects(takes_numbers))
    {
        let _ = write!(out, ", seq {seq}");
        if tcp.len > 0 {
            let _ = write!(out, ":{}", seq.wrapping_add(tcp.len));
        }
    }
    if let Some(ack) = ack {
        let _ = write!(out, ", ack {ack}");
    }
    let _ = write!(out, ", win {}", tcp.window);
    if let Some(urgent) = tcp.urgent {
        let _ = write!(out, ", urg {urgent}");
    }
    if !options.is_empty() {
        let _ = write!(out, ", options [{options}]");
    }
    let _ = write!(out, ", length {}", tcp.len);
}

impl Printed<'_> {
    /// Appends the line as tcpdump 4 prints it, without the time: with absolute numbers, or with
    /// those that are relative to `base`.
    pub(crate) fn modern_text(&self, base: Option<(u32, u32)>, quiet: bool, out: &mut String) {
        let Some([from, to]) = &self.record.ends else {
            self.record.own_text(out);
            return;
        };
        let word = if from.address.is_ipv6() {
            "IP6 "
        } else {
            "IP "
        };
        if self.record.before.contains("IP") {
            out.push_str(&self.record.before);
        } else {
            out.push_str(word);
        }
        ends(from, to, out);
        match &self.record.body {
            // Whoever printed it has left out what the other tcpdump would say.
            Body::Text { text, .. } if self.record.before.contains("IP") => out.push_str(text),
            Body::Text { text, .. } => {
                out.push(' ');
                out.push_str(text.trim_start());
            }
            Body::Tcp(tcp) if quiet => {
                let _ = write!(out, " tcp {}", tcp.len);
            }
            Body::Tcp(tcp) => {
                out.push(' ');
                let (seq, ack) = match base {
                    // Whoever printed them saw more than the trace may have.
                    Some(_) if tcp.relative => (tcp.seq, tcp.ack),
                    base => {
                        let (seq, ack) = base.unwrap_or_default();
                        (
                            tcp.seq.map(|_| tcp.absolute_seq.wrapping_sub(seq)),
                            tcp.ack.map(|_| tcp.absolute_ack.wrapping_sub(ack)),
                        )
                    }
                };
                let as_printed = tcp.options_text.clone().unwrap_or_default();
                if self.record.form == Form::Modern {
                    modern(tcp, (seq, ack), &as_printed, &tcp.note, out);
                    out.push_str(&tcp.after);
                } else {
                    let options = options(&tcp.options, &as_printed);
                    modern(tcp, (seq, ack), &options, "", out);
                }
            }
        }
    }

    /// Appends the names and ports of both ends, as the line has them; `false` without ends.
    pub(crate) fn ends_text(&self, out: &mut String) -> bool {
        if let Some([from, to]) = &self.record.ends {
            ends(from, to, out);
            out.push(' ');
        }
        self.record.ends.is_some()
    }

    /// Whether the line is one of tcpdump 3's or `WinDump`'s.
    pub(crate) fn is_classic(&self) -> bool {
        self.record.form == Form::Classic
    }

    /// Appends the time as it was printed; nothing when there was none.
    pub(crate) fn time_text(&self, out: &mut String) {
        if let Some(stamp) = &self.record.stamp {
            stamp.write(out);
        }
    }
}

/// Options in tcpdump 4's words; as they were printed when they are not all understood.
fn options(bytes: &[u8], as_printed: &str) -> String {
    let mut out = String::new();
    let mut count = 0;
    for option in TcpOptions(bytes).iter() {
        if count > 0 {
            out.push(',');
        }
        count += 1;
        let _ = match option {
            TcpOption::End => write!(out, "eol"),
            TcpOption::Nop => write!(out, "nop"),
            TcpOption::Mss(mss) => write!(out, "mss {mss}"),
            TcpOption::WindowScale(shift) => write!(out, "wscale {shift}"),
            TcpOption::SackPermitted => write!(out, "sackOK"),
            TcpOption::Timestamps { value, echo } => write!(out, "TS val {value} ecr {echo}"),
            _ => return as_printed.to_owned(),
        };
    }
    if count
        < as_printed
            .split(',')
            .filter(|word| !word.is_empty())
            .count()
    {
        return as_printed.to_owned();
    }
    out
}
