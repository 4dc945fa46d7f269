//! Telnet's commands (RFC 854) at the start of a segment, and their options.

use super::Printer;
use super::text::{Append, Cut, byte, from, hex_from};

const SE: u8 = 240;
const SUBNEGOTIATION: u8 = 250;
const IAC: u8 = 255;
const FIRST_COMMAND: u8 = 236;

const COMMANDS: [&str; 20] = [
    "EOF", "SUSP", "ABORT", "EOR", "SE", "NOP", "DMARK", "BRK", "IP", "AO", "AYT", "EC", "EL",
    "GA", "SB", "WILL", "WONT", "DO", "DONT", "IAC",
];
const OPTIONS: [&str; 40] = [
    "BINARY",
    "ECHO",
    "RCP",
    "SUPPRESS GO AHEAD",
    "NAME",
    "STATUS",
    "TIMING MARK",
    "RCTE",
    "NAOL",
    "NAOP",
    "NAOCRD",
    "NAOHTS",
    "NAOHTD",
    "NAOFFD",
    "NAOVTS",
    "NAOVTD",
    "NAOLFD",
    "EXTEND ASCII",
    "LOGOUT",
    "BYTE MACRO",
    "DATA ENTRY TERMINAL",
    "SUPDUP",
    "SUPDUP OUTPUT",
    "SEND LOCATION",
    "TERMINAL TYPE",
    "END OF RECORD",
    "TACACS UID",
    "OUTPUT MARKING",
    "TTYLOC",
    "3270 REGIME",
    "X.3 PAD",
    "NAWS",
    "TSPEED",
    "LFLOW",
    "LINEMODE",
    "XDISPLOC",
    "OLD-ENVIRON",
    "AUTHENTICATION",
    "ENCRYPT",
    "NEW-ENVIRON",
];
/// Of most options' subnegotiations.
const QUALIFIERS: [&str; 3] = ["IS", "SEND", "INFO"];
const AUTHENTICATION: u8 = 37;
const AUTHENTICATION_COMMANDS: [&str; 4] = ["IS", "SEND", "REPLY", "NAME"];
/// Those without a name are empty.
const AUTHENTICATION_TYPES: [&str; 16] = [
    "NULL",
    "KERBEROS_V4",
    "KERBEROS_V5",
    "SPX",
    "MINK",
    "SRP",
    "RSA",
    "SSL",
    "",
    "",
    "LOKI",
    "SSA",
    "KEA_SJ",
    "KEA_SJ_INTEG",
    "DSS",
    "NTLM",
];
const ENCRYPTION: u8 = 38;
const ENCRYPTION_COMMANDS: [&str; 9] = [
    "IS",
    "SUPPORT",
    "REPLY",
    "START",
    "END",
    "REQUEST-START",
    "REQUEST-END",
    "END_KEYID",
    "DEC_KEYID",
];
const ENCRYPTION_TYPES: [&str; 10] = [
    "NULL",
    "DES_CFB64",
    "DES_OFB64",
    "DES3_CFB64",
    "DES3_OFB64",
    "",
    "CAST5_40_CFB64",
    "CAST5_40_OFB64",
    "CAST128_CFB64",
    "CAST128_OFB64",
];

/// ` [telnet WILL ECHO, DO NAWS]`: the commands before any text.
pub(super) fn telnet(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "telnet";
    // With -vvv and -X each command stands under its bytes.
    let dumped = p.style.verbose > 2 && p.style.with_ascii;
    let mut left = len;
    let mut at = 0;
    while left > 0 && byte(bytes, at)? == IAC {
        let rest = from(bytes, at);
        let Some(command_len) = command(p, rest, left, false)? else {
            break;
        };
        let separator = match (dumped, at) {
            (true, 0) => "\nTelnet:",
            (true, _) => "",
            (false, 0) => " [telnet ",
            (false, _) => ", ",
        };
        p.text(separator);
        if dumped {
            let Some(shown) = rest.get(..command_len) else {
                hex_from(p.out, "\n", rest, at);
                return Err(Cut);
            };
            hex_from(p.out, "\n", shown, at);
            if command_len > 8 {
                p.text("\n\t\t\t\t");
            } else {
                for _ in 0..(8 - command_len) * 3 {
                    p.text(" ");
                }
                p.text("\t");
            }
        }
        command(p, rest, left, true)?;
        at += command_len;
        // A subnegotiation without an end counts one byte too many.
        left = left.wrapping_sub(u32::try_from(command_len).unwrap_or(u32::MAX));
    }
    if at > 0 {
        p.text(if dumped { "\n" } else { "]" });
    }
    Ok(())
}

/// What is left of a command's bytes, and of the segment.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    left: u32,
}

impl Reader<'_> {
    /// Nothing when the segment ends.
    fn next(&mut self) -> Result<Option<u8>, Cut> {
        let Some(left) = self.left.checked_sub(1) else {
            return Ok(None);
        };
        let value = byte(self.bytes, self.at)?;
        self.left = left;
        self.at += 1;
        Ok(Some(value))
    }
}

/// One command's length; nothing when there is none that is whole. With `print` it is shown too.
fn command(
    p: &mut Printer<'_>,
    bytes: &[u8],
    left: u32,
    print: bool,
) -> Result<Option<usize>, Cut> {
    let mut reader = Reader { bytes, at: 0, left };
    let mut say = |text: &str| {
        if print {
            p.text(text);
        }
    };
    if reader.next()? != Some(IAC) {
        return Ok(None);
    }
    let Some(code) = reader.next()? else {
        return Ok(None);
    };
    if code == IAC {
        say("IAC IAC");
        return Ok(Some(reader.at));
    }
    let index = code.checked_sub(FIRST_COMMAND).map(usize::from);
    let Some(name) = index.and_then(|index| COMMANDS.get(index)) else {
        return Ok(None);
    };
    say(name);
    if code < SUBNEGOTIATION {
        return Ok(Some(reader.at));
    }
    let Some(option) = reader.next()? else {
        return Ok(None);
    };
    say(" ");
    named(&mut say, option, &OPTIONS);
    if code == SUBNEGOTIATION && !subnegotiation(&mut say, &mut reader, option)? {
        return Ok(None);
    }
    Ok(Some(reader.at))
}

/// What stands before `IAC SE`; `false` when there is no such end.
fn subnegotiation(
    say: &mut impl FnMut(&str),
    reader: &mut Reader<'_>,
    option: u8,
) -> Result<bool, Cut> {
    let start = reader.at;
    let mut end = start;
    while reader.left > len32_between(start, end) + 1 {
        if byte(reader.bytes, end)? == IAC && byte(reader.bytes, end + 1)? == SE {
            break;
        }
        end += 1;
    }
    if byte(reader.bytes, end)? != IAC {
        return Ok(false);
    }
    let tables: &[&[&str]] = match option {
        AUTHENTICATION => &[&AUTHENTICATION_COMMANDS, &AUTHENTICATION_TYPES],
        ENCRYPTION => &[&ENCRYPTION_COMMANDS, &ENCRYPTION_TYPES],
        _ => &[&QUALIFIERS],
    };
    let mut tables = tables.iter();
    while end > reader.at {
        let Some(value) = reader.next()? else {
            return Ok(false);
        };
        say(" ");
        named(say, value, tables.next().copied().unwrap_or_default());
    }
    say(" SE");
    reader.at += 2;
    Ok(true)
}

fn len32_between(start: usize, end: usize) -> u32 {
    u32::try_from(end - start).unwrap_or(u32::MAX - 1)
}

/// A name, or the number in C's `%#x`.
fn named(say: &mut impl FnMut(&str), value: u8, names: &[&str]) {
    match names.get(usize::from(value)) {
        Some(name) if !name.is_empty() => say(name),
        _ if value == 0 => say("0"),
        _ => {
            let mut text = String::from("0x");
            text.hex(u32::from(value), 1);
            say(&text);
        }
    }
}
