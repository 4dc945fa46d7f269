//! How lines look: tcpdump's flags, and what the printers make of them.

use jiff::tz::TimeZone;

use super::names::Names;
use super::time::TimeFormat;

/// How lines look; the default is what `tcpdump -n` does.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of tcpdump's
pub struct LineOptions {
    /// The time stamp's form (`-t` to `-ttttt`).
    pub time: TimeFormat,
    /// Absolute TCP sequence numbers (`-S`).
    pub absolute_seq: bool,
    /// Nine digits of the second instead of six (`--nano`).
    pub nanos: bool,
    /// Whose time of day it is; by default the system's, or what `TZ` says.
    pub zone: TimeZone,
    /// How much is said of each header, 0 to 3 (`-v`, `-vv`, `-vvv`).
    pub verbose: u8,
    /// The link layer's header first (`-e`).
    pub link_header: bool,
    /// Less about each packet (`-q`).
    pub quiet: bool,
    /// With `verbose`, checksums are verified; `false` is `-K`.
    pub checksums: bool,
    /// Names of services and protocols, and of the hosts in `/etc/hosts` (tcpdump without `-n`).
    pub names: bool,
    /// Names of hosts without their domain (`-N`).
    pub short_names: bool,
    /// The packet's number first (`-#`).
    pub numbered: bool,
    /// The packet's bytes below its line.
    pub dump: Dump,
}

impl LineOptions {
    /// Whether the line of a segment tells of the bytes that it carries, whatever its ports:
    /// their checksum, or themselves.
    pub(crate) fn tells_of_payload(&self) -> bool {
        self.verbose > 0 || self.dump != Dump::None
    }
}

/// How the bytes of a packet are shown below its line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dump {
    /// Not at all.
    #[default]
    None,
    /// In hexadecimal: `-x`, or `-xx` with the link layer's header.
    Hex {
        /// From the frame's first byte on.
        link: bool,
    },
    /// In hexadecimal and ASCII: `-X`, or `-XX`.
    HexAscii {
        /// From the frame's first byte on.
        link: bool,
    },
    /// As text: `-A`, or `-AA`.
    Ascii {
        /// From the frame's first byte on.
        link: bool,
    },
}

impl Default for LineOptions {
    fn default() -> Self {
        Self {
            time: TimeFormat::default(),
            absolute_seq: false,
            nanos: false,
            zone: TimeZone::system(),
            verbose: 0,
            link_header: false,
            quiet: false,
            checksums: true,
            names: false,
            short_names: false,
            numbered: false,
            dump: Dump::None,
        }
    }
}

/// The options that the printers of the protocols look at.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of tcpdump's
pub(super) struct Style {
    pub(super) absolute_seq: bool,
    pub(super) verbose: u8,
    pub(super) link_header: bool,
    pub(super) quiet: bool,
    pub(super) checksums: bool,
    /// What is not understood is not shown: its bytes follow, or less was asked for.
    pub(super) reticent: bool,
    /// They follow in hexadecimal and ASCII (`-X`).
    pub(super) with_ascii: bool,
    pub(super) names: Option<Names>,
}

impl Style {
    /// Numbers as they are, and no more than tcpdump says by default.
    pub(super) const PLAIN: Self = Self {
        absolute_seq: true,
        verbose: 0,
        link_header: false,
        quiet: false,
        checksums: true,
        reticent: false,
        with_ascii: false,
        names: None,
    };

    pub(super) fn new(options: &LineOptions) -> Self {
        Self {
            absolute_seq: options.absolute_seq,
            verbose: options.verbose,
            link_header: options.link_header,
            quiet: options.quiet,
            checksums: options.checksums,
            reticent: options.quiet
                || matches!(options.dump, Dump::Hex { .. } | Dump::HexAscii { .. }),
            with_ascii: matches!(options.dump, Dump::HexAscii { .. }),
            names: options
                .names
                .then(|| Names::of_this_machine(options.short_names)),
        }
    }
}
