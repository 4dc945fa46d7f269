//! The files that data connections carried, saved as they went over the wire.
//!
//! Bytes go to their place in a temporary file as they come, so nothing is held in memory,
//! whatever their order. A file gets its name when its connection has ended.

mod name;

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use hashbrown::HashMap;
use sha2::{Digest, Sha256};
use tempfile::{NamedTempFile, TempDir};

use crate::note::SavedFile;

/// Files under way at the same time; what further connections carry is not saved.
const OPEN: usize = 256;
/// Files saved in all.
const FILES: usize = 100_000;
/// Farthest place in a file: nothing that one capture can fill.
const FARTHEST: u64 = 1 << 42;

/// Saves what data connections carry in a folder.
#[derive(Debug)]
pub(crate) struct Extractor {
    folder: PathBuf,
    /// The folder is one of our own, for hashing alone: nothing stays.
    scratch: Option<TempDir>,
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
    file: NamedTempFile,
    /// The side that sends.
    side: usize,
    hasher: Sha256,
    /// Bytes that the hash has, all of those before this place.
    hashed: u64,
    /// Something came out of order: the hash is made from the file.
    again: bool,
    /// Bytes written, each place counted once by the caller.
    written: u64,
    /// The capture lacks the end of a segment.
    cut: bool,
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
        Ok(Self::within(folder.to_owned(), None))
    }

    /// Saves nothing, and only hashes. What comes out of order waits in a temporary file.
    pub(crate) fn hashing() -> io::Result<Self> {
        let scratch = tempfile::tempdir()?;
        Ok(Self::within(scratch.path().to_owned(), Some(scratch)))
    }

    /// Whether files stay.
    pub(crate) fn keeps(&self) -> bool {
        self.scratch.is_none()
    }

    fn within(folder: PathBuf, scratch: Option<TempDir>) -> Self {
        Self {
            folder,
            scratch,
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
        let written = body.file.as_file().write_all_at(bytes, position);
        if let Err(error) = written {
            self.bodies.remove(&connection);
            self.fail(&error.to_string());
            return;
        }
        let len = bytes.len() as u64;
        body.written += len;
        if position == body.hashed && !body.again {
            body.hasher.update(bytes);
            body.hashed += len;
        } else {
            body.again = true;
        }
    }

    /// So many of the bytes just given were there before.
    pub(crate) fn overlapped(&mut self, connection: u32, count: u64) {
        if count > 0
            && let Some(body) = self.bodies.get_mut(&connection)
        {
            body.written -= count.min(body.written);
            body.again = true;
        }
    }

    fn begin(&mut self, connection: u32, side: usize) -> bool {
        if self.bodies.len() >= OPEN || self.saved + self.bodies.len() >= FILES {
            self.fail("too many files at once");
            return false;
        }
        let file = tempfile::Builder::new()
            .prefix(".ftplab-")
            .suffix(".part")
            .tempfile_in(&self.folder);
        match file {
            Ok(file) => {
                let body = Body {
                    file,
                    side,
                    hasher: Sha256::new(),
                    hashed: 0,
                    again: false,
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

    /// What a connection carried is no file: a listing, or nothing that can be read.
    pub(crate) fn discard(&mut self, connection: u32) {
        self.bodies.remove(&connection);
    }

    /// A connection has ended: its file gets its name.
    pub(crate) fn end(&mut self, connection: u32, ended: &Ended<'_>) -> Option<SavedFile> {
        if ended.bytes == 0 && ended.whole && !self.bodies.contains_key(&connection) {
            self.begin(connection, 0);
        }
        let body = self.bodies.remove(&connection)?;
        let partial = !ended.whole || body.cut || body.written != ended.bytes;
        let mut name = ended
            .argument
            .and_then(name::safe)
            .unwrap_or_else(|| ended.fallback.clone());
        if partial {
            name.push_str(".partial");
        }
        let bytes = body.written;
        let kept = (|| {
            let digest = if partial {
                None
            } else if body.again {
                Some(digest_of(body.file.reopen()?)?)
            } else {
                Some(body.hasher.finalize().into())
            };
            Ok::<_, io::Error>((self.keep(body.file, &name)?, digest))
        })();
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
        if !self.keeps() {
            return Ok(name.to_owned());
        }
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        file.as_file().set_permissions(readable)?;
        let first = self.names.get(name).copied().unwrap_or(0);
        for count in first + 1..=first + TRIES {
            let candidate = if count == 1 {
                name.to_owned()
            } else {
                format!("{name}.{count}")
            };
            match file.persist_noclobber(self.folder.join(&candidate)) {
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
        self.problem.get_or_insert_with(|| {
            format!("cannot save files in {}: {problem}", self.folder.display())
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
