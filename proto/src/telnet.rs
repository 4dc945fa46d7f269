//! The telnet layer of a control connection (RFC 854; RFC 959 §4.1, RFC 1123 §4.1.2.12).

/// Interpret As Command.
pub const IAC: u8 = 255;
/// Interrupt Process.
pub const INTERRUPT_PROCESS: u8 = 244;
/// Data Mark: the end of a Synch.
pub const DATA_MARK: u8 = 242;

/// The four words of option negotiation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Negotiation {
    /// 251: the peer offers to use the option.
    Will,
    /// 252: the peer will not use the option.
    Wont,
    /// 253: the peer asks us to use the option.
    Do,
    /// 254: the peer asks us not to use the option.
    Dont,
}

/// A telnet command found among the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Telnet {
    /// `IAC WILL/WONT/DO/DONT option`.
    Negotiate(Negotiation, u8),
    /// `IAC IP`, which comes before an urgent ABOR or STAT.
    InterruptProcess,
    /// `IAC DM`.
    DataMark,
    /// Any other command, by its byte.
    Other(u8),
}

impl Telnet {
    /// The refusal that RFC 1123 §4.1.2.12 asks for: DONT for WILL, WONT for DO; nothing for
    /// everything else (answering a refusal would never end).
    pub const fn refusal(self) -> Option<[u8; 3]> {
        match self {
            Self::Negotiate(Negotiation::Will, option) => Some([IAC, 254, option]),
            Self::Negotiate(Negotiation::Do, option) => Some([IAC, 252, option]),
            _ => None,
        }
    }
}

/// Appends `text` to `out` so that it stays one line: IAC is doubled, CR is followed by NUL
/// (RFC 2640 §3.1), and LF, which no line can hold, becomes `?`.
pub fn escape(text: &[u8], out: &mut Vec<u8>) {
    out.reserve(text.len());
    for &byte in text {
        match byte {
            IAC => out.extend([IAC, IAC]),
            b'\r' => out.extend(*b"\r\0"),
            b'\n' => out.push(b'?'),
            _ => out.push(byte),
        }
    }
}
