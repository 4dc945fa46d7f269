//! The tree of folders here that is one side of a mirror.

use std::collections::BTreeSet;

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

/// Everything below a folder here that the filter lets through, each folder before what is in it.
/// Symbolic links are not followed; a folder that cannot be read is told of.
pub(crate) fn tree_here(
    root: &Folder,
    filter: &Filter,
    tell: &mut dyn FnMut(&MirrorEvent<'_>),
) -> Result<Vec<LocalTree>, ClientError> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(names) = open.pop() {
        if names.len() >= MAX_DEPTH {
            return Err(ClientError::TreeTooLarge("100 levels"));
        }
        let listed = folder_below(root, &names).and_then(|folder| folder.entries());
        let entries = match listed {
            // The root itself is what was asked for.
            Err(error) if !names.is_empty() => {
                report(Err(error), &names.join(&b'/'), tell)?;
                continue;
            }
            listed => listed?,
        };
        for entry in entries {
            let names = [names.as_slice(), std::slice::from_ref(&entry.name)].concat();
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
    Ok(found)
}

/// Removes what is not in `kept`, except for what the filter leaves out.
pub(crate) fn prune(
    folder: &Folder,
    names: &mut Vec<Vec<u8>>,
    kept: &BTreeSet<Vec<Vec<u8>>>,
    mirror: &Mirror,
    tell: &mut dyn FnMut(&MirrorEvent<'_>),
) -> Result<(), ClientError> {
    if names.len() >= MAX_DEPTH {
        return Err(ClientError::TreeTooLarge("100 levels"));
    }
    for entry in folder.entries()? {
        names.push(entry.name.clone());
        let is_folder = entry.kind == LocalKind::Folder;
        if mirror.filter.leaves_out(names, is_folder) {
            names.pop();
            continue;
        }
        let is_kept = kept.contains(names);
        // What is left out may be in a folder that goes.
        if is_folder && (is_kept || !mirror.filter.is_empty()) {
            prune(&folder.below(&entry.name)?, names, kept, mirror, tell)?;
        }
        if !is_kept {
            let removed = if mirror.dry_run {
                Ok(Done::Removed)
            } else if is_folder && !mirror.filter.is_empty() {
                let removed = folder.remove_empty(&entry.name);
                Ok(removed.map_or(Done::Nothing, |()| Done::Removed))
            } else {
                folder.remove(&entry.name).map(|()| Done::Removed)
            };
            report(removed, &names.join(&b'/'), tell)?;
        }
        names.pop();
    }
    Ok(())
}
