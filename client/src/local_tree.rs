//! The tree of folders here that is one side of a mirror.

use std::collections::BTreeSet;
use std::io;

use crate::error::ClientError;
use crate::filter::Filter;
use crate::folder::{Folder, LocalEntry, LocalKind};
use crate::mirror::{Done, Mirror, MirrorEvent, report};

/// How deep a local tree may be.
const MAX_DEPTH: usize = 100;

/// The folder that plain names lead to, made where it is missing.
pub(crate) fn folder_below(root: &Folder, names: &[Vec<u8>]) -> Result<Folder, ClientError> {
    let mut folder = root.again()?;
    for name in names {
        folder = folder.below(name)?;
    }
    Ok(folder)
}

/// The same, if it is there.
pub(crate) fn existing_below(
    root: &Folder,
    names: &[Vec<u8>],
) -> Result<Option<Folder>, ClientError> {
    let mut folder = root.again()?;
    for name in names {
        match folder.find(name)? {
            Some(below) => folder = below,
            None => return Ok(None),
        }
    }
    Ok(Some(folder))
}

/// An entry of a tree here.
pub(crate) struct LocalTree {
    /// The names that lead to it from the tree's root, its own the last.
    pub(crate) names: Vec<Vec<u8>>,
    pub(crate) entry: LocalEntry,
}

impl LocalTree {
    pub(crate) fn is_folder(&self) -> bool {
        self.entry.kind == LocalKind::Folder
    }
}

/// What a tree here holds.
#[derive(Default)]
pub(crate) struct TreeHere {
    /// What the filter lets through, each folder before what is in it.
    pub(crate) found: Vec<LocalTree>,
    /// Whatever is there, also what the filter does not let through.
    pub(crate) all: BTreeSet<Vec<Vec<u8>>>,
    /// The folders that could not be read: what is in them nobody knows.
    pub(crate) unread: BTreeSet<Vec<Vec<u8>>>,
}

/// Everything below a folder here that the filter lets through. Symbolic links are not followed; a
/// folder that cannot be read is told of.
pub(crate) fn tree_here(
    root: &Folder,
    filter: &Filter,
    tell: &mut dyn FnMut(&MirrorEvent<'_>),
) -> Result<TreeHere, ClientError> {
    let TreeHere {
        mut found,
        mut all,
        mut unread,
    } = TreeHere::default();
    let mut open = vec![Vec::new()];
    while let Some(names) = open.pop() {
        if names.len() >= MAX_DEPTH {
            return Err(ClientError::TreeTooLarge("100 levels"));
        }
        let listed = existing_below(root, &names).and_then(|folder| match folder {
            Some(folder) => folder.entries(),
            // It was there a moment ago.
            None => Err(ClientError::Local(io::ErrorKind::NotFound.into())),
        });
        let entries = match listed {
            // The root itself is what was asked for.
            Err(error) if !names.is_empty() => {
                report(Err(error), &names.join(&b'/'), tell)?;
                unread.insert(names);
                continue;
            }
            listed => listed?,
        };
        for entry in entries {
            let names = [names.as_slice(), std::slice::from_ref(&entry.name)].concat();
            all.insert(names.clone());
            let is_folder = entry.kind == LocalKind::Folder;
            if filter.leaves_out(&names, is_folder) {
                continue;
            }
            if is_folder {
                open.push(names.clone());
            }
            found.push(LocalTree { names, entry });
        }
    }
    if filter.is_choosy() {
        let mut needed = BTreeSet::new();
        for local in found.iter().filter(|local| !local.is_folder()) {
            needed.extend((1..local.names.len()).map(|depth| local.names[..depth].to_vec()));
        }
        found.retain(|local| !local.is_folder() || needed.contains(&local.names));
    }
    Ok(TreeHere { found, all, unread })
}

/// Whether the path is that of an unread folder, or leads through one.
pub(crate) fn is_unread(unread: &BTreeSet<Vec<Vec<u8>>>, names: &[Vec<u8>]) -> bool {
    (1..=names.len()).any(|depth| unread.contains(&names[..depth]))
}

/// Removes what is not in `kept`, except for what the filter leaves out and what the original may
/// have in a directory that could not be read. Whether anything stays.
pub(crate) fn prune(
    folder: &Folder,
    names: &mut Vec<Vec<u8>>,
    kept: &BTreeSet<Vec<Vec<u8>>>,
    unread: &BTreeSet<Vec<Vec<u8>>>,
    mirror: &Mirror,
    tell: &mut dyn FnMut(&MirrorEvent<'_>),
) -> Result<bool, ClientError> {
    if names.len() >= MAX_DEPTH {
        return Err(ClientError::TreeTooLarge("100 levels"));
    }
    let mut holds = false;
    for entry in folder.entries()? {
        names.push(entry.name.clone());
        let stays = prune_entry(folder, &entry, names, kept, unread, mirror, tell)?;
        holds |= stays;
        names.pop();
    }
    Ok(holds)
}

/// The same with an entry of the folder: whether it stays.
fn prune_entry(
    folder: &Folder,
    entry: &LocalEntry,
    names: &mut Vec<Vec<u8>>,
    kept: &BTreeSet<Vec<Vec<u8>>>,
    unread: &BTreeSet<Vec<Vec<u8>>>,
    mirror: &Mirror,
    tell: &mut dyn FnMut(&MirrorEvent<'_>),
) -> Result<bool, ClientError> {
    let is_folder = entry.kind == LocalKind::Folder;
    if mirror.filter.leaves_out(names, is_folder) || is_unread(unread, names) {
        return Ok(true);
    }
    let is_kept = kept.contains(names);
    // What is left out may be in a folder that goes.
    let goes_through = is_folder && (is_kept || !mirror.filter.is_empty());
    if goes_through {
        let below = folder.below(&entry.name)?;
        let holds = prune(&below, names, kept, unread, mirror, tell)?;
        if holds {
            return Ok(true);
        }
    }
    if is_kept {
        return Ok(true);
    }
    let removed = if mirror.dry_run {
        Ok(())
    } else if goes_through {
        folder.remove_empty(&entry.name)
    } else {
        folder.remove(&entry.name)
    };
    let stays = removed.is_err();
    report(removed.map(|()| Done::Removed), &names.join(&b'/'), tell)?;
    Ok(stays)
}
