//! Every text that the server says: one place to read, and to change.

use std::io;

use proto::{Code, FactSet, encode_229, encode_quoted, write_name};

use crate::answer::Answer;
use crate::path::VirtualPath;

/// The first line of STAT.
pub(crate) const STATUS_HEAD: &str = "Server status:";
/// The first line of HELP.
pub(crate) const HELP_HEAD: &str = "The following commands are recognized.";
/// The first line of FEAT.
pub(crate) const FEAT_HEAD: &str = "Features:";
/// The last line of FEAT, which RFC 2389 §3.2 gives to the letter.
pub(crate) const FEAT_END: &str = "End";
/// The first line of MLST, and of STAT with a path.
pub(crate) const LISTING_HEAD: &str = "Listing:";
/// Stands where STAT leaves out the rest of a directory.
pub(crate) const TRUNCATED: &str = "(more entries: use LIST)";
/// The last line of every other reply of several lines.
pub(crate) const LAST_LINE: &str = "End.";

impl Answer<'_> {
    /// Appends the text and gives the code.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Code {
        let mut say = |code: Code, text: &str| {
            out.extend_from_slice(text.as_bytes());
            code
        };
        match *self {
            Self::Greeting(text) => say(Code::READY, text),
            Self::TooManySessions => say(
                Code::SERVICE_NOT_AVAILABLE,
                "Too many connections, try again later.",
            ),
            Self::Idle => say(
                Code::SERVICE_NOT_AVAILABLE,
                "No command for too long; closing.",
            ),
            Self::LoginTooSlow => say(Code::SERVICE_NOT_AVAILABLE, "Login took too long; closing."),
            Self::ShuttingDown => say(Code::SERVICE_NOT_AVAILABLE, "The server is shutting down."),
            Self::Goodbye => say(Code::CLOSING_CONTROL_CONNECTION, "Goodbye."),
            Self::NeedPassword => say(Code::NEED_PASSWORD, "Please specify the password."),
            Self::NeedPasswordAnonymous => say(
                Code::NEED_PASSWORD,
                "Anonymous access allowed, send an address as password.",
            ),
            Self::LoggedIn => say(Code::LOGGED_IN, "User logged in."),
            Self::LoggedInAnonymous => say(Code::LOGGED_IN, "Anonymous user logged in."),
            Self::LoginIncorrect => say(Code::NOT_LOGGED_IN, "Login incorrect."),
            Self::TooManyFailures => say(
                Code::SERVICE_NOT_AVAILABLE,
                "Too many wrong passwords; closing.",
            ),
            Self::NotLoggedIn => say(Code::NOT_LOGGED_IN, "Please log in with USER and PASS."),
            Self::TlsRequired => say(
                Code::NOT_LOGGED_IN,
                "This server needs TLS: send AUTH TLS first.",
            ),
            Self::DataTlsRequired => say(
                Code::DATA_PROTECTION_REQUIRED,
                "Data connections must be encrypted: send PBSZ 0 and PROT P first.",
            ),
            Self::AuthAccepted => say(
                Code::SECURITY_EXCHANGE_COMPLETE,
                "Proceed with the TLS handshake.",
            ),
            Self::AuthFirst => say(Code::BAD_SEQUENCE, "Send AUTH TLS first."),
            Self::SizeFirst => say(Code::BAD_SEQUENCE, "Send PBSZ 0 first."),
            Self::AlreadySecure => say(Code::BAD_SEQUENCE, "TLS is on already."),
            Self::MechanismUnknown => say(
                Code::PARAMETER_NOT_IMPLEMENTED,
                "The only security mechanism here is TLS.",
            ),
            Self::BytesAfterAuth => say(
                Code::SERVICE_NOT_AVAILABLE,
                "Commands were sent behind AUTH, before the handshake; closing.",
            ),
            Self::BufferSize { asked: 0 } => say(Code::OKAY, "PBSZ=0"),
            // RFC 2228 §3: a smaller size is proposed in this form.
            Self::BufferSize { .. } => say(Code::OKAY, "PBSZ=0 is what TLS uses."),
            Self::ProtectionSet(level) => say(Code::OKAY, &format!("Protection set to {level}.")),
            Self::LevelNotSupported => say(
                Code::PROTECTION_LEVEL_NOT_SUPPORTED,
                "TLS has the levels C and P only.",
            ),
            Self::PolicyDenied => say(
                Code::SECURITY_POLICY_DENIED,
                "This connection stays encrypted.",
            ),
            Self::NotProtected => say(
                Code::PROTECTION_LEVEL_DENIED,
                "This connection is in the clear already.",
            ),
            Self::UserFirst => say(Code::BAD_SEQUENCE, "Send USER first."),
            Self::AccountSuperfluous => say(Code::SUPERFLUOUS, "No account is needed here."),
            Self::Reinitialized => say(Code::READY, "Ready for a new user."),
            Self::ReadOnly => say(Code::FILE_UNAVAILABLE, "Permission denied."),
            Self::Refused(error) => say(error.code(), &format!("{error}.")),
            Self::LineTooLong => say(Code::SYNTAX_ERROR, "Command line too long."),
            Self::NotImplemented(verb) => say(
                Code::NOT_IMPLEMENTED,
                &format!("{verb} is not implemented."),
            ),
            Self::NotImplementedTopic => say(Code::NOT_IMPLEMENTED, "There is no such command."),
            Self::ParameterNotImplemented(verb) => say(
                Code::PARAMETER_NOT_IMPLEMENTED,
                &format!("{verb} is not implemented for that parameter."),
            ),
            Self::SystemType => say(Code::SYSTEM_TYPE, "UNIX Type: L8"),
            Self::NoOperation => say(Code::OKAY, "NOOP ok."),
            Self::TypeSet(code) => say(Code::OKAY, &format!("Type set to {code}.")),
            Self::ModeSet => say(Code::OKAY, "Mode set to S."),
            Self::StructureSet => say(Code::OKAY, "Structure set to F."),
            Self::Allocated => say(Code::SUPERFLUOUS, "No storage allocation necessary."),
            Self::Restart(offset) => say(
                Code::PENDING_FURTHER_INFORMATION,
                &format!("Restarting at {offset}. Send STOR, RETR or APPE."),
            ),
            Self::PortSet => say(Code::OKAY, "PORT command successful."),
            Self::PortRefused => say(
                Code::PARAMETER_NOT_IMPLEMENTED,
                "Data connections go to your own address only, port 1024 or above.",
            ),
            Self::Passive(host_port) => say(Code::ENTERING_PASSIVE_MODE, &host_port.encode_227()),
            Self::ExtendedPassive(port) => {
                say(Code::ENTERING_EXTENDED_PASSIVE_MODE, &encode_229(port))
            }
            Self::PassiveNeedsV4 => say(
                Code::CANNOT_OPEN_DATA_CONNECTION,
                "PASV knows IPv4 only; use EPSV.",
            ),
            Self::EpsvAll => say(Code::OKAY, "EPSV ALL ok."),
            Self::EpsvOnly => say(Code::BAD_SEQUENCE, "Only EPSV is allowed after EPSV ALL."),
            // RFC 2428 §2: the list of those that would do.
            Self::FamilyMismatch { v4 } => say(
                Code::PROTOCOL_NOT_SUPPORTED,
                if v4 {
                    "Network protocol not supported, use (1)"
                } else {
                    "Network protocol not supported, use (2)"
                },
            ),
            Self::ListenFailed => say(
                Code::CANNOT_OPEN_DATA_CONNECTION,
                "No port is free for a data connection.",
            ),
            Self::PortOrPasvFirst => {
                say(Code::CANNOT_OPEN_DATA_CONNECTION, "Use PORT or PASV first.")
            }
            Self::Opening { ascii, name, size } => {
                let mode = if ascii { "ASCII" } else { "BINARY" };
                say(
                    Code::OPENING_DATA_CONNECTION,
                    &format!("Opening {mode} mode data connection for "),
                );
                write_name(name, out);
                match size {
                    Some(size) => out.extend(format!(" ({size} bytes).").bytes()),
                    None => out.push(b'.'),
                }
                Code::OPENING_DATA_CONNECTION
            }
            Self::OpeningListing => say(
                Code::OPENING_DATA_CONNECTION,
                "Opening ASCII mode data connection for the listing.",
            ),
            Self::TransferStarting => say(
                Code::TRANSFER_STARTING,
                "The data connection is open already.",
            ),
            // RFC 1123 §4.1.2.9 fixes the form.
            Self::OpeningUnique(name) => {
                say(Code::OPENING_DATA_CONNECTION, "FILE: ");
                out.extend_from_slice(name);
                Code::OPENING_DATA_CONNECTION
            }
            Self::Transferred => say(Code::CLOSING_DATA_CONNECTION, "Transfer complete."),
            Self::Aborted => say(Code::TRANSFER_ABORTED, "Transfer aborted."),
            Self::AbortDone => say(Code::CLOSING_DATA_CONNECTION, "ABOR successful."),
            Self::TransferStatus(bytes) => say(
                Code::FILE_STATUS,
                &format!("Transfer in progress, {bytes} bytes so far."),
            ),
            Self::OpenFailed => say(
                Code::CANNOT_OPEN_DATA_CONNECTION,
                "Can't open the data connection.",
            ),
            Self::OpenTimeout => say(
                Code::CANNOT_OPEN_DATA_CONNECTION,
                "The data connection was not opened in time.",
            ),
            Self::HandshakeFailed => say(
                Code::CANNOT_OPEN_DATA_CONNECTION,
                "The TLS handshake of the data connection failed.",
            ),
            Self::Stalled => say(
                Code::TRANSFER_ABORTED,
                "The data connection stalled; transfer aborted.",
            ),
            Self::ConnectionLost => say(
                Code::TRANSFER_ABORTED,
                "The data connection broke; transfer aborted.",
            ),
            Self::UploadCut => say(
                Code::TRANSFER_ABORTED,
                "Both connections were closed before the end; the file is not whole.",
            ),
            Self::ReadFailed => say(Code::LOCAL_ERROR, "The file could not be read to its end."),
            Self::FileChanged => say(
                Code::LOCAL_ERROR,
                "The file became shorter while it was read.",
            ),
            Self::StorageFull => say(
                Code::INSUFFICIENT_STORAGE,
                "No space left to store the file.",
            ),
            Self::WriteFailed => say(Code::LOCAL_ERROR, "The file could not be written."),
            Self::RestartBeyondEnd => say(
                Code::INVALID_REST_PARAMETER,
                "The restart marker is beyond the file's end.",
            ),
            Self::RestartInAscii => say(
                Code::INVALID_REST_PARAMETER,
                "Storing restarts in TYPE I only.",
            ),
            Self::DirectoryChanged => say(Code::FILE_ACTION_OKAY, "Directory changed."),
            Self::CurrentDirectory(path) => {
                quoted(path, out);
                out.extend_from_slice(b" is the current directory.");
                Code::PATHNAME_CREATED
            }
            Self::Created(path) => {
                quoted(path, out);
                out.extend_from_slice(b" created.");
                Code::PATHNAME_CREATED
            }
            Self::Removed => say(Code::FILE_ACTION_OKAY, "Directory removed."),
            Self::Deleted => say(Code::FILE_ACTION_OKAY, "File deleted."),
            Self::RenameFrom => say(Code::PENDING_FURTHER_INFORMATION, "Ready for RNTO."),
            Self::Renamed => say(Code::FILE_ACTION_OKAY, "Renamed."),
            Self::RenameFromFirst => say(Code::BAD_SEQUENCE, "Send RNFR first."),
            Self::NameNotAllowed => say(Code::NAME_NOT_ALLOWED, "File name not allowed."),
            Self::Unavailable(error) | Self::CannotStore(error) if is_exhausted(error) => say(
                Code::FILE_UNAVAILABLE_NOW,
                "Too many files are open here; try again later.",
            ),
            Self::Unavailable(error) => say(Code::FILE_UNAVAILABLE, reason(error)),
            Self::CannotStore(error) => say(Code::NAME_NOT_ALLOWED, reason(error)),
            Self::NoPlainFile => say(Code::FILE_UNAVAILABLE, "Not a plain file."),
            // RFC 3659 §7.2.1 has 501 here.
            Self::NoDirectory => say(Code::ARGUMENT_SYNTAX_ERROR, "Not a directory."),
            Self::Size(bytes) => say(Code::FILE_STATUS, &bytes.to_string()),
            Self::TooLargeToCount => say(
                Code::FILE_UNAVAILABLE,
                "Too large to count in TYPE A; use TYPE I.",
            ),
            Self::Modified(time) => say(Code::FILE_STATUS, time),
            Self::ModifySet(time, name) => {
                say(Code::FILE_STATUS, &format!("Modify={time}; "));
                out.extend_from_slice(name);
                Code::FILE_STATUS
            }
            Self::ClientNoted => say(Code::OKAY, "Noted."),
            Self::Utf8On => say(Code::OKAY, "UTF8 is on."),
            Self::Utf8Always => say(Code::ARGUMENT_SYNTAX_ERROR, "UTF8 is always on."),
            Self::FactsChosen(facts) => {
                say(Code::OKAY, "MLST OPTS ");
                for (name, fact) in FactSet::NAMES {
                    if facts.contains(fact) {
                        out.extend_from_slice(name.as_bytes());
                        out.push(b';');
                    }
                }
                Code::OKAY
            }
            Self::English => say(Code::OKAY, "Replies are in English."),
            Self::LanguageUnknown => say(
                Code::PARAMETER_NOT_IMPLEMENTED,
                "Replies are in English (EN) only.",
            ),
            Self::ModeChanged => say(Code::OKAY, "SITE CHMOD ok."),
            Self::ChmodSyntax => say(
                Code::ARGUMENT_SYNTAX_ERROR,
                "expected SITE CHMOD <octal mode up to 777> <pathname>.",
            ),
            Self::TimeSet => say(Code::OKAY, "SITE UTIME ok."),
            Self::UtimeSyntax => say(
                Code::ARGUMENT_SYNTAX_ERROR,
                "expected SITE UTIME <YYYYMMDDhhmm[ss]> <pathname>.",
            ),
            Self::HostAccepted => say(Code::READY, "This is the host."),
            Self::HostUnknown => say(
                Code::PARAMETER_NOT_IMPLEMENTED,
                "There is no such host here.",
            ),
            Self::HostTooLate => say(Code::BAD_SEQUENCE, "HOST goes before USER."),
            Self::UnknownOption => say(
                Code::ARGUMENT_SYNTAX_ERROR,
                "There are options for MLST and UTF8 only.",
            ),
            Self::HelpSyntax(verb) => say(
                Code::HELP_MESSAGE,
                &format!("Syntax: {verb}{} ({})", verb.syntax(), verb.rfc()),
            ),
            Self::SiteHelp => say(
                Code::HELP_MESSAGE,
                "SITE knows HELP, CHMOD <mode> <pathname> and UTIME <time> <pathname>.",
            ),
            // RFC 959 §5.4 lists no 504 for SITE.
            Self::UnknownSite => say(Code::SYNTAX_ERROR, "SITE has no such command here."),
        }
    }
}

fn quoted(path: &VirtualPath, out: &mut Vec<u8>) {
    let mut shown = Vec::new();
    path.write(&mut shown);
    encode_quoted(&shown, out);
}

/// Whether it is for want of descriptors or memory, which others give back: then it may go well
/// another time.
fn is_exhausted(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM)
    )
}

/// What the system said, without telling more of the machine than the client may know.
fn reason(error: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "No such file or directory.",
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => "Permission denied.",
        Kind::AlreadyExists => "It exists already.",
        Kind::IsADirectory => "It is a directory.",
        Kind::NotADirectory => "It is not a directory.",
        Kind::DirectoryNotEmpty => "The directory is not empty.",
        Kind::InvalidFilename | Kind::InvalidInput => "The name cannot be used.",
        Kind::StorageFull | Kind::QuotaExceeded => "No space left.",
        _ => "Requested action not taken.",
    }
}
