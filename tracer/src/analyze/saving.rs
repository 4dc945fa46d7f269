//! Which part of a data connection is a file, and what it is called.

use proto::Verb;

use super::Analyzer;
use super::connection::{Connection, Role};
use crate::extract::{Ended, Extractor};
use crate::note::{DataNote, Inference, Note, Purpose, SavedFile};

impl Analyzer {
    /// A connection leaves the table.
    pub(super) fn leave(&mut self, mut connection: Connection) {
        if connection.saved.is_none()
            && connection.sha256.is_none()
            && let Some(extractor) = &mut self.extractor
        {
            let file = save(extractor, &connection);
            connection.sha256 = file.as_ref().and_then(|file| file.sha256.clone());
            connection.saved = file.filter(|_| extractor.keeps());
        }
        self.verdicts.connection(&connection);
        self.summary.add(connection);
    }

    /// A data connection has ended: when its command is known, its file gets its name.
    pub(super) fn save(&mut self, slot: usize) {
        let (Some(extractor), Some(connection)) = (&mut self.extractor, self.table.at(slot)) else {
            return;
        };
        if connection.used_by.is_none() {
            return;
        }
        let Some(file) = save(extractor, connection) else {
            return;
        };
        connection.sha256.clone_from(&file.sha256);
        if extractor.keeps() {
            connection.saved = Some(file.clone());
            self.notes.push(Note::Data(DataNote::Saved { file }));
        } else if let Some(sha256) = file.sha256 {
            let bytes = file.bytes;
            self.notes
                .push(Note::Data(DataNote::Hashed { bytes, sha256 }));
        }
    }
}

/// Gives what a data connection carried its name, when it is a file.
fn save(extractor: &mut Extractor, connection: &Connection) -> Option<SavedFile> {
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
