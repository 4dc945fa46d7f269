//! What a capture yields: bytes, when they were seen, and how long they were on the wire.

use std::fmt;
use std::time::Duration;

use crate::pcap::link_name;

/// A moment, in nanoseconds since the Unix epoch (UTC), as the capture recorded it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From the seconds and nanoseconds that a capture header or the kernel gives.
    ///
    /// Out-of-range values saturate: a damaged file must not stop its reader.
    pub const fn new(seconds: i64, nanos: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Nanoseconds within the second, 0 to 999 999 999.
    pub fn subsec_nanos(self) -> u32 {
        u32::try_from(self.0.rem_euclid(1_000_000_000)).unwrap_or(0)
    }

    /// How long after `earlier` this is; zero when it is not after it.
    ///
    /// Captures can step back in time (clock changes, merged files).
    pub fn since(self, earlier: Self) -> Duration {
        u64::try_from(self.0.saturating_sub(earlier.0)).map_or(Duration::ZERO, Duration::from_nanos)
    }
}

/// A time stamp as a pcap file has it, where that is not how times are written: a second or more
/// in the fraction, or less than nothing in one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Seconds since the epoch, as libpcap reads them.
    pub seconds: i32,
    /// Nanoseconds beyond those.
    pub nanos: i64,
}

/// What the bytes of a frame begin with: the DLT value of a pcap file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// `DLT_NULL`: BSD loopback, a 4-byte address family in the writer's byte order.
    Null,
    /// `DLT_EN10MB`.
    Ethernet,
    /// `DLT_RAW`: an IPv4 or IPv6 header at once.
    Raw,
    /// `DLT_PPP`: PPP, with or without its address and control bytes.
    Ppp,
    /// `DLT_PPP_SERIAL`: PPP in HDLC-like frames.
    PppSerial,
    /// `DLT_PPP_ETHER`: PPP over Ethernet, from the `PPPoE` header on.
    Pppoe,
    /// `DLT_C_HDLC`: Cisco's HDLC.
    CiscoHdlc,
    /// `DLT_IEEE802_11`: from the 802.11 header on.
    Ieee80211,
    /// `DLT_PRISM_HEADER`: likewise behind the header of Prism cards.
    Prism,
    /// `DLT_IEEE802_11_RADIO`: behind a radiotap header.
    Radiotap,
    /// `DLT_IEEE802_11_RADIO_AVS`: behind AVS' header.
    Avs,
    /// `DLT_LOOP`: like `Null`, but in network byte order.
    Loop,
    /// `DLT_LINUX_SLL`: the 16-byte cooked header.
    LinuxSll,
    /// `DLT_LINUX_SLL2`: the 20-byte cooked header.
    LinuxSll2,
    /// Any other value, kept so that it can be named in a message.
    Other(u32),
}

impl LinkType {
    /// From the number in a pcap file header.
    pub const fn from_pcap(value: u32) -> Self {
        match value {
            0 => Self::Null,
            1 => Self::Ethernet,
            9 => Self::Ppp,
            // 228 and 229 promise one version of IP; the header tells which.
            12 | 14 | 101 | 228 | 229 => Self::Raw,
            50 => Self::PppSerial,
            51 => Self::Pppoe,
            104 => Self::CiscoHdlc,
            105 => Self::Ieee80211,
            119 => Self::Prism,
            127 => Self::Radiotap,
            163 => Self::Avs,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            276 => Self::LinuxSll2,
            other => Self::Other(other),
        }
    }

    /// Whether frames begin with an 802.11 header, or with what a radio noted before one.
    pub(crate) const fn is_wireless(self) -> bool {
        matches!(
            self,
            Self::Ieee80211 | Self::Prism | Self::Radiotap | Self::Avs
        )
    }

    /// The number that a pcap file header carries.
    pub const fn to_pcap(self) -> u32 {
        match self {
            Self::Null => 0,
            Self::Ethernet => 1,
            Self::Raw => 101,
            Self::Ppp => 9,
            Self::PppSerial => 50,
            Self::Pppoe => 51,
            Self::CiscoHdlc => 104,
            Self::Ieee80211 => 105,
            Self::Prism => 119,
            Self::Radiotap => 127,
            Self::Avs => 163,
            Self::Loop => 108,
            Self::LinuxSll => 113,
            Self::LinuxSll2 => 276,
            Self::Other(value) => value,
        }
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Ethernet => f.write_str("EN10MB"),
            Self::Raw => f.write_str("RAW"),
            Self::Ppp => f.write_str("PPP"),
            Self::PppSerial => f.write_str("PPP_SERIAL"),
            Self::Pppoe => f.write_str("PPP_ETHER"),
            Self::CiscoHdlc => f.write_str("C_HDLC"),
            Self::Ieee80211 => f.write_str("IEEE802_11"),
            Self::Prism => f.write_str("PRISM_HEADER"),
            Self::Radiotap => f.write_str("IEEE802_11_RADIO"),
            Self::Avs => f.write_str("IEEE802_11_RADIO_AVS"),
            Self::Loop => f.write_str("LOOP"),
            Self::LinuxSll => f.write_str("LINUX_SLL"),
            Self::LinuxSll2 => f.write_str("LINUX_SLL2"),
            Self::Other(value) => match link_name(*value) {
                Some(name) => write!(f, "{value} ({name})"),
                None => write!(f, "{value}"),
            },
        }
    }
}

/// One captured frame, borrowed from its source.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When the capture saw it.
    pub time: Timestamp,
    /// What the file has in the place of `time`, where it is odd: tcpdump prints it as it is.
    pub odd_time: Option<Stamp>,
    /// Its length on the wire in bytes; more than `bytes.len()` when a snap length cut it.
    pub wire_len: u32,
    /// What `bytes` begins with.
    pub link: LinkType,
    /// The captured bytes.
    pub bytes: &'a [u8],
}
