//! `-d`: the program that a filter is made into, as tcpdump prints it.

use std::fs::File;
use std::io::{self, Write};

use tracer::{Expression, LinkType, Listing, PcapReader, Program, interface_link};

use super::select::Selection;
use super::{TraceOptions, cannot_capture, given};
use crate::Failure;

/// For the first file or interface that is given; without one for Ethernet.
pub(super) fn print(options: &TraceOptions, selection: &Selection) -> Result<(), Failure> {
    let listing = match options.program {
        1 => Listing::Assembly,
        2 => Listing::C,
        3 => Listing::Decimal,
        _ => return Err(Failure::usage("-d may be given one to three times")),
    };
    let nothing = Expression::parse("").map_err(Failure::usage)?;
    let expression = selection.expression().unwrap_or(&nothing);
    let program = match (
        options.live.interface.first(),
        given::files(options)?.first(),
    ) {
        (Some(interface), _) => {
            let link = interface_link(interface).map_err(cannot_capture)?;
            match expression.for_kernel(link).map_err(Failure::usage)? {
                Some(program) if link != LinkType::LinuxSll2 => program,
                _ => compile(expression, link)?,
            }
        }
        (None, Some(file)) => {
            let cannot = |error: &dyn std::fmt::Display| {
                Failure::failed(format!("{}: {error}", file.display()))
            };
            let source = File::open(file).map_err(|error| cannot(&error))?;
            let reader = PcapReader::new(source).map_err(|error| cannot(&error))?;
            compile(expression, reader.link())?
        }
        (None, None) => compile(expression, LinkType::Ethernet)?,
    };
    io::stdout()
        .lock()
        .write_all(program.listing(listing).as_bytes())
        .map_err(|error| Failure::output(&error))
}

fn compile(expression: &Expression, link: LinkType) -> Result<Program, Failure> {
    expression.compile(link).map_err(Failure::usage)
}
