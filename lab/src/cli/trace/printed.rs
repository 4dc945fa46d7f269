//! A printed trace: the lines of tcpdump or `WinDump` in a text.

use std::cell::Cell;
use std::io::Read;

use tracer::{LinkType, PrintedReader};

use super::TraceOptions;
use crate::Failure;
use crate::interrupt::Interrupt;
use crate::view::View;

pub(super) fn printed(
    options: &TraceOptions,
    name: &str,
    source: impl Read,
    interrupt: &Interrupt,
    eager: &Cell<bool>,
) -> Result<(), Failure> {
    let extract = options.extract.is_some().then_some("--extract");
    if let Some(flag) = options.view.needs_bytes().or(extract) {
        return Err(Failure::usage(format!(
            "{name}: {flag} needs the bytes of packets, and a printed trace has none: it has the \
             lines that were printed of them"
        )));
    }
    if !options.filter.is_empty() || options.filter_file.is_some() {
        return Err(Failure::usage(format!(
            "{name}: a filter reads the bytes of packets, and a printed trace has none; choose its \
             lines with grep"
        )));
    }
    let mut view = View::new(&options.view, LinkType::Raw, &[])?;
    let mut reader = PrintedReader::new(source);
    let mut broken = None;
    while !interrupt.asked() && options.count.is_none_or(|count| reader.packets() < count) {
        match reader.next_packet() {
            Ok(Some(packet)) => {
                eager.set(true);
                view.printed(&packet)?;
            }
            Ok(None) => break,
            Err(error) if error.is_not_yet() => {
                view.flush()?;
                eager.set(false);
            }
            Err(_) if interrupt.asked() => break,
            Err(error) => {
                broken = Some(Failure::failed(format!("{name}: {error}")));
                break;
            }
        }
    }
    let stand_ins = reader.stand_ins();
    let (_, ended) = view.finish_named(stand_ins)?;
    ended.say(&[])?;
    tell(name, &reader);
    broken.map_or(Ok(()), Err)
}

/// Says what was done with the lines.
fn tell<R: Read>(name: &str, reader: &PrintedReader<R>) {
    let (packets, passed_over) = (reader.packets(), reader.passed_over());
    if passed_over > 0 {
        let lines = plural(passed_over, "line");
        let are = if passed_over == 1 {
            "is no packet and was"
        } else {
            "are no packets and were"
        };
        let packets = plural(packets, "packet");
        message!("ftplab: {name}: {packets}; {lines} {are} passed over");
    }
    let (count, first) = reader.repairs();
    for repair in first {
        message!(
            "ftplab: {name}: line {}, column {}: {}",
            repair.line,
            repair.column,
            repair.what
        );
    }
    let more = count.saturating_sub(first.len() as u64);
    if more > 0 {
        let places = plural(more, "more place");
        message!("ftplab: {name}: likewise in {places}");
    }
}

fn plural(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
