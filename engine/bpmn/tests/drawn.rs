//! A workflow that is drawn, written, read and mapped again is the same workflow.

use bpmn::{Limits, Verdict, judge, map, read, write};
use model::{Name, Workflow, name, schema};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every workflow of the packages in the project.
fn workflows() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut todo = vec![root.join("builtin-modules"), root.join("engine")];
    let mut found = vec![];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == "json")
                && path.parent().is_some_and(|p| p.ends_with("workflows"))
            {
                found.push(path);
            }
        }
    }
    found
}

fn workflow(text: &str, stem: &str) -> Workflow {
    let package = Name::new("p").expect("a name");
    let mut workflow: Workflow =
        name::reading(&package, || serde_json::from_str(text)).expect("a workflow");
    workflow.name = model::Ref::new(&package, &Name::new(stem).expect("a name"));
    workflow
}

/// What a node says, its place on the canvas left out: the drawing gives every node one.
fn said(workflow: &Workflow) -> Value {
    let mut value = serde_json::to_value(workflow).expect("JSON");
    fn without_place(value: &mut Value) {
        for node in value
            .get_mut("nodes")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            let node = node.1;
            node.as_object_mut().expect("a node").remove("at");
            without_place(node);
        }
    }
    without_place(&mut value);
    value
}

/// What the schema finds wrong with a file; those of tests leave out what a package may not.
fn wrong(file: &Value) -> Vec<String> {
    let mut problems = vec![];
    schema::check("workflow", file, "", "", &mut problems);
    let mut wrong: Vec<String> = problems
        .iter()
        .map(|p| format!("{} {}", p.at, p.code))
        .collect();
    wrong.sort_unstable();
    wrong
}

#[test]
fn a_workflow_comes_back_as_it_was() {
    let files = workflows();
    assert!(files.len() >= 15, "the workflows are found");
    for file in files {
        let text = fs::read_to_string(&file).expect("a file");
        let stem = file.file_stem().expect("a name").to_string_lossy();
        let before = workflow(&text, &stem);
        let (drawn, _) = bpmn::draw(&before);
        let written = write(&drawn);
        let (model, mut problems) =
            read(written.as_bytes(), Limits::default()).expect("it is read");
        problems.extend(judge(&model));
        assert_eq!(problems, vec![], "{}", file.display());
        let mapping = map(&model);
        assert_eq!(mapping.to_fill_in.len(), 0, "{}", file.display());
        let changed = mapping.report.iter().find(|e| e.verdict != Verdict::Mapped);
        assert!(changed.is_none(), "{}: {changed:?}", file.display());
        let [draft] = &mapping.drafts[..] else {
            panic!("one workflow");
        };
        assert_eq!(*draft.name, *stem);
        let source: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(wrong(&source), wrong(&draft.file), "{}", file.display());
        let after = workflow(&draft.file.to_string(), &stem);
        assert_eq!(said(&before), said(&after), "{}", file.display());
    }
}
