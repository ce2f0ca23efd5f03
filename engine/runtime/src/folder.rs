//! Packages on disk: a folder each.

use crate::Error;
use model::{Catalogue, Name, Package, Problem, read, zone::Zone};
use std::{fs, io, path::Path, sync::Arc};

/// A package's name and files.
pub type Named = (Name, read::Files);

/// Reads the package folders at `path`: the folder itself if it holds a manifest, else every
/// folder in it that does.
pub fn packages(path: &Path) -> Result<Vec<Named>, Error> {
    let failed = |e: io::Error, at: &Path| Error::BadRequest {
        code: "unreadable_folder".into(),
        at: at.display().to_string(),
        with: vec![e.to_string()],
    };
    if path.join("manifest.json").is_file() {
        return Ok(vec![package(path)?]);
    }
    let mut out = vec![];
    let entries = fs::read_dir(path).map_err(|e| failed(e, path))?;
    for entry in entries {
        let inner = entry.map_err(|e| failed(e, path))?.path();
        if inner.join("manifest.json").is_file() {
            out.push(package(&inner)?);
        }
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    if out.is_empty() {
        return Err(Error::bad("no_package_here", path.display().to_string()));
    }
    Ok(out)
}

/// Reads one package folder.
pub fn package(path: &Path) -> Result<Named, Error> {
    let at = path.display().to_string();
    let whole = path.canonicalize().map_err(|e| Error::BadRequest {
        code: "unreadable_folder".into(),
        at: at.clone(),
        with: vec![e.to_string()],
    })?;
    let folder = whole
        .file_name()
        .and_then(|n| n.to_str())
        .unwrap_or_default();
    let name = Name::new(folder).map_err(|e| Error::BadRequest {
        code: "bad_name".into(),
        at: at.clone(),
        with: vec![e.0],
    })?;
    let mut files = read::Files::new();
    walk(&whole, &whole, &mut files).map_err(|e| Error::BadRequest {
        code: "unreadable_folder".into(),
        at,
        with: vec![e.to_string()],
    })?;
    Ok((name, files))
}

fn walk(at: &Path, root: &Path, files: &mut read::Files) -> io::Result<()> {
    for entry in fs::read_dir(at)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        // A link could lead out of the folder; what a package holds are plain files.
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&path, root, files)?;
        } else if kind.is_file() {
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            if files.len() <= read::FILES_MAX {
                files.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(())
}

/// What a set of packages means together, if nothing is wrong with it.
pub struct Checked {
    pub catalogue: Arc<Catalogue>,
    pub rules: Arc<kernel::Rules>,
}

/// Reads and checks packages on top of those `beneath` (which take no part in the problems
/// reported). A package given twice: the upper one counts.
pub fn check(packages: &[Named], beneath: &[Arc<Package>]) -> Result<Checked, Vec<Problem>> {
    check_in(Zone::default(), packages, beneath)
}

/// The same for a site in a zone.
pub(crate) fn check_in(
    zone: Zone,
    packages: &[Named],
    beneath: &[Arc<Package>],
) -> Result<Checked, Vec<Problem>> {
    let mut problems = vec![];
    let mut read_ones: Vec<Arc<Package>> = vec![];
    for (name, files) in packages {
        match read::package(name, files) {
            Ok(package) => read_ones.push(Arc::new(package)),
            Err(more) => problems.extend(more),
        }
    }
    if !problems.is_empty() {
        problems.sort();
        return Err(problems);
    }
    let given: Vec<Name> = read_ones.iter().map(|p| p.name.clone()).collect();
    let lower = beneath.iter().filter(|p| !given.contains(&p.name)).cloned();
    let all = lower.chain(read_ones.iter().cloned());
    let catalogue = Arc::new(Catalogue::new(all).in_zone(zone));
    for package in catalogue
        .packages
        .values()
        .filter(|p| given.contains(&p.name))
    {
        problems.extend(model::check::package(package, &catalogue));
        problems.extend(model::check::layout(package));
        for workflow in package.workflows.values() {
            if let Err(more) = kernel::workflow::Def::compile(workflow) {
                problems.extend(more);
            }
        }
    }
    match kernel::Rules::compile(catalogue.clone()) {
        Ok(rules) if problems.is_empty() => Ok(Checked {
            catalogue,
            rules: Arc::new(rules),
        }),
        Ok(_) => Err(sorted(problems)),
        Err(more) => {
            problems.extend(more);
            Err(sorted(problems))
        }
    }
}

fn sorted(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort();
    problems.dedup();
    problems
}
