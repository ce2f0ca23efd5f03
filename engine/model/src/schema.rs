//! The schemas of package files, built into the engine, and what their errors are called. The
//! only door to jsonschema. Every schema is in memory: nothing is ever fetched.

use crate::Problem;
use jsonschema::{Registry, Resource, Validator, error::ValidationErrorKind as Kind};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::LazyLock};

macro_rules! schemas {
    ($($name:literal)*) => {
        /// Name (`form`, `fields/text`) → text of the schema.
        pub const SCHEMAS: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../../schemas/", $name, ".json"))),)*
        ];
    };
}
schemas! {
    "calendar" "defs" "demo" "form" "ledger" "make" "manifest" "menu" "message" "posting"
    "register" "roles" "run" "story" "translations" "users" "workflow"
    "fields/attachment" "fields/choice" "fields/choices" "fields/date" "fields/image"
    "fields/lines" "fields/link" "fields/moment" "fields/money" "fields/month" "fields/number"
    "fields/quantity" "fields/rich" "fields/sequence" "fields/switch" "fields/text"
    "nodes/approval" "nodes/block" "nodes/complex_gateway" "nodes/end" "nodes/exclusive_gateway" "nodes/fill"
    "nodes/inclusive_gateway" "nodes/notify" "nodes/parallel_gateway" "nodes/post" "nodes/race"
    "nodes/script" "nodes/start" "nodes/terminate" "nodes/timer"
}

/// Where the schemas stand for each other; never fetched.
const BASE: &str = "formwork:///";

static VALIDATORS: LazyLock<HashMap<&'static str, Validator>> = LazyLock::new(|| {
    // The texts are part of the program: a broken one fails the first test that reads a package.
    let parsed: Vec<(&str, Value)> = SCHEMAS
        .iter()
        .map(|(name, text)| {
            (
                *name,
                serde_json::from_str(text).expect("a built-in schema is JSON"),
            )
        })
        .collect();
    let mut registry = Registry::new();
    for (name, schema) in &parsed {
        registry = registry
            .add(
                format!("{BASE}{name}.json"),
                Resource::from_contents(schema.clone()),
            )
            .expect("a built-in schema has a good address");
    }
    let registry = registry
        .prepare()
        .expect("built-in schemas refer to each other only");
    parsed
        .iter()
        .map(|(name, _)| {
            let whole = json!({ "$ref": format!("{BASE}{name}.json") });
            let validator = jsonschema::options()
                .with_registry(&registry)
                .offline()
                .build(&whole)
                .expect("a built-in schema compiles");
            (*name, validator)
        })
        .collect()
});

/// Whether there is a schema of that name.
pub fn known(name: &str) -> bool {
    VALIDATORS.contains_key(name)
}

/// Checks `value` with one schema and adds what is wrong to `problems`, `prefix` before each
/// pointer.
pub fn check(schema: &str, value: &Value, file: &str, prefix: &str, problems: &mut Vec<Problem>) {
    let Some(validator) = VALIDATORS.get(schema) else {
        problems.push(Problem::new(
            file,
            prefix,
            "unknown_kind",
            &[schema],
            format!("there is no {schema}"),
        ));
        return;
    };
    for error in validator.iter_errors(value) {
        let at = format!("{prefix}{}", error.instance_path());
        for (code, with) in named(error.kind()) {
            let say = sentence(code, &with, error.to_string());
            let problem = Problem::new(file, at.clone(), code, &[&with], say);
            // Two schemas that meet in one place (allOf) say the same thing once.
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
}

/// The codes of one schema error, and what fills each sentence (schemas/README.md has the table).
fn named(kind: &Kind) -> Vec<(&'static str, String)> {
    let one = |code, with: &str| vec![(code, with.to_string())];
    match kind {
        Kind::Required { property } => one("missing_key", property.as_str().unwrap_or_default()),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            unexpected
                .iter()
                .map(|key| ("unknown_key", key.clone()))
                .collect()
        }
        Kind::Type { .. } => one("wrong_type", ""),
        Kind::Enum { options } => one("not_one_of", &options.to_string()),
        Kind::Constant { expected_value } => one("not_one_of", &expected_value.to_string()),
        Kind::Pattern { pattern } => one("bad_format", pattern),
        Kind::MinLength { .. } | Kind::Format { .. } => one("bad_format", ""),
        Kind::MinItems { limit } | Kind::MinProperties { limit } => {
            one("too_few", &limit.to_string())
        }
        Kind::Minimum { limit } | Kind::ExclusiveMinimum { limit } => {
            one("too_few", &limit.to_string())
        }
        Kind::MaxItems { limit } | Kind::MaxProperties { limit } | Kind::MaxLength { limit } => {
            one("too_many", &limit.to_string())
        }
        Kind::Maximum { limit } | Kind::ExclusiveMaximum { limit } => {
            one("too_many", &limit.to_string())
        }
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => {
            one("no_match", "")
        }
        Kind::Not { .. } => one("reserved_name", ""),
        Kind::PropertyNames { error } => match error.kind() {
            Kind::Not { .. } => one(
                "reserved_name",
                error.instance().as_str().unwrap_or_default(),
            ),
            _ => one("bad_name", error.instance().as_str().unwrap_or_default()),
        },
        _ => one("invalid", ""),
    }
}

fn sentence(code: &str, with: &str, library: String) -> String {
    match code {
        "missing_key" => format!("`{with}` is missing"),
        "unknown_key" => format!("`{with}` means nothing here"),
        "bad_name" => {
            format!("`{with}` is not a name: lower-case letters, digits and _, at most 41")
        }
        "reserved_name" => format!("`{with}` is a word of expressions and cannot be a name"),
        "not_one_of" => format!("must be one of {with}"),
        _ => {
            let mut end = library.len().min(200);
            while !library.is_char_boundary(end) {
                end -= 1;
            }
            library[..end].to_string()
        }
    }
}
