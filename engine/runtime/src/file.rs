//! Files: kept by their content, and served only through a record that names them.

use crate::{Caller, Error, Site, sniff, view};
use bytes::Bytes;
use chrono::TimeDelta;
use model::{Form, Id, Look, Name, Path, Record, Ref, Value, value::Blob};
use serde_json::{Value as Json, json};
use store::{Audit, Failure, File};

/// Largest file, in bytes.
const SIZE_MAX: usize = 25 << 20;
/// Most bytes that one user sends in a day.
const DAY_MAX: u64 = 1 << 30;
/// How long a file is kept that no record uses.
const GRACE: TimeDelta = TimeDelta::days(1);
/// Files looked at in one go of the sweep.
const SWEPT: u32 = 200;
/// Longest name, in characters.
const NAME_MAX: usize = 200;

impl Site {
    /// Keeps a file, to be named in a field of a record later.
    pub async fn upload(&self, caller: &Caller, name: &str, bytes: Bytes) -> Result<Blob, Error> {
        if bytes.len() > SIZE_MAX {
            return Err(Error::BadRequest {
                code: "file_too_large".into(),
                at: "file".into(),
                with: vec![(SIZE_MAX >> 20).to_string()],
            });
        }
        let name = plain(name);
        let kind = sniff::media(&name, &bytes).filter(|_| !bytes.is_empty());
        let media = kind.ok_or_else(|| Error::bad("file_kind", "file"))?;
        let (user, now) = (caller.user.id, self.clock.now());
        let size = bytes.len() as u64;
        let sent = self
            .inner
            .store
            .read(move |tx| {
                let since = now - TimeDelta::days(1);
                Box::pin(async move { Ok::<_, Error>(tx.bytes_sent(user, since).await?) })
            })
            .await?;
        if sent + size > DAY_MAX {
            return Err(Error::Refused {
                code: "too_much_sent".into(),
                with: vec![(DAY_MAX >> 20).to_string()],
                say: None,
            });
        }
        let hash = self.inner.store.put_blob(bytes.to_vec()).await?;
        let row = File {
            hash: hash.clone(),
            size,
            media: media.into(),
            created_at: now,
            by: user,
        };
        self.inner
            .store
            .write(move |tx| {
                let row = row.clone();
                Box::pin(async move { Ok::<_, Error>(tx.add_file(&row).await?) })
            })
            .await?;
        // Had the same bytes been swept away since they were found here, they are written again.
        self.inner.store.put_blob(bytes.to_vec()).await?;
        Ok(Blob {
            hash: hash.into(),
            name: name.into(),
            size,
            media: media.into(),
        })
    }

    /// Takes away files that no record has used for a day; says how many.
    pub async fn sweep_files(&self) -> Result<usize, Error> {
        let before = self.clock.now() - GRACE;
        let store = self.inner.store.clone();
        let unused = store
            .read(move |tx| {
                Box::pin(async move { Ok::<_, Error>(tx.unused_files(before, SWEPT).await?) })
            })
            .await?;
        let mut gone = 0;
        for file in unused {
            let (bytes, hash) = (store.clone(), file.hash);
            let swept = store.write(move |tx| {
                let (bytes, hash) = (bytes.clone(), hash.clone());
                Box::pin(async move {
                    let gone = tx.forget_file(&hash, before).await?;
                    if gone {
                        bytes.remove_blob(&hash)?;
                    }
                    Ok::<_, Error>(gone)
                })
            });
            gone += usize::from(swept.await?);
        }
        Ok(gone)
    }

    /// A file that a record names in a field which the caller may read.
    pub async fn download(
        &self,
        caller: &Caller,
        form: &Ref,
        id: Id,
        hash: &str,
    ) -> Result<view::Download, Error> {
        let trail = self.trail(Some(caller.user.id), "download", &Json::Null);
        let trail = Audit {
            form: Some(form.clone()),
            record: Some(id),
            ..trail
        };
        let (form, hash) = (form.clone(), hash.to_owned());
        let blob = self
            .desk(caller, move |desk| {
                let (form, hash) = (form.clone(), hash.clone());
                Box::pin(async move {
                    let record = desk.seen(&form, id).await?;
                    let definitions = desk.definitions.clone();
                    let def = definitions.form(&form)?.clone();
                    let looks = desk.rights_on(&def, Some(&record)).await?;
                    let reads = |path: &Path| looks.at(path) >= Look::Read;
                    let named = find(definitions.form(&form)?, &record, &hash, reads);
                    let named = named.ok_or(Error::NotFound)?;
                    // What the engine found in the bytes, not what the record says of them.
                    let known = desk.tx.files(std::slice::from_ref(&hash)).await?;
                    let known = known.into_iter().next().ok_or(Error::NotFound)?;
                    Ok(Blob {
                        size: known.size,
                        media: known.media.into(),
                        ..named
                    })
                })
            })
            .await?;
        let bytes = self.inner.store.read_blob(&blob.hash).await?;
        if blake3::hash(&bytes).to_hex().as_str() != &*blob.hash {
            let what = format!("file {}", blob.hash);
            return Err(Error::Failure(Failure::Corrupt(what)));
        }
        let detail = json!({ "hash": blob.hash, "name": blob.name }).to_string();
        self.keep_trail(Audit { detail, ..trail }).await?;
        Ok(view::Download {
            blob,
            bytes: bytes.into(),
        })
    }
}

/// The file of a hash in a field that may be read.
fn find(form: &Form, record: &Record, hash: &str, reads: impl Fn(&Path) -> bool) -> Option<Blob> {
    let among = |value: Option<&Value>| match value {
        Some(Value::Files(files)) => files.iter().find(|f| *f.hash == *hash).cloned(),
        _ => None,
    };
    for (name, field) in &form.fields {
        let Some(table) = field.as_lines() else {
            let found = among(record.values.get(name)).filter(|_| reads(&Path::one(name)));
            if found.is_some() {
                return found;
            }
            continue;
        };
        let columns: Vec<&Name> = table
            .fields
            .keys()
            .filter(|c| reads(&Path(vec![name.clone(), (*c).clone()])))
            .collect();
        let lines = record.values.get(name).map_or(&[][..], Value::lines);
        let mut values = lines
            .iter()
            .flat_map(|l| columns.iter().map(|c| l.values.get(*c)));
        if let Some(found) = values.find_map(among) {
            return Some(found);
        }
    }
    None
}

/// The last part of a name as sent, without what no file system or header should meet: nor a dot
/// or space at its end or a colon, which some file systems read as another name, nor a mark that
/// turns the direction of writing, which hides what kind of file it is.
pub(crate) fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().filter(|c| !c.is_control() && !turns(*c));
    let kept: String = kept.filter(|c| *c != ':').take(NAME_MAX).collect();
    match kept.trim().trim_end_matches(['.', ' ']) {
        "" => "file".into(),
        name => name.into(),
    }
}

/// Whether a sign changes the direction of writing.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_name_is_only_a_name() {
        assert_eq!(plain("C:\\a\\报价.pdf"), "报价.pdf");
        assert_eq!(plain("../../etc/passwd"), "passwd");
        assert_eq!(plain("a/.."), "file");
        assert_eq!(plain("a\r\nb\u{0}.txt"), "ab.txt");
        assert_eq!(plain("a.exe. . "), "a.exe");
        assert_eq!(plain("a.txt:b"), "a.txtb");
        assert_eq!(plain("fdp.\u{202e}exe"), "fdp.exe");
        assert_eq!(plain("..."), "file");
    }
}
