//! Stories: given, steps, finally. A package's acceptance tests as data.

use crate::{Name, Ref};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A JSON object as a story writes it: values are checked when the step runs.
pub type Plain = IndexMap<String, serde_json::Value>;

/// A story, or a run of demo data (then without a title).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    #[serde(default)]
    pub story: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub browser: bool,
    pub given: GivenFacts,
    pub steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<Table>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finally: Option<Finally>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Story {
    /// Names ledgers inside `then` with their package, as typed references already are.
    pub fn name_in_full(&mut self, package: &Name) {
        for step in &mut self.steps {
            let inner = step.together.iter_mut().flatten();
            for then in inner.filter_map(|s| s.then.as_mut()).chain(&mut step.then) {
                for balance in then
                    .get_mut("balances")
                    .and_then(|b| b.as_array_mut())
                    .into_iter()
                    .flatten()
                {
                    if let Some(text) = balance["ledger"].as_str().filter(|t| !t.contains('/')) {
                        balance["ledger"] = format!("{package}/{text}").into();
                    }
                }
            }
        }
    }
}

/// What holds before the first step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenFacts {
    pub today: String,
    /// User → key of a person.
    #[serde(default)]
    pub users: IndexMap<String, String>,
    #[serde(default)]
    pub roles: IndexMap<String, Vec<Held>>,
    #[serde(default)]
    pub balances: Vec<BalanceIs>,
    #[serde(default)]
    pub records: Vec<GivenRecord>,
}

/// A role held, everywhere or within a record named by key.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Held {
    Role(Ref),
    Within { role: Ref, within: String },
}

/// A record made by the engine before the steps.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenRecord {
    pub form: Ref,
    pub with: Plain,
}

/// What a balance is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalanceIs {
    pub ledger: Ref,
    pub of: Plain,
    pub is: Plain,
}

/// One step: somebody does something, and something follows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    #[serde(rename = "as")]
    pub user: Option<String>,
    pub create: Option<Ref>,
    pub edit: Option<Ref>,
    pub submit: Option<Ref>,
    pub withdraw: Option<Ref>,
    pub reverse: Option<Ref>,
    /// Moves what runs for the last record of this form to the node `to`.
    pub jump: Option<Ref>,
    pub suspend: Option<Ref>,
    pub resume: Option<Ref>,
    pub terminate: Option<Ref>,
    /// The user whose waiting tasks go to the user `to`.
    pub hand_over: Option<String>,
    pub delete: Option<Ref>,
    /// A node whose open task the user completes.
    pub complete: Option<String>,
    /// claim, unclaim, transfer, delegate, return, take_back, add_seat, drop_seat, remind, copy.
    #[serde(rename = "do")]
    pub operation: Option<String>,
    /// The node of the task that `do` works on.
    pub task: Option<String>,
    /// User, users or node that `do` works with.
    pub to: Option<serde_json::Value>,
    pub how: Option<String>,
    pub opinion: Option<String>,
    pub make: Option<Ref>,
    pub of: Option<Ref>,
    /// Moves the clock to a day or moment.
    pub move_to: Option<String>,
    pub with: Option<Plain>,
    pub outcome: Option<String>,
    pub preview: Option<Plain>,
    pub then: Option<Plain>,
    pub together: Option<Vec<Step>>,
    pub note: Option<String>,
}

/// Runs the steps once per row; `"$column"` stands for the row's value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// What holds after the last step.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finally {
    #[serde(default)]
    pub balances: Vec<BalanceIs>,
    /// Form → status of the story's last record of it.
    #[serde(default)]
    pub statuses: IndexMap<Ref, String>,
}

/// A login of the demo company.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoUser {
    pub login: String,
    pub employee: String,
    #[serde(default)]
    pub roles: Vec<Held>,
    #[serde(default)]
    pub language: Option<String>,
    #[serde(default)]
    pub says: Option<String>,
}
