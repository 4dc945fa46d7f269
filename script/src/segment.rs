//! What a line `wire: …` may ask of the header of a TCP segment, in tcpdump's words.

use std::fmt;

use crate::template::{FillError, Template, Variables};
use crate::value::Operator;

/// The TCP flags of a packet, in tcpdump's letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // one a flag, as in the header
pub struct FlagsWanted {
    /// `S`; with `ack` unset it is the first segment of a handshake.
    pub syn: bool,
    /// `F`, with or without ACK.
    pub fin: bool,
    /// `F?`: with FIN or without it, as a sender may put it on its last bytes or behind them.
    pub fin_or_not: bool,
    /// `R`, with or without ACK.
    pub rst: bool,
    /// `P`.
    pub psh: bool,
    /// `.`
    pub ack: bool,
    /// `U`.
    pub urg: bool,
    /// `E`: the echo of ECN (RFC 3168).
    pub ece: bool,
    /// `W`: the congestion window was reduced (RFC 3168).
    pub cwr: bool,
}

impl FlagsWanted {
    /// Reads tcpdump's letters: `S`, `S.`, `F.`, `R`, `P.`, `.`, `P.U`, `SEW`; also `F?P.`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let mut flags = Self::default();
        let rest = word.strip_prefix("F?");
        flags.fin_or_not = rest.is_some();
        for letter in rest.unwrap_or(word).chars() {
            let flag = match letter {
                'S' => &mut flags.syn,
                'F' if !flags.fin_or_not => &mut flags.fin,
                'R' => &mut flags.rst,
                'P' => &mut flags.psh,
                '.' => &mut flags.ack,
                'U' => &mut flags.urg,
                'E' => &mut flags.ece,
                'W' => &mut flags.cwr,
                _ => return None,
            };
            if std::mem::replace(flag, true) {
                return None;
            }
        }
        (flags != Self::default()).then_some(flags)
    }
}

impl fmt::Display for FlagsWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In tcpdump's order, which is that of the bits.
        let letters = [
            (self.fin_or_not, "F?"),
            (self.fin, "F"),
            (self.syn, "S"),
            (self.rst, "R"),
            (self.psh, "P"),
            (self.ack, "."),
            (self.urg, "U"),
            (self.ece, "E"),
            (self.cwr, "W"),
        ];
        for (_, letter) in letters.iter().filter(|(set, _)| *set) {
            f.write_str(letter)?;
        }
        Ok(())
    }
}

/// A number of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `length`: bytes of payload.
    Length,
    /// `win`: the window field as it was sent, not scaled.
    Window,
    /// `ttl`: the time to live; of IPv6 the hop limit.
    TimeToLive,
    /// `seq`: the number of the first byte as tcpdump prints it, from 1 on; on SYN the
    /// sender's own.
    Sequence,
    /// `ack`: likewise the number of the byte that is awaited. None without the flag.
    Acknowledgement,
    /// `urg`: the urgent pointer. None without the flag.
    Urgent,
    /// `mss`, in bytes. None without the option.
    SegmentSize,
    /// `wscale`: by how many bits windows are shifted. None without the option.
    WindowScale,
}

impl Field {
    pub(crate) const ALL: [Self; 8] = [
        Self::Length,
        Self::Window,
        Self::TimeToLive,
        Self::Sequence,
        Self::Acknowledgement,
        Self::Urgent,
        Self::SegmentSize,
        Self::WindowScale,
    ];

    /// As a script and tcpdump write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Length => "length",
            Self::Window => "win",
            Self::TimeToLive => "ttl",
            Self::Sequence => "seq",
            Self::Acknowledgement => "ack",
            Self::Urgent => "urg",
            Self::SegmentSize => "mss",
            Self::WindowScale => "wscale",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }

    /// Whether it can be this number, or what variables make of it.
    pub(crate) fn can_be(self, value: &Template) -> bool {
        match self {
            Self::Length | Self::Sequence | Self::Acknowledgement => value.may_be::<u32>(),
            Self::Window | Self::Urgent | Self::SegmentSize => value.may_be::<u16>(),
            Self::TimeToLive | Self::WindowScale => value.may_be::<u8>(),
        }
    }

    /// The largest number that it can be.
    const fn most(self) -> u32 {
        match self {
            Self::Length | Self::Sequence | Self::Acknowledgement => u32::MAX,
            Self::Window | Self::Urgent | Self::SegmentSize => u16::MAX as u32,
            Self::TimeToLive | Self::WindowScale => u8::MAX as u32,
        }
    }
}

/// How a number of a segment must be.
#[derive(Clone, Debug)]
pub struct FieldWanted {
    /// Which.
    pub field: Field,
    /// How it must compare; a number that is not there does not.
    pub operator: Operator,
    /// With what.
    pub value: Template,
}

impl FieldWanted {
    /// The same with every variable replaced by what it holds now, as a plain decimal number.
    ///
    /// # Errors
    /// A variable that holds nothing yet, or no number that the field can be.
    pub(crate) fn filled(&self, variables: &Variables) -> Result<Self, FillError> {
        let bytes = self.value.fill(variables)?;
        let most = self.field.most();
        let number: Option<u32> = std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| text.parse().ok());
        let number = number.filter(|&number| number <= most).ok_or_else(|| {
            let word = self.field.word();
            FillError::meaningless(&bytes, &format!("`{word}`, a number up to {most}"))
        })?;
        Ok(Self {
            value: Template::text(&number.to_string()),
            ..*self
        })
    }
}

/// An option of TCP's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionName {
    /// `mss`
    SegmentSize,
    /// `wscale`
    WindowScale,
    /// `sackOK`
    SackPermitted,
    /// `TS`
    Timestamps,
}

impl OptionName {
    pub(crate) const ALL: [Self; 4] = [
        Self::SegmentSize,
        Self::WindowScale,
        Self::SackPermitted,
        Self::Timestamps,
    ];

    /// As a script and tcpdump write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SegmentSize => Field::SegmentSize.word(),
            Self::WindowScale => Field::WindowScale.word(),
            Self::SackPermitted => "sackOK",
            Self::Timestamps => "TS",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|option| option.word() == word)
    }
}

/// Whether an option must be there, or must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionWanted {
    /// Which.
    pub option: OptionName,
    /// Whether it must be there.
    pub present: bool,
}
