//! Control-flow patterns as nets (`traces.json`): each net becomes a workflow, its tasks are done
//! by hand, and the tasks that were done are held against the expected trace.
//!
//! A task is a `fill`, a pass a gateway. What a net's `command` says to another node is what a
//! person in charge of the flow would do, so it is a task that the runner does at once, by the
//! kernel's own commands.

mod condition;
mod play;
mod translate;

use super::{Suite, json};
use serde_json::Value;
use std::path::Path;

/// Every case of every net.
pub fn run(dir: &Path) -> Result<Vec<Suite>, String> {
    let traces = json(&dir.join("workflow/traces.json"))?;
    let mut cases = Suite::new("nets: cases", "cases");
    let mut patterns: Vec<(u64, bool)> = vec![];
    for entry in traces.as_array().into_iter().flatten() {
        if !entry["model"].is_object() {
            continue;
        }
        let id = entry["id"].as_str().unwrap_or_default();
        for (n, case) in entry["cases"].as_array().into_iter().flatten().enumerate() {
            let outcome = one(&entry["model"], case);
            if let Some(pattern) = entry["pattern"].as_u64() {
                patterns.push((pattern, outcome.is_ok()));
            }
            cases.add(format!("{id} #{}", n + 1), outcome);
        }
    }
    Ok(vec![cases, covered(&patterns)])
}

/// Of the 43 control-flow patterns, those with at least one case that passes.
fn covered(patterns: &[(u64, bool)]) -> Suite {
    let mut suite = Suite::new("nets: patterns", "patterns");
    for pattern in 1..=43 {
        let of = patterns.iter().filter(|(p, _)| *p == pattern);
        let outcome = match of.clone().count() {
            0 => Err("no case among the nets".to_owned()),
            _ if of.clone().any(|(_, passed)| *passed) => Ok(()),
            _ => Err("no case passes".to_owned()),
        };
        suite.add(format!("pattern {pattern}"), outcome);
    }
    suite
}

fn one(model: &Value, case: &Value) -> Result<(), String> {
    let net = translate::net(model)?;
    play::play(&net, case)
}
