//! The approval operations, given / when / then, on the pure step.
//!
//! A case's flow becomes a definition, its organisation, calendar and substitutions become
//! answers. Every step is one command; what must be true after it is looked up in the state and
//! in what the command told.

mod flow;
mod said;
mod see;
mod world;

use super::{Suite, files, json};
use serde_json::Value;
use std::path::Path;
use world::World;

/// Cases, of which one passes when every step does; and steps, of which those behind a failed one
/// cannot be judged and count as failed.
pub fn run(dir: &Path) -> Result<Vec<Suite>, String> {
    let mut cases = Suite::new("oa: cases", "cases");
    let mut steps = Suite::new("oa: steps", "steps");
    for file in files(&dir.join("workflow/oa"), ".json")? {
        let case = json(&file)?;
        let name = case["id"].as_str().ok_or("a case without id")?;
        let mut first = None;
        for (step, found) in play(&case) {
            if let Err(why) = &found {
                first.get_or_insert_with(|| format!("{step}: {why}"));
            }
            steps.add(format!("{name} {step}"), found);
        }
        cases.add(name, first.map_or(Ok(()), Err));
    }
    Ok(vec![cases, steps])
}

/// The steps of a case by name, with what came of each.
type Steps = Vec<(String, Result<(), String>)>;

/// Runs a case step by step, to its end or its first failure.
fn play(case: &Value) -> Steps {
    let steps = case["steps"].as_array().map_or(&[][..], |s| s);
    let mut broken = None;
    let mut world = World::of(case).map_err(|e| broken = Some(e)).ok();
    let mut list = vec![];
    for (n, step) in steps.iter().enumerate() {
        let name = format!("step {}: {}", n + 1, step["when"]);
        let found = match (&broken, &mut world) {
            (None, Some(world)) => world.step(step),
            _ => Err("not reached".into()),
        };
        let found = match broken.take() {
            Some(first) if n == 0 => Err(first),
            _ => found,
        };
        if found.is_err() {
            broken = Some("a step before failed".into());
        }
        list.push((name, found));
    }
    list
}

/// The texts of a list.
fn names(list: &Value) -> Vec<&str> {
    let texts = list.as_array().map_or(&[][..], |l| l);
    texts.iter().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::play;
    use serde_json::json;

    /// The least case; `then` is what must hold after li has passed.
    fn case(then: serde_json::Value) -> serde_json::Value {
        json!({
            "id": "least", "given": {
                "flow": {
                    "nodes": [{ "id": "start", "kind": "start" },
                              { "id": "a", "kind": "approval", "seats": { "people": ["li"] },
                                "order": "parallel", "pass": "all" },
                              { "id": "end", "kind": "end" }],
                    "edges": [{ "from": "start", "to": "a" }, { "from": "a", "to": "end" }] },
                "initiator": "zhou" },
            "steps": [
                { "when": { "do": "start", "by": "zhou" },
                  "then": { "state": "running", "open": ["a/li"] } },
                { "when": { "do": "act", "by": "li", "node": "a", "verdict": "pass" }, "then": then },
                { "when": { "do": "withdraw", "by": "zhou" },
                  "then": { "refused": "instance has ended", "state": "approved", "open": [] } }]
        })
    }

    #[test]
    fn what_differs_is_told_and_what_follows_is_not_judged() {
        let good = play(&case(json!({ "state": "approved", "open": [] })));
        assert!(good.iter().all(|(_, found)| found.is_ok()), "{good:?}");
        for wrong in [
            json!({ "state": "rejected", "open": [] }),
            json!({ "state": "approved", "open": ["a/li"] }),
            json!({ "state": "approved", "open": [], "refused": "seat is parked" }),
            json!({ "state": "approved", "open": [], "seats": { "a/li": "done reject" } }),
            json!({ "state": "approved", "open": [], "nobody_knows_this_key": 1 }),
        ] {
            let bad = play(&case(wrong.clone()));
            let failed: Vec<bool> = bad.iter().map(|(_, found)| found.is_err()).collect();
            assert_eq!(failed, [false, true, true], "{wrong}: {bad:?}");
        }
    }
}
