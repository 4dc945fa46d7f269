//! Files and their bytes in words.

use super::replies::pattern;
use crate::content::{Content, Exit, Given, Then};
use crate::template::Template;

pub(super) fn given(given: &Given) -> String {
    match given {
        Given::File { name, bytes } => format!("there is {}", file(name, bytes)),
        Given::Filled { name, size } => format!("there is a file {name} of {size} bytes"),
        Given::Folder(name) => format!("there is an empty folder {name}"),
        Given::Nothing(name) => format!("there is nothing called {name}"),
    }
}

/// A file with these bytes.
pub(super) fn file(name: &Template, bytes: &Template) -> String {
    match bytes.to_string() {
        none if none.is_empty() => format!("an empty file {name}"),
        bytes => format!("a file {name} with `{bytes}`"),
    }
}

pub(super) fn then(then: &Then) -> String {
    match then {
        Then::File {
            name,
            contents: all,
        } if all.is_empty() => {
            format!("the server has a file {name}")
        }
        Then::File {
            name,
            contents: all,
        } => {
            format!("the server's file {name} is {}", contents(all))
        }
        Then::Folder(name) => format!("the server has a folder {name}"),
        Then::Nothing(name) => format!("the server has nothing called {name}"),
        Then::ClientExits(Exit::Done) => "the client ends with code 0".into(),
        Then::ClientExits(Exit::Failed) => "the client ends with a code that is not 0".into(),
        Then::ClientExits(Exit::Codes(codes)) => {
            let codes: Vec<String> = codes.iter().map(u8::to_string).collect();
            format!("the client ends with code {}", codes.join(" or "))
        }
        Then::ClientHas {
            name,
            contents: all,
        } if all.is_empty() => {
            format!("the client made a file {name}")
        }
        Then::ClientHas {
            name,
            contents: all,
        } => {
            format!("the client made a file {name}: {}", contents(all))
        }
        Then::ClientHasNot(name) => format!("the client made no file {name}"),
        Then::ClientSaid(said) => format!("the client printed something {}", pattern(said)),
    }
}

pub(super) fn contents(contents: &[Content]) -> String {
    let each = |content: &Content| match content {
        Content::Exactly(text) => format!("exactly `{text}`"),
        Content::OfFile(name) => format!("the bytes of the file {name}"),
        Content::Size(size) => format!("{size} bytes"),
        Content::Pattern(held) => format!("text {}", pattern(held)),
        Content::CrlfLines => "lines that end in CR LF".into(),
        Content::Nothing => "nothing".into(),
        Content::Sha256(digest) => format!("bytes with the SHA-256 {digest}"),
    };
    let list: Vec<String> = contents.iter().map(each).collect();
    list.join(", ")
}
