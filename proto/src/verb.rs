//! The command words: one table generates the enum, the parser and HELP's syntax.

use std::fmt;

/// What a command is about (RFC 959 §4.1 groups them alike).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Who the user is, where they are, and whether the session goes on (§4.1.1).
    Access,
    /// How data will be transferred (§4.1.2).
    Parameter,
    /// Moves data over a data connection.
    Transfer,
    /// Changes files or the state of a transfer, over the control connection alone.
    Action,
    /// Asks something; the answer is in the reply.
    Information,
    /// Negotiates the protection of the session (RFC 2228).
    Security,
}

macro_rules! verbs {
    ($($variant:ident $name:literal $kind:ident $syntax:literal $rfc:literal;)+) => {
        /// A command word that this project knows by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Verb {
            $(#[doc = concat!("`", $name, $syntax, "` (", $rfc, ")")] $variant,)+
        }

        impl Verb {
            /// Every verb, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The verb that `word` spells, whatever the case of its letters. Allocates nothing.
            pub fn parse(word: &[u8]) -> Option<Self> {
                let key = key(word)?;
                match key {
                    $(_ if key == const { spelt($name) } => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The word as it is sent: upper case, three or four letters.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What follows the word, in the RFCs' notation, with its leading space; empty for
            /// a command without an argument.
            pub const fn syntax(self) -> &'static str {
                match self { $(Self::$variant => $syntax,)+ }
            }

            /// The document and section that define the command.
            pub const fn rfc(self) -> &'static str {
                match self { $(Self::$variant => $rfc,)+ }
            }

            /// What the command is about.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)+ }
            }
        }
    };
}

verbs! {
    User "USER" Access      " <username>"               "RFC 959 §4.1.1";
    Pass "PASS" Access      " <password>"               "RFC 959 §4.1.1";
    Acct "ACCT" Access      " <account-information>"    "RFC 959 §4.1.1";
    Cwd  "CWD"  Access      " <pathname>"               "RFC 959 §4.1.1";
    Cdup "CDUP" Access      ""                          "RFC 959 §4.1.1";
    Smnt "SMNT" Access      " <pathname>"               "RFC 959 §4.1.1";
    Rein "REIN" Access      ""                          "RFC 959 §4.1.1";
    Quit "QUIT" Access      ""                          "RFC 959 §4.1.1";
    Port "PORT" Parameter   " <host-port>"              "RFC 959 §4.1.2";
    Pasv "PASV" Parameter   ""                          "RFC 959 §4.1.2";
    Type "TYPE" Parameter   " <type-code>"              "RFC 959 §4.1.2";
    Stru "STRU" Parameter   " <structure-code>"         "RFC 959 §4.1.2";
    Mode "MODE" Parameter   " <mode-code>"              "RFC 959 §4.1.2";
    Retr "RETR" Transfer    " <pathname>"               "RFC 959 §4.1.3";
    Stor "STOR" Transfer    " <pathname>"               "RFC 959 §4.1.3";
    Stou "STOU" Transfer    ""                          "RFC 959 §4.1.3";
    Appe "APPE" Transfer    " <pathname>"               "RFC 959 §4.1.3";
    Allo "ALLO" Action      " <decimal-integer> [R <decimal-integer>]" "RFC 959 §4.1.3";
    Rest "REST" Action      " <marker>"                 "RFC 3659 §5";
    Rnfr "RNFR" Action      " <pathname>"               "RFC 959 §4.1.3";
    Rnto "RNTO" Action      " <pathname>"               "RFC 959 §4.1.3";
    Abor "ABOR" Action      ""                          "RFC 959 §4.1.3";
    Dele "DELE" Action      " <pathname>"               "RFC 959 §4.1.3";
    Rmd  "RMD"  Action      " <pathname>"               "RFC 959 §4.1.3";
    Mkd  "MKD"  Action      " <pathname>"               "RFC 959 §4.1.3";
    Pwd  "PWD"  Information ""                          "RFC 959 §4.1.3";
    List "LIST" Transfer    " [<pathname>]"             "RFC 959 §4.1.3";
    Nlst "NLST" Transfer    " [<pathname>]"             "RFC 959 §4.1.3";
    Site "SITE" Action      " <string>"                 "RFC 959 §4.1.3";
    Syst "SYST" Information ""                          "RFC 959 §4.1.3";
    Stat "STAT" Information " [<pathname>]"             "RFC 959 §4.1.3";
    Help "HELP" Information " [<string>]"               "RFC 959 §4.1.3";
    Noop "NOOP" Information ""                          "RFC 959 §4.1.3";
    Xcwd "XCWD" Access      " <pathname>"               "RFC 775";
    Xcup "XCUP" Access      ""                          "RFC 775";
    Xmkd "XMKD" Action      " <pathname>"               "RFC 775";
    Xpwd "XPWD" Information ""                          "RFC 775";
    Xrmd "XRMD" Action      " <pathname>"               "RFC 775";
    Feat "FEAT" Information ""                          "RFC 2389 §3";
    Opts "OPTS" Parameter   " <command-name> [<options>]" "RFC 2389 §4";
    Eprt "EPRT" Parameter   " |<net-prt>|<net-addr>|<tcp-port>|" "RFC 2428 §2";
    Epsv "EPSV" Parameter   " [<net-prt> | ALL]"        "RFC 2428 §3";
    Lprt "LPRT" Parameter   " <long-host-port>"         "RFC 1639";
    Lpsv "LPSV" Parameter   ""                          "RFC 1639";
    Mdtm "MDTM" Information " <pathname>"               "RFC 3659 §3";
    Size "SIZE" Information " <pathname>"               "RFC 3659 §4";
    Mlst "MLST" Information " [<pathname>]"             "RFC 3659 §7";
    Mlsd "MLSD" Transfer    " [<pathname>]"             "RFC 3659 §7";
    Mfmt "MFMT" Action      " <time-val> <pathname>"    "draft-somers-ftp-mfxx §3";
    Lang "LANG" Parameter   " [<lang-tag>]"             "RFC 2640 §4.1";
    Clnt "CLNT" Information " <client-name>"            "no RFC; NcFTP";
    Auth "AUTH" Security    " <mechanism-name>"         "RFC 2228 §3, RFC 4217";
    Pbsz "PBSZ" Security    " <decimal-integer>"        "RFC 2228 §3, RFC 4217";
    Prot "PROT" Security    " <prot-code>"              "RFC 2228 §3, RFC 4217";
    Adat "ADAT" Security    " <base64data>"             "RFC 2228 §3";
    Ccc  "CCC"  Security    ""                          "RFC 2228 §3";
    Mic  "MIC"  Security    " <base64data>"             "RFC 2228 §3";
    Conf "CONF" Security    " <base64data>"             "RFC 2228 §3";
    Enc  "ENC"  Security    " <base64data>"             "RFC 2228 §3";
    Host "HOST" Access      " <hostname>"               "RFC 7151 §3";
}

impl Verb {
    /// Whether the command moves data over a data connection.
    pub const fn is_transfer(self) -> bool {
        matches!(self.kind(), Kind::Transfer)
    }

    /// The RFC 959 command that an X-variant of RFC 775 stands for; any other verb itself.
    #[must_use]
    pub const fn canonical(self) -> Self {
        match self {
            Self::Xcwd => Self::Cwd,
            Self::Xcup => Self::Cdup,
            Self::Xmkd => Self::Mkd,
            Self::Xpwd => Self::Pwd,
            Self::Xrmd => Self::Rmd,
            other => other,
        }
    }

    /// Whether the argument is a secret that no log and no screen should show.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::Pass | Self::Acct | Self::Adat)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Up to four letters, upper case, packed into one number: a word is then one comparison.
/// `None` when `word` cannot be an FTP command word (RFC 959 §5.3: at most four letters).
const fn key(word: &[u8]) -> Option<u32> {
    if word.is_empty() || word.len() > 4 {
        return None;
    }
    let mut key = 0;
    let mut i = 0;
    while i < word.len() {
        if !word[i].is_ascii_alphabetic() {
            return None;
        }
        key = key << 8 | word[i].to_ascii_uppercase() as u32;
        i += 1;
    }
    Some(key)
}

/// [`key`] of a name in the table; a name that is no command word does not compile.
const fn spelt(name: &str) -> u32 {
    match key(name.as_bytes()) {
        Some(key) => key,
        None => panic!("a verb is one to four letters"),
    }
}

#[cfg(test)]
mod tests {
    use super::Verb;

    #[test]
    fn every_verb_parses_in_any_case() {
        for &verb in Verb::ALL {
            assert_eq!(Verb::parse(verb.as_str().as_bytes()), Some(verb));
            let lower = verb.as_str().to_ascii_lowercase();
            assert_eq!(Verb::parse(lower.as_bytes()), Some(verb));
        }
    }

    #[test]
    fn other_words_are_no_verbs() {
        for word in [
            &b""[..],
            b"US",
            b"USERS",
            b"US R",
            b"\xff\xff\xff\xff",
            b"PA55",
        ] {
            assert_eq!(Verb::parse(word), None, "{word:?}");
        }
    }
}
