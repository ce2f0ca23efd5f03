//! The interface described: made from the route table and the answers of `answers.json`, so that
//! what is served and what is described cannot differ.

use super::{
    ask::Permission,
    route::{Route, Takes},
    routes::api,
    shape::{Key, object_schema},
};
use runtime::{Caller, Error, Site};
use serde_json::{Map, Value, json};

const ANSWERS: &str = include_str!("answers.json");

const ABOUT: &str = "Errors are application/problem+json with a stable code and a sentence in the \
caller's language (the user's, or X-Language: en, zh-CN, zh-TW). Commands need Idempotency-Key; a \
retry with the same key answers what the first one did. Unsafe requests with the session cookie \
need X-CSRF-Token. Unknown keys and parameters are refused.";

/// The static part: everything but the forms of a site.
pub fn document() -> Value {
    let mut paths = Map::new();
    for route in api() {
        let operation = operation(&route);
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    paths.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Formwork",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "paths": paths,
        "components": {
            "schemas": answers(),
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "formwork" },
                "bearer": { "type": "http", "scheme": "bearer" },
            },
        },
    })
}

fn answers() -> Value {
    // Part of the program: a test reads it.
    serde_json::from_str(ANSWERS).expect("answers.json is JSON")
}

/// Adds the forms the caller may see: the schema of each one's values, and its addresses.
pub async fn with_forms(mut document: Value, site: &Site, caller: &Caller) -> Result<Value, Error> {
    for entry in site.forms(caller) {
        let Ok(form) = entry.form.parse() else {
            continue;
        };
        let definition = site.definition(caller, &form).await?;
        let name = format!("values_{}__{}", form.package, form.name);
        let of = json!({ "$ref": format!("#/components/schemas/{name}") });
        document["components"]["schemas"][&name] = definition.schema;
        let body = json!({
            "content": { "application/json": { "schema": {
                "type": "object",
                "properties": { "values": of },
            } } },
        });
        let path = format!("/api/records/{form}");
        let tag = json!([entry.module_label]);
        let may = |verb| entry.may.contains(&verb);
        let mut acts = json!({});
        if may(model::Verb::Read) {
            acts["get"] = json!({ "summary": entry.label, "tags": tag, "responses": good("Page") });
        }
        if may(model::Verb::Create) {
            acts["post"] = json!({
                "summary": entry.label,
                "tags": tag,
                "requestBody": body,
                "responses": good("Sheet"),
            });
        }
        document["paths"][path] = acts;
    }
    Ok(document)
}

fn good(name: &str) -> Value {
    json!({ "2XX": { "description": "Done", "content": content(name) }, "default": bad() })
}

fn bad() -> Value {
    json!({
        "description": "A problem",
        "content": { "application/problem+json": {
            "schema": { "$ref": "#/components/schemas/Problem" },
        } },
    })
}

fn content(gives: &str) -> Value {
    match gives {
        "bytes" => json!({ "application/octet-stream": {} }),
        "text" => json!({ "text/plain": {} }),
        "events" => json!({ "text/event-stream": {
            "schema": { "$ref": "#/components/schemas/Event" },
        } }),
        "object" => json!({ "application/json": { "schema": { "type": "object" } } }),
        name => json!({ "application/json": {
            "schema": { "$ref": format!("#/components/schemas/{name}") },
        } }),
    }
}

fn operation(route: &Route) -> Value {
    let mut parameters: Vec<Value> = route
        .path
        .split('/')
        .filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            let schema = if name == "id" {
                json!({ "type": "string", "format": "uuid" })
            } else {
                json!({ "type": "string" })
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    parameters.extend(route.query.iter().map(of_query));
    if route.keyed {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "required": true,
            "description": "The same for every try of the same act",
            "schema": { "type": "string", "minLength": 1, "maxLength": super::guard::KEY_MAX },
        }));
    }
    let mut out = json!({ "summary": route.says, "tags": [tag(route)] });
    out["operationId"] = operation_id(route).into();
    if !parameters.is_empty() {
        out["parameters"] = parameters.into();
    }
    match route.takes {
        Takes::Nothing | Takes::Json(&[], _) => {}
        Takes::Json(keys, _) => {
            let needed = keys.iter().any(|k| k.needed);
            out["requestBody"] = json!({
                "required": needed,
                "content": { "application/json": { "schema": object_schema(keys) } },
            });
        }
        Takes::File => {
            out["requestBody"] = json!({
                "required": true,
                "content": { "multipart/form-data": { "schema": {
                    "type": "object",
                    "properties": { "file": { "type": "string", "format": "binary" } },
                    "required": ["file"],
                } } },
            });
        }
    }
    let mut responses = Map::new();
    let good = match route.gives {
        "" => json!({ "description": "Done" }),
        gives => json!({ "description": "Done", "content": content(gives) }),
    };
    responses.insert(route.status.to_string(), good);
    responses.insert("default".into(), bad());
    out["responses"] = responses.into();
    out["security"] = match route.permission {
        Permission::Open => json!([{}]),
        Permission::LoggedIn | Permission::Admin => json!([{ "session": [] }, { "bearer": [] }]),
    };
    out["x-permission"] = match route.permission {
        Permission::Open => "open",
        Permission::LoggedIn => "logged_in",
        Permission::Admin => "admin",
    }
    .into();
    out
}

fn of_query(key: &Key) -> Value {
    json!({
        "name": key.name,
        "in": "query",
        "required": key.needed,
        "description": key.says,
        "schema": key.kind.query_schema(),
    })
}

/// The resource a route belongs to.
fn tag(route: &Route) -> &'static str {
    let path = route
        .path
        .strip_prefix("/api/")
        .unwrap_or(route.path.trim_start_matches('/'));
    path.split('/').next().unwrap_or_default()
}

/// A name for programs made from method and path: `get_records_id_flow`.
fn operation_id(route: &Route) -> String {
    let steps = route
        .path
        .split(['/', '.'])
        .filter(|s| !matches!(*s, "" | "api" | "json"));
    let steps = steps
        .map(|s| s.trim_matches(['{', '}']))
        .filter(|s| *s != "module");
    let method = route.method.as_str().to_ascii_lowercase();
    steps.fold(method, |id, step| format!("{id}_{step}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn refs<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
        match value {
            Value::Object(o) => {
                out.extend(o.get("$ref").and_then(Value::as_str));
                o.values().for_each(|v| refs(v, out));
            }
            Value::Array(a) => a.iter().for_each(|v| refs(v, out)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_schema_is_used() {
        let document = document();
        let mut found = vec![];
        refs(&document, &mut found);
        let named: HashSet<&str> = found
            .iter()
            .filter_map(|r| r.strip_prefix("#/components/schemas/"))
            .collect();
        let known = document["components"]["schemas"].as_object().unwrap();
        for name in &named {
            assert!(known.contains_key(*name), "{name}");
        }
        for name in known.keys() {
            // The outcome alone is answered on request, to every command on a record.
            assert!(
                named.contains(name.as_str()) || name == "Done",
                "{name} is not used"
            );
        }
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
        let mut ids = HashSet::new();
        for route in api() {
            assert!(ids.insert(operation_id(&route)), "{}", operation_id(&route));
            assert!(!route.says.is_empty(), "{}", route.path);
            assert!(
                !route.gives.is_empty() || route.status == 204,
                "{}",
                route.path
            );
        }
    }
}
