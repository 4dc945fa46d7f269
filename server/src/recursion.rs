//! The directories that LIST -R has still to show.

use proto::write_name;

use crate::attributes::Attributes;
use crate::listing::Directory;
use crate::order::Order;
use crate::path::VirtualPath;
use crate::root::Root;

/// How deep a recursive listing goes, and how many bytes of memory the directories may take that
/// it still has to show. It leaves out what is beyond.
const MAX_DEPTH: usize = 64;
const MAX_WAITING: usize = 4 << 20;

/// The directories that a recursive listing has still to show, each after the line that names it.
pub(crate) struct Recursion {
    /// What all are below.
    root: Root,
    /// How the client named that.
    base: Vec<u8>,
    /// The device and inode of what is not to be shown.
    hidden: Option<(u64, u64)>,
    /// That of the entries of each.
    order: Order,
    /// The directory that is being listed.
    current: VirtualPath,
    /// The directories that were seen in it.
    seen: Vec<VirtualPath>,
    /// The next one last.
    waiting: Vec<VirtualPath>,
    /// Bytes of both.
    bytes: usize,
}

/// What keeping a path takes: the value, the bytes and what the allocator adds.
fn room(path: &VirtualPath) -> usize {
    size_of::<VirtualPath>() + path.len() + 16
}

impl Recursion {
    /// Begins with `root` itself, which the client named `base`; the directory `hidden` is never
    /// looked into.
    pub(crate) fn new(root: Root, base: &[u8], hidden: Option<Attributes>, order: Order) -> Self {
        Self {
            root,
            base: base.to_vec(),
            hidden: hidden.map(|hidden| hidden.identity),
            order,
            current: VirtualPath::default(),
            seen: Vec::new(),
            waiting: Vec::new(),
            bytes: 0,
        }
    }

    /// Remembers a directory in the current one.
    pub(crate) fn see(&mut self, name: &[u8], found: &Attributes) {
        let path = self.current.child(name);
        let is_hidden = self.hidden == Some(found.identity);
        let is_room = self.bytes + room(&path) <= MAX_WAITING;
        if !is_hidden && is_room && path.depth() <= MAX_DEPTH {
            self.bytes += room(&path);
            self.seen.push(path);
        }
    }

    /// Opens the next directory; those that cannot be are passed over.
    pub(crate) fn next(&mut self) -> Option<(Directory, &Self)> {
        self.waiting.extend(self.seen.drain(..).rev());
        while let Some(path) = self.waiting.pop() {
            self.bytes -= room(&path);
            if let Ok(directory) = Directory::open(&self.root, &path, None, self.order) {
                self.current = path;
                return Some((directory, self));
            }
        }
        None
    }

    /// `./sub:`
    pub(crate) fn write_head(&self, out: &mut Vec<u8>) {
        write_name(&self.base, out);
        let mut path = Vec::new();
        self.current.write(&mut path);
        let path = path.strip_prefix(b"/").unwrap_or(&path);
        if !path.is_empty() {
            if !self.base.ends_with(b"/") {
                out.push(b'/');
            }
            write_name(path, out);
        }
        out.extend_from_slice(b":\r\n");
    }
}
