//! Finding scripts and reading them, all before the first is played.

use std::fs;
use std::path::{Path, PathBuf};

use script::{MAX_SCRIPT, Plays, Script};

use crate::{Failure, scenario};

/// How deep folders may lie in folders.
const MAX_DEPTH: usize = 16;
/// The most scripts of a run.
const MAX_SCRIPTS: usize = 100_000;

/// Reads every script that is named, or lies in a folder that is named; scenarios too, also by
/// their names, where they are only to be told (`explains`).
///
/// # Errors
/// Exit code 2: all errors of all scripts, one after the other.
pub(super) fn load(paths: &[PathBuf], explains: bool) -> Result<Vec<Script>, Failure> {
    let mut files = Vec::new();
    let mut scripts = Vec::new();
    for path in paths {
        if let Some(built_in) = path.to_str().and_then(scenario::named)
            && !path.exists()
        {
            let name = built_in.name;
            if !explains {
                return Err(Failure::usage(is_a_scenario(name)));
            }
            let read = Script::parse(name, built_in.text.as_bytes());
            scripts.push(read.map_err(Failure::usage)?);
            continue;
        }
        let metadata = fs::metadata(path)
            .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        if metadata.is_dir() {
            let before = files.len();
            collect(path, 0, &mut files)?;
            if files.len() == before {
                let path = path.display();
                return Err(Failure::usage(format!(
                    "{path}: no script (*.ftp) is in it"
                )));
            }
        } else {
            files.push(path.clone());
        }
    }
    let mut errors = Vec::new();
    for file in files {
        match read(&file, explains) {
            Ok(script) => scripts.push(script),
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() {
        return Ok(scripts);
    }
    // Each with whose message it is, as the first one gets it.
    Err(Failure::usage(errors.join("\nftplab: ")))
}

fn read(file: &Path, explains: bool) -> Result<Script, Vec<String>> {
    use std::io::Read;
    let name = file.display().to_string();
    let mut text = Vec::new();
    let opened = fs::File::open(file).map_err(|error| vec![format!("{name}: {error}")])?;
    // One byte more than a script may have shows that there is more.
    opened
        .take(MAX_SCRIPT as u64 + 1)
        .read_to_end(&mut text)
        .map_err(|error| vec![format!("{name}: {error}")])?;
    let script = Script::parse_all(&name, &text)
        .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    if script.header.plays == Plays::Lab && !explains {
        return Err(vec![is_a_scenario(&name)]);
    }
    Ok(script)
}

fn is_a_scenario(name: &str) -> String {
    format!(
        "{name}: this is a scenario, which tests nobody: `ftplab run {name}` plays it, `ftplab check \
         {name} --explain` tells it in words"
    )
}

/// The scripts of a folder and of those in it, by name.
fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("{}: {error}", folder.display()));
    if depth > MAX_DEPTH {
        let folder = folder.display();
        return Err(Failure::usage(format!("{folder}: too deep")));
    }
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        // Links to folders are not followed: they may lead round in a circle.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            collect(&path, depth + 1, files)?;
        } else if path.extension().is_some_and(|extension| extension == "ftp") {
            files.push(path);
            if files.len() > MAX_SCRIPTS {
                return Err(Failure::usage(format!("more than {MAX_SCRIPTS} scripts")));
            }
        }
    }
    Ok(())
}
