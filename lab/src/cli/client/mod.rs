//! The client's commands.
//!
//! ```text
//! how.rs       the flags that they share: whom to be, whom to trust, how often to try
//! remote.rs    a session that is made anew when it breaks, and Ctrl-C
//! ls.rs get.rs put.rs mirror.rs change.rs   one group of commands each
//! fix.rs       what to do about a refusal
//! swapped.rs   arguments in the wrong order
//! fetch.rs     one file down, whole or not at all
//! send.rs      one file up
//! made.rs      folders here that go again when nothing comes into them
//! progress.rs  the bar
//! shown.rs     what a server says, made harmless for a terminal
//! shell/       the interactive client
//! ```

mod change;
mod fetch;
mod fix;
mod get;
mod how;
mod ls;
mod made;
mod mirror;
mod progress;
mod put;
mod remote;
mod send;
mod shell;
mod shown;
mod swapped;

pub(super) use change::{MkdirOptions, MvOptions, RmOptions, mkdir, mv, rm};
pub(super) use get::{GetOptions, MgetOptions, get, mget};
pub(super) use ls::{LsOptions, ls};
pub(super) use mirror::{MirrorOptions, mirror};
pub(super) use put::{PutOptions, put};
pub(super) use shell::{ShellOptions, shell};
