//! What a server answers when the script says nothing else: RFC 959's minimum, with FEAT, SIZE,
//! MDTM, MLST, MLSD, REST, EPSV and EPRT.

use std::net::SocketAddr;

use proto::{EpsvArgument, HostPort, encode_229, encode_quoted, parse_eprt};
use script::Certificate;

use super::files::{parent, resolve};
use super::session::{Flow, Protection, Session};
use crate::check::data::Data;

/// When every file was last changed: 2020-01-01 00:00 UTC.
pub(super) const MODIFIED: i64 = 1_577_836_800;

/// Whether a command moves something over a data connection.
pub(super) fn is_transfer(verb: &str) -> bool {
    let verb = verb.to_ascii_uppercase();
    ["RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"].contains(&verb.as_str())
}

impl Session {
    /// Answers a command as usual.
    pub(super) async fn usual(&mut self, verb: &str, argument: &[u8]) -> Flow {
        let rename = self.rename.take();
        let restart = std::mem::take(&mut self.restart);
        let reply: Vec<u8> = match verb {
            "CONNECT" | "connect" => "220 Ready.".into(),
            "USER" => "331 The password, please.".into(),
            "PASS" if self.user.is_none() => "503 USER comes first.".into(),
            "PASS" => "230 You are in.".into(),
            "QUIT" => {
                self.reply(b"221 Goodbye.").await;
                return Flow::Over;
            }
            "FEAT" => return self.features().await,
            "NOOP" | "ALLO" => "200 Well.".into(),
            "SYST" => "215 UNIX Type: L8".into(),
            "HELP" => "214 The script knows.".into(),
            "OPTS" if argument.eq_ignore_ascii_case(b"UTF8 ON") => "200 Well.".into(),
            "OPTS" if argument.to_ascii_uppercase().starts_with(b"MLST") => {
                "200 MLST OPTS type;size;modify;".into()
            }
            "OPTS" => "501 No such option.".into(),
            "AUTH" | "PBSZ" | "PROT" | "CCC" if self.stage.certificates.is_some() => {
                return self.security(verb, argument).await;
            }
            "AUTH" | "CLNT" | "HOST" | "LANG" | "SITE" | "PBSZ" | "PROT" | "CCC" => {
                "502 Not here.".into()
            }
            _ if !self.logged_in => "530 Log in first.".into(),
            "ACCT" => "202 Not needed.".into(),
            "STAT" => "211 All is well.".into(),
            "ABOR" => "226 Nothing to break off.".into(),
            "TYPE" => match argument.to_ascii_uppercase().as_slice() {
                b"A" | b"A N" => {
                    self.ascii = true;
                    "200 Text.".into()
                }
                b"I" | b"L 8" => {
                    self.ascii = false;
                    "200 Bytes.".into()
                }
                _ => "504 Only A and I.".into(),
            },
            "STRU" if argument.eq_ignore_ascii_case(b"F") => "200 Files.".into(),
            "MODE" if argument.eq_ignore_ascii_case(b"S") => "200 Streams.".into(),
            "STRU" | "MODE" => "504 Only F and S.".into(),
            "PWD" | "XPWD" => {
                let mut reply = b"257 ".to_vec();
                encode_quoted(&self.folder, &mut reply);
                reply.extend_from_slice(b" is the folder.");
                reply
            }
            "CWD" | "XCWD" => self.enter(&resolve(&self.folder, argument)),
            "CDUP" | "XCUP" => {
                let up = parent(&self.folder).to_vec();
                self.enter(&up)
            }
            "MKD" | "XMKD" | "RMD" | "XRMD" | "DELE" | "RNFR" | "RNTO" => {
                self.change(verb, argument, rename)
            }
            "SIZE" | "MDTM" => self.fact(verb, argument),
            "REST" => match std::str::from_utf8(argument)
                .ok()
                .and_then(|n| n.parse().ok())
            {
                Some(at) => {
                    self.restart = at;
                    "350 From there.".into()
                }
                None => "501 Not a number.".into(),
            },
            "PASV" | "EPSV" | "PORT" | "EPRT" => self.data_port(verb, argument),
            "MLST" => return self.one_entry(argument).await,
            verb if is_transfer(verb) => {
                let flow = self.transfer(verb, argument, restart).await;
                // Each transfer has a data connection of its own (RFC 959 §3.3).
                self.data = Data::default();
                self.active = None;
                return flow;
            }
            _ => "500 Unknown.".into(),
        };
        self.reply(&reply).await
    }

    async fn features(&mut self) -> Flow {
        let lines = [
            "211-Features:",
            " AUTH TLS",
            " EPRT",
            " EPSV",
            " MDTM",
            " MLST type*;size*;modify*;",
            " PBSZ",
            " PROT",
            " REST STREAM",
            " SIZE",
            " TVFS",
            " UTF8",
            "211 End",
        ];
        let tls = self.stage.certificates.is_some();
        let of_tls = |line: &&str| [" AUTH TLS", " PBSZ", " PROT"].contains(line);
        for line in lines.into_iter().filter(|line| tls || !of_tls(line)) {
            if self.reply(line.as_bytes()).await == Flow::Over {
                return Flow::Over;
            }
        }
        Flow::On
    }

    /// AUTH, PBSZ, PROT and CCC (RFC 2228 §3, RFC 4217).
    async fn security(&mut self, verb: &str, argument: &[u8]) -> Flow {
        let secure = self.is_secure();
        let argument = argument.to_ascii_uppercase();
        let reply = match (verb, argument.as_slice()) {
            ("AUTH", _) if secure => "503 There is TLS already.",
            ("AUTH", b"TLS" | b"TLS-C" | b"SSL") => {
                if self.reply(b"234 Go on with the handshake.").await == Flow::Over {
                    return Flow::Over;
                }
                let Err(why) = self.secure(Certificate::Good).await else {
                    return Flow::On;
                };
                self.say("!", why.as_bytes());
                return Flow::Over;
            }
            ("AUTH", b"") => "501 AUTH what?",
            ("AUTH", _) => "504 Only TLS.",
            _ if !secure => "503 AUTH comes first.",
            ("PBSZ", b"0") => {
                if self.protection == Protection::Unsized {
                    self.protection = Protection::Clear;
                }
                "200 PBSZ=0"
            }
            ("PBSZ", _) => "501 Only 0.",
            ("PROT", _) if self.protection == Protection::Unsized => "503 PBSZ comes first.",
            ("PROT", b"C") => {
                self.protection = Protection::Clear;
                "200 Well."
            }
            ("PROT", b"P") => {
                self.protection = Protection::Private;
                "200 Well."
            }
            ("PROT", b"S" | b"E") => "536 Not with TLS.",
            ("PROT", _) => "504 Only C and P.",
            _ => "534 TLS stays.",
        };
        self.reply(reply.as_bytes()).await
    }

    fn enter(&mut self, path: &[u8]) -> Vec<u8> {
        if self.stage.said().files.is_folder(path) {
            self.folder = path.to_vec();
            return "250 Here we are.".into();
        }
        "550 No such folder.".into()
    }

    /// Commands that change the tree of files.
    fn change(&mut self, verb: &str, argument: &[u8], rename: Option<Vec<u8>>) -> Vec<u8> {
        let path = resolve(&self.folder, argument);
        let mut said = self.stage.said();
        let files = &mut said.files;
        let done = match verb {
            "MKD" | "XMKD" => {
                if let Err(why) = files.make_folder(&path) {
                    return format!("550 {why}.").into();
                }
                let mut reply = b"257 ".to_vec();
                encode_quoted(&path, &mut reply);
                reply.extend_from_slice(b" was made.");
                return reply;
            }
            "RMD" | "XRMD" => files.is_folder(&path) && files.remove(&path),
            "DELE" => !files.is_folder(&path) && files.remove(&path),
            "RNFR" if files.file(&path).is_none() => false,
            "RNFR" => {
                drop(said);
                self.rename = Some(path);
                return "350 To what?".into();
            }
            _ => match rename {
                None => return "503 RNFR comes first.".into(),
                Some(from) => files.rename(&from, &path).is_ok(),
            },
        };
        if done {
            "250 Done.".into()
        } else {
            "550 No.".into()
        }
    }

    /// SIZE and MDTM (RFC 3659 §3 and §4).
    fn fact(&self, verb: &str, argument: &[u8]) -> Vec<u8> {
        let path = resolve(&self.folder, argument);
        let file = self.stage.said().files.file(&path);
        match (file, verb) {
            (None, _) => "550 No such file.".into(),
            (Some(file), "SIZE") => format!("213 {}", self.as_sent(&file).len()).into(),
            (Some(_), _) => format!("213 {}", proto::TimeVal::from_unix(MODIFIED)).into(),
        }
    }

    /// PASV, EPSV, PORT and EPRT: where the next data connection goes.
    fn data_port(&mut self, verb: &str, argument: &[u8]) -> Vec<u8> {
        self.data = Data::default();
        self.active = None;
        let to = match verb {
            "PASV" if self.server.is_ipv6() => return "522 An address of IPv6 needs EPSV.".into(),
            "PASV" => {
                return match self.listen(self.server.ip()) {
                    Ok(SocketAddr::V4(at)) => format!("227 {}", HostPort::from(at).encode_227()),
                    _ => "425 No port is free.".to_owned(),
                }
                .into();
            }
            "EPSV" => {
                match (EpsvArgument::parse(argument), self.server) {
                    _ if argument.is_empty() => {}
                    (Ok(EpsvArgument::All), _) => return "200 Well.".into(),
                    (Ok(EpsvArgument::V4), SocketAddr::V4(_))
                    | (Ok(EpsvArgument::V6), SocketAddr::V6(_)) => {}
                    (_, SocketAddr::V4(_)) => {
                        return "522 Network protocol not supported, use (1)".into();
                    }
                    (_, SocketAddr::V6(_)) => {
                        return "522 Network protocol not supported, use (2)".into();
                    }
                }
                return match self.listen(self.server.ip()) {
                    Ok(at) => format!("229 {}", encode_229(at.port())),
                    Err(_) => "425 No port is free.".to_owned(),
                }
                .into();
            }
            "PORT" => HostPort::parse_port(argument)
                .ok()
                .map(|at| SocketAddr::V4(at.addr())),
            _ => parse_eprt(argument).ok(),
        };
        match to {
            None => "501 That is no address.".into(),
            Some(to) if to.ip() != self.peer.ip() => "500 Only to where you are.".into(),
            Some(to) => {
                self.active = Some(to);
                "200 Well.".into()
            }
        }
    }
}
