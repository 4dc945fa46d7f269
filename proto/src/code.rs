//! Reply codes (RFC 959 §4.2): three digits, each with a meaning of its own.

use std::fmt;

/// A reply code: any three digits, known or not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

/// The first digit of a code: good, bad or incomplete (RFC 959 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FirstDigit {
    /// 1yz: begun; another reply will follow.
    Preliminary,
    /// 2yz: done.
    Completion,
    /// 3yz: accepted, but another command must follow.
    Intermediate,
    /// 4yz: not done; the same command may work later.
    TransientNegative,
    /// 5yz: not done; do not repeat it as it is.
    PermanentNegative,
}

/// The second digit of a code: what it is about (RFC 959 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecondDigit {
    /// x0z: syntax.
    Syntax,
    /// x1z: information.
    Information,
    /// x2z: the control and data connections.
    Connections,
    /// x3z: authentication and accounting.
    Authentication,
    /// x4z: unspecified.
    Unspecified,
    /// x5z: the file system.
    FileSystem,
}

macro_rules! codes {
    ($($number:literal $name:ident $rfc:literal $meaning:literal;)+) => {
        impl Code {
            $(#[doc = concat!($number, ": ", $meaning, " (", $rfc, ")")]
            pub const $name: Self = Self($number);)+

            /// Every code in the table, ascending.
            pub const KNOWN: &'static [Self] = &[$(Self::$name,)+];

            /// What the code says, in the words of its RFC, shortened; `None` for a code that
            /// no RFC in the table defines.
            pub const fn meaning(self) -> Option<&'static str> {
                match self.0 { $($number => Some($meaning),)+ _ => None }
            }

            /// The document that defines the code.
            pub const fn rfc(self) -> Option<&'static str> {
                match self.0 { $($number => Some($rfc),)+ _ => None }
            }
        }
    };
}

codes! {
    110 RESTART_MARKER                  "RFC 959 §4.2.2"  "restart marker reply";
    120 READY_IN_MINUTES                "RFC 959 §4.2.2"  "service ready in some minutes";
    125 TRANSFER_STARTING               "RFC 959 §4.2.2"  "data connection already open; transfer starting";
    150 OPENING_DATA_CONNECTION         "RFC 959 §4.2.2"  "file status okay; about to open data connection";
    200 OKAY                            "RFC 959 §4.2.2"  "command okay";
    202 SUPERFLUOUS                     "RFC 959 §4.2.2"  "command not implemented, superfluous at this site";
    211 SYSTEM_STATUS                   "RFC 959 §4.2.2"  "system status, or system help reply";
    212 DIRECTORY_STATUS                "RFC 959 §4.2.2"  "directory status";
    213 FILE_STATUS                     "RFC 959 §4.2.2"  "file status";
    214 HELP_MESSAGE                    "RFC 959 §4.2.2"  "help message";
    215 SYSTEM_TYPE                     "RFC 959 §4.2.2"  "system type";
    220 READY                           "RFC 959 §4.2.2"  "service ready for new user";
    221 CLOSING_CONTROL_CONNECTION      "RFC 959 §4.2.2"  "service closing control connection";
    225 DATA_CONNECTION_OPEN            "RFC 959 §4.2.2"  "data connection open; no transfer in progress";
    226 CLOSING_DATA_CONNECTION         "RFC 959 §4.2.2"  "closing data connection; requested file action successful";
    227 ENTERING_PASSIVE_MODE           "RFC 959 §4.2.2"  "entering passive mode";
    228 ENTERING_LONG_PASSIVE_MODE      "RFC 1639"     "entering long passive mode";
    229 ENTERING_EXTENDED_PASSIVE_MODE  "RFC 2428 §3"     "entering extended passive mode";
    230 LOGGED_IN                       "RFC 959 §4.2.2"  "user logged in, proceed";
    232 LOGGED_IN_BY_EXCHANGE           "RFC 2228 §5"     "user logged in, authorized by security data exchange";
    234 SECURITY_EXCHANGE_COMPLETE      "RFC 2228 §5"     "security data exchange complete";
    235 SECURITY_DATA_COMPLETE          "RFC 2228 §5"     "security data exchange completed successfully";
    250 FILE_ACTION_OKAY                "RFC 959 §4.2.2"  "requested file action okay, completed";
    257 PATHNAME_CREATED                "RFC 959 §4.2.2"  "pathname created, or the current directory";
    331 NEED_PASSWORD                   "RFC 959 §4.2.2"  "user name okay, need password";
    332 NEED_ACCOUNT                    "RFC 959 §4.2.2"  "need account for login";
    334 SECURITY_MECHANISM_OKAY         "RFC 2228 §5"     "requested security mechanism okay";
    335 SECURITY_DATA_ACCEPTABLE        "RFC 2228 §5"     "security data acceptable, more is required";
    336 NEED_PASSWORD_CHALLENGE         "RFC 2228 §5"     "user name okay, need password; challenge given";
    350 PENDING_FURTHER_INFORMATION     "RFC 959 §4.2.2"  "requested file action pending further information";
    421 SERVICE_NOT_AVAILABLE           "RFC 959 §4.2.2"  "service not available, closing control connection";
    425 CANNOT_OPEN_DATA_CONNECTION     "RFC 959 §4.2.2"  "can't open data connection";
    426 TRANSFER_ABORTED                "RFC 959 §4.2.2"  "connection closed; transfer aborted";
    431 NEED_SECURITY_RESOURCE          "RFC 2228 §5"     "need some unavailable resource to process security";
    450 FILE_UNAVAILABLE_NOW            "RFC 959 §4.2.2"  "requested file action not taken; file unavailable for now";
    451 LOCAL_ERROR                     "RFC 959 §4.2.2"  "requested action aborted: local error in processing";
    452 INSUFFICIENT_STORAGE            "RFC 959 §4.2.2"  "requested action not taken: insufficient storage space";
    500 SYNTAX_ERROR                    "RFC 959 §4.2.2"  "syntax error, command unrecognized";
    501 ARGUMENT_SYNTAX_ERROR           "RFC 959 §4.2.2"  "syntax error in parameters or arguments";
    502 NOT_IMPLEMENTED                 "RFC 959 §4.2.2"  "command not implemented";
    503 BAD_SEQUENCE                    "RFC 959 §4.2.2"  "bad sequence of commands";
    504 PARAMETER_NOT_IMPLEMENTED       "RFC 959 §4.2.2"  "command not implemented for that parameter";
    521 DATA_PROTECTION_REQUIRED        "RFC 4217"     "data connection cannot be opened with this PROT setting";
    522 PROTOCOL_NOT_SUPPORTED          "RFC 2428 §2"     "network protocol not supported";
    530 NOT_LOGGED_IN                   "RFC 959 §4.2.2"  "not logged in";
    532 NEED_ACCOUNT_FOR_STORING        "RFC 959 §4.2.2"  "need account for storing files";
    533 PROTECTION_LEVEL_DENIED         "RFC 2228 §5"     "command protection level denied for policy reasons";
    534 SECURITY_POLICY_DENIED          "RFC 2228 §5"     "request denied for policy reasons";
    535 SECURITY_CHECK_FAILED           "RFC 2228 §5"     "failed security check";
    536 PROTECTION_LEVEL_NOT_SUPPORTED  "RFC 2228 §5"     "data protection level not supported by security mechanism";
    537 COMMAND_PROTECTION_NOT_SUPPORTED "RFC 2228 §5"    "command protection level not supported by security mechanism";
    550 FILE_UNAVAILABLE                "RFC 959 §4.2.2"  "requested action not taken; file unavailable";
    551 PAGE_TYPE_UNKNOWN               "RFC 959 §4.2.2"  "requested action aborted: page type unknown";
    552 STORAGE_EXCEEDED                "RFC 959 §4.2.2"  "requested file action aborted: exceeded storage allocation";
    553 NAME_NOT_ALLOWED                "RFC 959 §4.2.2"  "requested action not taken; file name not allowed";
    554 INVALID_REST_PARAMETER          "RFC 1123 §4.1.3.4" "requested action not taken: invalid REST parameter";
    555 TYPE_MISMATCH                   "RFC 1123 §4.1.3.4" "requested action not taken: type or structure mismatch";
    631 PROTECTED_INTEGRITY             "RFC 2228 §5"     "integrity protected reply";
    632 PROTECTED_BOTH                  "RFC 2228 §5"     "confidentiality and integrity protected reply";
    633 PROTECTED_CONFIDENTIALITY       "RFC 2228 §5"     "confidentiality protected reply";
}

impl Code {
    /// The code with this value; `None` above 999.
    pub const fn new(value: u16) -> Option<Self> {
        if value <= 999 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// Reads exactly three ASCII digits.
    pub const fn parse(digits: &[u8]) -> Option<Self> {
        match digits {
            &[a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => Some(Self(
                (a - b'0') as u16 * 100 + (b - b'0') as u16 * 10 + (c - b'0') as u16,
            )),
            _ => None,
        }
    }

    /// The value, 0 to 999.
    pub const fn value(self) -> u16 {
        self.0
    }

    /// The three ASCII digits as they are sent.
    pub const fn digits(self) -> [u8; 3] {
        [
            digit_of(self.0 / 100),
            digit_of(self.0 / 10),
            digit_of(self.0),
        ]
    }

    /// Whether it is good, bad or incomplete; `None` when the digit is not 1 to 5.
    pub const fn first_digit(self) -> Option<FirstDigit> {
        match self.0 / 100 {
            1 => Some(FirstDigit::Preliminary),
            2 => Some(FirstDigit::Completion),
            3 => Some(FirstDigit::Intermediate),
            4 => Some(FirstDigit::TransientNegative),
            5 => Some(FirstDigit::PermanentNegative),
            _ => None,
        }
    }

    /// What it is about; `None` when the digit is not 0 to 5.
    pub const fn second_digit(self) -> Option<SecondDigit> {
        match self.0 / 10 % 10 {
            0 => Some(SecondDigit::Syntax),
            1 => Some(SecondDigit::Information),
            2 => Some(SecondDigit::Connections),
            3 => Some(SecondDigit::Authentication),
            4 => Some(SecondDigit::Unspecified),
            5 => Some(SecondDigit::FileSystem),
            _ => None,
        }
    }

    /// 1yz: another reply follows.
    pub const fn is_preliminary(self) -> bool {
        self.0 / 100 == 1
    }

    /// 2yz: done.
    pub const fn is_completion(self) -> bool {
        self.0 / 100 == 2
    }

    /// 3yz: another command must follow.
    pub const fn is_intermediate(self) -> bool {
        self.0 / 100 == 3
    }

    /// 4yz or 5yz: not done.
    pub const fn is_negative(self) -> bool {
        matches!(self.0 / 100, 4 | 5)
    }
}

/// The last decimal digit of `value`, as ASCII.
const fn digit_of(value: u16) -> u8 {
    b'0' + (value % 10).to_le_bytes()[0]
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, FirstDigit, SecondDigit};

    #[test]
    fn every_value_survives_its_digits() {
        for value in 0..=999 {
            let code = Code::new(value).unwrap();
            assert_eq!(Code::parse(&code.digits()), Some(code));
            assert_eq!(code.to_string().as_bytes(), code.digits());
        }
        assert_eq!(Code::new(1000), None);
        for bad in [&b""[..], b"22", b"2200", b"2 0", b"-20"] {
            assert_eq!(Code::parse(bad), None);
        }
    }

    #[test]
    fn digits_mean_what_rfc_959_says() {
        let code = Code::ENTERING_PASSIVE_MODE;
        assert_eq!(code.value(), 227);
        assert_eq!(code.first_digit(), Some(FirstDigit::Completion));
        assert_eq!(code.second_digit(), Some(SecondDigit::Connections));
        assert_eq!(Code(0).first_digit(), None);
        assert_eq!(Code(699).second_digit(), None);
    }

    #[test]
    fn the_table_ascends() {
        assert!(Code::KNOWN.is_sorted());
        assert!(Code::KNOWN.iter().all(|code| code.meaning().is_some()));
    }
}
