//! Whole scripts and templates run in another process of the same binary, with limits on memory,
//! processor and time (page 6, rule 12). The process has no database, no secret and no network of
//! ours; it reads one JSON line, answers one JSON line, and is killed and replaced on a breach.

pub mod child;
mod pool;
mod template;

pub use pool::{Limits, Pool};

use serde::{Deserialize, Serialize};

/// What a worker is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Calls a function of a package's scripts.
    Script {
        source: String,
        function: String,
        args: Vec<serde_json::Value>,
        zone: model::zone::Zone,
    },
    /// Renders a template; `html` escapes what it prints.
    Template {
        source: String,
        html: bool,
        with: serde_json::Value,
    },
}

/// What a worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Value(serde_json::Value),
    /// Stable code, and a sentence for the log.
    Failed {
        code: String,
        say: String,
    },
}
