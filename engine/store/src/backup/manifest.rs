//! What a backup holds, file by file, so that one that was damaged on its way is not restored.

use super::{HEAD, SEAL, bad};
use crate::Failure;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The files of a backup by their path in it, with `/` between its parts.
pub(super) type Files = BTreeMap<String, Known>;

/// What a file must be.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    size: u64,
    blake3: String,
}

/// Every file in a folder but those that say what the others are. A link, a pipe or a device is
/// refused: it could lead anywhere.
pub(super) fn files(dir: &Path) -> Result<Files, Failure> {
    let mut out = Files::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(dir.join(&folder))? {
            let entry = entry?;
            let at = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(at);
            } else if !kind.is_file() {
                return Err(bad(format!("{} is no plain file", at.display())));
            } else if at != Path::new(HEAD) && at != Path::new(SEAL) {
                let parts: Vec<_> = at.iter().map(|p| p.to_string_lossy()).collect();
                out.insert(parts.join("/"), known(&dir.join(&at))?);
            }
        }
    }
    Ok(out)
}

fn known(path: &Path) -> Result<Known, Failure> {
    let mut hash = blake3::Hasher::new();
    let file = fs::File::open(path)?;
    let size = file.metadata()?.len();
    hash.update_reader(file)?;
    Ok(Known {
        size,
        blake3: hash.finalize().to_hex().to_string(),
    })
}

/// Refuses a backup whose files are not those it was made with.
pub(super) fn check(dir: &Path, wanted: &Files) -> Result<(), Failure> {
    let found = files(dir)?;
    for (path, file) in wanted {
        match found.get(path) {
            None => return Err(bad(format!("the backup lacks {path}"))),
            Some(now) if now != file => {
                return Err(bad(format!("{path} of the backup is damaged")));
            }
            Some(_) => {}
        }
    }
    match found.keys().find(|path| !wanted.contains_key(*path)) {
        Some(path) => Err(bad(format!("{path} is not of the backup"))),
        None => Ok(()),
    }
}
