//! Bytes of files: in a folder, named by their content. They are on disk before any row names
//! them (6.1 rule 11).

use crate::{Failure, Store, private};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// Whether a text can name a blob: 64 hexadecimal digits, so it is never a path.
fn good(hash: &str) -> bool {
    hash.len() == 64
        && hash
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn place(dir: &Path, hash: &str) -> Result<PathBuf, Failure> {
    if good(hash) {
        Ok(dir.join("blobs").join(&hash[..2]).join(&hash[2..]))
    } else {
        Err(Failure::NotFound)
    }
}

/// Writes bytes under their hash: a temporary file, synced, renamed, the folders synced.
fn put(dir: &Path, bytes: &[u8]) -> Result<String, Failure> {
    let hash = blake3::hash(bytes).to_hex().to_string();
    let target = place(dir, &hash)?;
    if target.exists() {
        return Ok(hash);
    }
    let (blobs, folder) = (dir.join("blobs"), dir.join("blobs").join(&hash[..2]));
    private::folder(&folder)?;
    let temporary = folder.join(format!("{}.tmp", uuid::Uuid::new_v4().simple()));
    let written = (|| {
        let mut file = private::create_new(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        for folder in [&folder, &blobs] {
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(hash)
    })();
    if written.is_err() {
        // Nothing names it; leaving it would only waste space.
        let _ = fs::remove_file(&temporary);
    }
    written
}

impl Store {
    /// Keeps bytes and gives their hash (blake3, hexadecimal) after they are on disk.
    pub async fn put_blob(&self, bytes: Vec<u8>) -> Result<String, Failure> {
        let dir = self.dir().to_owned();
        let done = tokio::task::spawn_blocking(move || put(&dir, &bytes)).await;
        done.map_err(|e| Failure::Io(e.to_string()))?
    }
    /// Where the bytes of a hash are. [`Failure::NotFound`] if there are none.
    pub fn blob_path(&self, hash: &str) -> Result<PathBuf, Failure> {
        let path = place(self.dir(), hash)?;
        if path.is_file() {
            Ok(path)
        } else {
            Err(Failure::NotFound)
        }
    }
    /// The bytes of a hash.
    pub async fn read_blob(&self, hash: &str) -> Result<Vec<u8>, Failure> {
        let path = self.blob_path(hash)?;
        let done = tokio::task::spawn_blocking(move || fs::read(path)).await;
        Ok(done.map_err(|e| Failure::Io(e.to_string()))??)
    }
    /// Deletes the bytes of a hash, in the command that forgets it and before that ends: whoever
    /// sends the same bytes meanwhile waits for the row, and writes them again.
    pub fn remove_blob(&self, hash: &str) -> Result<(), Failure> {
        match self.blob_path(hash) {
            Ok(path) => Ok(fs::remove_file(path)?),
            Err(Failure::NotFound) => Ok(()),
            Err(other) => Err(other),
        }
    }
}
