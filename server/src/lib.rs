//! An FTP server as a library: RFC 959 as it is alive, with RFC 2389, 2428, 2640, 3659 and 4217.
//!
//! ```text
//! run ── accept ──► Session (one task, owns its state)
//!                   ├─ control   lines in, replies out; bounded and timed
//!                   ├─ commands  one file per group of commands
//!                   ├─ carry     150, the data, 226; raced against the control connection
//!                   ├─ data      opening a data connection, either way round
//!                   ├─ transfer  moving its bytes
//!                   ├─ secure    TLS below both, once AUTH asked for it
//!                   └─ root      files, by a directory handle that no path leaves
//! ```
//!
//! Every session emits `tracing` events with the target `ftplab::server` and the field
//! `session`; each stands next to the system call that it names.

mod account;
mod answer;
mod attributes;
mod carry;
mod commands;
mod config;
mod control;
mod data;
mod dial;
mod elsewhere;
mod farewell;
mod linger;
mod listed;
mod listing;
mod names;
mod order;
mod password;
mod path;
mod pattern;
mod persona;
mod places;
mod recursion;
mod replies;
mod rights;
mod root;
mod run;
mod secure;
mod secure_transfer;
mod session;
mod settings;
mod tls;
mod transfer;
mod upload;
mod xferlog;

pub use account::User;
pub use config::{ActiveSource, Config, ConfigBuilder, ConfigError};
pub use dial::{Dial, Dialling};
pub use password::{PasswordHash, PasswordHashError};
pub use persona::{Persona, PersonaError};
pub use run::{ServerError, run};
pub use settings::Settings;
pub use tls::{Tls, TlsError};
