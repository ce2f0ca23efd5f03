//! The packages that come with the engine, embedded into the program (a debug build reads them
//! where they lie).

use model::{Name, read::Files};
use rust_embed::RustEmbed;
use std::collections::BTreeMap;

#[derive(RustEmbed)]
#[folder = "../../builtin-modules"]
struct Modules;

/// All builtin packages, by name: the folder each file lies in. What lies in no package folder
/// (the README of them all) is left out.
pub fn packages() -> Vec<(Name, Files)> {
    let mut out: BTreeMap<Name, Files> = BTreeMap::new();
    for path in Modules::iter() {
        let Some((folder, inside)) = path.split_once('/') else {
            continue;
        };
        let (Ok(name), Some(file)) = (Name::new(folder), Modules::get(&path)) else {
            continue;
        };
        if inside.split('/').any(|step| step.starts_with('.')) {
            continue;
        }
        out.entry(name)
            .or_default()
            .insert(inside.to_string(), file.data.into_owned());
    }
    out.retain(|_, files| files.contains_key("manifest.json"));
    out.into_iter().collect()
}
