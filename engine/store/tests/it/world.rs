//! A small site for the tests: suppliers, a tree of departments, orders with lines, stock.

use chrono::{DateTime, NaiveDate, Utc};
use futures::{FutureExt as _, future::BoxFuture};
use indexmap::IndexMap;
use model::{
    Catalogue, Decimal, Fields, Form, Id, Ledger, Line, Name, Package, Path, Record, Ref, Status,
    Value, manifest::Manifest, name::reading,
};
use serde_json::{Value as Json, json};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use store::{Address, Dialect, Failure, Store, Tables, Text, Tx};

pub struct World {
    pub store: Store,
    pub tables: Arc<Tables>,
    pub user: Id,
    pub address: Address,
    /// Removed at the end.
    pub dir: tempfile::TempDir,
}

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}
pub fn form(text: &str) -> Ref {
    format!("shop/{text}").parse().unwrap()
}
pub fn path(text: &str) -> Path {
    text.parse().unwrap()
}
pub fn text(t: &str) -> Value {
    Value::Text(t.into())
}
pub fn number(n: &str) -> Value {
    Value::Number(n.parse().unwrap())
}
pub fn dec(n: &str) -> Decimal {
    n.parse().unwrap()
}
pub fn day(d: &str) -> NaiveDate {
    d.parse().unwrap()
}
pub fn date(d: &str) -> Value {
    Value::Date(day(d))
}
pub fn id() -> Id {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let millis = Utc::now().timestamp_millis() as u64;
    let mut random = [0; 10];
    random[..8].copy_from_slice(&(n << 8).to_be_bytes());
    random[8..].copy_from_slice(&uuid::Uuid::new_v4().as_bytes()[..2]);
    Id::at(millis, random)
}
pub fn now() -> DateTime<Utc> {
    // The microseconds that both databases keep.
    DateTime::from_timestamp_micros(Utc::now().timestamp_micros()).unwrap()
}
pub fn fields<const N: usize>(list: [(&str, Value); N]) -> Fields {
    list.into_iter().map(|(n, v)| (name(n), v)).collect()
}

/// The forms of the shop.
pub fn forms() -> Json {
    json!({
        "supplier": { "label": "Supplier", "kind": "catalog", "key": "code", "fields": {
            "code": { "kind": "text", "unique": true },
            "name": { "kind": "text" },
            "secret": { "kind": "text", "sealed": "secrets" },
            "rating": { "kind": "number", "scale": 1 },
            "department": { "kind": "link", "to": "department" }
        } },
        "department": { "label": "Department", "kind": "tree", "key": "code", "fields": {
            "code": { "kind": "text" }, "name": { "kind": "text" }
        } },
        "item": { "label": "Item", "kind": "catalog", "key": "code", "fields": {
            "code": { "kind": "text" }, "name": { "kind": "text" }
        } },
        "purchase": { "label": "Order", "kind": "document", "key": "number", "fields": {
            "number": { "kind": "sequence", "pattern": "PO-{0000}" },
            "date": { "kind": "date" },
            "due": { "kind": "moment" },
            "month": { "kind": "month" },
            "supplier": { "kind": "link", "to": "supplier" },
            "urgent": { "kind": "switch" },
            "way": { "kind": "choice", "options": { "air": { "label": "Air" }, "sea": { "label": "Sea" } } },
            "tags": { "kind": "choices", "options": { "a": { "label": "A" }, "b": { "label": "B" }, "ab": { "label": "AB" } } },
            "remark": { "kind": "text", "lines": 4 },
            "total": { "kind": "money" },
            "files": { "kind": "attachment" },
            "lines": { "kind": "lines", "fields": {
                "item": { "kind": "link", "to": "item" },
                "quantity": { "kind": "quantity" },
                "price": { "kind": "money" },
                "cost": { "kind": "money", "sealed": "secrets" }
            } }
        } },
        "receipt": { "label": "Receipt", "kind": "document", "fields": {
            "date": { "kind": "date" },
            "lines": { "kind": "lines", "fields": {
                "order_line": { "kind": "link", "to": "purchase.lines" },
                "quantity": { "kind": "quantity" }
            } }
        } }
    })
}
pub fn ledgers() -> Json {
    json!({
        "stock": { "label": "Stock", "balance": "current",
            "dimensions": {
                "item": { "kind": "link", "to": "item" },
                "place": { "kind": "text", "optional": true }
            },
            "attributes": { "lot": { "kind": "text" } },
            "measures": {
                "quantity": { "label": "Quantity", "kind": "quantity" },
                "value": { "label": "Value", "kind": "money" }
            }
        },
        "sales": { "label": "Sales", "balance": "period",
            "dimensions": { "item": { "kind": "link", "to": "item" } },
            "measures": { "amount": { "label": "Amount", "kind": "money" } }
        },
        "notes": { "label": "Notes", "balance": "none",
            "dimensions": { "item": { "kind": "link", "to": "item" } },
            "measures": { "count": { "label": "Count" } }
        }
    })
}

/// A catalogue of one package.
pub fn catalogue(forms: &Json, ledgers: &Json) -> Catalogue {
    let shop = name("shop");
    let manifest: Manifest =
        serde_json::from_value(json!({ "label": "Shop", "version": "1", "language": "en" }))
            .unwrap();
    let (forms, ledgers) = reading(&shop, || {
        let forms: IndexMap<Ref, Arc<Form>> = forms
            .as_object()
            .unwrap()
            .iter()
            .map(|(n, j)| {
                let r = Ref::new(&shop, &name(n));
                let mut form: Form = serde_json::from_value(j.clone()).unwrap();
                form.name = r.clone();
                (r, Arc::new(form))
            })
            .collect();
        let ledgers: IndexMap<Ref, Arc<Ledger>> = ledgers
            .as_object()
            .unwrap()
            .iter()
            .map(|(n, j)| {
                let r = Ref::new(&shop, &name(n));
                let mut ledger: Ledger = serde_json::from_value(j.clone()).unwrap();
                ledger.name = r.clone();
                (r, Arc::new(ledger))
            })
            .collect();
        (forms, ledgers)
    });
    let package = Package {
        name: shop,
        manifest,
        forms,
        ledgers,
        workflows: IndexMap::new(),
        registers: IndexMap::new(),
        postings: IndexMap::new(),
        makes: IndexMap::new(),
        calendars: IndexMap::new(),
        messages: IndexMap::new(),
        scripts: vec![],
        roles: Default::default(),
        menu: serde_json::from_value(json!({ "items": {} })).unwrap_or_default(),
        stories: IndexMap::new(),
        demo: IndexMap::new(),
        demo_users: vec![],
        demo_runs: vec![],
        words: IndexMap::new(),
        files: IndexMap::new(),
    };
    Catalogue::new([Arc::new(package)])
}

/// The PostgreSQL the test runner started.
fn postgres_url() -> String {
    std::env::var("FORMWORK_TEST_PG").expect(
        "FORMWORK_TEST_PG must name a PostgreSQL for the tests, as in \
         postgres://postgres@127.0.0.1:5432/postgres; `cargo xtask test` starts one",
    )
}

impl World {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = Address::Sqlite {
            dir: dir.path().join("site"),
        };
        Self::at(address, dir).await
    }
    pub async fn postgres() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let address = Address::Postgres {
            url: postgres_url(),
            schema: format!("t{}", uuid::Uuid::new_v4().simple()),
            dir: dir.path().join("site"),
            allow_unsafe: true,
        };
        Self::at(address, dir).await
    }
    async fn at(address: Address, dir: tempfile::TempDir) -> Self {
        let store = Store::open(address.clone()).await.unwrap();
        let mut world = Self {
            store,
            tables: Arc::default(),
            user: id(),
            address,
            dir,
        };
        world.publish(&forms(), &ledgers()).await.unwrap().unwrap();
        world
    }
    pub fn lite(&self) -> bool {
        self.store.dialect() == Dialect::Sqlite
    }
    /// Plans and applies; the tables are then the new ones.
    pub async fn publish(
        &mut self,
        forms: &Json,
        ledgers: &Json,
    ) -> Result<Result<usize, Vec<store::Loss>>, Failure> {
        let tables = Arc::new(Tables::compile(&catalogue(forms, ledgers))?);
        let out = self
            .store
            .write_with(tables.clone(), |tx, t| {
                async move {
                    match tx.plan(t).await? {
                        Ok(plan) => {
                            tx.apply(&plan).await?;
                            Ok::<_, Failure>(Ok(plan.statements().len()))
                        }
                        Err(losses) => Ok(Err(losses)),
                    }
                }
                .boxed()
            })
            .await?;
        if out.is_ok() {
            self.tables = tables;
        }
        Ok(out)
    }
    /// A record that was never stored.
    pub fn record<const N: usize>(&self, of: &str, values: [(&str, Value); N]) -> Record {
        let at = now();
        Record {
            form: form(of),
            id: id(),
            version: 1,
            status: Status::Draft,
            created_at: at,
            created_by: self.user,
            updated_at: at,
            updated_by: self.user,
            parent: None,
            values: fields(values),
            typed: vec![],
        }
    }
    pub async fn insert(&self, record: &Record) -> Result<(), Failure> {
        let words: Vec<String> = record
            .values
            .values()
            .filter_map(|v| v.text().map(str::to_owned))
            .collect();
        let with = (self.tables.clone(), record.clone(), words.join(" "));
        self.store
            .write_with(with, |tx, (t, r, words)| {
                async move {
                    let title = r.values.get("name").and_then(|n| n.text()).unwrap_or("?");
                    tx.insert_record(t, r, Text { title, words }).await
                }
                .boxed()
            })
            .await
    }
    /// Makes and stores a record.
    pub async fn put<const N: usize>(&self, of: &str, values: [(&str, Value); N]) -> Record {
        let record = self.record(of, values);
        self.insert(&record).await.unwrap();
        record
    }
    pub async fn update(&self, before: &Record, after: &Record) -> Result<(), Failure> {
        let with = (self.tables.clone(), before.clone(), after.clone());
        self.store
            .write_with(with, |tx, (t, before, after)| {
                async move {
                    tx.update_record(t, before, after, "new", Some("neu words"))
                        .await
                }
                .boxed()
            })
            .await
    }
    pub async fn delete(&self, record: &Record) -> Result<(), Failure> {
        self.store
            .write_with((self.tables.clone(), record.clone()), |tx, (t, r)| {
                async move { tx.delete_record(t, r).await }.boxed()
            })
            .await
    }
    /// The record as the engine reads it.
    pub async fn read(&self, record: &Record) -> Option<Record> {
        let with = (self.tables.clone(), record.form.clone(), record.id);
        self.store
            .read_with(with, |tx, (t, form, id)| {
                async move { tx.record(t, form, *id).await }.boxed()
            })
            .await
            .unwrap()
    }
    /// A read over the tables and something else.
    pub async fn ask<C, T>(&self, with: C, ask: Told<C, T>) -> Result<T, Failure>
    where
        C: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.store.read_with((self.tables.clone(), with), ask).await
    }
    /// A write over the tables and something else.
    pub async fn tell<C, T>(&self, with: C, tell: Told<C, T>) -> Result<T, Failure>
    where
        C: Send + Sync + 'static,
        T: Send + 'static,
    {
        self.store
            .write_with((self.tables.clone(), with), tell)
            .await
    }
}

/// A closure over the tables and something else.
pub type Told<C, T> =
    for<'a> fn(&'a mut Tx, &'a (Arc<Tables>, C)) -> BoxFuture<'a, Result<T, Failure>>;

/// Lines with fresh ids.
pub fn lines<const N: usize>(rows: [Fields; N]) -> Value {
    Value::Lines(
        rows.into_iter()
            .map(|values| Line { id: id(), values })
            .collect(),
    )
}
