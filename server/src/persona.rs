//! Whom the server speaks like: reply texts from a small file instead of the built-in ones.

mod read;

use std::collections::HashMap;

use proto::{Code, Command, HostPort, TypeCode, Verb, encode_quoted, escape, write_name};

use crate::answer::Answer;

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
