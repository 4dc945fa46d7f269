//! Whether bytes are what a script says of them.

use script::{Content, Pattern, Template, Variables};
use sha2::{Digest, Sha256};

use super::shown::{begin, brief};

/// How much of what came a report shows.
const SHOWN: usize = 200;

/// Whether the bytes are as the content says; `other` are those of the file that it names.
///
/// # Errors
/// What was found instead.
pub(super) fn holds(
    bytes: &[u8],
    content: &Content,
    other: Option<&[u8]>,
    variables: &mut Variables,
) -> Result<(), String> {
    let fits = match content {
        Content::Exactly(text) => bytes == fill(text, variables)?,
        Content::OfFile(_) => other == Some(bytes),
        Content::Size(size) => bytes.len() as u64 == *size,
        Content::Pattern(pattern) => return matches(bytes, pattern, variables),
        Content::CrlfLines => return crlf_lines(bytes),
        Content::Nothing => bytes.is_empty(),
        Content::Sha256(digest) => hex(&Sha256::digest(bytes)) == *digest,
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "{} bytes: `{}`",
        bytes.len(),
        begin(bytes, SHOWN).0
    ))
}

/// Whether the text is as the pattern says; what its groups caught becomes variables.
///
/// # Errors
/// The begin of the text.
pub(super) fn matches(
    text: &[u8],
    pattern: &Pattern,
    variables: &mut Variables,
) -> Result<(), String> {
    let contains =
        |part: &[u8]| part.is_empty() || text.windows(part.len()).any(|window| window == part);
    let fits = match pattern {
        Pattern::Has(part) => contains(&fill(part, variables)?),
        Pattern::HasNot(part) => !contains(&fill(part, variables)?),
        Pattern::MatchesNot(regex) => !regex.is_match(text),
        Pattern::Matches(regex) => match regex.captures(text) {
            None => false,
            Some(captures) => {
                for name in regex.capture_names().flatten() {
                    if let Some(caught) = captures.name(name) {
                        variables.insert(name.to_owned(), caught.as_bytes().to_vec());
                    }
                }
                true
            }
        },
    };
    if fits {
        return Ok(());
    }
    Err(format!("`{}`", brief(text, SHOWN)))
}

/// A template with its variables filled.
///
/// # Errors
/// A variable that nothing has set, or too long a text.
pub(super) fn fill(template: &Template, variables: &Variables) -> Result<Vec<u8>, String> {
    template.fill(variables).map_err(|error| error.to_string())
}

/// Whether every line ends in CR LF, and nothing else is a CR or LF.
fn crlf_lines(bytes: &[u8]) -> Result<(), String> {
    let mut rest = bytes;
    let mut line = 1;
    while !rest.is_empty() {
        let Some(at) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            return Err(format!("a last line ({line}) without an end"));
        };
        if rest.get(at..at + 2) != Some(b"\r\n".as_slice()) {
            return Err(format!("line {line} does not end in CR LF"));
        }
        rest = rest.get(at + 2..).unwrap_or_default();
        line += 1;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    let mut digits = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        digits += &format!("{byte:02x}");
    }
    digits
}
