//! The files that data connections carried, saved as they went over the wire.
//!
//! Bytes go to their place in a temporary file as they come, so nothing is held in memory,
//! whatever their order. A file gets its name when its connection has ended. Where only hashes are
//! asked for there are no files: what comes before its turn waits in memory.

mod name;
mod stream;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use hashbrown::HashMap;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::note::SavedFile;
use stream::Stream;

/// Files under way at the same time; what further connections carry is not saved.
const OPEN: usize = 256;
/// Files saved in all.
const FILES: usize = 100_000;
/// Hashes under way at the same time.
const HASHED: usize = 65_536;
/// Bytes of all files that wait for those before them, to be hashed.
const EARLY: usize = 64 << 20;
/// Farthest place in a file: nothing that one capture can fill.
const FARTHEST: u64 = 1 << 42;

/// Saves what data connections carry in a folder.
#[derive(Debug)]
pub(crate) struct Extractor {
    /// `None` when files are only hashed.
    folder: Option<PathBuf>,
    /// Bytes that wait to be hashed.
    early: usize,
    /// By the connection's number.
    bodies: HashMap<u32, Body, foldhash::fast::RandomState>,
    /// How often a name was given.
    names: HashMap<String, u32, foldhash::fast::RandomState>,
    saved: usize,
    /// What was not saved, and why: the first of it.
    problem: Option<String>,
}

/// What one connection carries in the direction that has data.
#[derive(Debug)]
struct Body {
    kept: Kept,
    /// The side that sends.
    side: usize,
    /// Bytes written, each place counted once by the caller.
    written: u64,
    /// The capture lacks the end of a segment.
    cut: bool,
}

/// What becomes of the bytes.
#[derive(Debug)]
enum Kept {
    File {
        file: NamedTempFile,
        hasher: Sha256,
        /// Bytes that the hash has, all of those before this place.
        hashed: u64,
        /// Something came out of order: the hash is made from the file.
        again: bool,
    },
    Hash(Box<Stream>),
}

/// What is known of a connection that has ended.
pub(crate) struct Ended<'a> {
    /// What the file is to be called: the command's argument.
    pub(crate) argument: Option<&'a [u8]>,
    /// The name when the command is not known, or has no argument.
    pub(crate) fallback: String,
    /// Payload bytes that the sender sent, as far as the capture tells.
    pub(crate) bytes: u64,
    /// Nothing is missing between the first byte and the FIN.
    pub(crate) whole: bool,
}

impl Extractor {
    /// Saves in `folder`, which is made when it is not there.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self::within(Some(folder.to_owned())))
    }

    /// Saves nothing, and only hashes.
    pub(crate) fn hashing() -> Self {
        Self::within(None)
    }

    /// Whether files stay.
    pub(crate) fn keeps(&self) -> bool {
        self.folder.is_some()
    }

    fn within(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            early: 0,
            bodies: HashMap::default(),
            names: HashMap::default(),
            saved: 0,
            problem: None,
        }
    }

    /// Which side's bytes of a connection are being saved.
    pub(crate) fn side(&self, connection: u32) -> Option<usize> {
        self.bodies.get(&connection).map(|body| body.side)
    }

    /// New bytes of a connection, from a place in its stream on; `cut` when the capture lacks
    /// the end of their segment.
    pub(crate) fn bytes(
        &mut self,
        connection: u32,
        side: usize,
        position: u64,
        bytes: &[u8],
        cut: bool,
    ) {
        if !self.bodies.contains_key(&connection) && !self.begin(connection, side) {
            return;
        }
        let Some(body) = self.bodies.get_mut(&connection) else {
            return;
        };
        if body.side != side {
            return;
        }
        body.cut |= cut;
        if position > FARTHEST {
            body.cut = true;
            return;
        }
        body.written += bytes.len() as u64;
        match &mut body.kept {
            Kept::File {
                file,
                hasher,
                hashed,
                again,
            } => {
                if let Err(error) = file.as_file().write_all_at(bytes, position) {
                    self.discard(connection);
                    self.fail(&error.to_string());
                    return;
                }
                if position == *hashed && !*again {
                    hasher.update(bytes);
                    *hashed += bytes.len() as u64;
                } else {
                    *again = true;
                }
            }
            Kept::Hash(stream) => {
                let before = stream.waiting();
                let taken = stream.bytes(position, bytes, EARLY - self.early.min(EARLY));
                self.early = self.early + stream.waiting() - before;
                if !taken {
                    self.discard(connection);
                    self.fail(&format!(
                        "more than {} MiB of segments came before those that they follow",
                        EARLY >> 20
                    ));
                }
            }
        }
    }

    /// So many of the bytes just given were there before.
    pub(crate) fn overlapped(&mut self, connection: u32, count: u64) {
        if count > 0
            && let Some(body) = self.bodies.get_mut(&connection)
        {
            body.written -= count.min(body.written);
            if let Kept::File { again, .. } = &mut body.kept {
                *again = true;
            }
        }
    }

    fn begin(&mut self, connection: u32, side: usize) -> bool {
        let at_once = if self.keeps() { OPEN } else { HASHED };
        if self.bodies.len() >= at_once {
            self.fail(&format!("more than {at_once} files at once"));
            return false;
        }
        if self.keeps() && self.saved + self.bodies.len() >= FILES {
            self.fail(&format!("more than {FILES} files"));
            return false;
        }
        match self.room_for_bytes() {
            Ok(kept) => {
                let body = Body {
                    kept,
                    side,
                    written: 0,
                    cut: false,
                };
                self.bodies.insert(connection, body);
                true
            }
            Err(error) => {
                self.fail(&error.to_string());
                false
            }
        }
    }

    fn room_for_bytes(&self) -> io::Result<Kept> {
        let Some(folder) = &self.folder else {
            return Ok(Kept::Hash(Box::default()));
        };
        let file = tempfile::Builder::new()
            .prefix(".ftplab-")
            .suffix(".part")
            .tempfile_in(folder)?;
        Ok(Kept::File {
            file,
            hasher: Sha256::new(),
            hashed: 0,
            again: false,
        })
    }

    /// What a connection carried is no file: a listing, or nothing that can be read.
    pub(crate) fn discard(&mut self, connection: u32) {
        self.take(connection);
    }

    fn take(&mut self, connection: u32) -> Option<Body> {
        let body = self.bodies.remove(&connection)?;
        if let Kept::Hash(stream) = &body.kept {
            self.early -= stream.waiting();
        }
        Some(body)
    }

    /// A connection has ended: its file gets its name.
    pub(crate) fn end(&mut self, connection: u32, ended: &Ended<'_>) -> Option<SavedFile> {
        if ended.bytes == 0 && ended.whole && !self.bodies.contains_key(&connection) {
            self.begin(connection, 0);
        }
        let body = self.take(connection)?;
        let partial = !ended.whole || body.cut || body.written != ended.bytes;
        let mut name = ended
            .argument
            .and_then(name::safe)
            .unwrap_or_else(|| ended.fallback.clone());
        if partial {
            name.push_str(".partial");
        }
        let bytes = body.written;
        let kept = match body.kept {
            Kept::Hash(stream) => {
                let digest = stream.digest(bytes).filter(|_| !partial);
                Ok((name.clone(), digest))
            }
            Kept::File {
                file,
                hasher,
                again,
                ..
            } => (|| {
                let digest = if partial {
                    None
                } else if again {
                    Some(digest_of(file.reopen()?)?)
                } else {
                    Some(hasher.finalize().into())
                };
                Ok::<_, io::Error>((self.keep(file, &name)?, digest))
            })(),
        };
        match kept {
            Ok((name, digest)) => {
                self.saved += 1;
                Some(SavedFile {
                    name,
                    bytes,
                    partial,
                    sha256: digest.map(|digest| hex(&digest)),
                })
            }
            Err(error) => {
                self.fail(&format!("{name}: {error}"));
                None
            }
        }
    }

    /// Gives a file the name, or `name.2`, `name.3`…: nothing is replaced.
    fn keep(&mut self, mut file: NamedTempFile, name: &str) -> io::Result<String> {
        /// Files that were in the folder before.
        const TRIES: u32 = 1000;
        let folder = self.folder.clone().unwrap_or_default();
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(readable)?;
        let first = self.names.get(name).copied().unwrap_or(0);
        for count in first + 1..=first + TRIES {
            let candidate = if count == 1 {
                name.to_owned()
            } else {
                format!("{name}.{count}")
            };
            match file.persist_noclobber(folder.join(&candidate)) {
                Ok(_) => {
                    self.names.insert(name.to_owned(), count);
                    return Ok(candidate);
                }
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                    file = error.file;
                }
                Err(error) => return Err(error.error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn fail(&mut self, problem: &str) {
        let folder = self.folder.as_deref();
        self.problem.get_or_insert_with(|| match folder {
            Some(folder) => format!("cannot save files in {}: {problem}", folder.display()),
            None => format!("cannot hash all files: {problem}"),
        });
    }

    /// What was not saved, and why.
    pub(crate) fn problem(self) -> Option<String> {
        self.problem
    }
}

fn digest_of(mut file: File) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finalize().into()),
            count => hasher.update(&buffer[..count]),
        }
    }
}

fn hex(digest: &[u8; 32]) -> String {
    let mut text = String::with_capacity(64);
    for byte in digest {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
