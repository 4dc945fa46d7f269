//! What each defect does to a command that comes, or to a reply that goes.

use super::proxy::Session;

impl Session {
    /// Sessions of `ftplab check` that are no part of a script: the one that explores begins with
    /// FEAT, the one for files makes a folder with its whole path.
    pub(super) fn recognise(&mut self, verb: &str, argument: &[u8]) {
        let explores = self.commands == 1 && verb == "FEAT";
        let prepares = verb == "MKD" && argument.windows(8).any(|part| part == b"/ftplab-");
        let own = explores || (prepares && !argument.windows(9).any(|part| part == b"../ftplab"));
        if own && !self.defect.is_empty() {
            self.defect = "";
            self.way.defect = "";
            if prepares {
                // The type that it chose may have been misheard.
                self.ask_hidden("TYPE I");
            }
        }
    }

    /// Whether the defect takes a command for something else, or answers it by itself.
    #[allow(clippy::match_same_arms)] // one a defect
    pub(super) fn misheard(&mut self, verb: &str, argument: &[u8], line: &[u8]) -> bool {
        let text = String::from_utf8_lossy(argument).into_owned();
        let small = line.first().is_some_and(u8::is_ascii_lowercase);
        let renaming = std::mem::take(&mut self.renaming);
        let ports = self.ports;
        if verb == "PORT" {
            self.ports += 1;
        }
        if verb == "USER" {
            self.user = argument.to_vec();
        }
        let nobody = self.user.starts_with(b"nobody");
        let third = || {
            !text
                .replace(',', ".")
                .contains(&self.client.ip().to_string())
        };
        let answer = match (self.defect, verb) {
            ("noop-500", "NOOP") => "500 What?",
            ("unknown-200", "XYZZY") => "200 Fine.",
            ("small-letters", _) if small => "500 What?",
            ("before-login", "CWD" | "DELE" | "RMD" | "PORT") if !self.inside => "250 Done.",
            ("before-login", "MKD") if !self.inside => "257 \"/anything\" made.",
            ("before-login", "RNFR") if !self.inside => "350 And to what?",
            ("user-unknown-530", "USER") if nobody => "530 There is no such user.",
            ("no-421", "USER") if nobody => "331 The password?",
            ("no-421", "PASS") if nobody => "530 Wrong.",
            ("any-password", "PASS") if text.starts_with("this-is-not-it") => "230 Welcome.",
            ("port-elsewhere", "PORT") | ("eprt-elsewhere", "EPRT") if third() => "200 Fine.",
            ("port-low", "PORT") if text.ends_with(",0,25") => "200 Fine.",
            ("port-syntax", "PORT") if text.matches(',').count() == 4 => "200 Fine.",
            ("port-first", "PORT") if ports > 0 => "200 Fine.",
            ("eprt-unknown", "EPRT") if text.starts_with("|9") => "200 Fine.",
            ("epsv-all", "EPSV") if text == "ALL" => "200 Fine.",
            ("rnto-alone", "RNTO") if !renaming && self.before != "RNTO" => "250 Renamed.",
            ("rnto-again", "RNTO") if self.before == "RNTO" => "250 Renamed.",
            ("rest-ignored", "REST") => "350 Go on.",
            ("rest-text", "REST") if text == "x" => "350 Go on.",
            ("dele-nothing", "DELE") => "250 Gone.",
            ("rmd-nothing", "RMD") => "250 Gone.",
            ("rnto-nothing", "RNTO") if renaming => "250 Renamed.",
            ("quit-stays", "QUIT") => "221 Goodbye.",
            ("rein-keeps", "REIN") => "220 Next, please.",
            ("allo-502", "ALLO") => "502 What?",
            ("site-exec", "SITE") if text.starts_with("EXEC") => "200 ftplab-was-run",
            ("opts-anything", "OPTS") => "200 Fine.",
            ("opts-mlst", "OPTS") => "200 MLST OPTS type;",
            ("auth-anything", "AUTH") => "234 Go on.",
            ("prot-in-clear", "PROT" | "PBSZ") => "200 Fine.",
            ("type-q", "TYPE") if text == "Q" => "200 Fine.",
            ("mode-q", "MODE") if text == "Q" => "200 Fine.",
            ("stru-f", "STRU") => "504 Not here.",
            ("abor-idle", "ABOR") => "500 What?",
            ("abor-leaves-port", "ABOR") => "226 Done.",
            ("opts-502", "OPTS") => "502 What?",
            ("wildcards", "SIZE") if text.contains('*') => "213 1",
            ("appe-refuses-new", "APPE") if text == "new.txt" => "550 There is none.",
            ("stor-refuses-over", "STOR") if text == "a.txt" => "553 There is one.",
            _ => return self.mistaken(verb, &text, line),
        };
        self.say(answer);
        true
    }

    /// The rest: what is sent on, but not as it came.
    fn mistaken(&mut self, verb: &str, text: &str, line: &[u8]) -> bool {
        let instead = |from: &str, to: &str| {
            let rest = line.get(from.len()..).unwrap_or_default();
            [to.as_bytes(), rest].concat()
        };
        match (self.defect, verb) {
            ("abor-ignored", "ABOR") => {}
            ("type-a-raw", "TYPE") if text.starts_with('A') => self.ask(verb, b"TYPE I\r\n"),
            ("type-i-converts", "TYPE") if text == "I" => self.ask(verb, b"TYPE A\r\n"),
            ("nlst-long", "NLST") => self.ask(verb, &instead("NLST", "LIST")),
            ("appe-overwrites", "APPE") => self.ask(verb, &instead("APPE", "STOR")),
            ("stor-appends", "STOR") => self.ask(verb, &instead("STOR", "APPE")),
            ("stou-overwrites", "STOU") if !text.is_empty() => {
                self.ask(verb, &instead("STOU", "STOR"));
            }
            ("path-escape", "RETR") if text.contains("..") => self.ask(verb, b"RETR /secret\r\n"),
            ("dotdot-writes", "STOR") if text.contains("..") => {
                self.ask(verb, b"STOR /elsewhere\r\n");
            }
            ("telnet-passed", _) if line.contains(&0xff) => {
                let doubled = line.iter().flat_map(|byte| match byte {
                    0xff => vec![0xff, 0xff],
                    other => vec![*other],
                });
                let doubled: Vec<u8> = doubled.collect();
                self.ask("telnet", &doubled);
            }
            ("rest-kept", "RETR") => {
                if let Some(rest) = self.rest.clone() {
                    self.ask_hidden(&format!("REST {}", String::from_utf8_lossy(&rest)));
                }
                return false;
            }
            ("rest-lost", "PASV") => {
                self.ask_hidden("REST 0");
                return false;
            }
            ("names-cut", _) if line.len() > 66 => self.ask(verb, &[&line[..64], b"\r\n"].concat()),
            ("blank-eaten", _) if text.starts_with(' ') => {
                self.ask(verb, format!("{verb} {}\r\n", text.trim_start()).as_bytes());
            }
            ("rein-keeps-type", "PASV") if !self.ascii => {
                self.ask_hidden("TYPE I");
                return false;
            }
            ("user-loses-type", "USER") if self.inside => {
                self.ask_hidden("TYPE A");
                return false;
            }
            ("listing-sets-type", "LIST" | "NLST") => {
                self.ask(verb, line);
                self.ask_hidden("TYPE A");
            }
            ("size-ascii-raw", "SIZE") if self.ascii => {
                self.ask_hidden("TYPE I");
                self.ask(verb, line);
                self.ask_hidden("TYPE A");
            }
            _ => {
                match verb {
                    "TYPE" => self.ascii = text.to_uppercase().starts_with('A'),
                    "REST" => self.rest = Some(text.as_bytes().to_vec()),
                    _ => {}
                }
                return false;
            }
        }
        true
    }

    /// What a reply of the real server's tells about the session.
    pub(super) fn learn(&mut self, verb: &str, code: [u8; 3]) {
        match (verb, &code) {
            ("PASS" | "USER", b"230") => self.inside = true,
            ("RNFR", b"350") => self.renaming = true,
            _ => {}
        }
    }

    /// A reply as the client gets it.
    #[allow(clippy::match_same_arms)] // one a defect
    pub(super) fn hand_on(&mut self, verb: &str, code: [u8; 3], reply: &[u8]) {
        let text = String::from_utf8_lossy(reply).into_owned();
        let moves = super::lines::transfers(verb);
        let preliminary = code[0] == b'1';
        let last = moves && &code == b"226";
        let coded = |code: &str| format!("{code}{}", text.get(3..).unwrap_or_default());
        let changed = match (self.defect, verb, &code) {
            ("no-150", _, _) if preliminary => return,
            ("twice-150", _, _) if preliminary => text.repeat(2),
            ("no-226", _, _) if last => return,
            ("final-200", _, _) if last => coded("200"),
            ("twice-noop", "NOOP", _) => text.repeat(2),
            ("greeting-twice", "connect", _) => text.repeat(2),
            ("spontaneous", "PASS", b"230") => text + "220 By the way, hello.\r\n",
            ("reply-lf", ..) => text.replace("\r\n", "\n"),
            ("reply-short", "NOOP", _) => "20 Fine.\r\n".into(),
            ("pass-200", "PASS", b"230") => coded("200"),
            ("quit-200", "QUIT", _) => coded("200"),
            ("syst-200", "SYST", _) => coded("200"),
            ("cwd-anything", "CWD", b"550") => coded("250"),
            ("cwd-file", "CWD", b"550") => coded("250"),
            ("retr-nothing", "RETR", b"550") => coded("226"),
            ("mkd-twice", "MKD", b"550") => "257 \"here\" is there.\r\n".into(),
            ("mkd-silent", "MKD", b"257") => "257 Made.\r\n".into(),
            ("pwd-250", "PWD", _) => coded("250"),
            ("pwd-bare", "PWD", _) => text.replace('"', ""),
            ("quotes-single", "MKD" | "PWD", b"257") => text.replace("\"\"", "\""),
            ("rest-250", "REST", b"350") => coded("250"),
            ("rnfr-nothing", "RNFR", b"550") => coded("350"),
            ("rnfr-250", "RNFR", b"350") => coded("250"),
            ("size-plus", "SIZE", b"213") => match text[4..].trim_end().parse::<u64>() {
                Ok(size) => format!("213 {}\r\n", size + 1),
                Err(_) => text,
            },
            ("size-folder", "SIZE", b"550") => "213 4096\r\n".into(),
            ("mdtm-twelve", "MDTM", b"213") => format!("213 {}\r\n", &text[4..16]),
            ("mlst-no-blank", "MLST", _) => text.replace("\r\n ", "\r\n"),
            ("mlst-500", "MLST", b"550") => coded("500"),
            ("feat-no-blank", "FEAT", _) => text.replace("\r\n ", "\r\n"),
            ("feat-wrong-end", "FEAT", _) => text.replace("\r\n211 ", "\r\n200 "),
            ("feat-no-size", "FEAT", _) => text.replace(" SIZE\r\n", ""),
            ("feat-no-star", "FEAT", _) => text.replace('*', ""),
            ("feat-end-text", "FEAT", _) => text.replace("211 End", "211 That is all"),
            ("mlst-stars", "FEAT", _) => text.replace("size;", "size*;").replace("**", "*"),
            ("cwd-200", "CWD", b"250") => coded("200"),
            ("brute-force-silent", _, b"421") => return,
            ("stat-wrong-end", "STAT", _) => text.replace("\r\n211 ", "\r\n214 "),
            ("stou-nameless", "STOU", _) if preliminary => "150 Send it.\r\n".into(),
            _ => {
                self.to_client.extend_from_slice(reply);
                return;
            }
        };
        self.to_client.extend_from_slice(changed.as_bytes());
    }
}
