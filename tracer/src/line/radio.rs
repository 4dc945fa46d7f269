//! What a radio noted before an 802.11 frame: radiotap's fields; of AVS and Prism nothing is shown.

use super::text::{Cut, from};
use super::{Printer, wireless};
use crate::decode::wireless::{
    AVS_MAGIC, PRISM, Radio, WITH_CHECK, WITH_PADDING, avs as avs_header,
};

/// The bits that stand for no field: another namespace follows, a vendor's, one more word.
const NAMESPACE: u32 = 29;
const VENDOR: u32 = 30;
const MORE: u32 = 31;
const CHANNEL: u32 = 3;
const EXTENDED_CHANNEL: u32 = 18;
const MCS: u32 = 19;

pub(super) fn avs(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "802.11_radio_avs";
    if let Some(radio) = avs_header(bytes) {
        return wireless::behind(p, bytes, len, radio);
    }
    whole_cut(p, bytes);
    Ok(())
}

pub(super) fn prism(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "prism";
    if let Some(magic) = bytes.first_chunk()
        && AVS_MAGIC.contains(&u32::from_be_bytes(*magic))
    {
        return avs(p, bytes, len);
    }
    if bytes.len() < PRISM {
        whole_cut(p, bytes);
        return Ok(());
    }
    let radio = Radio {
        len: PRISM,
        ..Radio::default()
    };
    wireless::behind(p, bytes, len, radio)
}

fn whole_cut(p: &mut Printer<'_>, bytes: &[u8]) {
    p.truncated();
    p.header_len = bytes.len();
}

pub(super) fn radiotap(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "802.11_radio";
    let Some((header, words)) = header(bytes) else {
        whole_cut(p, bytes);
        return Ok(());
    };
    let mut fields = Fields {
        header,
        at: 4 + 4 * words.len(),
        flags: 0,
    };
    fields.show(p, &words);
    let radio = Radio {
        len: header.len(),
        padded: fields.flags & WITH_PADDING != 0,
        check_len: if fields.flags & WITH_CHECK == 0 { 0 } else { 4 },
    };
    wireless::behind(p, bytes, len, radio)
}

/// The whole header, and its words of bits.
fn header(bytes: &[u8]) -> Option<(&[u8], Vec<u32>)> {
    let len = u16::from_le_bytes(*bytes.get(2..)?.first_chunk()?);
    let header = bytes.get(..len.into()).filter(|header| header.len() >= 8)?;
    let mut words = Vec::new();
    for word in from(header, 4).as_chunks().0 {
        let word = u32::from_le_bytes(*word);
        words.push(word);
        if word & 1 << MORE == 0 {
            return Some((header, words));
        }
    }
    None
}

/// The fields of a header, of which each is aligned to its own size.
struct Fields<'a> {
    header: &'a [u8],
    at: usize,
    flags: u8,
}

/// The header ends within a field, or has one of unknown length.
struct Stop;

impl Fields<'_> {
    fn show(&mut self, p: &mut Printer<'_>, words: &[u32]) {
        let mut base = 0;
        // Of a vendor's namespace so many bytes are passed over.
        let mut foreign = None;
        for &word in words {
            if let Some(skip) = foreign {
                let to = self.at.saturating_add(skip);
                if to > self.header.len() {
                    return;
                }
                self.at = to;
                foreign = Some(0);
            } else {
                for bit in (0..NAMESPACE).filter(|bit| word & 1 << bit != 0) {
                    match self.field(p, base + bit, word) {
                        Ok(true) => {}
                        Ok(false) => return,
                        Err(Stop) => {
                            p.truncated();
                            return;
                        }
                    }
                }
            }
            match (word & 1 << NAMESPACE != 0, word & 1 << VENDOR != 0) {
                (false, false) => base += 32,
                (true, false) => (base, foreign) = (0, None),
                (false, true) => {
                    base = 0;
                    self.at = self.at.next_multiple_of(2);
                    let skip = self
                        .array::<6>(1)
                        .map(|[.., low, high]| usize::from(u16::from_le_bytes([low, high])));
                    if skip.is_err() {
                        p.truncated();
                    }
                    foreign = Some(skip.unwrap_or(0));
                }
                (true, true) => {}
            }
        }
    }

    fn array<const N: usize>(&mut self, align: usize) -> Result<[u8; N], Stop> {
        self.at = self.at.next_multiple_of(align);
        let field = self.header.get(self.at..).and_then(<[u8]>::first_chunk);
        self.at += N;
        field.copied().ok_or(Stop)
    }

    fn byte(&mut self) -> Result<u8, Stop> {
        self.array::<1>(1).map(|[byte]| byte)
    }

    fn half(&mut self) -> Result<u16, Stop> {
        self.array(2).map(u16::from_le_bytes)
    }

    /// Whether more fields can be found.
    fn field(&mut self, p: &mut Printer<'_>, bit: u32, word: u32) -> Result<bool, Stop> {
        match bit {
            0 => {
                let clock = u64::from_le_bytes(self.array(8)?);
                p.dec(clock);
                p.text("us tsft ");
            }
            1 => {
                const NAMES: [(u8, &str); 5] = [
                    (0x01, "cfp "),
                    (0x02, "short preamble "),
                    (0x04, "wep "),
                    (0x08, "fragmented "),
                    (0x40, "bad-fcs "),
                ];
                self.flags = self.byte()?;
                for (_, name) in NAMES.iter().filter(|(flag, _)| self.flags & flag != 0) {
                    p.text(name);
                }
            }
            2 => match self.byte()? {
                rate @ 0x80..=0x8f => {
                    p.text("MCS ");
                    p.dec(rate & 0x7f);
                    p.text(" ");
                }
                rate => {
                    p.out
                        .push_str(&format!("{:.1} Mb/s ", 0.5 * f64::from(rate)));
                }
            },
            CHANNEL => {
                let (frequency, flags) = (self.half()?, self.half()?);
                if word & 1 << EXTENDED_CHANNEL == 0 {
                    channel(p, frequency, flags.into(), word);
                }
            }
            4 => {
                let (set, pattern) = (self.byte()?, self.byte()?);
                p.out.push_str(&format!("fhset {set} fhpat {pattern} "));
            }
            5 | 6 | 10 => {
                let level = self.byte()?.cast_signed();
                let what = match bit {
                    5 => "signal",
                    6 => "noise",
                    _ => "tx power",
                };
                p.out.push_str(&format!("{level}dBm {what} "));
            }
            7 => {
                let quality = self.half()?;
                p.dec(quality);
                p.text(" sq ");
            }
            8 => {
                let attenuation = -i32::from(self.half()?.cast_signed());
                p.out.push_str(&format!("{attenuation} tx power "));
            }
            9 => {
                let attenuation = -i32::from(self.byte()?.cast_signed());
                p.out.push_str(&format!("{attenuation}dB tx attenuation "));
            }
            11 => {
                let antenna = self.byte()?;
                p.out.push_str(&format!("antenna {antenna} "));
            }
            12 | 13 => {
                let level = self.byte()?;
                let what = if bit == 12 { "signal" } else { "noise" };
                p.out.push_str(&format!("{level}dB {what} "));
            }
            14 => {
                self.half()?;
            }
            EXTENDED_CHANNEL => {
                let flags = u32::from_le_bytes(self.array(4)?);
                let frequency = self.half()?;
                let _channel_and_power = (self.byte()?, self.byte()?);
                channel(p, frequency, flags, word);
            }
            MCS => {
                let [known, flags, index] = self.array(1)?;
                modulation(p, known, flags, index);
            }
            20 => {
                self.array::<8>(4)?;
            }
            21 => {
                let fields = self.array(2)?;
                very_high_throughput(p, fields);
            }
            _ => {
                p.out.push_str(&format!("[bit {bit}] "));
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// `2412 MHz 11g `
fn channel(p: &mut Printer<'_>, frequency: u16, flags: u32, word: u32) {
    const TWO: u32 = 0x80;
    const FIVE: u32 = 0x100;
    const CCK: u32 = 0x20;
    const OFDM: u32 = 0x40;
    const DYNAMIC: u32 = 0x400;
    let has = |bits: u32| flags & bits == bits;
    let width = if has(0x4000) {
        "/10Mhz"
    } else if has(0x8000) {
        "/5Mhz"
    } else {
        ""
    };
    p.dec(frequency);
    p.text(" MHz");
    if word & 1 << MCS != 0 {
        p.text(" 11n");
    } else {
        if has(TWO | 0x800) {
            p.text(" FHSS");
        }
        if has(FIVE | OFDM) {
            p.text(" 11a");
            p.text(width);
        }
        if has(TWO | OFDM) || has(TWO | DYNAMIC) {
            p.text(" 11g");
            p.text(width);
        } else if has(TWO | CCK) {
            p.text(" 11b");
        }
        if has(0x10) {
            p.text(" Turbo");
        }
    }
    if has(0x1_0000) {
        p.text(" ht/20");
    } else if has(0x4_0000) {
        p.text(" ht/40-");
    } else if has(0x2_0000) {
        p.text(" ht/40+");
    }
    p.text(" ");
}

const GUARDS: [&str; 2] = ["long GI ", "short GI "];

/// 802.11n: the modulation, as far as the radio knew it.
fn modulation(p: &mut Printer<'_>, known: u8, flags: u8, index: u8) {
    /// In tenths of a megabit a second, for one stream, in 20 and 40 MHz.
    const RATES: [[u32; 2]; 8] = [
        [65, 135],
        [130, 270],
        [195, 405],
        [260, 540],
        [390, 810],
        [520, 1080],
        [585, 1215],
        [650, 1350],
    ];
    let short = flags & 4 != 0;
    let wide = flags & 3 == 1;
    if known & 2 != 0 {
        let tenths = RATES
            .get(usize::from(index % 8))
            .filter(|_| index < 32 && known & 5 != 0)
            .map(|rates| rates[usize::from(wide)] * (u32::from(index / 8) + 1))
            // The gap between symbols makes a tenth.
            .map(|rate| if short { (rate * 10 + 4) / 9 } else { rate });
        if let Some(tenths) = tenths {
            p.out
                .push_str(&format!("{}.{} Mb/s ", tenths / 10, tenths % 10));
        }
        p.out.push_str(&format!("MCS {index} "));
    }
    if known & 1 != 0 {
        p.text(["20 MHz ", "40 MHz ", "20 MHz (L) ", "20 MHz (U) "][usize::from(flags & 3)]);
    }
    if known & 4 != 0 {
        p.text(GUARDS[usize::from(short)]);
    }
    if known & 8 != 0 {
        p.text(["mixed ", "greenfield "][usize::from(flags & 8 != 0)]);
    }
    if known & 16 != 0 {
        p.text(["BCC FEC ", "LDPC FEC "][usize::from(flags & 16 != 0)]);
    }
    if known & 32 != 0 {
        p.out.push_str(&format!("RX-STBC{} ", flags >> 5 & 3));
    }
}

/// 802.11ac: for each user the modulation.
fn very_high_throughput(p: &mut Printer<'_>, fields: [u8; 12]) {
    const MEGAHERTZ: [&str; 12] = [
        "20 MHz",
        "40 MHz",
        "20 MHz (L)",
        "20 MHz (U)",
        "80 MHz",
        "80 MHz (L)",
        "80 MHz (U)",
        "80 MHz (LL)",
        "80 MHz (LU)",
        "80 MHz (UL)",
        "80 MHz (UU)",
        "160 MHz",
    ];
    let [low, _, flags, bandwidth, users @ .., coding, _, _, _] = fields;
    for (user, field) in users.into_iter().enumerate() {
        let streams = field & 0xf;
        if streams == 0 {
            continue;
        }
        p.out.push_str(&format!("User {user} MCS {} ", field >> 4));
        p.text(["BCC FEC ", "LDPC FEC "][usize::from(coding >> user & 1)]);
    }
    if low & 0x40 != 0 {
        p.text(
            MEGAHERTZ
                .get(usize::from(bandwidth & 0x1f))
                .unwrap_or(&"160 MHz"),
        );
        p.text(" ");
    }
    if low & 4 != 0 {
        p.text(GUARDS[usize::from(flags & 4 != 0)]);
    }
}
