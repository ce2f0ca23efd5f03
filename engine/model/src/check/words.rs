//! Translations: every label has its line in every language the manifest promises, and no line
//! says something that is not there.

use super::Checker;
use serde_json::Value;
use std::collections::BTreeMap;

/// Every text of a package that a person reads: path (`forms/x/fields/y`) → words in place.
pub fn said(files: &indexmap::IndexMap<String, std::sync::Arc<[u8]>>) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for (path, bytes) in files {
        let Some(name) = path.strip_suffix(".json") else {
            continue;
        };
        let folder = name.split('/').next().unwrap_or_default();
        if matches!(folder, "i18n" | "stories" | "demo") {
            continue;
        }
        let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
            continue;
        };
        let root = match name {
            "manifest" => "",
            _ => name,
        };
        collect(&value, root, &mut out);
    }
    let short = |path: String| match path.strip_prefix("roles/roles/") {
        Some(rest) => format!("roles/{rest}"),
        None => match path.strip_prefix("roles/seals/") {
            Some(rest) => format!("seals/{rest}"),
            None => path,
        },
    };
    out.into_iter()
        .map(|(path, words)| {
            (
                if path.is_empty() {
                    "label".into()
                } else {
                    short(path)
                },
                words,
            )
        })
        .collect()
}

fn collect(value: &Value, path: &str, out: &mut BTreeMap<String, String>) {
    let Value::Object(map) = value else { return };
    let text = |key: &str| map.get(key).and_then(Value::as_str);
    let under = |key: &str| {
        if path.is_empty() {
            key.to_string()
        } else {
            format!("{path}/{key}")
        }
    };
    match (text("label"), text("say")) {
        (Some(label), say) => {
            out.insert(path.to_string(), label.to_string());
            if let Some(say) = say {
                out.insert(under("say"), say.to_string());
            }
        }
        (None, Some(say)) => {
            out.insert(path.to_string(), say.to_string());
        }
        (None, None) => {}
    }
    if let Some(help) = text("help") {
        out.insert(under("help"), help.to_string());
    }
    if let Some(subject) = text("subject") {
        out.insert(under("subject"), subject.to_string());
    }
    for (key, child) in map {
        collect(child, &under(key), out);
    }
}

impl Checker<'_> {
    pub(super) fn words(&mut self) {
        let said = said(&self.package.files);
        for language in &self.package.manifest.translations {
            let file = format!("i18n/{language}");
            let Some(lines) = self.package.words.get(language) else {
                let say = "the manifest promises this language".into();
                self.bad(&file, String::new(), "missing_file", &[language], say);
                continue;
            };
            if !lines.keys().is_sorted() {
                self.bad(
                    &file,
                    String::new(),
                    "not_sorted",
                    &[],
                    "the lines are not sorted by path".into(),
                );
            }
            for (path, words) in said.iter().filter(|(p, _)| !lines.contains_key(*p)) {
                let say = format!("nothing is said for {path} ({words})");
                self.bad(
                    &file,
                    format!("/{}", pointer(path)),
                    "missing_translation",
                    &[path],
                    say,
                );
            }
            for path in lines.keys().filter(|p| !said.contains_key(*p)) {
                let say = format!("nothing is called {path}");
                self.bad(
                    &file,
                    format!("/{}", pointer(path)),
                    "unused_translation",
                    &[path],
                    say,
                );
            }
        }
        for language in self.package.words.keys() {
            if !self.package.manifest.translations.contains(language) {
                let say = format!("the manifest does not promise {language}");
                self.bad(
                    &format!("i18n/{language}"),
                    String::new(),
                    "unknown_language",
                    &[language],
                    say,
                );
            }
        }
    }
}

/// A key as a step of a JSON pointer.
fn pointer(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
