//! What every printer of a protocol writes with.

use std::net::IpAddr;

use super::Memory;
use super::names;
use super::options::Style;
use super::text::{self, Append, Cut};

/// One packet on its way to text: what tcpdump keeps in its `netdissect_options`.
pub(super) struct Printer<'o> {
    pub(super) out: &'o mut String,
    /// The printer at work, named when the packet ends too soon.
    pub(super) protocol: &'static str,
    pub(super) style: &'o Style,
    pub(super) memory: &'o mut Memory,
    /// IP headers within IP headers so far.
    pub(super) depth: u32,
    /// Of the link layer, in bytes.
    pub(super) header_len: usize,
    /// The packet ended where tcpdump leaves all its printers, also one that could go on.
    pub(super) left: bool,
}

impl<'o> Printer<'o> {
    pub(super) const fn new(out: &'o mut String, memory: &'o mut Memory, style: &'o Style) -> Self {
        Self {
            out,
            protocol: "",
            style,
            memory,
            depth: 0,
            header_len: 0,
            left: false,
        }
    }

    pub(super) const fn verbose(&self) -> u8 {
        self.style.verbose
    }

    pub(super) fn ipv4(&mut self, address: [u8; 4]) {
        match self.host(IpAddr::from(address)) {
            Some(name) => self.out.push_str(name),
            None => self.out.ipv4(address),
        }
    }

    pub(super) fn ipv6(&mut self, address: [u8; 16]) {
        match self.host(IpAddr::from(address)) {
            Some(name) => self.out.push_str(name),
            None => self.out.ipv6(address),
        }
    }

    pub(super) fn host(&self, address: IpAddr) -> Option<&'o str> {
        self.style.names.as_ref()?.host(address)
    }

    pub(super) fn tcp_port(&mut self, port: u16) {
        match self.style.names.as_ref().and_then(|names| names.tcp(port)) {
            Some(name) => self.out.push_str(name),
            None => self.out.dec(port),
        }
    }

    pub(super) fn udp_port(&mut self, port: u16) {
        match self.style.names.as_ref().and_then(|names| names.udp(port)) {
            Some(name) => self.out.push_str(name),
            None => self.out.dec(port),
        }
    }

    /// ` ip-proto-47`, or ` gre` with names.
    pub(super) fn protocol_number(&mut self, number: u8) {
        let names = self.style.names.as_ref();
        if let Some(name) = names.and_then(|_| names::protocol(number)) {
            self.text(" ");
            self.text(name);
        } else {
            self.text(" ip-proto-");
            self.dec(number);
        }
    }

    /// An Ethernet address; without `-n` tcpdump adds who the first half belongs to.
    pub(super) fn ethernet_address(&mut self, address: [u8; 6]) {
        if self.style.names.is_some() && address == [0xff; 6] {
            self.text("Broadcast");
            return;
        }
        self.out.link_address(&address);
        if self.style.names.is_some() {
            self.text(" (oui ");
            self.text(names::vendor(address));
            self.text(")");
        }
    }

    /// The names of the bits that are set, between commas; `none` when none is.
    pub(super) fn flags(&mut self, value: u32, names: &[(u32, &str)]) {
        let mut separator = "";
        for &(bit, name) in names {
            if value & bit != 0 {
                self.text(std::mem::replace(&mut separator, ", "));
                self.text(name);
            }
        }
        if separator.is_empty() {
            self.text("none");
        }
    }

    #[inline]
    pub(super) fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    #[inline]
    pub(super) fn dec(&mut self, value: impl Into<u64>) {
        self.out.dec(value);
    }

    /// `1d2h`
    pub(super) fn duration(&mut self, mut seconds: u32) {
        const UNITS: [(u32, &str); 6] = [
            (365 * 86400, "y"),
            (7 * 86400, "w"),
            (86400, "d"),
            (3600, "h"),
            (60, "m"),
            (1, "s"),
        ];
        if seconds == 0 {
            self.text("0s");
        }
        for (unit, letter) in UNITS {
            if seconds >= unit {
                self.dec(seconds / unit);
                self.text(letter);
                seconds %= unit;
            }
        }
    }

    /// What there is no printer for, in hexadecimal and ASCII.
    pub(super) fn unknown(&mut self, bytes: &[u8]) {
        if !self.style.reticent {
            text::hex_and_ascii(self.out, bytes);
        }
    }

    /// Text of unknown contents: what cannot be printed shows as `^A` or `M-a`.
    pub(super) fn characters(&mut self, bytes: &[u8], at: usize, len: usize) -> Result<(), Cut> {
        for i in at..at + len {
            let mut byte = text::byte(bytes, i)?;
            if !byte.is_ascii() {
                self.text("M-");
                byte &= 0x7f;
            }
            if !matches!(byte, b' '..=b'~') {
                self.text("^");
                byte ^= 0x40;
            }
            self.out.push(char::from(byte));
        }
        Ok(())
    }

    /// Marks that [`Printer::left`], if it is so.
    pub(super) fn leaving<T>(&mut self, read: Result<T, Cut>) -> Result<T, Cut> {
        self.left |= read.is_err();
        read
    }

    /// `[|proto]`: the packet ends too soon.
    pub(super) fn truncated(&mut self) {
        self.text(" [|");
        self.text(self.protocol);
        self.text("]");
    }

    /// A field has a value that it must not have.
    pub(super) fn invalid(&mut self) {
        self.text(" (invalid)");
    }
}
