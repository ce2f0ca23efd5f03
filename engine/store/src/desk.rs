//! What people leave beside records: comments, saved views, files.

use crate::{
    Failure, Tx,
    cell::{Row, Type, cells, row},
    sql::{Dialect, Insert, Sql},
};
use chrono::{DateTime, Utc};
use model::{Id, Ref};
use std::{collections::HashSet, sync::LazyLock};

/// A remark on a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub id: Id,
    pub form: Ref,
    pub record: Id,
    pub at: DateTime<Utc>,
    pub by: Id,
    pub body: String,
    /// Users named in it.
    pub mentions: Vec<Id>,
}

/// A saved list view.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    pub id: Id,
    pub user: Id,
    pub form: Ref,
    pub name: String,
    /// Filter, sort and columns, as JSON.
    pub body: String,
    /// Others see it too.
    pub shared: bool,
    pub position: u32,
}

/// A file that was uploaded.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// blake3, hexadecimal.
    pub hash: String,
    pub size: u64,
    pub media: String,
    pub created_at: DateTime<Utc>,
    pub by: Id,
}

/// Where a file is used: it is served to who may read that field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileUse {
    pub hash: String,
    pub form: Ref,
    pub record: Id,
    /// `field` or `table.field`.
    pub field: String,
}

static USE: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "file_use",
        &[
            ("record", Type::Id),
            ("hash", Type::Text),
            ("form", Type::Text),
            ("field", Type::Text),
        ],
        " on conflict do nothing",
    )
});

const VIEW: &[Type] = &[
    Type::Id,
    Type::Id,
    Type::Text,
    Type::Text,
    Type::Text,
    Type::Bool,
    Type::Int,
];

fn view(r: &mut Row) -> Result<View, Failure> {
    Ok(View {
        id: r.id()?,
        user: r.id()?,
        form: r.parse()?,
        name: r.string()?,
        body: r.string()?,
        shared: r.bool()?,
        position: r.small()?,
    })
}

impl Tx {
    /// Adds a comment.
    pub async fn add_comment(&mut self, c: &Comment) -> Result<(), Failure> {
        let mentions = serde_json::to_string(&c.mentions)
            .map_err(|_| Failure::bad("bad_value", "mentions"))?;
        self.run(
            "insert into comment(id, form, record, at, \"by\", body, mentions) \
             values ($1, $2, $3, $4, $5, $6, $7)",
            &cells![c.id, &c.form, c.record, c.at, c.by, &c.body, mentions],
        )
        .await
        .map(|_| ())
    }
    /// The comments of a record, newest first; `after` is the id of the last one seen. Ask for the
    /// record under a scope first.
    pub async fn comments(
        &mut self,
        record: Id,
        after: Option<Id>,
        limit: u32,
    ) -> Result<Vec<Comment>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select id, form, at, \"by\", body, mentions from comment where record = ");
        sql.bind(record);
        if let Some(after) = after {
            sql.push(" and id < ").bind(after);
        }
        sql.push(" order by id desc limit ").bind(limit);
        let (text, binds) = sql.done();
        let rows = self
            .rows(
                text,
                &binds,
                &[
                    Type::Id,
                    Type::Text,
                    Type::Moment,
                    Type::Id,
                    Type::Text,
                    Type::Text,
                ],
            )
            .await?;
        rows.into_iter()
            .map(|mut r| {
                Ok(Comment {
                    record,
                    id: r.id()?,
                    form: r.parse()?,
                    at: r.moment()?,
                    by: r.id()?,
                    body: r.string()?,
                    mentions: serde_json::from_str(&r.text()?)
                        .map_err(|_| Failure::corrupt("mentions"))?,
                })
            })
            .collect()
    }

    /// Saves a view under its id. [`Failure::NotFound`] if it is somebody else's.
    pub async fn save_view(&mut self, v: &View) -> Result<(), Failure> {
        let touched = self
            .run(
                "insert into view(id, \"user\", form, name, body, shared, position) \
                 values ($1, $2, $3, $4, $5, $6, $7) on conflict (id) do update set \
                 name = excluded.name, body = excluded.body, shared = excluded.shared, \
                 position = excluded.position where view.\"user\" = excluded.\"user\"",
                &cells![
                    v.id, v.user, &v.form, &v.name, &v.body, v.shared, v.position
                ],
            )
            .await?;
        if touched == 1 {
            Ok(())
        } else {
            Err(Failure::NotFound)
        }
    }
    /// A user's views of a form and those others share.
    pub async fn views(&mut self, user: Id, form: &Ref) -> Result<Vec<View>, Failure> {
        let mut rows = self
            .rows(
                "select id, \"user\", form, name, body, shared, position from view \
                 where form = $1 and (\"user\" = $2 or shared = true) order by position, name, id",
                &cells![form, user],
                VIEW,
            )
            .await?;
        rows.iter_mut().map(view).collect()
    }
    /// Deletes a user's own view.
    pub async fn delete_view(&mut self, id: Id, user: Id) -> Result<(), Failure> {
        match self
            .run(
                "delete from view where id = $1 and \"user\" = $2",
                &cells![id, user],
            )
            .await?
        {
            0 => Err(Failure::NotFound),
            _ => Ok(()),
        }
    }

    /// Keeps what is known of an uploaded file, after its bytes are safe ([`crate::Store::put_blob`]).
    pub async fn add_file(&mut self, f: &File) -> Result<(), Failure> {
        self.run(
            "insert into file(hash, size, media, created_at, \"by\") values ($1, $2, $3, $4, $5) \
             on conflict(hash) do update set created_at = excluded.created_at",
            &cells![&f.hash, f.size, &f.media, f.created_at, f.by],
        )
        .await?;
        self.run(
            "insert into upload(\"user\", hash, size, at) values ($1, $2, $3, $4) \
             on conflict(\"user\", hash) do update set at = excluded.at",
            &cells![f.by, &f.hash, f.size, f.created_at],
        )
        .await
        .map(|_| ())
    }
    /// Which of these hashes a user has sent himself.
    pub async fn uploaded(
        &mut self,
        user: Id,
        hashes: &[String],
    ) -> Result<HashSet<String>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select hash from upload where \"user\" = ");
        sql.bind(user);
        sql.push(" and hash");
        sql.within(Type::Text, hashes.iter().map(Into::into).collect());
        let (text, binds) = sql.done();
        let rows = self.rows(text, &binds, &[Type::Text]).await?;
        rows.into_iter().map(|mut r| r.string()).collect()
    }
    /// What is known of files by hash.
    pub async fn files(&mut self, hashes: &[String]) -> Result<Vec<File>, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select hash, size, media, created_at, \"by\" from file where hash");
        sql.within(Type::Text, hashes.iter().map(Into::into).collect());
        let (text, binds) = sql.done();
        self.files_in(text, &binds).await
    }
    async fn files_in(
        &mut self,
        text: crate::sql::Text,
        binds: &[crate::cell::Cell],
    ) -> Result<Vec<File>, Failure> {
        let types = [Type::Text, Type::Int, Type::Text, Type::Moment, Type::Id];
        let rows = self.rows(text, binds, &types).await?;
        rows.into_iter()
            .map(|mut r| {
                Ok(File {
                    hash: r.string()?,
                    size: r.count()?,
                    media: r.string()?,
                    created_at: r.moment()?,
                    by: r.id()?,
                })
            })
            .collect()
    }
    /// Makes these the files a record uses, and no others.
    pub async fn set_file_uses(&mut self, record: Id, uses: &[FileUse]) -> Result<(), Failure> {
        self.run("delete from file_use where record = $1", &cells![record])
            .await?;
        let rows = uses
            .iter()
            .map(|u| row![record, &u.hash, &u.form, &u.field])
            .collect();
        self.insert(&USE, rows).await.map(|_| ())
    }
    /// Where a file is used.
    pub async fn uses_of(&mut self, hash: &str) -> Result<Vec<FileUse>, Failure> {
        let rows = self
            .rows(
                "select form, record, field from file_use where hash = $1",
                &cells![hash],
                &[Type::Text, Type::Id, Type::Text],
            )
            .await?;
        rows.into_iter()
            .map(|mut r| {
                Ok(FileUse {
                    hash: hash.into(),
                    form: r.parse()?,
                    record: r.id()?,
                    field: r.string()?,
                })
            })
            .collect()
    }
    /// Files from before a moment that nothing uses: their bytes may go.
    pub async fn unused_files(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<File>, Failure> {
        self.files_in(
            "select hash, size, media, created_at, \"by\" from file f where created_at < $1 \
             and not exists (select 1 from file_use u where u.hash = f.hash) limit $2"
                .into(),
            &cells![before, limit],
        )
        .await
    }
    /// Forgets a file from before a moment that nothing uses, and who sent it. Says whether it
    /// did; until the command ends, nobody can send or use it.
    pub async fn forget_file(
        &mut self,
        hash: &str,
        before: DateTime<Utc>,
    ) -> Result<bool, Failure> {
        if self.dialect() == Dialect::Postgres {
            // The delete shall see what whoever held the row has written.
            let lock = "select hash from file where hash = $1 for update";
            self.rows(lock, &cells![hash], &[Type::Text]).await?;
        }
        let gone = self
            .run(
                "delete from file where hash = $1 and created_at < $2 \
                 and not exists (select 1 from file_use u where u.hash = file.hash)",
                &cells![hash, before],
            )
            .await?;
        if gone == 1 {
            self.run("delete from upload where hash = $1", &cells![hash])
                .await?;
        }
        Ok(gone == 1)
    }
    /// Makes sure that files are known, and stay so until the end of the command.
    /// [`Failure::NotFound`] if one is not.
    pub async fn hold_files(&mut self, hashes: &[String]) -> Result<(), Failure> {
        let mut list = hashes.to_vec();
        list.sort();
        list.dedup();
        let mut sql = Sql::new(self.dialect());
        sql.push("select hash from file where hash");
        sql.within(Type::Text, list.iter().map(Into::into).collect());
        if self.dialect() == Dialect::Postgres {
            sql.push(" order by hash for key share");
        }
        let (text, binds) = sql.done();
        match self.rows(text, &binds, &[Type::Text]).await?.len() == list.len() {
            true => Ok(()),
            false => Err(Failure::NotFound),
        }
    }
    /// How many bytes a user has sent since then.
    pub async fn bytes_sent(&mut self, user: Id, since: DateTime<Utc>) -> Result<u64, Failure> {
        let row = self
            .row(
                "select cast(coalesce(sum(size), 0) as bigint) from upload \
                 where \"user\" = $1 and at >= $2",
                &cells![user, since],
                &[Type::Int],
            )
            .await?;
        row.map_or(Ok(0), |mut r| r.count())
    }
}
