//! A folder here that is made for what will come into it; when nothing comes, it goes again.

use std::path::{Path, PathBuf};

use client::{ClientError, Folder};

/// The folders that were made. Dropped, it removes them where they are empty.
#[derive(Debug, Default)]
pub(super) struct Made(Vec<PathBuf>);

impl Made {
    /// Opens a folder; makes it, and what leads to it, if it is missing.
    pub(super) fn open(path: &Path) -> Result<(Folder, Self), ClientError> {
        let missing = path.ancestors().take_while(|above| {
            let is_named = !above.as_os_str().is_empty();
            is_named && std::fs::symlink_metadata(above).is_err()
        });
        // Before they are made: one that cannot be may have had some made before it.
        let made = Self(missing.map(Path::to_path_buf).collect());
        Ok((Folder::open_or_make(path)?, made))
    }

    /// They stay, empty or not.
    pub(super) fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // The innermost first. One that holds something is not removed.
        for folder in &self.0 {
            let _ = std::fs::remove_dir(folder);
        }
    }
}
