//! Which part of a data connection is a file, and what it is called.

use proto::Verb;

use super::connection::{Connection, Role};
use crate::extract::{Ended, Extractor};
use crate::note::{Inference, Purpose, SavedFile};

/// Gives what a data connection carried its name, when it is a file.
pub(super) fn save(extractor: &mut Extractor, connection: &Connection) -> Option<SavedFile> {
    let Role::Data { client, .. } = connection.role else {
        return None;
    };
    let number = connection.number;
    let used = connection.used_by.as_ref();
    let listing = used.is_some_and(|used| {
        !matches!(used.verb, Verb::Retr | Verb::Stor | Verb::Stou | Verb::Appe)
    });
    let encrypted = matches!(
        connection.purpose,
        Purpose::Inferred {
            reason: Inference::Encrypted,
            ..
        }
    );
    if listing || encrypted {
        extractor.discard(number);
        return None;
    }
    let side = extractor.side(number).or_else(|| {
        used.map(|used| {
            if used.verb == Verb::Retr {
                1 - client
            } else {
                client
            }
        })
    })?;
    let half = &connection.halves[side];
    extractor.end(
        number,
        &Ended {
            argument: used
                .and_then(|used| used.argument.as_ref())
                .map(crate::note::Text::as_bytes),
            fallback: connection.name.to_string().replace(' ', "-"),
            bytes: half.bytes,
            whole: half.whole() && half.missing == 0 && half.isn.is_some(),
        },
    )
}
