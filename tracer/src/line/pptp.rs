//! The control connection of PPTP (RFC 2637).

use super::Printer;
use super::text::{Append, Cut, be16, be32, byte, from, named};

const MAGIC: u32 = 0x1a2b_3c4d;

/// The control messages by number.
const MESSAGES: [&str; 16] = [
    "NOT_DEFINED",
    "SCCRQ",
    "SCCRP",
    "StopCCRQ",
    "StopCCRP",
    "ECHORQ",
    "ECHORP",
    "OCRQ",
    "OCRP",
    "ICRQ",
    "ICRP",
    "ICCN",
    "CCRQ",
    "CDN",
    "WEN",
    "SLI",
];

const CONNECTION_RESULTS: [(u32, &str); 5] = [
    (1, "Successful channel establishment"),
    (2, "General error"),
    (3, "Command channel already exists"),
    (
        4,
        "Requester is not authorized to establish a command channel",
    ),
    (5, "The protocol version of the requester is not supported"),
];
const ECHO_RESULTS: [(u32, &str); 2] = [(1, "OK"), (2, "General Error")];
const OUTGOING_RESULTS: [(u32, &str); 7] = [
    (1, "Connected"),
    (2, "General Error"),
    (3, "No Carrier"),
    (4, "Busy"),
    (5, "No Dial Tone"),
    (6, "Time-out"),
    (7, "Do Not Accept"),
];
const INCOMING_RESULTS: [(u32, &str); 3] =
    [(1, "Connect"), (2, "General Error"), (3, "Do Not Accept")];
const DISCONNECT_RESULTS: [(u32, &str); 4] = [
    (1, "Lost Carrier"),
    (2, "General Error"),
    (3, "Admin Shutdown"),
    (4, "Request"),
];
const STOP_REASONS: [(u32, &str); 3] = [
    (1, "None"),
    (2, "Stop-Protocol"),
    (3, "Stop-Local-Shutdown"),
];
const ERRORS: [(u32, &str); 7] = [
    (0, "None"),
    (1, "Not-Connected"),
    (2, "Bad-Format"),
    (3, "Bad-Value"),
    (4, "No-Resource"),
    (5, "Bad-Call-ID"),
    (6, "PAC-Error"),
];
const BEARER_TYPES: [(u32, &str); 3] = [(1, "A"), (2, "D"), (3, "Any")];
const FRAMING_TYPES: [(u32, &str); 3] = [(1, "A"), (2, "S"), (3, "E")];

pub(super) fn pptp(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    p.protocol = "pptp";
    p.text(": pptp");
    let verbose = p.verbose() > 0;
    if verbose {
        let len = be16(bytes, 0)?;
        p.text(" Length=");
        p.dec(len);
        p.text(match be16(bytes, 2)? {
            1 => " CTRL-MSG",
            2 => " MGMT-MSG",
            _ => " UNKNOWN-MSG-TYPE",
        });
    }
    let magic = be32(bytes, 4)?;
    if magic != MAGIC {
        p.text(" UNEXPECTED Magic-Cookie!!(");
        p.out.hex(magic, 8);
        p.text(")");
    }
    if verbose || magic != MAGIC {
        p.text(" Magic-Cookie=");
        p.out.hex(magic, 8);
    }
    let kind = be16(bytes, 8)?;
    if let Some(name) = MESSAGES.get(usize::from(kind)) {
        p.text(" CTRL_MSGTYPE=");
        p.text(name);
    } else {
        p.text(" UNKNOWN_CTRL_MSGTYPE(");
        p.dec(kind);
        p.text(")");
    }
    let mut body = Body {
        p,
        bytes: from(bytes, 10),
    };
    body.reserved16()?;
    body.message(kind)
}

/// What is left of a message: each field is printed and passed.
struct Body<'p, 'o, 'a> {
    p: &'p mut Printer<'o>,
    bytes: &'a [u8],
}

impl Body<'_, '_, '_> {
    fn message(&mut self, kind: u16) -> Result<(), Cut> {
        match kind {
            1 => {
                self.version()?;
                self.reserved16()?;
                self.capabilities()
            }
            2 => {
                self.version()?;
                self.result(&CONNECTION_RESULTS)?;
                self.error()?;
                self.capabilities()
            }
            3 => {
                self.code(" REASON(", &STOP_REASONS)?;
                self.reserved8()?;
                self.reserved16()
            }
            4 => {
                self.result(&ECHO_RESULTS)?;
                self.error()?;
                self.reserved16()
            }
            5 => self.dec32(" ID("),
            6 => {
                self.dec32(" ID(")?;
                self.result(&ECHO_RESULTS)?;
                self.error()?;
                self.reserved16()
            }
            7 => self.outgoing_call(),
            8 => {
                self.dec16(" CALL_ID(")?;
                self.dec16(" PEER_CALL_ID(")?;
                self.result(&OUTGOING_RESULTS)?;
                self.error()?;
                self.dec16(" CAUSE_CODE(")?;
                self.dec32(" CONN_SPEED(")?;
                self.window()?;
                self.dec32(" PHY_CHAN_ID(")
            }
            9 => self.incoming_call(),
            10 => {
                self.dec16(" CALL_ID(")?;
                self.dec16(" PEER_CALL_ID(")?;
                self.result(&INCOMING_RESULTS)?;
                self.error()?;
                self.window()?;
                self.reserved16()
            }
            11 => {
                self.dec16(" PEER_CALL_ID(")?;
                self.reserved16()?;
                self.dec32(" CONN_SPEED(")?;
                self.window()?;
                self.name32(" FRAME_TYPE(", &FRAMING_TYPES)
            }
            12 => {
                self.dec16(" CALL_ID(")?;
                self.reserved16()
            }
            13 => {
                self.dec16(" CALL_ID(")?;
                self.result(&DISCONNECT_RESULTS)?;
                self.error()?;
                self.dec16(" CAUSE_CODE(")?;
                self.reserved16()?;
                self.string(" CALL_STATS(", 128, 128)
            }
            14 => {
                self.dec16(" PEER_CALL_ID(")?;
                self.reserved16()?;
                self.dec32(" CRC_ERR(")?;
                self.dec32(" FRAMING_ERR(")?;
                self.dec32(" HARDWARE_OVERRUN(")?;
                self.dec32(" BUFFER_OVERRUN(")?;
                self.dec32(" TIMEOUT_ERR(")?;
                self.dec32(" ALIGN_ERR(")
            }
            15 => {
                self.dec16(" PEER_CALL_ID(")?;
                self.reserved16()?;
                self.hex32(" SEND_ACCM(0x")?;
                self.hex32(" RECV_ACCM(0x")
            }
            _ => Ok(()),
        }
    }

    /// The second half of either message that sets up the connection.
    fn capabilities(&mut self) -> Result<(), Cut> {
        // The first of the two is announced even where it is not there any more.
        self.p.text(" FRAME_CAP(");
        self.bits([(1, "A"), (2, "S")])?;
        be32(self.bytes, 0)?;
        self.p.text(" BEARER_CAP(");
        self.bits([(2, "D"), (1, "A")])?;
        self.dec16(" MAX_CHAN(")?;
        self.dec16(" FIRM_REV(")?;
        self.string(" HOSTNAME(", 64, 64)?;
        self.string(" VENDOR(", 64, 64)
    }

    fn outgoing_call(&mut self) -> Result<(), Cut> {
        self.dec16(" CALL_ID(")?;
        self.dec16(" CALL_SER_NUM(")?;
        self.dec32(" MIN_BPS(")?;
        self.dec32(" MAX_BPS(")?;
        self.name32(" BEARER_TYPE(", &BEARER_TYPES)?;
        self.name32(" FRAME_TYPE(", &FRAMING_TYPES)?;
        self.window()?;
        let len = be16(self.bytes, 0)?;
        self.dec16(" PHONE_NO_LEN(")?;
        self.reserved16()?;
        self.string(" PHONE_NO(", len.into(), 64)?;
        self.string(" SUB_ADDR(", 64, 64)
    }

    fn incoming_call(&mut self) -> Result<(), Cut> {
        self.dec16(" CALL_ID(")?;
        self.dec16(" CALL_SER_NUM(")?;
        self.name32(" BEARER_TYPE(", &BEARER_TYPES)?;
        self.dec32(" PHY_CHAN_ID(")?;
        let dialed = be16(self.bytes, 0)?;
        self.dec16(" DIALED_NO_LEN(")?;
        let dialing = be16(self.bytes, 0)?;
        self.dec16(" DIALING_NO_LEN(")?;
        self.string(" DIALED_NO(", dialed.into(), 64)?;
        self.string(" DIALING_NO(", dialing.into(), 64)?;
        self.string(" SUB_ADDR(", 64, 64)
    }

    fn window(&mut self) -> Result<(), Cut> {
        self.dec16(" RECV_WIN(")?;
        self.dec16(" PROC_DELAY(")
    }

    fn take8(&mut self) -> Result<u8, Cut> {
        let value = byte(self.bytes, 0)?;
        self.bytes = from(self.bytes, 1);
        Ok(value)
    }

    fn take16(&mut self) -> Result<u16, Cut> {
        let value = be16(self.bytes, 0)?;
        self.bytes = from(self.bytes, 2);
        Ok(value)
    }

    fn take32(&mut self) -> Result<u32, Cut> {
        let value = be32(self.bytes, 0)?;
        self.bytes = from(self.bytes, 4);
        Ok(value)
    }

    fn version(&mut self) -> Result<(), Cut> {
        let [version, revision] = self.take16()?.to_be_bytes();
        self.p.text(" PROTO_VER(");
        self.p.dec(version);
        self.p.text(".");
        self.p.dec(revision);
        self.p.text(")");
        Ok(())
    }

    fn dec16(&mut self, label: &str) -> Result<(), Cut> {
        let value = self.take16()?;
        self.number(label, value.into());
        Ok(())
    }

    fn dec32(&mut self, label: &str) -> Result<(), Cut> {
        let value = self.take32()?;
        self.number(label, value);
        Ok(())
    }

    fn number(&mut self, label: &str, value: u32) {
        self.p.text(label);
        self.p.dec(value);
        self.p.text(")");
    }

    fn hex32(&mut self, label: &str) -> Result<(), Cut> {
        let value = self.take32()?;
        self.p.text(label);
        self.p.out.hex(value, 8);
        self.p.text(")");
        Ok(())
    }

    fn name32(&mut self, label: &str, names: &[(u32, &'static str)]) -> Result<(), Cut> {
        let value = self.take32()?;
        self.p.text(label);
        self.p.text(named(names, value).unwrap_or("?"));
        self.p.text(")");
        Ok(())
    }

    fn bits(&mut self, names: [(u32, &str); 2]) -> Result<(), Cut> {
        let value = self.take32()?;
        for (bit, name) in names {
            if value & bit != 0 {
                self.p.text(name);
            }
        }
        self.p.text(")");
        Ok(())
    }

    fn result(&mut self, names: &[(u32, &'static str)]) -> Result<(), Cut> {
        self.code(" RESULT_CODE(", names)
    }

    fn error(&mut self) -> Result<(), Cut> {
        self.code(" ERR_CODE(", &ERRORS)
    }

    /// A number, with its meaning from `-v` on.
    fn code(&mut self, label: &str, names: &[(u32, &'static str)]) -> Result<(), Cut> {
        let value = self.take8()?;
        self.p.text(label);
        self.p.dec(value);
        if self.p.verbose() > 0 {
            self.p.text(":");
            self.p.text(named(names, value.into()).unwrap_or("?"));
        }
        self.p.text(")");
        Ok(())
    }

    fn reserved8(&mut self) -> Result<(), Cut> {
        let value = self.take8()?;
        self.must_be_zero(value.into());
        Ok(())
    }

    fn reserved16(&mut self) -> Result<(), Cut> {
        let value = self.take16()?;
        self.must_be_zero(value);
        Ok(())
    }

    fn must_be_zero(&mut self, value: u16) {
        if value != 0 {
            self.p.text(" [ERROR: reserved=");
            self.p.dec(value);
            self.p.text(" must be zero]");
        }
    }

    /// Up to a zero byte, or `len` of the field's bytes.
    fn string(&mut self, label: &str, len: usize, field: usize) -> Result<(), Cut> {
        self.p.text(label);
        for at in 0..len.min(field) {
            if byte(self.bytes, at)? == 0 {
                break;
            }
            self.p.characters(self.bytes, at, 1)?;
        }
        self.p.text(")");
        self.bytes = from(self.bytes, field);
        Ok(())
    }
}
