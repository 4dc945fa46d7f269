//! What a server says, made harmless for a terminal.

use std::fmt::Write;

use std::io::{self, IsTerminal};

use crate::cli::serve;
use crate::message::Log;
use client::{ClientError, FtpUrl, Transfer};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{DefaultFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// The bytes as text, whatever could steer a terminal escaped.
pub(super) fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// An error, its lines kept apart.
pub(super) fn error(error: &ClientError) -> String {
    if matches!(error, ClientError::Aborted) {
        return "interrupted; the transfer was aborted".to_owned();
    }
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(|line| shown(line.as_bytes())).collect();
    lines.join("\n")
}

/// An error that befell the file `path`, which is named once.
pub(super) fn at(path: &[u8], error: &ClientError) -> String {
    let text = self::error(error);
    match error {
        ClientError::LocalFile { .. } => text,
        _ => format!("{}: {text}", shown(path)),
    }
}

/// A URL without its user.
pub(super) fn url(url: &FtpUrl) -> String {
    let (scheme, usual) = if url.implicit_tls {
        ("ftps", 990)
    } else {
        ("ftp", 21)
    };
    let host = if url.host.contains(':') {
        format!("[{}]", url.host)
    } else {
        url.host.clone()
    };
    let port = match url.port {
        port if port == usual => String::new(),
        port => format!(":{port}"),
    };
    format!("{scheme}://{host}{port}/{}", shown(&url.path))
}

/// How a transfer went.
pub(super) fn transfer(name: &str, transfer: &Transfer) -> String {
    let rate = tracer::rate(transfer.bytes, transfer.duration);
    let rate = rate.map(|rate| format!(", {rate}")).unwrap_or_default();
    format!(
        "{name}: {} in {}{rate}",
        tracer::plural(transfer.bytes, "byte"),
        tracer::span(transfer.duration)
    )
}

/// What the client logs to stderr: with -v, as curl, the dialogue alone; `RUST_LOG` asks for
/// other things.
pub(super) fn log(verbose: u8) {
    if verbose != 1 || std::env::var_os("RUST_LOG").is_some() {
        return serve::log(verbose);
    }
    let layer = tracing_subscriber::fmt::layer()
        .event_format(Bare)
        .with_writer(Log::default)
        .with_ansi(io::stderr().is_terminal());
    let targets = Targets::new()
        .with_target("ftplab::dialogue", Level::TRACE)
        .with_default(Level::WARN);
    tracing_subscriber::registry()
        .with(layer)
        .with(targets)
        .init();
}

/// The text of an event and nothing else.
struct Bare;

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, DefaultFields> for Bare {
    fn format_event(
        &self,
        context: &FmtContext<'_, S, DefaultFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_steers_the_terminal() {
        let text = super::shown("a\x1b[31m\r\n\u{9b}ü".as_bytes());
        assert_eq!(text, "a\\u{1b}[31m\\r\\n\\u{9b}ü");
        assert_eq!(super::shown(b"\x9b\xff"), "\\x9b\\xff");
    }
}
