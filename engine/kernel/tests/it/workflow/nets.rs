//! Nets and expected traces of `shared/cases/workflow/traces.json` that need nothing beyond the
//! nodes there are: the order of completed tasks, what is open on the way, and the end.

use super::{
    cases::shared,
    stage::{Stage, user},
};
use kernel::workflow::{Cmd, Life};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Whether the net has only bodies, joins and splits that exist.
fn runs(model: &Value) -> bool {
    let Some(nodes) = model["nodes"].as_array() else {
        return false;
    };
    let among = |n: &Value, key: &str, list: &[&str]| {
        n.get(key)
            .is_none_or(|v| v.as_str().is_some_and(|v| list.contains(&v)))
    };
    model.get("scope").is_none()
        && nodes.iter().all(|n| {
            among(n, "body", &["start", "task", "pass", "end", "end case"])
                && among(n, "join", &["each", "all", "live"])
                && among(n, "split", &["all", "first", "every"])
                && ["cancels", "acquire", "release", "mutex", "guard"]
                    .iter()
                    .all(|k| n.get(k).is_none())
        })
}

/// The net as a definition of ours; every task is ana's.
fn definition(model: &Value, input: &Value) -> Value {
    let edges = model["edges"].as_array().unwrap();
    let mut nodes = Map::new();
    for node in model["nodes"].as_array().unwrap() {
        let id = node["id"].as_str().unwrap();
        let join = node["join"].as_str().unwrap_or("each");
        let outs: Vec<&Value> = edges.iter().filter(|e| e["from"] == id).collect();
        let split = node["split"].as_str().unwrap_or("all");
        let body = node["body"].as_str().unwrap();
        let single = match outs.as_slice() {
            [] => Some(json!("nothing_left")),
            [only] => Some(only["to"].clone()),
            _ => None,
        };
        let next = if body == "pass" || single.is_some() {
            single.clone().unwrap_or(Value::Null)
        } else {
            nodes.insert(format!("{id}_ways"), gateway(split, "each", &outs, input));
            json!(format!("{id}_ways"))
        };
        let written = match body {
            "start" => json!({ "kind": "start", "next": next }),
            "task" => json!({ "kind": "fill", "seats": ["= ana"], "join": join, "next": next }),
            "pass" if single.is_some() => {
                json!({ "kind": "exclusive_gateway", "join": join, "next": next })
            }
            "pass" => gateway(split, join, &outs, input),
            "end" => json!({ "kind": "end" }),
            _ => json!({ "kind": "terminate" }),
        };
        nodes.insert(id.into(), written);
    }
    nodes.insert("nothing_left".into(), json!({ "kind": "end" }));
    // An end that no branch needs would be unreachable.
    let needed = nodes
        .values()
        .any(|n| n.to_string().contains("\"nothing_left\""));
    if !needed {
        nodes.remove("nothing_left");
    }
    Value::Object(nodes)
}

fn gateway(split: &str, join: &str, outs: &[&Value], input: &Value) -> Value {
    let kind = match split {
        "first" => "exclusive_gateway",
        "every" => "inclusive_gateway",
        _ => "parallel_gateway",
    };
    let mut branches = Map::new();
    let (last, asked): (Vec<_>, Vec<_>) = outs
        .iter()
        .enumerate()
        .partition(|(_, e)| e["default"] == true);
    for (n, edge) in asked {
        let mut branch = json!({ "to": edge["to"] });
        if let Some(when) = edge["when"].as_str() {
            branch["when"] = json!(format!("= {}", truth(when, input)));
        }
        branches.insert(format!("way{n}"), branch);
    }
    for (n, edge) in &last {
        branches.insert(format!("way{n}"), json!({ "to": edge["to"] }));
    }
    // A choice without a default ends the branch where nothing holds.
    if split != "all" && last.is_empty() {
        branches.insert("none".into(), json!({ "to": "nothing_left" }));
    }
    json!({ "kind": kind, "join": join, "branches": branches })
}

/// A condition over the start variables, worked out; one over visits stays.
fn truth(when: &str, input: &Value) -> String {
    if when.contains("visits(") {
        return when.into();
    }
    let (a, b) = when.split_once(" == ").unwrap_or_else(|| panic!("{when}"));
    let value = |text: &str| input.get(text).cloned().unwrap_or_else(|| json!(text));
    if value(a) == value(b) {
        "holds".into()
    } else {
        "not".into()
    }
}

struct Trace {
    stage: Stage,
    done: Vec<String>,
}

impl Trace {
    fn open(&self) -> Vec<String> {
        let open = self.stage.open();
        open.iter()
            .map(|t| t.split_once('/').unwrap().0.to_string())
            .collect()
    }
    fn complete(&mut self, task: &str, case: &Value, what: &str) {
        assert!(
            self.open().iter().any(|t| t == task),
            "{what}: {task} is not open"
        );
        let seats = &self.stage.state.seats;
        let mut open = seats.iter().filter(|s| s.open());
        let seat = open
            .find(|s| &**self.stage.state.node_of(s).unwrap() == task)
            .unwrap()
            .id;
        self.stage.does(
            "ana",
            Cmd::Act {
                seat,
                outcome: None,
                opinion: None,
            },
        );
        self.done.push(task.into());
        for check in case["checks"].as_array().into_iter().flatten() {
            if check["after"].as_u64() != Some(self.done.len() as u64) {
                continue;
            }
            let open = self.open();
            for task in check["not_open"].as_array().into_iter().flatten() {
                assert!(
                    !open.iter().any(|t| t == task.as_str().unwrap()),
                    "{what}: {check}"
                );
            }
            if let Some(list) = check["open"].as_array() {
                let mut list: Vec<&str> = list.iter().map(|t| t.as_str().unwrap()).collect();
                list.sort();
                assert_eq!(open, list, "{what}: {check}");
            }
        }
    }
}

fn run(id: &str, model: &Value, case: &Value) {
    let mut stage = Stage::unjudged(&definition(model, &case["input"]));
    stage.holds.insert("holds".into());
    stage.start("zhou");
    let mut trace = Trace {
        stage,
        done: Vec::new(),
    };
    let expect: Vec<&str> = case["expect"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t.as_str().unwrap())
        .collect();
    if case["order"] == "exact" {
        for task in &expect {
            trace.complete(task, case, id);
        }
    } else {
        let mut left: BTreeMap<&str, usize> = BTreeMap::new();
        for task in &expect {
            *left.entry(task).or_default() += 1;
        }
        while let Some(task) = trace
            .open()
            .into_iter()
            .find(|t| left.get(t.as_str()).is_some_and(|n| *n > 0))
        {
            *left.get_mut(task.as_str()).unwrap() -= 1;
            trace.complete(&task, case, id);
        }
        assert!(left.values().all(|n| *n == 0), "{id}: never open: {left:?}");
    }
    let pairs = |key: &str| -> Vec<(String, String)> {
        let list = case[key].as_array().into_iter().flatten();
        list.map(|p| (p[0].as_str().unwrap().into(), p[1].as_str().unwrap().into()))
            .collect()
    };
    let first = |t: &str| trace.done.iter().position(|d| d == t);
    let last = |t: &str| trace.done.iter().rposition(|d| d == t);
    for (a, b) in pairs("before") {
        assert!(first(&a) < first(&b), "{id}: {a} before {b}");
    }
    for (a, b) in pairs("all_before") {
        assert!(last(&a) < first(&b), "{id}: all {a} before {b}");
    }
    let ended = matches!(trace.stage.state.life, Life::Ended(_));
    assert_eq!(
        ended,
        case["state"] != "active",
        "{id}: {:?}",
        trace.stage.state
    );
    for task in case["withdrawn"].as_array().into_iter().flatten() {
        let of = |s: &&kernel::workflow::Seat| {
            trace
                .stage
                .state
                .node_of(s)
                .is_some_and(|n| **n == *task.as_str().unwrap())
        };
        let withdrawn = trace
            .stage
            .state
            .seats
            .iter()
            .filter(of)
            .all(|s| s.done().is_none() && !s.open());
        assert!(withdrawn, "{id}: {task} withdrawn");
    }
    assert_eq!(user("ana"), trace.stage.state.seats[0].holder.unwrap());
}

#[test]
fn nets_and_their_traces() {
    let Some(file) = shared("traces.json") else {
        return;
    };
    let models: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut names = Vec::new();
    for model in models.iter().filter(|m| runs(&m["model"])) {
        let id = model["id"].as_str().unwrap();
        for case in model["cases"].as_array().unwrap() {
            run(id, &model["model"], case);
        }
        names.push(id);
    }
    println!("{} nets: {}", names.len(), names.join(" "));
    assert!(names.len() >= 14);
}
