//! What the server tells of itself: STAT, HELP, FEAT, OPTS, LANG.

use proto::{Code, CommandLine, FactSet, Reply, Text, Verb};

use super::is_implemented;
use crate::answer::Answer;
use crate::control::Ended;
use crate::replies::{FEAT_END, FEAT_HEAD, HELP_HEAD, LAST_LINE, STATUS_HEAD};
use crate::session::{Login, Session};

impl Session {
    /// STAT without an argument: the session's own state (RFC 959 §4.1.3).
    pub(super) async fn stat(&mut self) -> Result<(), Ended> {
        let user = match &self.login {
            Login::In(account) => {
                format!("Logged in as {}", String::from_utf8_lossy(&account.name))
            }
            Login::Nobody | Login::Named(_) => "Not logged in".to_owned(),
        };
        let lines = [
            STATUS_HEAD.to_owned(),
            format!(" Connected to {}", self.control.peer.ip()),
            format!(" {user}"),
            format!(" TYPE: {}; STRU: F; MODE: S", self.type_code),
            LAST_LINE.to_owned(),
        ];
        self.reply_lines(Code::SYSTEM_STATUS, lines.map(String::into_bytes))
            .await
    }

    pub(super) async fn help(&mut self, topic: Option<Text>) -> Result<(), Ended> {
        let has_tls = self.config.tls.is_some();
        let persona = self.config.persona.as_deref();
        let is_known = |verb| {
            is_implemented(verb, has_tls) && !persona.is_some_and(|persona| persona.lacks(verb))
        };
        if let Some(topic) = topic {
            return match CommandLine::split(topic.as_bytes()).verb {
                Some(Verb::Site) => self.reply(Answer::SiteHelp).await,
                Some(verb) if is_known(verb) => self.reply(Answer::HelpSyntax(verb)).await,
                Some(verb) => self.reply(Answer::NotImplemented(verb)).await,
                None => self.reply(Answer::NotImplementedTopic).await,
            };
        }
        let verbs: Vec<_> = Verb::ALL.iter().filter(|verb| is_known(**verb)).collect();
        let mut lines = vec![HELP_HEAD.as_bytes().to_vec()];
        for row in verbs.chunks(8) {
            let row: Vec<_> = row.iter().map(|verb| format!("{verb:<4}")).collect();
            lines.push(format!(" {}", row.join("  ").trim_end()).into_bytes());
        }
        lines.push(LAST_LINE.as_bytes().to_vec());
        self.reply_lines(Code::HELP_MESSAGE, lines).await
    }

    /// RFC 2389 §3: one feature a line, each after a space.
    pub(super) async fn feat(&mut self) -> Result<(), Ended> {
        let mut mlst = " MLST ".to_owned();
        for (name, fact) in FactSet::NAMES {
            mlst.push_str(name);
            mlst.push_str(if self.facts.contains(fact) { "*;" } else { ";" });
        }
        let tls: &[&str] = match self.config.tls {
            Some(_) => &[" AUTH TLS", " PBSZ", " PROT"],
            None => &[],
        };
        let others = [
            " CLNT",
            " EPRT",
            " EPSV",
            " HOST",
            " LANG EN*",
            " MDTM",
            " MFMT",
            &mlst,
            " REST STREAM",
            " SITE UTIME",
            " SIZE",
            " TVFS",
            " UTF8",
        ];
        let persona = self.config.persona.as_deref();
        // What the persona does not know, it does not offer. One that cannot set times by MFMT
        // cannot by SITE UTIME.
        let is_known = |line: &&&str| {
            let verb = match CommandLine::split(line.trim_start().as_bytes()).verb {
                Some(Verb::Site) => Some(Verb::Mfmt),
                verb => verb,
            };
            !verb.is_some_and(|verb| persona.is_some_and(|persona| persona.lacks(verb)))
        };
        let lines: Vec<Vec<u8>> = [FEAT_HEAD]
            .iter()
            .chain(tls.iter().chain(&others).filter(is_known))
            .chain(&[FEAT_END])
            .map(|line| line.as_bytes().to_vec())
            .collect();
        self.reply_lines(Code::SYSTEM_STATUS, lines).await
    }

    /// `OPTS MLST facts` (RFC 3659 §7.9) and `OPTS UTF8 ON`, which old clients send.
    pub(super) async fn opts(&mut self, options: &Text) -> Result<(), Ended> {
        let CommandLine { word, argument, .. } = CommandLine::split(options.as_bytes());
        if word.eq_ignore_ascii_case(b"MLST") {
            self.facts = argument.map_or(FactSet::NONE, FactSet::parse);
            return self.reply(Answer::FactsChosen(self.facts)).await;
        }
        if word.eq_ignore_ascii_case(b"UTF8") {
            return match argument {
                Some(argument) if argument.eq_ignore_ascii_case(b"OFF") => {
                    self.reply(Answer::Utf8Always).await
                }
                None | Some(b"") => self.reply(Answer::Utf8On).await,
                Some(argument) if argument.eq_ignore_ascii_case(b"ON") => {
                    self.reply(Answer::Utf8On).await
                }
                Some(_) => self.reply(Answer::UnknownOption).await,
            };
        }
        self.reply(Answer::UnknownOption).await
    }

    /// RFC 2640 §4.1: one language, English, is always on.
    pub(super) async fn lang(&mut self, tag: Option<&Text>) -> Result<(), Ended> {
        let primary = tag.and_then(|tag| tag.as_bytes().split(|&byte| byte == b'-').next());
        match primary {
            Some(primary) if !primary.eq_ignore_ascii_case(b"EN") => {
                self.reply(Answer::LanguageUnknown).await
            }
            _ => self.reply(Answer::English).await,
        }
    }

    pub(super) async fn reply_lines(
        &mut self,
        code: Code,
        lines: impl Into<Vec<Vec<u8>>>,
    ) -> Result<(), Ended> {
        self.control
            .reply_lines(&Reply {
                code,
                lines: lines.into(),
            })
            .await
    }
}
