//! What the programs did: `tracing` events of the server and the client, with their time.

use std::fmt::{self, Write};
use std::sync::mpsc::SyncSender;
use std::time::{SystemTime, UNIX_EPOCH};

use tracer::Timestamp;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::Item;

/// An event on the clock of the packets: the kernel stamps frames with the same clock.
#[derive(Debug)]
pub(super) struct OwnedAside {
    pub(super) time: Timestamp,
    pub(super) who: &'static str,
    pub(super) what: String,
}

/// Sends every event of the two programs to the run.
pub(super) struct AsideLayer {
    items: SyncSender<Item>,
}

impl AsideLayer {
    pub(super) fn new(items: SyncSender<Item>) -> Self {
        Self { items }
    }
}

impl<S: Subscriber> Layer<S> for AsideLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let who = match event.metadata().target() {
            "ftplab::client" => "client",
            "ftplab::server" => "server",
            _ => return,
        };
        let time = now();
        let mut text = Text::default();
        event.record(&mut text);
        let what = format!("{}{}", text.message, text.fields);
        // When nobody takes it any more, the run is over.
        let _ = self.items.send(Item::Aside(OwnedAside { time, who, what }));
    }
}

/// The time on the clock by which the kernel stamps packets.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::new(seconds, i64::from(since.subsec_nanos()))
}

/// The message, then the other fields: `reply 227 Entering Passive Mode …`. What a line says
/// stands as it is, other values with their name. The numbers of
/// the session and of its commands are left out: there is one session.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn add(&mut self, name: &str, value: &dyn fmt::Display) {
        let _ = match name {
            "message" => write!(self.message, "{value}"),
            "session" | "number" | "answers" => Ok(()),
            "code" | "text" | "line" => write!(self.fields, " {value}"),
            _ => write!(self.fields, " {name}={value}"),
        };
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field.name(), &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), &value);
    }
}
