//! What the command line gives by way of a file: the filter, and the names of captures.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::TraceOptions;
use crate::Failure;

/// No file of arguments is read beyond this, in bytes.
const LONGEST: u64 = 1 << 20;

/// The text of the filter.
pub(super) fn filter(options: &TraceOptions) -> Result<String, Failure> {
    let Some(path) = &options.filter_file else {
        return Ok(options.filter.join(" "));
    };
    let bytes = whole(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::usage(format!("{}: the filter is not UTF-8", path.display())))?;
    let lines = text.lines().map(|line| match line.split_once('#') {
        Some((filter, _)) => filter,
        None => line,
    });
    Ok(lines.collect::<Vec<_>>().join(" "))
}

/// The captures that are to be read, which are not what is written.
pub(super) fn files(options: &TraceOptions) -> Result<Vec<PathBuf>, Failure> {
    let files = match (&options.read, &options.list_of_files) {
        (Some(file), _) => vec![file.clone()],
        (None, Some(list)) => {
            let names = whole(list)?;
            let names = names.split(|byte| *byte == b'\n');
            let names = names.map(|name| name.strip_suffix(b"\r").unwrap_or(name));
            let files: Vec<PathBuf> = names
                .filter(|name| !name.is_empty())
                .map(|name| OsStr::from_bytes(name).into())
                .collect();
            if files.is_empty() {
                return Err(Failure::usage(format!("{} names no file", list.display())));
            }
            files
        }
        (None, None) => Vec::new(),
    };
    if let Some(written) = options.view.written() {
        for file in &files {
            if is_same(file, written) {
                return Err(Failure::usage(format!(
                    "{} cannot be read and written at once: give -w another name",
                    written.display()
                )));
            }
        }
    }
    Ok(files)
}

/// Whether both names are of one file; of devices and pipes it does not matter.
fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => {
            one.is_file() && (one.dev(), one.ino()) == (other.dev(), other.ino())
        }
        _ => false,
    }
}

fn whole(path: &Path) -> Result<Vec<u8>, Failure> {
    let cannot =
        |error: io::Error| Failure::failed(format!("cannot read {}: {error}", path.display()));
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().take(LONGEST + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes))
    }
    .map_err(cannot)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::failed(format!(
            "{}: expected at most {LONGEST} bytes",
            path.display()
        )));
    }
    Ok(bytes)
}
