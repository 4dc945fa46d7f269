//! `server file …`, `client folder …`: the files on both hosts.

use crate::network::{Holds, LabFile};
use crate::parse::line::Line;
use crate::parse::scenario::file;
use crate::script_error::Fault;

/// The largest file, in bytes.
const MAX_FILE: u64 = 1 << 30;
/// The most numbered lines of a file.
const MAX_NUMBERED: u64 = 100_000;

/// `file NAME TEXT`, `file NAME N bytes`, `file NAME N lines TEXT`, `folder NAME`
pub(super) fn a_file(on_server: bool, folder: bool, line: &mut Line) -> Result<LabFile, Fault> {
    let name = file(line)?;
    let holds = if folder {
        Holds::Folder
    } else {
        match line.second_word() {
            Some("bytes") => Holds::Filled(line.size(MAX_FILE)?),
            Some("lines") => {
                let column = line.column();
                let count = line.number("a number of lines")?;
                line.keyword("lines")?;
                let count = u32::try_from(count)
                    .ok()
                    .filter(|count| u64::from(*count) <= MAX_NUMBERED)
                    .ok_or_else(|| {
                        Fault::new(column, format!("{count} lines are too many"))
                            .hint(format!("expected at most {MAX_NUMBERED}"))
                    })?;
                Holds::Lines(count, line.plain("what the lines begin with")?)
            }
            _ => {
                let column = line.column();
                let text = line.texts("its text, N bytes, or N lines")?;
                if let Some(name) = text.variables().next() {
                    return Err(Fault::new(column, format!("nothing sets ${name} here")));
                }
                Holds::Bytes(text)
            }
        }
    };
    Ok(LabFile {
        on_server,
        name,
        holds,
    })
}
