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

/// Runs the suites whose names begin like this, and fails with every case that does not come out
/// and is not known; at least so many of this unit must have run.
fn holds(suites: &str, unit: &str, least: usize) {
    let Some(dir) = cases() else {
        return;
    };
    let problems = RefCell::new(vec![]);
    let seen = RefCell::new(0);
    let tell = |suite: &conformance::Suite| {
        if suite.unit == unit {
            *seen.borrow_mut() += suite.cases.len();
            let failed = suite.cases.iter().filter_map(|c| {
                let problem = c.problem.as_ref()?;
                Some((c.name.clone(), problem.clone()))
            });
            problems.borrow_mut().extend(failed);
        }
    };
    conformance::run(&dir, &[suites.into()], tell).expect("the cases are read");
    let mut problems = problems.into_inner();
    problems.retain(|(name, _)| !KNOWN.contains(&name.as_str()));
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(*seen.borrow() >= least, "all of {suites} ran");
}

#[test]
fn control_flow_nets() {
    holds("nets", "cases", 45);
}

#[test]
fn approval_operations() {
    holds("oa", "cases", 63);
    holds("oa", "steps", 301);
}

/// Files of others that do not come out, by the suites they stand in, each with why. The list only
/// gets shorter.
const KNOWN_FILES: &[(&str, &str)] = &[
    // Refers to a node that is not there, or has elements the standard does not know.
    (
        "bpmn: import bpmn-engine",
        "bpmn-engine/service-task-operation.bpmn",
    ),
    ("bpmn: import flowable", "nonSchemaConformantXml.bpmn20.xml"),
    (
        "bpmn: import flowable",
        "validation/invalidProcess.bpmn20.xml",
    ),
    (
        "bpmn: import flowable",
        "validation/invalid_process_xsd_error.bpmn20.xml",
    ),
    (
        "bpmn: import jbpm",
        "BPMN2-DataInputAssociations-xml-literal.bpmn2",
    ),
    ("bpmn: import miwg", "actibpm-3.e-8/A.3.0-export.bpmn"),
    (
        "bpmn: import miwg",
        "bizagi-modeler-2.8.0.8/B.2.0-roundtrip.bpmn",
    ),
    // A boundary event whose trigger is an extension of one engine.
    (
        "bpmn: import flowable",
        "twoTasksProcessWithEventRegistry.bpmn20.xml",
    ),
    (
        "bpmn: import flowable",
        "BpmnEventRegistryConsumerTest.testRedeploy.bpmn20.xml",
    ),
    // A flow from within a sub-process to a node outside.
    (
        "bpmn: import miwg",
        "enterprise-explorer-1.0.0/C.2.0-roundtrip.bpmn",
    ),
    (
        "bpmn: import miwg",
        "visual-paradigm-11.1/B.2.0-roundtrip.bpmn",
    ),
    // What the standard does not know is named and not written again.
    (
        "bpmn: round trip bpmn-engine",
        "bpmn-engine/service-task-operation.bpmn",
    ),
    (
        "bpmn: round trip flowable",
        "nonSchemaConformantXml.bpmn20.xml",
    ),
    (
        "bpmn: round trip flowable",
        "validation/invalid_process_xsd_error.bpmn20.xml",
    ),
    (
        "bpmn: round trip jbpm",
        "BPMN2-DataInputAssociations-xml-literal.bpmn2",
    ),
    (
        "bpmn: round trip miwg",
        "bizagi-modeler-2.8.0.8/B.2.0-roundtrip.bpmn",
    ),
    (
        "bpmn: round trip miwg",
        "modelfoundry-1.1.1/C.1.1-roundtrip.bpmn",
    ),
    // They break what other models of their source want refused: conditions in words in an
    // executable process, and activities that wait for no token or give none.
    (
        "bpmn: betsy not refused",
        "cfpatterns/WCP10_ArbitraryCycles.bpmn",
    ),
    (
        "bpmn: betsy not refused",
        "errors/Token_CompletionQuantity_Zero.bpmn",
    ),
    (
        "bpmn: betsy not refused",
        "errors/Token_StartQuantity_Zero.bpmn",
    ),
    // Every other model of its source has a script without a language too.
    ("bpmn: constraints refused", "EXT053/EXT053_1_failure.bpmn"),
    ("bpmn: right rule named", "EXT053/EXT053_1_failure.bpmn"),
];

/// How the tools of others differ from the reference is a finding about them; what a workflow does
/// not say of their models is told element by element, and has a floor of its own.
const FINDINGS: [&str; 2] = ["bpmn: against the reference", "bpmn: mapped"];

/// Elements of public models, in percent, that are mapped or approximated at least.
const MAPPED_FLOOR: usize = 80;

#[test]
fn files_of_other_tools() {
    let Some(dir) = cases() else {
        return;
    };
    let problems = RefCell::new(vec![]);
    let seen = RefCell::new(0);
    let mapped = RefCell::new((0, 0));
    let tell = |suite: &conformance::Suite| {
        *seen.borrow_mut() += suite.cases.len();
        let known = |name: &str| {
            let mut all = KNOWN_FILES.iter();
            all.any(|(in_suite, file)| *in_suite == suite.name && name.ends_with(file))
        };
        if suite.name.starts_with("bpmn: mapped") {
            let mut mapped = mapped.borrow_mut();
            *mapped = (mapped.0 + suite.passed(), mapped.1 + suite.cases.len());
        }
        let finding = FINDINGS.iter().any(|name| suite.name.starts_with(name));
        for case in suite.cases.iter().filter(|_| !finding) {
            if let Some(problem) = case.problem.as_ref().filter(|_| !known(&case.name)) {
                let told = format!("{}: {}: {problem}", suite.name, case.name);
                problems.borrow_mut().push(told);
            }
        }
    };
    conformance::run(&dir, &["bpmn".into()], tell).expect("the cases are read");
    let problems = problems.into_inner();
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(*seen.borrow() >= 2400, "all files were read");
    let (mapped, all) = mapped.into_inner();
    assert!(
        mapped * 100 >= all * MAPPED_FLOOR,
        "{mapped} of {all} elements are mapped"
    );
}
