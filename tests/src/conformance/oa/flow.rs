//! A case's flow as a definition of ours.

use super::names;
use model::{Ref, Workflow, name};
use runtime::due::Span;
use serde_json::{Map, Value, json};

/// The definition; an error names what it has no word for.
pub fn definition(case: &Value) -> Result<Workflow, String> {
    let flow = &case["given"]["flow"];
    let mut nodes = Map::new();
    for node in flow["nodes"].as_array().ok_or("a flow without nodes")? {
        write(case, node, &mut nodes)?;
    }
    nodes.insert(
        "rejected".into(),
        json!({ "kind": "terminate", "status": "rejected" }),
    );
    let withdraw = flow["withdraw"].as_str().unwrap_or("while_running");
    let file = json!({ "label": case["id"], "withdraw": withdraw, "nodes": nodes });
    let home = model::Name::known("cases");
    let mut workflow: Workflow = name::reading(&home, || serde_json::from_value(file))
        .map_err(|e| format!("no definition of ours: {e}"))?;
    workflow.name = Ref::new(&home, &model::Name::known("flow"));
    Ok(workflow)
}

fn write(case: &Value, node: &Value, nodes: &mut Map<String, Value>) -> Result<(), String> {
    let flow = &case["given"]["flow"];
    let id = node["id"].as_str().ok_or("a node without id")?;
    let none = vec![];
    let edges = flow["edges"].as_array().unwrap_or(&none);
    let outs: Vec<&Value> = edges.iter().filter(|e| e["from"] == id).collect();
    let ins = edges.iter().filter(|e| e["to"] == id).count();
    let mut next = outs.first().map_or(Value::Null, |e| e["to"].clone());
    // Several ways out of an approval, by condition: a gateway of their own.
    if node["kind"] == "approval" && outs.len() > 1 {
        next = json!(format!("{id}_ways"));
        let gateway = json!({ "kind": "exclusive_gateway", "branches": branches(&outs, true) });
        nodes.insert(format!("{id}_ways"), gateway);
    }
    let written = match node["kind"].as_str().unwrap_or_default() {
        "start" => json!({ "kind": "start", "next": next }),
        "end" => json!({ "kind": "end" }),
        "notify" => json!({ "kind": "notify", "message": "m", "next": next,
                            "once": flow["copy_once"] == true,
                            "to": people(&names(&node["to"])) }),
        "parallel_gateway" => {
            let join = if ins > 1 { "all" } else { "each" };
            json!({ "kind": "parallel_gateway", "join": join, "branches": branches(&outs, false) })
        }
        "approval" => approval(case, node, next)?,
        other => return Err(format!("no node kind for `{other}`")),
    };
    nodes.insert(id.into(), written);
    Ok(())
}

fn branches(outs: &[&Value], conditional: bool) -> Map<String, Value> {
    let branch = |(n, edge): (usize, &&Value)| {
        let mut branch = json!({ "to": edge["to"] });
        if conditional && n + 1 < outs.len() {
            branch["when"] = json!(format!("= {}", edge["when"].as_str().unwrap_or_default()));
        }
        (format!("way{n}"), branch)
    };
    outs.iter().enumerate().map(branch).collect()
}

fn people(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("= {name}")).collect()
}

fn approval(case: &Value, node: &Value, next: Value) -> Result<Value, String> {
    let flow = &case["given"]["flow"];
    let mut written = json!({
        "kind": "approval", "seats": seats(&node["seats"])?, "order": node["order"],
        "pass": pass(node)?, "may": may(case, node),
        "outcomes": { "approve": next, "reject": "rejected" }
    });
    if let Some(dedup) = flow["dedup"].as_str() {
        written["same_person"] = json!(dedup);
    }
    match node["self"].as_str() {
        Some("department_head") => written["own"] = json!("head"),
        Some(own) => written["own"] = json!(own),
        None => {}
    }
    match (&node["empty"], node["empty"]["to"].as_str()) {
        (_, Some(to)) => written["empty"] = json!(format!("= {to}")),
        (Value::String(word), None) => written["empty"] = json!(word),
        _ => {}
    }
    match &node["veto"] {
        Value::Null => {}
        Value::String(any) if any == "any" => written["veto"] = json!(1),
        other => return Err(format!("no word for the veto {other}")),
    }
    if let Some(when) = node["opinion"]["required_when"].as_str() {
        written["opinion"] = json!(format!("= {when}"));
    }
    if let Some(within) = node["sla"]["within"].as_str() {
        written["due"] = json!(within);
        written["ladder"] = ladder(within, &node["sla"]["on_overdue"])?;
    }
    Ok(written)
}

/// The seats, a line each; who they are is answered by the case.
fn seats(seats: &Value) -> Result<Value, String> {
    let weights = &seats["weights"];
    if let Some(people) = seats["people"].as_array() {
        let line = |name: &Value| {
            let name = name.as_str().unwrap_or_default();
            match weights[name].as_u64() {
                Some(weight) => json!({ "who": format!("= {name}"), "weight": weight }),
                None => json!(format!("= {name}")),
            }
        };
        return Ok(people.iter().map(line).collect());
    }
    if seats["role"].is_string() || seats["supervisors"].is_object() {
        return Ok(json!(["= asked"]));
    }
    Err(format!("no word for the seats {seats}"))
}

/// The rule that passes a ballot, as a share where it is one.
fn pass(node: &Value) -> Result<Value, String> {
    let rule = &node["pass"];
    if rule.is_string() {
        return Ok(rule.clone());
    }
    let part = |a: u64, b: u64| match (a * 100).checked_rem(b) {
        Some(0) => Ok(a * 100 / b),
        _ => Err(format!("{a} of {b} is no whole percentage")),
    };
    let (percent, of) = if let Some(ratio) = rule["ratio"].as_str() {
        let (a, b) = ratio.split_once('/').ok_or("a ratio is a/b")?;
        let number = |n: &str| n.parse::<u64>().map_err(|e| e.to_string());
        let of = match rule["of"].as_str() {
            Some("cast") => "votes",
            Some("seats") => "seats",
            other => return Err(format!("a ratio of {other:?}")),
        };
        (part(number(a)?, number(b)?)?, of)
    } else if let Some(weight) = rule["weight"].as_u64() {
        let weights = node["seats"]["weights"].as_object();
        let all = weights.ok_or("a weight without weights")?.values();
        (
            part(weight, all.filter_map(Value::as_u64).sum())?,
            "weights",
        )
    } else {
        return Err(format!("no word for {rule}"));
    };
    let mut share = json!({ "percent": percent, "of": of, "strict": rule["strict"] == true });
    if let Some(quorum) = node["quorum"].as_u64() {
        // Of fewer than a hundred seats, the share rounded down asks for just as many.
        let seats = names(&node["seats"]["people"]).len() as u64;
        share["quorum"] = json!((quorum * 100).checked_div(seats).ok_or("no seats")?);
    }
    Ok(share)
}

/// Every operation; how it is sent back, a step says there, and here the node does.
fn may(case: &Value, node: &Value) -> Value {
    let mut may = json!({ "add_seat": {}, "drop_seat": {}, "transfer": {}, "delegate": {},
                          "take_back": {}, "remind": {}, "copy": {} });
    for step in case["steps"].as_array().into_iter().flatten() {
        let when = &step["when"];
        if when["do"] == "rewind" && when["node"] == node["id"] {
            let to = match when["to"].as_str() {
                Some("previous") => "previous",
                _ => "any",
            };
            may["return"] = json!({ "to": to, "then": when["then"] });
        }
    }
    may
}

/// What happens when it is overdue: here counted from the opening of the task.
fn ladder(within: &str, steps: &Value) -> Result<Value, String> {
    let mut ladder = Map::new();
    for (n, step) in steps.as_array().into_iter().flatten().enumerate() {
        let after = sum(within, step["at"].as_str().unwrap_or_default())?;
        let act = match step["do"].as_str().unwrap_or_default() {
            "remind" => "remind",
            "escalate" => "transfer",
            "pass" => "approve",
            "reject" => "reject",
            other => return Err(format!("no step `{other}`")),
        };
        let mut rung = json!({ "after": after, "do": act });
        match step["to"].as_str() {
            None | Some("superior") => {}
            Some(who) => rung["to"] = json!([format!("= {who}")]),
        }
        ladder.insert(format!("step{n}"), rung);
    }
    Ok(Value::Object(ladder))
}

/// Two durations, one after the other.
fn sum(first: &str, then: &str) -> Result<String, String> {
    if then == "PT0S" {
        return Ok(first.into());
    }
    let read = |text: &str| Span::parse(text).ok_or(format!("no duration `{text}`"));
    let (a, b) = (read(first)?, read(then)?);
    let (months, days) = (a.months + b.months, a.days + b.days);
    Ok(format!("P{months}M{days}DT{}M", a.minutes + b.minutes))
}
