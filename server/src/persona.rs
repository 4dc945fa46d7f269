//! Whom the server speaks like: reply texts from a small file instead of the built-in ones.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

use proto::{Code, Command, HostPort, TypeCode, Verb, encode_quoted, escape, write_name};

use crate::replies::Answer;

/// The longest persona file, in bytes.
const MAX_FILE: u64 = 256 * 1024;

/// Reply texts, the form of listings, and the commands that are not there.
#[derive(Clone, Debug, Default)]
pub struct Persona {
    host: String,
    replies: HashMap<(&'static str, Option<Verb>), Template>,
    without: Vec<Verb>,
    pub(crate) is_iis_listing: bool,
}

/// A reply's lines, all with the same code.
#[derive(Clone, Debug)]
struct Template {
    code: Code,
    lines: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Field(&'static str),
}

/// Why text is no persona.
#[derive(Debug, thiserror::Error)]
pub enum PersonaError {
    /// The file cannot be read.
    #[error("{file}: {source}")]
    Read {
        /// The file.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not as it should be.
    #[error("{file}:{line}: {problem}")]
    Line {
        /// The file, or the name of the persona.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What was found and what was expected.
        problem: String,
    },
}

/// What a reply can tell.
const FIELDS: &[&str] = &[
    "host", "user", "command", "argument", "name", "size", "offset", "path", "type", "mode",
    "numbers", "port",
];

macro_rules! keys {
    ($($key:literal $code:ident $pattern:pat,)+) => {
        /// The replies that a persona can word, and the codes that they have without one.
        const KEYS: &[(&str, Code)] = &[$(($key, Code::$code),)+];

        fn key(answer: &Answer<'_>) -> Option<&'static str> {
            match answer {
                $($pattern => Some($key),)+
                _ => None,
            }
        }
    };
}

keys! {
    "greeting" READY Answer::Greeting(_),
    "need-password" NEED_PASSWORD Answer::NeedPassword,
    "need-password-anonymous" NEED_PASSWORD Answer::NeedPasswordAnonymous,
    "logged-in" LOGGED_IN Answer::LoggedIn,
    "logged-in-anonymous" LOGGED_IN Answer::LoggedInAnonymous,
    "login-incorrect" NOT_LOGGED_IN Answer::LoginIncorrect,
    "too-many-failures" SERVICE_NOT_AVAILABLE Answer::TooManyFailures,
    "not-logged-in" NOT_LOGGED_IN Answer::NotLoggedIn,
    "user-first" BAD_SEQUENCE Answer::UserFirst,
    "goodbye" CLOSING_CONTROL_CONNECTION Answer::Goodbye,
    "idle" SERVICE_NOT_AVAILABLE Answer::Idle,
    "unknown-command" SYNTAX_ERROR Answer::Refused(proto::CommandError::UnknownVerb),
    "syntax" ARGUMENT_SYNTAX_ERROR Answer::Refused(proto::CommandError::Syntax(_)),
    "not-implemented" NOT_IMPLEMENTED Answer::NotImplemented(_),
    "system-type" SYSTEM_TYPE Answer::SystemType,
    "no-operation" OKAY Answer::NoOperation,
    "type-set-ascii" OKAY Answer::TypeSet(TypeCode::Ascii(_)),
    "type-set" OKAY Answer::TypeSet(_),
    "mode-set" OKAY Answer::ModeSet,
    "structure-set" OKAY Answer::StructureSet,
    "allocated" SUPERFLUOUS Answer::Allocated,
    "restart" PENDING_FURTHER_INFORMATION Answer::Restart(_),
    "port-set" OKAY Answer::PortSet,
    "passive" ENTERING_PASSIVE_MODE Answer::Passive(_),
    "port-or-pasv-first" CANNOT_OPEN_DATA_CONNECTION Answer::PortOrPasvFirst,
    "transfer-starting" TRANSFER_STARTING Answer::TransferStarting,
    "opening" OPENING_DATA_CONNECTION Answer::Opening { .. },
    "opening-listing" OPENING_DATA_CONNECTION Answer::OpeningListing,
    "transferred" CLOSING_DATA_CONNECTION Answer::Transferred,
    "open-failed" CANNOT_OPEN_DATA_CONNECTION Answer::OpenFailed,
    "directory-changed" FILE_ACTION_OKAY Answer::DirectoryChanged,
    "current-directory" PATHNAME_CREATED Answer::CurrentDirectory(_),
    "created" PATHNAME_CREATED Answer::Created(_),
    "removed" FILE_ACTION_OKAY Answer::Removed,
    "deleted" FILE_ACTION_OKAY Answer::Deleted,
    "rename-from" PENDING_FURTHER_INFORMATION Answer::RenameFrom,
    "renamed" FILE_ACTION_OKAY Answer::Renamed,
    "rename-from-first" BAD_SEQUENCE Answer::RenameFromFirst,
    "unavailable" FILE_UNAVAILABLE Answer::Unavailable(_),
    "read-only" FILE_UNAVAILABLE Answer::ReadOnly,
}

/// What the session is doing, for the fields that an answer does not know itself.
#[derive(Debug, Default)]
pub(crate) struct Context {
    user: Vec<u8>,
    command: Vec<u8>,
    verb: Option<Verb>,
    argument: Vec<u8>,
}

impl Context {
    /// A command is about to be carried out.
    pub(crate) fn begin(&mut self, command: &Command) {
        self.verb = Some(command.verb());
        self.command = command.verb().as_str().into();
        self.argument.clear();
        if !command.verb().is_secret() {
            let mut line = Vec::new();
            command.write_line(&mut line);
            let start = self.command.len() + 1;
            self.argument = line.get(start..).unwrap_or_default().to_vec();
        }
        if let Command::User(name) = command {
            self.user = name.as_bytes().to_vec();
        }
    }

    /// A line is about to be refused that begins with `word`.
    pub(crate) fn begin_refused(&mut self, word: &[u8]) {
        self.verb = None;
        self.command = word.to_vec();
        self.argument.clear();
    }
}

impl Persona {
    /// The names of the personas that need no file.
    pub const BUILT_IN: &'static [&'static str] = &["ftplab", "iis5", "vsftpd"];

    /// One of [`BUILT_IN`](Self::BUILT_IN), or the persona in the file of that name.
    ///
    /// # Errors
    /// [`PersonaError`] with the file, the line, and what was expected there.
    pub fn named(name: &str) -> Result<Self, PersonaError> {
        match name {
            "ftplab" => Self::parse(name, include_str!("../personas/ftplab.persona")),
            "iis5" => Self::parse(name, include_str!("../personas/iis5.persona")),
            "vsftpd" => Self::parse(name, include_str!("../personas/vsftpd.persona")),
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

    /// Whether this server does not know `verb`.
    pub(crate) fn lacks(&self, verb: Verb) -> bool {
        self.without.contains(&verb.canonical())
    }

    /// Whether it says 125 when the data connection is there already.
    pub(crate) fn has_transfer_starting(&self) -> bool {
        self.replies.contains_key(&("transfer-starting", None))
    }

    /// Appends the whole reply as it is sent, and gives its code; `None` when this persona has
    /// no words of its own for it.
    pub(crate) fn write(
        &self,
        answer: &Answer<'_>,
        context: &Context,
        out: &mut Vec<u8>,
    ) -> Option<Code> {
        let name = key(answer)?;
        // What has no words for TYPE A has those for every TYPE.
        let fallback = if name == "type-set-ascii" {
            "type-set"
        } else {
            name
        };
        let verb = context.verb.map(Verb::canonical);
        let template = self
            .replies
            .get(&(name, verb))
            .or_else(|| self.replies.get(&(name, None)))
            .or_else(|| self.replies.get(&(fallback, None)))?;
        let last = template.lines.len().saturating_sub(1);
        for (index, line) in template.lines.iter().enumerate() {
            out.extend(template.code.digits());
            out.push(if index == last { b' ' } else { b'-' });
            let mut text = Vec::new();
            for piece in line {
                match piece {
                    Piece::Text(piece) => text.extend_from_slice(piece.as_bytes()),
                    Piece::Field(field) => self.write_field(field, answer, context, &mut text),
                }
            }
            escape(&text, out);
            out.extend_from_slice(b"\r\n");
        }
        Some(template.code)
    }

    fn write_field(&self, field: &str, answer: &Answer<'_>, context: &Context, out: &mut Vec<u8>) {
        let mut add = |text: &str| out.extend_from_slice(text.as_bytes());
        match (field, answer) {
            ("host", _) => add(&self.host),
            // What the client sent steers no terminal when it is sent back.
            ("user", _) => write_name(&context.user, out),
            ("command", _) => write_name(&context.command, out),
            ("argument", _) => write_name(&context.argument, out),
            ("name", Answer::Opening { name, .. }) => write_name(name, out),
            ("size", Answer::Opening { size, .. }) => {
                add(&size.map(|size| size.to_string()).unwrap_or_default());
            }
            ("mode", Answer::Opening { ascii: false, .. }) => add("BINARY"),
            ("mode", _) => add("ASCII"),
            ("offset", Answer::Restart(offset)) => add(&offset.to_string()),
            ("type", Answer::TypeSet(code)) => add(&code.to_string()),
            ("numbers", Answer::Passive(host_port)) => add(&HostPort::to_string(host_port)),
            ("port", Answer::Passive(host_port)) => add(&host_port.port_number().to_string()),
            ("path", Answer::CurrentDirectory(path) | Answer::Created(path)) => {
                let (mut shown, mut quoted) = (Vec::new(), Vec::new());
                path.write(&mut shown);
                encode_quoted(&shown, &mut quoted);
                // The template has the outer quotes.
                out.extend_from_slice(&quoted[1..quoted.len() - 1]);
            }
            _ => {}
        }
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
