//! The language of scripts: what to send, which replies may come, what the wire must show.
//!
//! One language for conformance tests and for the lab's scenarios. This crate reads a script and
//! tells it in words; it opens no socket and knows no clock, so a script is checked in full before
//! anything happens.
//!
//! ```text
//! text → Source → lines → Token → Script { header, steps } ─┬→ whoever plays it
//!                    └→ ScriptError (file:line:column)      └→ explain, in words
//! ```

mod codes;
mod content;
mod explain;
mod header;
mod lab_step;
mod network;
mod parse;
mod router;
mod script_error;
mod segment;
mod step;
mod template;
mod token;
mod value;
mod wire;

pub use codes::{CodePattern, Codes, Lines, Pattern, ReplyExpected, Skip};
pub use content::{Content, Exit, Given, Then};
pub use explain::{explain, step_in_words};
pub use header::{Grade, Header, Need, Plays, Rule};
pub use lab_step::{ClientStep, ConnectFrom, Datagram, LabStep};
pub use network::{
    CLIENT, Cable, CableAction, CableRule, ClientPart, DnsName, Holds, LabFile, LabHost, Mode,
    Network, OpenPort, PacketKind, PacketNamed, SERVER, ServerPart, Takes, When, Window,
};
pub use parse::{MAX_SCRIPT, MAX_STEPS, Script};
pub use router::{Guard, Hidden, RouterPart};
pub use script_error::{Location, ScriptError};
pub use segment::{Field, FieldWanted, FlagsWanted, OptionName, OptionWanted};
pub use step::{Certificate, DataStep, Handler, Login, Over, Step, StepKind, Task};
pub use template::{FillError, Piece, Template, Variables};
pub use value::{Check, Operator};
pub use wire::{End, Host, Port, Times, Wire, WirePacket};
