//! What becomes of the elements of others' models when their processes become workflows.

use super::{Group, judged, named};
use crate::conformance::Suite;
use ::bpmn::{
    Weight,
    map::{Draft, Verdict},
};
use model::{Problem, schema};

/// Every element of the models that are read, refused ones by name and reason.
pub fn elements(group: &Group) -> Result<Suite, String> {
    let mut suite = Suite::new(format!("bpmn: mapped {}", group.name), "elements");
    for file in &group.files {
        let (Some(model), problems) = judged(file)? else {
            continue;
        };
        if problems.iter().any(|p| p.weight == Weight::Grave) {
            continue;
        }
        for entry in ::bpmn::map(&model).report {
            let outcome = match entry.verdict {
                Verdict::Refused => Err(entry.to_string()),
                Verdict::Mapped | Verdict::Approximated => Ok(()),
            };
            let id = entry.id.as_deref().unwrap_or_default();
            suite.add(format!("{} {id}", named(&group.folder, file)), outcome);
        }
    }
    Ok(suite)
}

/// Every workflow is one as the schema has it, but for the places that are named as to fill in:
/// the check points to each of them, and to nothing else.
pub fn drafts(group: &Group) -> Result<Suite, String> {
    let mut suite = Suite::new(format!("bpmn: workflows {}", group.name), "workflows");
    for file in &group.files {
        let (Some(model), problems) = judged(file)? else {
            continue;
        };
        if problems.iter().any(|p| p.weight == Weight::Grave) {
            continue;
        }
        let mapping = ::bpmn::map(&model);
        for draft in &mapping.drafts {
            let open = mapping.to_fill_in.iter();
            let open = open.filter(|open| open.workflow == draft.name);
            let open: Vec<&str> = open.map(|open| open.at.as_str()).collect();
            let name = format!("{} {}", named(&group.folder, file), draft.name);
            let refused = mapping.report.iter().any(|e| e.verdict == Verdict::Refused);
            suite.add(name, is_told(draft, &open, refused));
        }
    }
    Ok(suite)
}

fn is_told(draft: &Draft, open: &[&str], refused: bool) -> Result<(), String> {
    let mut problems = vec![];
    schema::check("workflow", &draft.file, "", "", &mut problems);
    if let Some(untold) = open
        .iter()
        .find(|at| !problems.iter().any(|p| p.at == **at))
    {
        return Err(format!("the check does not point to {untold}"));
    }
    // Where everything behind a start is refused, too little is left.
    let left = |p: &Problem| refused && p.code == "too_few" && p.at.ends_with("/nodes");
    match problems
        .iter()
        .find(|p| !open.contains(&p.at.as_str()) && !left(p))
    {
        Some(problem) => Err(problem.to_string()),
        None => Ok(()),
    }
}
