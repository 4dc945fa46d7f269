//! A JSON object in the making, field by field: what serde would write, in a fraction of the time.

// Only where it is inlined has a piece of text a known length, and is a store and not a call.
#![allow(clippy::inline_always)]

use std::io::{self, Write};
use std::net::IpAddr;
use std::time::Duration;

use proto::Code;
use serde::Serialize;

use crate::TcpFlags;
use crate::digits::{decimal_bytes, ipv4_bytes};
use crate::note::{CommandRef, ConnectionName, Covered, Party, Text, TransferRef};

/// A field's name with what JSON puts around it.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// A field's name and the beginning of a string.
macro_rules! text {
    ($name:literal) => {
        concat!(",\"", $name, "\":\"")
    };
}

/// The beginning of an object.
macro_rules! event {
    ($name:literal) => {
        concat!("{\"event\":\"", $name, "\"")
    };
}

pub(super) use {event, key, text};

/// An object on a line of its own. Keys come from [`key!`] or [`text!`], as each method says.
pub(super) struct Object<'a>(&'a mut Vec<u8>);

impl<'a> Object<'a> {
    #[inline]
    pub(super) fn new(event: &'static str, out: &'a mut Vec<u8>) -> Self {
        let mut object = Self(out);
        object.put(event);
        object
    }

    /// Inlined so that the length is known: a store, not a call.
    #[inline(always)]
    fn put(&mut self, text: &'static str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    #[inline]
    pub(super) fn number(&mut self, key: &'static str, value: impl Into<u64>) {
        self.put(key);
        decimal_bytes(self.0, value.into());
    }

    #[inline]
    pub(super) fn signed(&mut self, key: &'static str, value: i64) {
        self.put(key);
        if value < 0 {
            self.0.push(b'-');
        }
        decimal_bytes(self.0, value.unsigned_abs());
    }

    #[inline]
    pub(super) fn bool(&mut self, key: &'static str, value: bool) {
        self.put(key);
        self.put(if value { "true" } else { "false" });
    }

    /// tcpdump's letters: `S.`, `P.`, `F.`, `.`, `R`. With a [`text!`] key.
    #[inline]
    pub(super) fn flags(&mut self, key: &'static str, flags: TcpFlags) {
        const LETTERS: [(TcpFlags, u8); 9] = [
            (TcpFlags::FIN, b'F'),
            (TcpFlags::SYN, b'S'),
            (TcpFlags::RST, b'R'),
            (TcpFlags::PSH, b'P'),
            (TcpFlags::ACK, b'.'),
            (TcpFlags::URG, b'U'),
            (TcpFlags::ECE, b'E'),
            (TcpFlags::CWR, b'W'),
            (TcpFlags::AE, b'e'),
        ];
        self.put(key);
        if flags == TcpFlags::ACK {
            self.put(".\"");
            return;
        }
        for (flag, letter) in LETTERS {
            if flags.contains(flag) {
                self.0.push(letter);
            }
        }
        self.0.push(b'"');
    }

    pub(super) fn covered(&mut self, covered: &Covered) {
        self.number(key!("bytes"), covered.bytes);
        let ends = [(key!("first"), covered.first), (key!("last"), covered.last)];
        for (key, packet) in ends {
            match packet {
                Some(packet) => self.number(key, packet),
                None => self.null(key),
            }
        }
        self.bool(key!("fin"), covered.fin);
    }

    pub(super) fn transfer(&mut self, key: &'static str, transfer: Option<TransferRef>) {
        let Some(TransferRef { number, verb }) = transfer else {
            return self.null(key);
        };
        self.put(key);
        self.put("{\"number\":");
        decimal_bytes(self.0, number.into());
        if let Some(verb) = verb {
            self.put(text!("verb"));
            // A verb is made of letters.
            self.put(verb.as_str());
            self.put("\"}");
        } else {
            self.null(key!("verb"));
            self.0.push(b'}');
        }
    }

    #[inline]
    pub(super) fn null(&mut self, key: &'static str) {
        self.put(key);
        self.put("null");
    }

    /// With a [`text!`] key.
    pub(super) fn name(&mut self, key: &'static str, name: ConnectionName) {
        let (word, session, number): (&str, _, _) = match name {
            ConnectionName::Control { session } => ("control", session, None),
            ConnectionName::Data { session, number } => ("data", session, Some(number)),
            ConnectionName::Tcp { number } => ("tcp", 1, Some(number)),
        };
        self.put(key);
        self.put(word);
        let numbers = [(session != 1).then_some(session), number];
        let mut separator = " ";
        for number in numbers.into_iter().flatten() {
            self.put(std::mem::replace(&mut separator, "."));
            decimal_bytes(self.0, number.into());
        }
        self.0.push(b'"');
    }

    /// With a [`text!`] key.
    #[inline]
    pub(super) fn party(&mut self, key: &'static str, party: Party) {
        self.put(key);
        match party {
            Party::Client => self.put("client\""),
            Party::Server => self.put("server\""),
            Party::Endpoint(end) => {
                let brackets = end.is_ipv6();
                if brackets {
                    self.0.push(b'[');
                }
                ip(self.0, end.ip());
                self.put(if brackets { "]:" } else { ":" });
                decimal_bytes(self.0, end.port().into());
                self.0.push(b'"');
            }
        }
    }

    /// With a [`text!`] key.
    #[inline]
    pub(super) fn address(&mut self, key: &'static str, address: IpAddr) {
        self.put(key);
        ip(self.0, address);
        self.0.push(b'"');
    }

    /// In seconds.
    pub(super) fn duration(
        &mut self,
        key: &'static str,
        after: Option<Duration>,
    ) -> io::Result<()> {
        const SECOND: u32 = 1_000_000_000;
        // From here on serde writes an exponent.
        const SMALL: u32 = 100_000;
        let Some(after) = after else {
            self.null(key);
            return Ok(());
        };
        let nanos = after.subsec_nanos();
        if after.as_secs() > 0 || nanos < SMALL {
            return self.value(key, &after.as_secs_f64());
        }
        // Nine digits come through a double unchanged. The 1 in front keeps leading zeros.
        self.put(key);
        let start = self.0.len();
        decimal_bytes(self.0, u64::from(SECOND + nanos));
        while self.0.pop_if(|digit| *digit == b'0').is_some() {}
        self.0.splice(start..=start, *b"0.");
        Ok(())
    }

    /// Text that may need escapes, though it seldom does.
    #[inline]
    pub(super) fn text(&mut self, key: &'static str, text: &str) -> io::Result<()> {
        // Without an early exit, so that many bytes are looked at in one step.
        let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        let bytes = text.as_bytes().iter();
        if bytes.fold(false, |any, &byte| any | special(byte)) {
            return self.value(key, &text);
        }
        self.put(key);
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
        Ok(())
    }

    /// A piece of a line, which is seldom anything but printable ASCII.
    pub(super) fn words(&mut self, key: &'static str, words: &Text) -> io::Result<()> {
        let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        let bytes = words.as_bytes();
        if !bytes.iter().fold(true, |all, &byte| all & plain(byte)) {
            return self.value(key, words);
        }
        self.put(key);
        self.0.push(b'"');
        self.0.extend_from_slice(bytes);
        self.0.push(b'"');
        Ok(())
    }

    /// Three digits, with a [`text!`] key.
    pub(super) fn code(&mut self, key: &'static str, code: Code) {
        self.put(key);
        self.0.extend_from_slice(&code.digits());
        self.0.push(b'"');
    }

    /// The command that a reply answers.
    pub(super) fn command(
        &mut self,
        key: &'static str,
        command: Option<&CommandRef>,
    ) -> io::Result<()> {
        let Some(CommandRef { word, packet }) = command else {
            self.null(key);
            return Ok(());
        };
        self.put(key);
        self.words("{\"word\":", word)?;
        self.number(key!("packet"), *packet);
        self.0.push(b'}');
        Ok(())
    }

    /// Anything else, as serde writes it.
    pub(super) fn value(&mut self, key: &'static str, value: &impl Serialize) -> io::Result<()> {
        self.put(key);
        Ok(serde_json::to_writer(&mut *self.0, value)?)
    }

    /// The fields of a value that is an object with at least one, among those of this object.
    pub(super) fn fields(&mut self, value: &impl Serialize) -> io::Result<()> {
        let begin = self.0.len();
        serde_json::to_writer(&mut *self.0, value)?;
        // Its braces go.
        if let Some(brace) = self.0.get_mut(begin) {
            *brace = b',';
        }
        self.0.pop();
        Ok(())
    }

    #[inline]
    pub(super) fn end(mut self) {
        self.put("}\n");
    }
}

fn ip(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => ipv4_bytes(out, v4.octets()),
        IpAddr::V6(v6) => {
            let _ = write!(out, "{v6}");
        }
    }
}
