//! From the bytes of a package folder to a [`Package`], or every problem at once.
//!
//! Bytes → JSON (no key twice) → schema (chosen by folder, then by `kind`) → typed definitions.
//! What is wrong across files is [`crate::check`]'s business.

use crate::{
    Form, Ledger, Name, Package, Problem, Ref, Workflow,
    calendar::Calendar,
    canonical,
    make::Make,
    manifest::Manifest,
    message::{Message, Script},
    name,
    posting::Posting,
    register::Register,
    roles::Roles,
    schema,
    story::Story,
};
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// Most files of a package.
pub const FILES_MAX: usize = 4_000;
/// Largest file, in bytes.
pub const FILE_MAX: usize = 4 << 20;
/// Largest package, in bytes.
pub const PACKAGE_MAX: usize = 50 << 20;

/// The files of a package: path inside the folder, with `/` → bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Reads a package; all problems at once, sorted by file and place.
pub fn package(package: &Name, files: &Files) -> Result<Package, Vec<Problem>> {
    let mut reader = Reader {
        package,
        problems: vec![],
        out: empty(package),
    };
    reader.limits(files);
    if reader.problems.is_empty() {
        for (path, bytes) in files {
            reader.file(path, bytes);
        }
        reader.bodies(files);
        if !files.contains_key("manifest.json") {
            reader.bad(
                "manifest.json",
                "",
                "missing_file",
                &["manifest.json"],
                "a package has a manifest.json",
            );
        }
    }
    reader.out.files = files
        .iter()
        .map(|(p, b)| (p.clone(), b.as_slice().into()))
        .collect();
    if reader.problems.is_empty() {
        Ok(reader.out)
    } else {
        reader.problems.sort();
        Err(reader.problems)
    }
}

fn empty(package: &Name) -> Package {
    Package {
        name: package.clone(),
        manifest: Manifest {
            label: String::new(),
            version: String::new(),
            language: String::new(),
            needs: IndexMap::new(),
            translations: vec![],
            capabilities: vec![],
            people: None,
            note: None,
        },
        forms: IndexMap::new(),
        workflows: IndexMap::new(),
        ledgers: IndexMap::new(),
        registers: IndexMap::new(),
        postings: IndexMap::new(),
        makes: IndexMap::new(),
        calendars: IndexMap::new(),
        messages: IndexMap::new(),
        scripts: vec![],
        roles: Roles::default(),
        menu: IndexMap::new(),
        stories: IndexMap::new(),
        demo: IndexMap::new(),
        demo_users: vec![],
        demo_runs: vec![],
        words: IndexMap::new(),
        files: IndexMap::new(),
    }
}

struct Reader<'a> {
    package: &'a Name,
    problems: Vec<Problem>,
    out: Package,
}

impl Reader<'_> {
    fn bad(&mut self, path: &str, at: &str, code: &str, with: &[&str], say: impl Into<String>) {
        let file = format!("{}/{path}", self.package);
        self.problems.push(Problem::new(file, at, code, with, say));
    }

    fn limits(&mut self, files: &Files) {
        if files.len() > FILES_MAX {
            self.bad(
                "",
                "",
                "too_many_files",
                &[],
                format!("more than {FILES_MAX} files"),
            );
        }
        let total: usize = files.values().map(Vec::len).sum();
        if total > PACKAGE_MAX {
            self.bad(
                "",
                "",
                "too_large",
                &[],
                format!("more than {PACKAGE_MAX} bytes"),
            );
        }
        let large: Vec<_> = files
            .iter()
            .filter(|(_, b)| b.len() > FILE_MAX)
            .map(|(p, _)| p.clone())
            .collect();
        for path in large {
            self.bad(
                &path,
                "",
                "too_large",
                &[],
                format!("more than {FILE_MAX} bytes"),
            );
        }
    }

    fn file(&mut self, path: &str, bytes: &[u8]) {
        let steps: Vec<&str> = path.split('/').collect();
        match (
            steps.as_slice(),
            path.rsplit_once('.').map_or("", |(_, end)| end),
        ) {
            (["README.md"], _) | (["messages", _], "txt") => {}
            (["demo", ..], end) if end != "json" => {}
            (["scripts", file], "rhai") => self.script(path, file, bytes),
            (["manifest.json"], _) => {
                if let Some(v) = self.read(path, "manifest", bytes) {
                    self.out.manifest = v;
                }
            }
            (["roles.json"], _) => {
                if let Some(v) = self.read(path, "roles", bytes) {
                    self.out.roles = v;
                }
            }
            (["menu.json"], _) => {
                if let Some(v) = self.read(path, "menu", bytes) {
                    self.out.menu = v;
                }
            }
            (["demo", "users.json"], _) => {
                if let Some(v) = self.read(path, "users", bytes) {
                    self.out.demo_users = v;
                }
            }
            (["demo", "run.json"], _) => {
                if let Some(v) = self.read(path, "run", bytes) {
                    self.out.demo_runs = v;
                }
            }
            (["i18n", file], "json") => {
                let language = file.trim_end_matches(".json").to_string();
                if let Some(v) = self.read(path, "translations", bytes) {
                    self.out.words.insert(language, v);
                }
            }
            ([folder, file], "json") => self.definition(path, folder, file, bytes),
            _ => self.bad(
                path,
                "",
                "unknown_file",
                &[path],
                "no package has a file here",
            ),
        }
    }

    fn definition(&mut self, path: &str, folder: &str, file: &str, bytes: &[u8]) {
        let text = file.trim_end_matches(".json");
        let Ok(name) = Name::new(text) else {
            return self.bad(
                path,
                "",
                "bad_name",
                &[text],
                format!("`{text}` is not a name"),
            );
        };
        let r = Ref::new(self.package, &name);
        macro_rules! keep {
            ($kind:literal, $into:ident, $type:ty) => {{
                if let Some(mut v) = self.read::<$type>(path, $kind, bytes) {
                    v.name = r.clone();
                    self.out.$into.insert(r, Arc::new(v));
                }
            }};
        }
        match folder {
            "forms" => keep!("form", forms, Form),
            "workflows" => keep!("workflow", workflows, Workflow),
            "ledgers" => keep!("ledger", ledgers, Ledger),
            "registers" => keep!("register", registers, Register),
            "makes" => keep!("make", makes, Make),
            "calendars" => keep!("calendar", calendars, Calendar),
            "messages" => keep!("message", messages, Message),
            "postings" => {
                if let Some(v) = self.read::<Posting>(path, "posting", bytes) {
                    self.out.postings.insert(r, Arc::new(v));
                }
            }
            "stories" => {
                if let Some(mut v) = self.read::<Story>(path, "story", bytes) {
                    v.name_in_full(self.package);
                    self.out.stories.insert(name, Arc::new(v));
                }
            }
            "demo" => {
                if let Some(v) = self.read(path, "demo", bytes) {
                    self.out.demo.insert(name, v);
                }
            }
            _ => self.bad(
                path,
                "",
                "unknown_file",
                &[path],
                "no package has such a folder",
            ),
        }
    }

    /// JSON, schema, types: the value, or its problems.
    fn read<T: DeserializeOwned>(&mut self, path: &str, kind: &str, bytes: &[u8]) -> Option<T> {
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.bad(path, "", "not_json", &[], "not UTF-8");
            return None;
        };
        let mut value = match canonical::parse(text) {
            Ok(value) => value,
            Err(e) => {
                self.bad(
                    path,
                    "",
                    e.code,
                    &[&e.line.to_string(), &e.column.to_string()],
                    e.to_string(),
                );
                return None;
            }
        };
        let before = self.problems.len();
        let file = format!("{}/{path}", self.package);
        schema::check(kind, &value, &file, "", &mut self.problems);
        if self.problems.len() > before {
            return None;
        }
        if kind != "translations"
            && let Value::Object(o) = &mut value
        {
            o.shift_remove("$schema");
        }
        match name::reading(self.package, || serde_json::from_value::<T>(value)) {
            Ok(v) => Some(v),
            Err(e) => {
                self.bad(path, "", "unreadable", &[], e.to_string());
                None
            }
        }
    }

    fn script(&mut self, path: &str, file: &str, bytes: &[u8]) {
        match (
            Name::new(file.trim_end_matches(".rhai")),
            std::str::from_utf8(bytes),
        ) {
            (Ok(name), Ok(source)) => {
                self.out.scripts.push(Script {
                    name,
                    source: source.to_string(),
                });
            }
            (Err(e), _) => self.bad(path, "", "bad_name", &[file], e.to_string()),
            (_, Err(_)) => self.bad(path, "", "not_text", &[], "not UTF-8"),
        }
    }

    /// The bodies beside the heads of messages: `x.txt`, `x.zh-CN.txt`.
    fn bodies(&mut self, files: &Files) {
        let language = self.out.manifest.language.clone();
        for (path, bytes) in files {
            let Some(file) = path
                .strip_prefix("messages/")
                .and_then(|f| f.strip_suffix(".txt"))
            else {
                continue;
            };
            let (name, spoken) = file.split_once('.').unwrap_or((file, &language));
            let message = Name::new(name).ok().map(|n| Ref::new(self.package, &n));
            let head = message.and_then(|r| self.out.messages.get_mut(&r));
            match (head, std::str::from_utf8(bytes)) {
                (Some(head), Ok(text)) => {
                    Arc::make_mut(head)
                        .bodies
                        .insert(spoken.to_string(), text.to_string());
                }
                (None, _) => self.bad(
                    path,
                    "",
                    "unknown_file",
                    &[path],
                    "no message has this body",
                ),
                (_, Err(_)) => self.bad(path, "", "not_text", &[], "not UTF-8"),
            }
        }
        let bare: Vec<_> = self
            .out
            .messages
            .values()
            .filter(|m| !m.bodies.contains_key(&language))
            .map(|m| format!("messages/{}.txt", m.name.name))
            .collect();
        for path in bare {
            self.bad(
                &path,
                "",
                "missing_file",
                &[&path],
                "a message has a body in the package's language",
            );
        }
    }
}
