//! The public cases: what passes once passes for ever. The rates themselves are told by
//! `cargo xtask conformance`.

use formwork_tests::conformance;
use std::{
    cell::RefCell,
    path::{Path, PathBuf},
};

/// Cases that do not pass, by the suites they stand in, each with why. The list only gets shorter.
const KNOWN: &[&str] = &[
    // A called flow is an instance of its own, which the kernel does not start yet.
    "patterns/recursion #1",
    // A trigger that is kept for a node that sends on a trigger itself.
    "patterns/persistent_trigger #1",
];

/// The folder of the cases, beside the project. A clone without it has nothing to compare with;
/// where the project is proved it must be there.
fn cases() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = here.ancestors().map(|above| above.join("shared/cases"));
    let found = found.find(|folder| folder.is_dir());
    assert!(
        found.is_some() || std::env::var_os("CI").is_none(),
        "shared/cases is missing"
    );
    found
}

#[test]
fn control_flow_nets() {
    let Some(dir) = cases() else {
        return;
    };
    let problems = RefCell::new(vec![]);
    let seen = RefCell::new(0);
    let tell = |suite: &conformance::Suite| {
        if suite.unit == "cases" {
            *seen.borrow_mut() += suite.cases.len();
            let failed = suite.cases.iter().filter_map(|c| {
                let problem = c.problem.as_ref()?;
                Some((c.name.clone(), problem.clone()))
            });
            problems.borrow_mut().extend(failed);
        }
    };
    conformance::run(&dir, &["nets".into()], tell).expect("the cases are read");
    let mut problems = problems.into_inner();
    problems.retain(|(name, _)| !KNOWN.contains(&name.as_str()));
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(*seen.borrow() >= 45, "all nets ran");
}
