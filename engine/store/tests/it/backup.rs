//! A backup of a running site becomes the same site elsewhere.

use crate::world::*;
use serde_json::json;
use std::sync::Arc;
use store::{Address, Failure, Store};

both!(
    a_backup_under_load_is_restored_whole
    a_backup_goes_into_an_empty_place_only
    a_damaged_backup_is_not_restored
    a_site_and_its_backup_are_its_owners_alone
);

fn elsewhere(w: &World, sub: &str) -> Address {
    let dir = w.dir.path().join(sub);
    match &w.address {
        Address::Sqlite { .. } => Address::Sqlite { dir },
        Address::Postgres { url, .. } => Address::Postgres {
            url: url.clone(),
            schema: format!("t{}", uuid::Uuid::new_v4().simple()),
            dir,
            allow_unsafe: true,
        },
    }
}

async fn a_backup_under_load_is_restored_whole(mut w: World) {
    let first = w
        .put(
            "supplier",
            [
                ("code", text("S1")),
                ("name", text("江南\t\\N\n贸易")),
                ("rating", number("1.5")),
            ],
        )
        .await;
    let hash = w.store.put_blob(b"bytes".to_vec()).await.unwrap();
    // A retired column keeps its data through a backup.
    let mut f = forms();
    f["supplier"]["fields"]
        .as_object_mut()
        .unwrap()
        .remove("rating");
    f["supplier"]["fields"]["phone"] = json!({ "kind": "text" });
    w.publish(&f, &ledgers()).await.unwrap().unwrap();
    let w = Arc::new(w);
    let busy = {
        let w = w.clone();
        tokio::spawn(async move {
            for n in 0..60 {
                let code = text(&format!("B{n}"));
                w.put(
                    "purchase",
                    [("number", code), ("lines", lines([fields([])]))],
                )
                .await;
            }
        })
    };
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let folder = w.dir.path().join("backup");
    w.store.backup(&folder).await.unwrap();
    busy.await.unwrap();
    let address = elsewhere(&w, "again");
    let store = Store::restore(&folder, address.clone()).await.unwrap();
    let mut again = World {
        store,
        tables: w.tables.clone(),
        user: w.user,
        address,
        dir: tempfile::tempdir().unwrap(),
    };
    assert_eq!(again.publish(&f, &ledgers()).await.unwrap().unwrap(), 0);
    again.publish(&forms(), &ledgers()).await.unwrap().unwrap();
    assert_eq!(again.read(&first).await.unwrap(), first);
    assert_eq!(again.store.read_blob(&hash).await.unwrap(), b"bytes");
    // These records were stored without a history, so their versions are compared with none.
    let wrong = again
        .ask((), |tx, (t, ())| {
            Box::pin(async move {
                let mut wrong = tx.check_integrity().await?;
                wrong.extend(tx.check_records(t).await?);
                wrong.extend(tx.check_ledgers(t).await?);
                Ok(wrong)
            })
        })
        .await
        .unwrap();
    assert_eq!(wrong, []);
    // What was unique and insert-only is so again.
    let twice = again.record("supplier", [("code", text("S1"))]);
    assert!(matches!(
        again.insert(&twice).await,
        Err(Failure::Duplicate { .. })
    ));
    let words = again
        .ask((), |tx, (t, ())| {
            Box::pin(async move {
                let f = model::Filter::Text("贸易".into());
                Ok(tx
                    .count(t, &store::Scope::engine(), &form("supplier"), &f, 9)
                    .await?
                    .rows)
            })
        })
        .await
        .unwrap();
    assert_eq!(words, 1);
    again.put("item", []).await;
}

async fn a_backup_goes_into_an_empty_place_only(w: World) {
    let folder = w.dir.path().join("backup");
    w.store.backup(&folder).await.unwrap();
    assert!(matches!(
        w.store.backup(&folder).await,
        Err(Failure::Unsafe(_))
    ));
    let out = Store::restore(&folder, w.address.clone()).await;
    assert!(matches!(out, Err(Failure::Unsafe(_))));
    let none = w.dir.path().join("nothing");
    let out = Store::restore(&none, elsewhere(&w, "x")).await;
    assert!(matches!(out, Err(Failure::Unsafe(_))));
}

/// Every file below a folder.
fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut out = vec![];
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => out.extend(files(&path)),
            false => out.push(path),
        }
    }
    out.sort();
    out
}

async fn a_damaged_backup_is_not_restored(w: World) {
    w.store.put_blob(b"bytes".to_vec()).await.unwrap();
    let folder = w.dir.path().join("backup");
    w.store.backup(&folder).await.unwrap();
    let refused = async |sub: String| {
        let out = Store::restore(&folder, elsewhere(&w, &sub)).await;
        assert!(matches!(out, Err(Failure::Unsafe(_))), "{sub}");
    };
    // One bit anywhere.
    for (n, path) in files(&folder).into_iter().enumerate() {
        let whole = std::fs::read(&path).unwrap();
        if whole.is_empty() {
            continue;
        }
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            std::fs::write(&path, bytes).unwrap();
            refused(format!("bit {n} {at}")).await;
        }
        std::fs::remove_file(&path).unwrap();
        refused(format!("gone {n}")).await;
        std::fs::write(&path, whole).unwrap();
    }
    let more = folder.join("blobs/more");
    std::fs::write(&more, "x").unwrap();
    refused("more".into()).await;
    std::fs::remove_file(&more).unwrap();
    #[cfg(unix)]
    {
        let blob = files(&folder.join("blobs")).remove(0);
        let aside = w.dir.path().join("aside");
        std::fs::rename(&blob, &aside).unwrap();
        std::os::unix::fs::symlink(&aside, &blob).unwrap();
        refused("link".into()).await;
        std::fs::remove_file(&blob).unwrap();
        std::fs::rename(&aside, &blob).unwrap();
    }
    Store::restore(&folder, elsewhere(&w, "whole"))
        .await
        .unwrap();
}

#[cfg(unix)]
async fn a_site_and_its_backup_are_its_owners_alone(w: World) {
    use std::os::unix::fs::PermissionsExt;
    w.store.put_blob(b"bytes".to_vec()).await.unwrap();
    let folder = w.dir.path().join("deep/backup");
    w.store.backup(&folder).await.unwrap();
    let (Address::Sqlite { dir } | Address::Postgres { dir, .. }) = &w.address;
    let open = |path: &std::path::Path| {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        mode & 0o077 != 0
    };
    for path in files(dir).into_iter().chain(files(&folder)) {
        assert!(!open(&path), "{}", path.display());
    }
    for path in [&folder, &folder.join("blobs"), &dir.join("blobs")] {
        assert!(!open(path), "{}", path.display());
    }
}
