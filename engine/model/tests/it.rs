//! The packages and fixtures of the repository, read as the engine reads them.

use model::{Catalogue, Name, check, read};
use std::{fs, path::Path, sync::Arc};

fn files(folder: &Path) -> read::Files {
    fn walk(at: &Path, root: &Path, out: &mut read::Files) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, out);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .replace('\\', "/");
                out.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut out = read::Files::new();
    walk(folder, folder, &mut out);
    out
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn builtin_modules_have_no_problem() {
    let mut packages = vec![];
    let mut problems = vec![];
    for entry in fs::read_dir(root().join("builtin-modules")).unwrap() {
        let path = entry.unwrap().path();
        let name = Name::new(path.file_name().unwrap().to_str().unwrap()).unwrap();
        match read::package(&name, &files(&path)) {
            Ok(package) => packages.push(Arc::new(package)),
            Err(more) => problems.extend(more),
        }
    }
    let site = Catalogue::new(packages);
    for package in site.packages.values() {
        problems.extend(check::package(package, &site));
        problems.extend(check::layout(package));
    }
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        said.is_empty(),
        "{} problems\n{}",
        said.len(),
        said.join("\n")
    );
}

#[test]
fn fixtures_give_exactly_the_problems_they_state() {
    let mut seen = 0;
    fn walk(at: &Path, seen: &mut usize) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, seen);
                continue;
            }
            let whole = model::canonical::parse(&fs::read_to_string(&path).unwrap()).unwrap();
            let inside = path.strip_prefix(root().join("schemas/fixtures")).unwrap();
            let schema = inside.parent().unwrap().parent().unwrap().to_str().unwrap();
            let mut found = vec![];
            model::schema::check(schema, &whole["value"], "fixture", "", &mut found);
            let mut found: Vec<(String, String)> =
                found.into_iter().map(|p| (p.at, p.code)).collect();
            let mut stated: Vec<(String, String)> = whole["problems"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|p| {
                    (
                        p["at"].as_str().unwrap().into(),
                        p["code"].as_str().unwrap().into(),
                    )
                })
                .collect();
            found.sort();
            stated.sort();
            assert_eq!(found, stated, "{}", path.display());
            *seen += 1;
        }
    }
    walk(&root().join("schemas/fixtures"), &mut seen);
    assert!(seen > 100, "only {seen} fixtures");
}

#[test]
fn every_schema_file_is_built_in() {
    let schemas = files(&root().join("schemas"));
    for path in schemas
        .keys()
        .filter(|p| p.ends_with(".json") && !p.starts_with("fixtures/"))
    {
        let name = path.trim_end_matches(".json");
        assert!(
            name == "openapi" || model::schema::known(name),
            "{name} is not built in"
        );
    }
}

/// The builtin modules, each with its files changed by `change`, and one package more.
fn changed(
    change: impl Fn(&str, &mut read::Files),
    more: Option<(&str, read::Files)>,
) -> Vec<String> {
    let mut all: Vec<(Name, read::Files)> = vec![];
    for entry in fs::read_dir(root().join("builtin-modules")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let mut files = files(&path);
        change(name, &mut files);
        all.push((Name::new(name).unwrap(), files));
    }
    all.extend(more.map(|(name, files)| (Name::new(name).unwrap(), files)));
    let packages = all
        .iter()
        .map(|(name, files)| Arc::new(read::package(name, files).unwrap()));
    let site = Catalogue::new(packages);
    let problems = site
        .packages
        .values()
        .flat_map(|p| check::package(p, &site));
    problems
        .map(|p| format!("{} {} {}", p.file, p.at, p.code))
        .collect()
}

#[test]
fn a_title_tells_nothing_that_a_grant_hides() {
    let order = "forms/purchase_order.json";
    let said = changed(
        |name, files| {
            if name == "purchasing" {
                let text = String::from_utf8(files[order].clone()).unwrap();
                let text = text.replace("\"{number} · {supplier}\"", "\"{number} · {total}\"");
                files.insert(order.into(), text.into());
            }
        },
        None,
    );
    assert_eq!(
        said,
        ["purchasing/forms/purchase_order.json /title hidden_in_title"]
    );

    // A package on top hides what stands in a title beneath.
    let mut top = read::Files::new();
    top.insert(
        "manifest.json".into(),
        "{ \"label\": \"Top\", \"version\": \"1.0.0\", \"language\": \"en\", \"needs\": { \"purchasing\": \"^1\" } }".into(),
    );
    top.insert(
        "roles.json".into(),
        "{ \"roles\": {}, \"grants\": { \"few\": { \"to\": \"everyone\", \"form\": \"purchasing/purchase_order\", \
         \"may\": [\"read\"], \"fields\": { \"supplier\": \"masked\" } } } }".into(),
    );
    let said = changed(|_, _| {}, Some(("top", top)));
    let wanted = [
        "purchasing/forms/purchase_order.json /title hidden_in_title",
        "top/roles.json /grants/few/fields/supplier hidden_in_title",
    ];
    assert_eq!(said, wanted);
}
