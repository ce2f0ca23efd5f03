//! Processes that talk to each other, and what is known of them.

use super::judged;
use crate::conformance::{Suite, json};
use bpmn::soundness::{Answer, BOUND, decide};
use serde_json::Value;
use std::path::Path;

/// Each property of each model, against what its source says of it. The source calls sound what
/// ends with no message left over, and message-sound what ends whatever is left.
pub fn run(dir: &Path) -> Result<Suite, String> {
    let mut suite = Suite::new("bpmn: soundness", "verdicts");
    let cases = json(&dir.join("soundness.json"))?;
    for case in cases.as_array().into_iter().flatten() {
        let name = case["model"].as_str().ok_or("a case has no model")?;
        let (model, problems) = judged(&dir.join(name))?;
        let decided = match &model {
            Some(model) => decide(model, BOUND).map_err(|why| why.join("; ")),
            None => Err(format!("{problems:?}")),
        };
        for key in ["safe", "sound", "message_sound"] {
            let wanted = match &case[key] {
                Value::Object(by_model) => by_model["bag"].as_bool(),
                verdict => verdict.as_bool(),
            };
            let wanted = wanted.ok_or(format!("{name} has no verdict"))?;
            let outcome = decided.clone().and_then(|verdict| {
                let found = match key {
                    "safe" => verdict.safe,
                    "sound" => verdict.sound,
                    _ => verdict.completes,
                };
                match (found, wanted) {
                    (Answer::Yes, true) | (Answer::No, false) => Ok(()),
                    _ => Err(format!(
                        "{found:?}, wanted {wanted}, in {} states",
                        verdict.states
                    )),
                }
            });
            suite.add(format!("{name} {key}"), outcome);
        }
    }
    Ok(suite)
}
