//! The FTP language: commands, replies, addresses, listings and line framing.
//!
//! Sans-IO: nothing here opens a socket, reads a clock or needs a runtime. FTP text is bytes
//! (a name may be Latin-1, or hold 0xFF), so arguments are bytes: `encode` is exact, `Display`
//! is for people and replaces what is not UTF-8.
//!
//! ```text
//! bytes → LineBuffer → line ─┬→ CommandLine → Command          (what a server hears)
//!                            └→ ReplyLine → ReplyParser → Reply (what a client hears)
//! ```

mod argument;
mod code;
mod command;
mod command_line;
mod dialogue;
mod host_port;
mod line_buffer;
mod listing;
mod long_port;
mod printable;
mod reply;
mod reply_line;
mod representation;
mod telnet;
mod text;
mod time_val;
mod verb;

pub use argument::{ArgumentError, Password, Pathname, Text};
pub use code::{Code, FirstDigit, SecondDigit};
pub use command::{Command, CommandError};
pub use command_line::{CommandLine, MaskedLine};
pub use dialogue::{Dialogue, Progress};
pub use host_port::{
    EprtError, EpsvArgument, HostPort, HostPortError, encode_229, encode_eprt, parse_229,
    parse_eprt,
};
pub use line_buffer::{LineBuffer, LineEnding, LineEvent};
pub use listing::{
    Entry, EntryKind, FactSet, Facts, ListingError, Modified, Perm, is_plain_name, write_iis_line,
    write_mlsd_line, write_mlst_line, write_name, write_posix_line,
};
pub use long_port::{LongPortError, encode_lprt, parse_228, parse_lprt};
pub use printable::Printable;
pub use reply::{Reply, ReplyError, ReplyParser, encode_quoted, parse_quoted};
pub use reply_line::{NotAReply, ReplyLine};
pub use representation::{Format, Mode, ParameterError, Structure, TypeCode};
pub use telnet::{DATA_MARK, IAC, INTERRUPT_PROCESS, Negotiation, Telnet, escape};
pub use text::{FromNetwork, to_network};
pub use time_val::{TimeVal, TimeValError};
pub use verb::{Kind, Verb};
