//! The lines `given …` and `then …`, and what bytes must be.

use super::dialogue;
use super::line::Line;
use super::names::Names;
use crate::content::{Content, Exit, Given, Then};
use crate::header::Plays;
use crate::script_error::Fault;

pub(super) const GIVEN: &[&str] = &["file", "folder", "nothing"];
pub(super) const THEN: &[&str] = &["file", "folder", "nothing", "client"];
pub(super) const CLIENT: &[&str] = &["exits", "fails", "has", "says"];
/// The largest file that a script may ask for: 1 GiB.
const MAX_FILE: u64 = 1 << 30;

/// `given file NAME TEXT`, `given file NAME N bytes`, `given folder NAME`, `given nothing NAME`
pub(super) fn given(line: &mut Line, names: &Names) -> Result<Given, Fault> {
    let word = line.one_of("thing to be given", GIVEN)?;
    let name = names.value(line, "a name")?;
    Ok(match word.as_str() {
        "folder" => Given::Folder(name),
        "nothing" => Given::Nothing(name),
        _ => {
            if line.second_word() == Some("bytes") {
                let size = line.size(MAX_FILE)?;
                return Ok(Given::Filled { name, size });
            }
            let bytes = names.texts(line, "its text, or N bytes")?;
            Given::File { name, bytes }
        }
    })
}

/// `then file NAME CONTENT…`, `then folder NAME`, `then nothing NAME`, `then client …`
pub(super) fn then(line: &mut Line, names: &mut Names, plays: Plays) -> Result<Then, Fault> {
    let column = line.column();
    let word = line.one_of("thing to look at", THEN)?;
    if word == "client" && plays == Plays::Client {
        return Err(Fault::new(column, "`then client` has no place here")
            .hint("a script that plays the client is the client: look at the server's files"));
    }
    if word == "client" {
        return client(line, names);
    }
    let name = names.value(line, "a name")?;
    Ok(match word.as_str() {
        "folder" => Then::Folder(name),
        "nothing" => Then::Nothing(name),
        _ => Then::File {
            name,
            contents: contents(line, names)?,
        },
    })
}

/// `then client exits [CODES]`, `… fails`, `… has NAME CONTENT…`, `… has no NAME`, `… says PATTERN`
fn client(line: &mut Line, names: &mut Names) -> Result<Then, Fault> {
    Ok(match line.one_of("thing of the client", CLIENT)?.as_str() {
        "exits" if line.is_empty() => Then::ClientExits(Exit::Done),
        "exits" => Then::ClientExits(Exit::Codes(exit_codes(line)?)),
        "fails" => Then::ClientExits(Exit::Failed),
        "has" if line.take("no") => Then::ClientHasNot(names.value(line, "a name")?),
        "has" => Then::ClientHas {
            name: names.value(line, "a name")?,
            contents: contents(line, names)?,
        },
        _ => {
            let column = line.column();
            let pattern = dialogue::patterns(line, names)?.into_iter().next();
            Then::ClientSaid(pattern.ok_or_else(|| {
                Fault::new(column, "nothing to look for")
                    .hint("expected a text in quotes or a regular expression between slashes")
            })?)
        }
    })
}

/// `9`, `9 | 78`
fn exit_codes(line: &mut Line) -> Result<Vec<u8>, Fault> {
    let mut codes = Vec::new();
    loop {
        let column = line.column();
        let word = line.word("an exit code")?;
        codes.push(word.parse().map_err(|_| {
            Fault::new(column, format!("`{word}` is no exit code")).hint(
                "expected a number from 0 to 255, such as `9` or `9 | 78`; `then client fails` is \
                 any but 0",
            )
        })?);
        if !line.take("|") {
            return Ok(codes);
        }
    }
}

/// What begins the description of bytes, beside a text.
pub(super) const CONTENTS: &[&str] = &[
    "file",
    "has",
    "no",
    "N bytes",
    "crlf lines",
    "nothing",
    "sha256",
];

/// What bytes must be, to the end of the line.
pub(super) fn contents(line: &mut Line, names: &mut Names) -> Result<Vec<Content>, Fault> {
    let mut contents = Vec::new();
    while !line.is_empty() {
        let column = line.column();
        let word = line.peek_word().map(str::to_owned);
        contents.push(match word.as_deref() {
            None if line.is_text() => Content::Exactly(names.texts(line, "a text")?),
            None | Some("has" | "no") => {
                let Some(pattern) = dialogue::pattern(line, names)? else {
                    return Err(line.fault("nothing to look for"));
                };
                Content::Pattern(pattern)
            }
            Some("file") => {
                line.keyword("file")?;
                Content::OfFile(names.value(line, "a file's name")?)
            }
            Some("nothing") => {
                line.keyword("nothing")?;
                Content::Nothing
            }
            Some("crlf") => {
                line.keyword("crlf")?;
                line.keyword("lines")?;
                Content::CrlfLines
            }
            Some("sha256") => {
                line.keyword("sha256")?;
                let at = line.column();
                let digest = line.word("64 hexadecimal digits")?.to_ascii_lowercase();
                if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(Fault::new(at, "no SHA-256").hint("expected 64 hexadecimal digits"));
                }
                Content::Sha256(digest)
            }
            Some(word) if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                if line.second_word() == Some("*") {
                    Content::Exactly(names.texts(line, "a text")?)
                } else {
                    Content::Size(line.size(u64::MAX)?)
                }
            }
            Some(word) => {
                let fault = Fault::new(column, format!("`{word}` says nothing about bytes"));
                return Err(fault.one_of(word, CONTENTS));
            }
        });
    }
    Ok(contents)
}
