//! What LIST, NLST and MLSD send: entries, straight into the buffer that goes out.

use std::time::{SystemTime, UNIX_EPOCH};
use std::{fmt, io};

use cap_std::fs::Metadata;
use proto::{
    EntryKind, FactSet, Facts, Perm, write_iis_line, write_mlsd_line, write_name, write_posix_line,
};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::attributes::Attributes;
use crate::names::Names;
use crate::order::Order;
use crate::path::VirtualPath;
use crate::pattern::Pattern;
use crate::recursion::Recursion;
use crate::rights::Rights;
use crate::root::{Found, Root};
use crate::upload::is_temporary;

/// How each entry is written.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// `ls -l` lines.
    Posix,
    /// The same as IIS has them, which tells nothing of links, owners and modes.
    Iis,
    /// Names alone, each after this prefix, so that they can be used as they are (RFC 1123
    /// §4.1.2.7).
    Names(Vec<u8>),
    /// Facts and a name.
    Facts(FactSet),
}

/// About so many entries are sorted by name; what is behind them is sent in the directory's own
/// order, so that memory stays bounded.
const SORTED: usize = 65_536;

/// Large directories that are put in order at the same time; the next one waits.
static ARRANGED: Semaphore = Semaphore::const_new(4);

/// A listing that is made as it is sent.
pub(crate) struct Lister {
    /// Lines that are made already.
    ready: Vec<u8>,
    directory: Option<Directory>,
    recursion: Option<Box<Recursion>>,
    writer: LineWriter,
}

/// The part of a directory that is not listed yet.
pub(crate) struct Directory {
    root: Root,
    names: Names,
    /// What the sorted names are still to be put in.
    order: Option<Order>,
    pattern: Option<Pattern>,
}

struct LineWriter {
    form: Form,
    /// Whether the account may change something.
    writable: bool,
    /// Known where the form tells them.
    rights: Option<Rights>,
    now: i64,
}

impl Lister {
    /// The entries of a directory whose names match `pattern`, if there is one.
    pub(crate) fn directory(
        above: &Root,
        path: &VirtualPath,
        pattern: Option<Pattern>,
        order: Order,
        form: Form,
        writable: bool,
    ) -> io::Result<Self> {
        let directory = Directory::open(above, path, pattern, order)?;
        let writer = LineWriter::new(form, writable, || {
            directory.root.metadata(&VirtualPath::default())
        })?;
        let mut ready = Vec::new();
        // Only with their types: a client could not tell them from other entries otherwise.
        if matches!(writer.form, Form::Facts(chosen) if chosen.contains(FactSet::TYPE)) {
            writer.write_dots(above, path, &directory.root, &mut ready)?;
        }
        Ok(Self {
            ready,
            directory: Some(directory),
            recursion: None,
            writer,
        })
    }

    /// The entries of a directory, then those of each directory below it, as `ls -lR` has them.
    /// Symbolic links are not followed. `base` is how the client named the directory; what is
    /// in the directory `hidden` must not be shown.
    pub(crate) fn tree(
        root: &Root,
        path: &VirtualPath,
        base: &[u8],
        hidden: Option<Attributes>,
        order: Order,
        writable: bool,
    ) -> io::Result<Self> {
        let mut lister = Self::directory(root, path, None, order, Form::Posix, writable)?;
        let base = if base.is_empty() { b"." } else { base };
        let recursion = Recursion::new(root.below(path)?, base, hidden, order);
        recursion.write_head(&mut lister.ready);
        lister.recursion = Some(Box::new(recursion));
        Ok(lister)
    }

    /// One entry, which must exist, under the name to show it by.
    pub(crate) fn entry(
        root: &Root,
        path: &VirtualPath,
        name: &[u8],
        form: Form,
        writable: bool,
    ) -> io::Result<Self> {
        let found = root.entry(path.as_path())?;
        let writer = LineWriter::new(form, writable, || root.metadata(&path.parent()))?;
        let mut ready = Vec::new();
        writer.write(name, || Some(found), &mut ready);
        Ok(Self {
            ready,
            directory: None,
            recursion: None,
            writer,
        })
    }

    /// Whether it tells what is in a directory.
    pub(crate) const fn is_of_directory(&self) -> bool {
        self.directory.is_some()
    }

    /// Whether it goes into directories below, of which there may be any number.
    pub(crate) const fn is_tree(&self) -> bool {
        self.recursion.is_some()
    }

    /// Before each `fill`: puts a directory in order for which that takes long, in a thread of
    /// its own, so that other sessions do not wait for it.
    pub(crate) async fn prepare(&mut self) -> io::Result<()> {
        if let Some(directory) = self.directory.take_if(|directory| directory.is_slow()) {
            // Boxed: hardly a listing needs it.
            self.directory = Some(Box::pin(directory.arranged()).await?);
        }
        Ok(())
    }

    /// Appends lines until `out` has at least `size` bytes, a directory is to be
    /// [prepared](Self::prepare), or there are no more; says whether there are.
    pub(crate) fn fill(&mut self, out: &mut Vec<u8>, size: usize) -> bool {
        out.append(&mut self.ready);
        let Some(directory) = &mut self.directory else {
            return false;
        };
        directory.arrange();
        while out.len() < size {
            // One that cannot be read ends the listing: the directory itself is failing.
            let Ok(Some(name)) = directory.names.next() else {
                match self.recursion.as_mut().and_then(|tree| tree.next()) {
                    Some((next, recursion)) => {
                        *directory = next;
                        out.extend_from_slice(b"\r\n");
                        recursion.write_head(out);
                        if directory.is_slow() {
                            return true;
                        }
                        directory.arrange();
                        continue;
                    }
                    None => return false,
                }
            };
            let shown = !is_temporary(name)
                && directory
                    .pattern
                    .as_ref()
                    .is_none_or(|pattern| pattern.matches(name));
            if shown {
                // Gone since the names were read: then it is not in the directory.
                let found = || directory.root.child(name).ok();
                let found = self.writer.write(name, found, out);
                if let (Some(recursion), Some(found)) = (&mut self.recursion, found)
                    && found.kind() == EntryKind::Directory
                {
                    recursion.see(name, &found);
                }
            }
        }
        true
    }
}

impl Directory {
    /// Reads the names, sorted as far as the bound lets them.
    pub(crate) fn open(
        root: &Root,
        path: &VirtualPath,
        pattern: Option<Pattern>,
        order: Order,
    ) -> io::Result<Self> {
        let root = root.below(path)?;
        let names = root.names()?.sorted(SORTED)?;
        Ok(Self {
            root,
            names,
            order: Some(order),
            pattern,
        })
    }

    /// Whether [`arrange`](Self::arrange) would take long.
    fn is_slow(&self) -> bool {
        let count = self.names.len();
        self.order.is_some_and(|order| order.is_slow(count))
    }

    /// The same in order, when it is its turn.
    async fn arranged(mut self) -> io::Result<Self> {
        let permit = ARRANGED.acquire().await.map_err(io::Error::other)?;
        let arranging = spawn_blocking(move || {
            self.arrange();
            drop(permit);
            self
        });
        arranging.await.map_err(io::Error::other)
    }

    /// Puts the names in the order that is asked for, once.
    fn arrange(&mut self) {
        if let Some(order) = self.order.take() {
            self.names.arrange(order, |name| {
                let found = self.root.child(name).ok()?;
                Some(found.attributes)
            });
        }
    }
}

impl LineWriter {
    /// For entries of the directory that `metadata` is of.
    fn new(
        form: Form,
        writable: bool,
        metadata: impl FnOnce() -> io::Result<Metadata>,
    ) -> io::Result<Self> {
        let chosen = if let Form::Facts(chosen) = form {
            chosen
        } else {
            FactSet::NONE
        };
        Ok(Self {
            form,
            writable,
            rights: Rights::told(chosen, writable, metadata)?,
            now: now(),
        })
    }

    /// Appends the line of one entry; asks what it is, and says so, only if the form tells.
    fn write(
        &self,
        name: &[u8],
        found: impl FnOnce() -> Option<Found>,
        out: &mut Vec<u8>,
    ) -> Option<Attributes> {
        if let Form::Names(prefix) = &self.form {
            write_name(prefix, out);
            write_name(name, out);
            out.extend_from_slice(b"\r\n");
            return None;
        }
        let found = found()?;
        self.write_facts(found.facts(name, self.rights.as_ref()), out);
        Some(found.attributes)
    }

    /// The directory itself and, below the root, the one above it (RFC 3659 §7.5.1).
    fn write_dots(
        &self,
        above: &Root,
        path: &VirtualPath,
        root: &Root,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        let mut write = |name: &[u8], kind, attributes: &Attributes| {
            let facts = facts(name, attributes, self.rights.as_ref(), Some(kind));
            self.write_facts(facts, out);
        };
        write(
            b".",
            EntryKind::Current,
            &Attributes::from(&root.metadata(&VirtualPath::default())?),
        );
        if !path.is_root() {
            let parent = Attributes::from(&above.metadata(&path.parent())?);
            write(b"..", EntryKind::Parent, &parent);
        }
        Ok(())
    }

    fn write_facts(&self, facts: Facts<'_>, out: &mut Vec<u8>) {
        match &self.form {
            Form::Facts(chosen) => write_mlsd_line(&facts, *chosen, out),
            Form::Iis => {
                let facts = Facts {
                    mode: if self.writable { 0o777 } else { 0o555 },
                    links: 1,
                    owner: b"owner",
                    group: b"group",
                    target: None,
                    size: if facts.kind == EntryKind::Directory {
                        0
                    } else {
                        facts.size
                    },
                    ..facts
                };
                write_iis_line(&facts, self.now, out);
            }
            _ => write_posix_line(&facts, self.now, out),
        }
    }
}

impl fmt::Debug for Lister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lister({:?})", self.writer.form)
    }
}

impl Found {
    /// What a listing says about it.
    pub(crate) fn facts<'a>(&'a self, name: &'a [u8], rights: Option<&Rights>) -> Facts<'a> {
        Facts {
            target: self.target.as_deref(),
            ..facts(name, &self.attributes, rights, None)
        }
    }
}

/// What a listing says about an entry. Owner and group stay private, and so does what may be done
/// unless the rights to it are known.
fn facts<'a>(
    name: &'a [u8],
    attributes: &Attributes,
    rights: Option<&Rights>,
    shown: Option<EntryKind>,
) -> Facts<'a> {
    let kind = shown.unwrap_or(attributes.kind());
    Facts {
        kind,
        mode: attributes.mode,
        links: attributes.links,
        owner: b"ftp",
        group: b"ftp",
        size: attributes.size,
        modified: attributes.modified,
        perm: rights.map_or(Perm::NONE, |rights| rights.perm(kind, attributes)),
        unique: attributes.identity,
        name,
        target: None,
    }
}

/// Seconds since 1970 UTC.
pub(crate) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok())
        .unwrap_or(0)
}
