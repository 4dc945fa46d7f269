//! What is particular to this server: SITE HELP, CHMOD and UTIME (RFC 959 §4.1.3).

use proto::{CommandLine, Text, TimeVal, Verb};

use crate::account::Account;
use crate::answer::Answer;
use crate::control::Ended;
use crate::session::Session;

impl Session {
    /// HELP, and what clients that mirror send: CHMOD and UTIME.
    pub(super) async fn site(&mut self, account: &Account, text: &Text) -> Result<(), Ended> {
        let CommandLine { word, argument, .. } = CommandLine::split(text.as_bytes());
        let argument = argument.unwrap_or_default();
        let persona = self.config.persona.as_deref();
        let sets_times = !persona.is_some_and(|persona| persona.lacks(Verb::Mfmt));
        match word.to_ascii_uppercase().as_slice() {
            b"HELP" => self.reply(Answer::SiteHelp).await,
            b"CHMOD" => self.chmod(account, argument).await,
            b"UTIME" if sets_times => self.utime(account, argument).await,
            _ => self.reply(Answer::UnknownSite).await,
        }
    }

    async fn chmod(&mut self, account: &Account, argument: &[u8]) -> Result<(), Ended> {
        let Some((mode, path)) = mode_and_path(argument) else {
            return self.reply(Answer::ChmodSyntax).await;
        };
        if !account.write {
            return self.reply(Answer::ReadOnly).await;
        }
        let changed = self
            .existing(account, path)
            .and_then(|path| account.root.change_mode(&path, mode));
        match changed {
            Ok(()) => self.reply(Answer::ModeChanged).await,
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    async fn utime(&mut self, account: &Account, argument: &[u8]) -> Result<(), Ended> {
        let Some((time, path)) = time_and_path(argument) else {
            return self.reply(Answer::UtimeSyntax).await;
        };
        self.set_modified(account, time, path, Answer::TimeSet)
            .await
    }
}

/// `644 name`: permission bits in octal, none but the nine of owner, group and others.
fn mode_and_path(argument: &[u8]) -> Option<(u32, &[u8])> {
    let space = argument.iter().position(|&byte| byte == b' ')?;
    let (digits, path) = (&argument[..space], &argument[space + 1..]);
    let octal = digits.iter().all(|digit| matches!(digit, b'0'..=b'7'));
    if !octal || !matches!(digits.len(), 1..=4) || path.is_empty() {
        return None;
    }
    let mode = digits
        .iter()
        .fold(0, |mode, digit| mode << 3 | u32::from(digit - b'0'));
    (mode <= 0o777).then_some((mode, path))
}

/// `YYYYMMDDhhmm[ss] name`, or the older `name ACCESSED MODIFIED CREATED UTC`, of which the
/// second time counts.
fn time_and_path(argument: &[u8]) -> Option<(TimeVal, &[u8])> {
    let mut words = argument.rsplitn(5, |&byte| byte == b' ');
    if let (Some(b"UTC"), Some(created), Some(modified), Some(accessed), Some(path)) = (
        words.next(),
        words.next(),
        words.next(),
        words.next(),
        words.next(),
    ) && let (Some(_), Some(time), Some(_)) = (time(created), time(modified), time(accessed))
        && !path.is_empty()
    {
        return Some((time, path));
    }
    let space = argument.iter().position(|&byte| byte == b' ')?;
    let (digits, path) = (&argument[..space], &argument[space + 1..]);
    Some((time(digits)?, path)).filter(|(_, path)| !path.is_empty())
}

/// A time in UTC, whose seconds may be missing.
fn time(digits: &[u8]) -> Option<TimeVal> {
    match digits.len() {
        12 => TimeVal::parse(&[digits, b"00"].concat()).ok(),
        14 => TimeVal::parse(digits).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::time_and_path;

    #[test]
    fn both_forms_of_utime() {
        for (argument, time, path) in [
            ("200102091350 f", "20010209135000", "f"),
            ("20010209135046 a b", "20010209135046", "a b"),
            (
                "a b 20010101000000 20010209135046 20010101000000 UTC",
                "20010209135046",
                "a b",
            ),
            (
                "20010209135046 x 1 2 3 UTC",
                "20010209135046",
                "x 1 2 3 UTC",
            ),
        ] {
            let (found, name) = time_and_path(argument.as_bytes()).unwrap();
            assert_eq!((found.to_string().as_str(), name), (time, path.as_bytes()));
        }
        for bad in [
            "",
            "f",
            "2001 f",
            "20010209135046",
            "20010209135046 ",
            "20011309135046 f",
        ] {
            assert!(time_and_path(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
