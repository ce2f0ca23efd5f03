//! Packages as immutable revisions: the files, byte for byte.

use crate::{
    Failure, Tx,
    cell::{Row, Type, cells, row},
    sql::{Dialect, Insert},
};
use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use model::{Id, Name};
use std::sync::{Arc, LazyLock};

/// A published revision of a package without its files.
#[derive(Clone, Debug, PartialEq)]
pub struct RevisionHead {
    pub name: Name,
    /// Rises by one with each publish of the package, from 1.
    pub revision: u64,
    /// What the manifest says.
    pub version: String,
    /// blake3 over paths and bytes, hexadecimal.
    pub hash: String,
    pub published_at: DateTime<Utc>,
    /// Left out for what came with the product.
    pub published_by: Option<Id>,
}

/// A published revision of a package.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub head: RevisionHead,
    pub files: IndexMap<String, Arc<[u8]>>,
}

const HEAD: &[Type] = &[
    Type::Text,
    Type::Int,
    Type::Text,
    Type::Text,
    Type::Moment,
    Type::Id,
];

static FILES: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "package_file",
        &[
            ("name", Type::Text),
            ("revision", Type::Int),
            ("path", Type::Text),
            ("body", Type::Bytes),
        ],
        "",
    )
});

fn head(r: &mut Row) -> Result<RevisionHead, Failure> {
    Ok(RevisionHead {
        name: r.parse()?,
        revision: r.count()?,
        version: r.string()?,
        hash: r.string()?,
        published_at: r.moment()?,
        published_by: r.maybe_id()?,
    })
}

/// The hash of a package's files: over each path and its bytes, by path.
pub fn files_hash(files: &IndexMap<String, Arc<[u8]>>) -> String {
    let mut paths: Vec<_> = files.keys().collect();
    paths.sort();
    let mut hash = blake3::Hasher::new();
    for path in paths {
        hash.update(&(path.len() as u64).to_le_bytes());
        hash.update(path.as_bytes());
        hash.update(&(files[path].len() as u64).to_le_bytes());
        hash.update(&files[path]);
    }
    hash.finalize().to_hex().to_string()
}

impl Tx {
    /// Keeps the files of a package as its next revision; the same files as the newest revision
    /// give that one back. Raises the site's catalogue number, by which other nodes notice.
    pub async fn add_revision(
        &mut self,
        name: &Name,
        version: &str,
        files: &IndexMap<String, Arc<[u8]>>,
        at: DateTime<Utc>,
        by: Option<Id>,
    ) -> Result<RevisionHead, Failure> {
        let newest = self.newest(Some(name)).await?.into_iter().next();
        let hash = files_hash(files);
        if let Some(same) = newest.as_ref().filter(|n| n.hash == hash) {
            return Ok(same.clone());
        }
        let new = RevisionHead {
            name: name.clone(),
            revision: newest.map_or(1, |n| n.revision + 1),
            version: version.into(),
            hash,
            published_at: at,
            published_by: by,
        };
        let number = self.raise_catalogue().await?;
        self.run(
            "insert into package(name, revision, version, hash, published_at, published_by, number) \
             values ($1, $2, $3, $4, $5, $6, $7)",
            &cells![name, new.revision, version, &new.hash, at, by, number],
        )
        .await?;
        let rows = files
            .iter()
            .map(|(path, body)| row![name, new.revision, path, body.clone()])
            .collect();
        self.insert(&FILES, rows).await?;
        Ok(new)
    }
    /// The newest revision of every package.
    pub async fn packages(&mut self) -> Result<Vec<RevisionHead>, Failure> {
        self.newest(None).await
    }
    /// The revision of every package that was the newest when the catalogue had this number.
    pub async fn packages_at(&mut self, number: u64) -> Result<Vec<RevisionHead>, Failure> {
        let mut rows = self
            .rows(
                "select name, revision, version, hash, published_at, published_by from package p \
                 where revision = (select max(revision) from package q \
                 where q.name = p.name and q.number <= $1) order by name",
                &cells![number],
                HEAD,
            )
            .await?;
        rows.iter_mut().map(head).collect()
    }
    /// Every revision of a package, newest first.
    pub async fn revisions(&mut self, name: &Name) -> Result<Vec<RevisionHead>, Failure> {
        let mut rows = self
            .rows(
                "select name, revision, version, hash, published_at, published_by from package \
                 where name = $1 order by revision desc",
                &cells![name],
                HEAD,
            )
            .await?;
        rows.iter_mut().map(head).collect()
    }
    async fn newest(&mut self, name: Option<&Name>) -> Result<Vec<RevisionHead>, Failure> {
        let mut text = "select name, revision, version, hash, published_at, published_by \
             from package p where revision = (select max(revision) from package q \
             where q.name = p.name)"
            .to_owned();
        if name.is_some() {
            text.push_str(" and name = $1");
        }
        text.push_str(" order by name");
        let binds = name.map_or(vec![], |n| row![n]);
        let mut rows = self.rows(text, &binds, HEAD).await?;
        rows.iter_mut().map(head).collect()
    }
    /// One revision with its files. [`Failure::NotFound`] if there is none.
    pub async fn revision(&mut self, name: &Name, revision: u64) -> Result<Revision, Failure> {
        let row = self
            .row(
                "select name, revision, version, hash, published_at, published_by from package \
                 where name = $1 and revision = $2",
                &cells![name, revision],
                HEAD,
            )
            .await?;
        let head = head(&mut row.ok_or(Failure::NotFound)?)?;
        let rows = self
            .rows(
                "select path, body from package_file where name = $1 and revision = $2 \
                 order by path",
                &cells![name, revision],
                &[Type::Text, Type::Bytes],
            )
            .await?;
        let mut files = IndexMap::new();
        for mut row in rows {
            files.insert(row.string()?, row.bytes()?);
        }
        Ok(Revision { head, files })
    }

    /// A number that rises with every publish; a node that sees a newer one loads the packages.
    pub async fn catalogue(&mut self) -> Result<u64, Failure> {
        Ok(self
            .site("catalogue")
            .await?
            .and_then(|t| t.parse().ok())
            .unwrap_or(0))
    }
    async fn raise_catalogue(&mut self) -> Result<u64, Failure> {
        let next = self.catalogue().await? + 1;
        self.set_site("catalogue", &next.to_string()).await?;
        Ok(next)
    }
    /// Something the site keeps about itself by name.
    pub async fn site(&mut self, key: &str) -> Result<Option<String>, Failure> {
        self.row(
            "select value from site where key = $1",
            &cells![key],
            &[Type::Text],
        )
        .await?
        .map(|mut r| r.string())
        .transpose()
    }
    /// Keeps something about the site by name.
    pub async fn set_site(&mut self, key: &str, value: &str) -> Result<(), Failure> {
        self.run(
            "insert into site(key, value) values ($1, $2) \
             on conflict (key) do update set value = excluded.value",
            &cells![key, value],
        )
        .await
        .map(|_| ())
    }
    /// Where the site is, by the name of its zone, if that was ever said.
    pub async fn zone(&mut self) -> Result<Option<String>, Failure> {
        self.site("zone").await
    }
    /// Says where the site is; other nodes notice as they notice a publish.
    pub async fn set_zone(&mut self, zone: &str) -> Result<(), Failure> {
        self.set_site("zone", zone).await?;
        self.raise_catalogue().await.map(|_| ())
    }
    /// Keeps other publishes and every command waiting until this one is done, after those that
    /// are on their way (PostgreSQL; SQLite has one writer). Comes before any other lock.
    pub async fn lock_publish(&mut self) -> Result<(), Failure> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        self.run(
            "select pg_advisory_xact_lock(hashtext('formwork'), hashtext(current_schema()))",
            &[],
        )
        .await
        .map(|_| ())
    }
    /// The catalogue's number, which stays what it is until the end of the command: a publish
    /// waits for it. Comes before any lock but that of a key.
    pub async fn hold_catalogue(&mut self) -> Result<u64, Failure> {
        let number = match self.dialect() {
            Dialect::Sqlite => self.site("catalogue").await?,
            // The number is read by a statement of its own, after the lock: what a statement
            // sees is settled before it waits.
            Dialect::Postgres => {
                self.last_text(
                    "select pg_advisory_xact_lock_shared(hashtext('formwork'), \
                     hashtext(current_schema())); \
                     select value from site where key = 'catalogue'",
                )
                .await?
            }
        };
        Ok(number.and_then(|n| n.parse().ok()).unwrap_or(0))
    }
}
