//! From a persona file to the replies in it.

use std::io::Read;
use std::path::Path;

use proto::{Code, Verb};

use super::{FIELDS, KEYS, Persona, PersonaError, Piece, Template};

/// The longest persona file, in bytes.
const MAX_FILE: u64 = 256 * 1024;

impl Persona {
    /// The names of the personas that need no file.
    pub const BUILT_IN: &'static [&'static str] = &["ftplab", "iis5", "vsftpd"];

    /// One of [`BUILT_IN`](Self::BUILT_IN), or the persona in the file of that name.
    ///
    /// # Errors
    /// [`PersonaError`] with the file, the line, and what was expected there.
    pub fn named(name: &str) -> Result<Self, PersonaError> {
        match name {
            "ftplab" => Self::parse(name, include_str!("../../personas/ftplab.persona")),
            "iis5" => Self::parse(name, include_str!("../../personas/iis5.persona")),
            "vsftpd" => Self::parse(name, include_str!("../../personas/vsftpd.persona")),
            _ => Self::read(Path::new(name)),
        }
    }

    fn read(path: &Path) -> Result<Self, PersonaError> {
        let file = path.display().to_string();
        let mut text = String::new();
        let read = std::fs::File::open(path)
            .and_then(|file| file.take(MAX_FILE + 1).read_to_string(&mut text));
        match read {
            Err(source) => Err(PersonaError::Read { file, source }),
            Ok(length) if length as u64 > MAX_FILE => Err(PersonaError::Read {
                file,
                source: std::io::Error::other("longer than 256 KiB"),
            }),
            Ok(_) => Self::parse(&file, &text),
        }
    }

    /// Reads a persona; `file` is what errors call it.
    ///
    /// # Errors
    /// [`PersonaError::Line`] with the line and what was expected there.
    pub fn parse(file: &str, text: &str) -> Result<Self, PersonaError> {
        let mut persona = Self::default();
        let mut open = None;
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            persona
                .line(line, &mut open)
                .map_err(|problem| PersonaError::Line {
                    file: file.to_owned(),
                    line: index + 1,
                    problem,
                })?;
        }
        match open {
            None => Ok(persona),
            Some((key, _)) => Err(PersonaError::Line {
                file: file.to_owned(),
                line: text.lines().count(),
                problem: format!("expected the last line of {key:?}, with a space after its code"),
            }),
        }
    }

    fn line(
        &mut self,
        line: &str,
        open: &mut Option<(&'static str, Option<Verb>)>,
    ) -> Result<(), String> {
        let (key, value) = line
            .split_once(':')
            .ok_or_else(|| format!("expected KEY: CODE text, found {line:?}"))?;
        let value = value.strip_prefix(' ').unwrap_or(value);
        if value.chars().any(char::is_control) {
            return Err("expected text without control characters".to_owned());
        }
        match key {
            "host" => value.clone_into(&mut self.host),
            "listing" => {
                self.is_iis_listing = match value {
                    "posix" => false,
                    "iis" => true,
                    _ => return Err(format!("expected posix or iis, found {value:?}")),
                }
            }
            "without" => {
                for word in value.split_whitespace() {
                    let verb = Verb::parse(word.as_bytes())
                        .ok_or_else(|| format!("expected an FTP command, found {word:?}"))?;
                    self.without.push(verb.canonical());
                }
            }
            _ => return self.reply_line(key, value, open),
        }
        Ok(())
    }

    fn reply_line(
        &mut self,
        key: &str,
        value: &str,
        open: &mut Option<(&'static str, Option<Verb>)>,
    ) -> Result<(), String> {
        let (name, verb) = match key.split_once('@') {
            None => (key, None),
            Some((name, word)) => {
                let verb = Verb::parse(word.as_bytes())
                    .ok_or_else(|| format!("expected an FTP command after @, found {word:?}"))?;
                (name, Some(verb.canonical()))
            }
        };
        let &(name, default) = KEYS
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| {
                let known: Vec<_> = KEYS.iter().map(|(known, _)| *known).collect();
                format!("expected one of {}, found {name:?}", known.join(", "))
            })?;
        let expected = || {
            format!(
                "expected a code such as {default} that begins with the same digit, and a space or \
                 a hyphen, found {value:?}"
            )
        };
        let (digits, text) = value.split_at_checked(3).ok_or_else(expected)?;
        let code = Code::parse(digits.as_bytes())
            .filter(|code| code.value() / 100 == default.value() / 100)
            .ok_or_else(expected)?;
        let (text, more) = match text.as_bytes().first() {
            None | Some(b' ') => (text.get(1..).unwrap_or_default(), false),
            Some(b'-') => (&text[1..], true),
            Some(_) => return Err(expected()),
        };
        let pieces = pieces(text)?;
        let id = (name, verb);
        match open.take() {
            Some(begun) if begun != id => {
                return Err(format!("expected the next line of {:?}", begun.0));
            }
            Some(_) => {
                if let Some(template) = self.replies.get_mut(&id) {
                    if template.code != code {
                        return Err(format!("expected the same code, {}", template.code));
                    }
                    template.lines.push(pieces);
                }
            }
            None if self.replies.contains_key(&id) => {
                return Err(format!("{key:?} was there before"));
            }
            None => {
                let lines = vec![pieces];
                self.replies.insert(id, Template { code, lines });
            }
        }
        *open = more.then_some(id);
        Ok(())
    }
}

fn pieces(mut text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    while let Some(start) = text.find('{') {
        let end = text[start..]
            .find('}')
            .ok_or_else(|| format!("expected }} after {:?}", &text[start..]))?
            + start;
        let name = &text[start + 1..end];
        let field = FIELDS.iter().find(|field| **field == name).ok_or_else(|| {
            format!(
                "expected one of {{{}}}, found {{{name}}}",
                FIELDS.join("} {")
            )
        })?;
        pieces.push(Piece::Text(text[..start].to_owned()));
        pieces.push(Piece::Field(field));
        text = &text[end + 1..];
    }
    pieces.push(Piece::Text(text.to_owned()));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::Persona;

    #[test]
    fn the_built_in_ones_are_whole() {
        for name in Persona::BUILT_IN {
            assert!(Persona::named(name).is_ok(), "{name}");
        }
    }

    #[test]
    fn errors_name_the_line_and_what_was_expected() {
        for (text, expected) in [
            ("\n# x\nnonsense", "p:3: expected KEY: CODE text"),
            ("greet: 220 x", "p:1: expected one of greeting, "),
            ("greeting: 530 x", "p:1: expected a code such as 220"),
            ("greeting: 220x", "p:1: expected a code such as 220"),
            ("greeting: 220 {hots}", "p:1: expected one of {host} {user}"),
            ("greeting: 220 {host", "p:1: expected } after"),
            ("greeting: 220-x", "p:1: expected the last line"),
            (
                "greeting: 220-x\nidle: 421 y",
                "p:2: expected the next line",
            ),
            ("idle: 421 y\nidle: 421 y", "p:2: \"idle\" was there"),
            ("listing: dos", "p:1: expected posix or iis"),
            ("without: EPSV NONE5", "p:1: expected an FTP command"),
            ("idle@x5: 421 y", "p:1: expected an FTP command after @"),
            ("idle: 421 \u{1b}[2J", "p:1: expected text without"),
        ] {
            let error = Persona::parse("p", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        let error = Persona::named("/none/such").unwrap_err().to_string();
        assert!(error.starts_with("/none/such: "), "{error}");
    }
}
