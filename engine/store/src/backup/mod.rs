//! Backup of a running site into a folder, and a site again from such a folder.
//!
//! The folder holds the database (`site.db`, or a file a table), `blobs/`, `backup.json`, which
//! knows every other file by its hash, and `backup.blake3`, the hash of that. The database is
//! copied first: every blob its rows name is on disk by then.

mod manifest;
mod postgres;

use crate::{Address, Failure, Store, migrate, private, sqlite};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// What `backup.json` says.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: u32,
    /// `sqlite` or `postgres`; one is not restored into the other.
    database: String,
    made_at: chrono::DateTime<chrono::Utc>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tables: Vec<postgres::Table>,
    files: manifest::Files,
}
const FORMAT: u32 = 2;
const HEAD: &str = "backup.json";
const SEAL: &str = "backup.blake3";

fn bad(why: impl ToString) -> Failure {
    Failure::Unsafe(why.to_string())
}

/// Makes a folder, which must be empty or missing.
fn empty(dir: &Path) -> Result<(), Failure> {
    private::folder(dir)?;
    match fs::read_dir(dir)?.next() {
        None => Ok(()),
        Some(_) => Err(bad(format!("{} is not empty", dir.display()))),
    }
}

/// Copies files and folders, and syncs each to disk.
fn copy_all(from: &Path, to: &Path) -> Result<(), Failure> {
    if !from.exists() {
        return Ok(());
    }
    private::folder(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else if entry.path().extension().is_none_or(|e| e != "tmp") {
            match fs::copy(entry.path(), &target) {
                Ok(_) => {
                    private::keep(&target)?;
                    fs::File::open(&target)?.sync_all()?;
                }
                // Collected as garbage meanwhile: no row of the copy names it.
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
    fs::File::open(to)?.sync_all()?;
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    let mut file = private::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

/// Copies a SQLite database while it is in use: one snapshot, without holding the writer up.
fn copy_database(from: &Path, to: &Path) -> Result<(), Failure> {
    let source = rusqlite::Connection::open(from.join(crate::FILE))?;
    private::create_new(&to.join(crate::FILE))?;
    let mut target = rusqlite::Connection::open(to.join(crate::FILE))?;
    {
        let backup = rusqlite::backup::Backup::new(&source, &mut target)?;
        // All pages in one step: smaller ones would start over with every commit.
        while backup.step(-1)? != rusqlite::backup::StepResult::Done {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
    target.close().map_err(|(_, e)| Failure::from(e))?;
    fs::File::open(to.join(crate::FILE))?.sync_all()?;
    Ok(())
}

/// Runs what blocks on a thread for it.
async fn blocking<T: Send + 'static>(
    run: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(run).await;
    done.map_err(|e| Failure::Io(e.to_string()))?
}

impl Store {
    /// Copies the whole site into an empty folder while it goes on working: the state of one
    /// moment. [`Failure::Unsafe`] if the folder is not empty.
    pub async fn backup(&self, to: &Path) -> Result<(), Failure> {
        let (to, from) = (to.to_owned(), self.dir().to_owned());
        let folder = to.clone();
        blocking(move || empty(&folder)).await?;
        let mut head = Head {
            format: FORMAT,
            database: "sqlite".into(),
            made_at: chrono::Utc::now(),
            tables: vec![],
            files: manifest::Files::new(),
        };
        match self.pool() {
            None => {
                let (from, to) = (from.clone(), to.clone());
                blocking(move || copy_database(&from, &to)).await?;
            }
            Some(pool) => {
                head.database = "postgres".into();
                head.tables = postgres::dump(pool, &to).await?;
            }
        }
        blocking(move || {
            copy_all(&from.join("blobs"), &to.join("blobs"))?;
            head.files = manifest::files(&to)?;
            let json = serde_json::to_vec_pretty(&head).map_err(bad)?;
            write(&to.join(HEAD), &json)?;
            // Last: a folder without it is no backup.
            write(&to.join(SEAL), blake3::hash(&json).to_hex().as_bytes())?;
            Ok(fs::File::open(&to)?.sync_all()?)
        })
        .await
    }

    /// Makes a site out of a backup. The address must be free: an empty folder, and on PostgreSQL
    /// a schema without tables. Opens it once, so that the tables of the engine are of today.
    pub async fn restore(from: &Path, address: Address) -> Result<Self, Failure> {
        let source = from.to_owned();
        let head: Head = blocking(move || {
            let part = |name| {
                fs::read(source.join(name))
                    .map_err(|e| bad(format!("{} is no backup: {e}", source.display())))
            };
            let (json, seal) = (part(HEAD)?, part(SEAL)?);
            if blake3::hash(&json).to_hex().as_bytes() != seal {
                return Err(bad(format!("{HEAD} of the backup is damaged")));
            }
            let head: Head = serde_json::from_slice(&json).map_err(bad)?;
            if head.format != FORMAT {
                return Err(bad(format!("a backup of format {}", head.format)));
            }
            manifest::check(&source, &head.files)?;
            Ok(head)
        })
        .await?;
        let source = from.to_owned();
        match &address {
            Address::Sqlite { dir } if head.database == "sqlite" => {
                let dir = dir.clone();
                blocking(move || restore_files(&source, &dir, true)).await?;
            }
            Address::Postgres {
                url,
                schema,
                dir,
                allow_unsafe,
            } if head.database == "postgres" => {
                let (folder, blobs) = (dir.clone(), source.clone());
                blocking(move || restore_files(&blobs, &folder, false)).await?;
                let pools = crate::postgres::connect(url, schema, 1, *allow_unsafe).await?;
                postgres::load(&pools.writes, &source, &head.tables).await?;
            }
            _ => return Err(bad(format!("a backup of {}", head.database))),
        }
        Self::open(address).await
    }
}

/// Copies a backup's files into an empty folder.
fn restore_files(from: &Path, dir: &PathBuf, database: bool) -> Result<(), Failure> {
    empty(dir)?;
    let _lock = sqlite::lock(dir)?;
    copy_all(&from.join("blobs"), &dir.join("blobs"))?;
    if database {
        fs::copy(from.join(crate::FILE), dir.join(crate::FILE))?;
        private::keep(&dir.join(crate::FILE))?;
        fs::File::open(dir.join(crate::FILE))?.sync_all()?;
        let mut c = sqlite::connect(dir, true)?;
        migrate::sqlite(&mut c)?;
    }
    fs::File::open(dir)?.sync_all()?;
    Ok(())
}
