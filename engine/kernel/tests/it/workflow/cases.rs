//! The approval-operation cases of `shared/cases/workflow/oa`: every case whose operations exist,
//! step by step on the pure step. They are read where they lie; none is copied.

use super::stage::{Stage, n, people, user};
use chrono::{DateTime, Utc};
use kernel::workflow::{Cmd, Event, Life, SeatNow, VisitNow};
use model::workflow::How;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, path::PathBuf};

/// Settings and commands that come with the whole of page 4.
const LATER: &[&str] = &[
    "batch",
    "delegate",
    "drop_seat",
    "hand_over",
    "jump",
    "overdue",
    "suspend",
    "take_back",
    "weight",
    "veto",
    "substitute",
];

/// A place among the shared cases; missing is a failure in CI only.
pub fn shared(place: &str) -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let found = here
        .ancestors()
        .map(|a| a.join("shared/cases/workflow").join(place))
        .find(|p| p.exists());
    assert!(
        found.is_some() || std::env::var_os("CI").is_none(),
        "shared/cases is missing"
    );
    found
}

/// Whether the case asks for something that is not there yet.
fn later(case: &Value) -> bool {
    let flow = &case["given"]["flow"];
    let operations = case["operations"].as_array().unwrap();
    let nodes = flow["nodes"].as_array().unwrap();
    let does = |what: &str| {
        case["steps"]
            .as_array()
            .unwrap()
            .iter()
            .any(|s| s["when"]["do"] == what)
    };
    operations
        .iter()
        .any(|o| LATER.contains(&o.as_str().unwrap()))
        || nodes
            .iter()
            .any(|n| n["empty"] == "pass" || n["seats"]["role"].is_string())
        || flow["withdraw"] == "before_first_act"
        || flow["copy_once"] == true
        || does("delegate")
}

fn names(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_str().unwrap().to_string())
        .collect()
}

/// The people of a seat rule, by name.
fn rule(case: &Value, seats: &Value) -> String {
    if let Some(chain) = seats.get("supervisors") {
        let org = &case["given"]["org"];
        let mut found = Vec::new();
        let mut at = case["given"]["initiator"].as_str().unwrap().to_string();
        while (found.len() as u64) < chain["levels"].as_u64().unwrap() {
            let next = org["supervisor"][&at]
                .as_str()
                .or(org["vacant_post_above"][&at].as_str());
            let Some(next) = next else { break };
            at = next.to_string();
            found.push(at.clone());
        }
        return found.join(", ");
    }
    names(&seats["people"]).join(", ")
}

fn pass(node: &Value) -> Value {
    let Some(ratio) = node["pass"].get("ratio") else {
        return node["pass"].clone();
    };
    let (a, b) = ratio.as_str().unwrap().split_once('/').unwrap();
    let percent = a.parse::<u32>().unwrap() * 100 / b.parse::<u32>().unwrap();
    let of = if node["pass"]["of"] == "cast" {
        "votes"
    } else {
        "seats"
    };
    let mut share =
        json!({ "percent": percent, "of": of, "strict": node["pass"]["strict"] == true });
    if let Some(quorum) = node["quorum"].as_u64() {
        let seats = node["seats"]["people"].as_array().unwrap().len() as u64;
        share["quorum"] = json!(quorum * 100 / seats);
    }
    share
}

/// The case's flow as a definition of ours.
fn definition(case: &Value) -> Value {
    let flow = &case["given"]["flow"];
    let edges = flow["edges"].as_array().unwrap();
    let mut nodes = Map::new();
    for node in flow["nodes"].as_array().unwrap() {
        let id = node["id"].as_str().unwrap();
        let outs: Vec<&Value> = edges.iter().filter(|e| e["from"] == id).collect();
        let ins = edges.iter().filter(|e| e["to"] == id).count();
        // Several ways out of an approval, by condition: a gateway of their own.
        let mut next = outs.first().map_or(Value::Null, |e| e["to"].clone());
        if node["kind"] == "approval" && outs.len() > 1 {
            let branch = |(n, e): (usize, &&Value)| {
                let mut branch = json!({ "to": e["to"] });
                if n + 1 < outs.len() {
                    branch["when"] = json!(format!("= {}", e["when"].as_str().unwrap()));
                }
                (format!("way{n}"), branch)
            };
            let branches: Map<String, Value> = outs.iter().enumerate().map(branch).collect();
            next = json!(format!("{id}_ways"));
            let gateway = json!({ "kind": "exclusive_gateway", "branches": branches });
            nodes.insert(format!("{id}_ways"), gateway);
        }
        let written = match node["kind"].as_str().unwrap() {
            "start" => json!({ "kind": "start", "next": next }),
            "end" => json!({ "kind": "end" }),
            "notify" => json!({ "kind": "notify", "message": "m", "next": next,
                                "to": [format!("= {}", names(&node["to"]).join(", "))] }),
            "parallel_gateway" => {
                let branch =
                    |(n, e): (usize, &&Value)| (format!("way{n}"), json!({ "to": e["to"] }));
                let branches: Map<String, Value> = outs.iter().enumerate().map(branch).collect();
                let join = if ins > 1 { "all" } else { "each" };
                json!({ "kind": "parallel_gateway", "join": join, "branches": branches })
            }
            "approval" => approval(case, node, next),
            other => panic!("{other}"),
        };
        nodes.insert(id.into(), written);
    }
    nodes.insert(
        "rejected".into(),
        json!({ "kind": "terminate", "status": "rejected" }),
    );
    Value::Object(nodes)
}

fn approval(case: &Value, node: &Value, next: Value) -> Value {
    let flow = &case["given"]["flow"];
    let mut may = json!({ "add_seat": {}, "transfer": {}, "remind": {}, "copy": {} });
    // A step says how it sends back; here the node says it.
    for step in case["steps"].as_array().unwrap() {
        let when = &step["when"];
        if when["do"] == "rewind" && when["node"] == node["id"] {
            let to = if when["to"] == "previous" {
                "previous"
            } else {
                "any"
            };
            may["return"] = json!({ "to": to, "then": when["then"] });
        }
    }
    let mut written = json!({
        "kind": "approval", "seats": [format!("= {}", rule(case, &node["seats"]))],
        "order": node["order"], "pass": pass(node), "may": may,
        "outcomes": { "approve": next, "reject": "rejected" }
    });
    if let Some(dedup) = flow["dedup"].as_str() {
        written["same_person"] = json!(dedup);
    }
    if let Some(own) = node["self"].as_str() {
        written["own"] = json!(if own == "department_head" {
            "head"
        } else {
            own
        });
    }
    if let Some(to) = node["empty"]["to"].as_str() {
        written["empty"] = json!(format!("= {to}"));
    }
    written
}

/// The codes that stand for a case's words.
fn codes(reason: &str) -> &'static [&'static str] {
    match reason {
        "seat is parked" => &["seat_parked"],
        "seat is cancelled" | "seat is closed" => &["seat_cancelled", "instance_ended"],
        "seat is not open" => &["seat_planned"],
        "not the holder" => &["not_holder"],
        "already has a seat in this ballot" => &["already_seated"],
        "the initiator may not approve here" => &["starter_may_not"],
        "target was never entered" => &["not_a_target"],
        "only the initiator" => &["only_the_starter"],
        "instance has ended" => &["instance_ended"],
        other => panic!("{other}"),
    }
}

fn command(s: &Stage, when: &Value) -> Cmd {
    let by = when["by"].as_str().unwrap();
    let node = when["node"].as_str().unwrap_or("");
    let opinion = when["opinion"].as_str().map(String::from);
    let users = |list: &Value| names(list).iter().map(|u| user(u)).collect::<Vec<_>>();
    // By someone without a seat of his own there, any seat of the node.
    let seat = || {
        let his = s.state.seats.iter().rev().find(|x| {
            x.holder == Some(user(by)) && s.state.node_of(x).is_some_and(|n| &**n == node)
        });
        his.filter(|x| !x.open()).map_or_else(
            || s.seat(node, by),
            |closed| {
                let open = s.seat(node, by);
                if s.state.seat(open).unwrap().holder == Some(user(by)) {
                    open
                } else {
                    closed.id
                }
            },
        )
    };
    match when["do"].as_str().unwrap() {
        "start" => Cmd::Start,
        "act" => {
            let outcome = match when["verdict"].as_str().unwrap() {
                "pass" => None,
                word => Some(n(word)),
            };
            Cmd::Act {
                seat: seat(),
                outcome,
                opinion,
            }
        }
        "add_seat" => {
            let how = match when["mode"].as_str().unwrap() {
                "before" => How::Before,
                "after" => How::After,
                _ => How::Parallel,
            };
            Cmd::AddSeat {
                seat: seat(),
                how,
                users: users(&when["who"]),
                opinion,
            }
        }
        "transfer" => Cmd::Transfer {
            seat: seat(),
            to: user(when["to"].as_str().unwrap()),
            opinion,
        },
        "rewind" => {
            let to = when["to"].as_str().filter(|t| *t != "previous").map(n);
            Cmd::Return {
                seat: seat(),
                to,
                opinion,
            }
        }
        "withdraw" => Cmd::Withdraw,
        other => panic!("{other}"),
    }
}

fn check(s: &Stage, then: &Value, what: &str) {
    let state = match s.state.life {
        Life::Running => "running".to_string(),
        Life::Ended(status) => status.to_string(),
        Life::Fresh => "fresh".into(),
    };
    assert_eq!(state, then["state"].as_str().unwrap(), "{what}");
    let sorted = |key: &str| {
        then.get(key).map(|list| {
            let mut list = names(list);
            list.sort();
            list
        })
    };
    assert_eq!(Some(s.open()), sorted("open"), "{what}: open");
    let parked = s.named(|x| x.now == SeatNow::Parked);
    assert_eq!(
        parked,
        sorted("parked").unwrap_or_default(),
        "{what}: parked"
    );
    if let Some(planned) = sorted("planned") {
        assert_eq!(
            s.named(|x| x.now == SeatNow::Planned),
            planned,
            "{what}: planned"
        );
    }
    if let Some(auto) = sorted("auto") {
        let told = s.last.iter().filter_map(|e| match e {
            Event::SeatOpened { seat } if seat.done().is_some() => Some(seat.id),
            _ => None,
        });
        let born: BTreeSet<_> = told.collect();
        assert_eq!(s.named(|x| born.contains(&x.id)), auto, "{what}: auto");
    }
    for (node, attempt) in then["attempt"].as_object().into_iter().flatten() {
        let entered = s
            .state
            .visits
            .iter()
            .filter(|v| *v.node == **node)
            .map(|v| v.attempt)
            .max();
        assert_eq!(
            entered.map(u64::from),
            attempt.as_u64(),
            "{what}: attempt of {node}"
        );
    }
    for (join, branches) in then["waiting_at_join"].as_object().into_iter().flatten() {
        // A branch that waits while its sender's target is done again has not moved.
        let waiting = s.state.tokens.iter().filter(|t| *t.to == **join);
        let mut from: Vec<String> = waiting
            .map(|t| s.state.visits[t.by as usize].node.to_string())
            .collect();
        from.sort();
        assert_eq!(from, names(branches), "{what}: waiting at {join}");
    }
    if let Some(left) = then["left_over_tokens"].as_u64() {
        assert_eq!(s.state.tokens.len() as u64, left, "{what}");
    }
    for (task, word) in then["seats"].as_object().into_iter().flatten() {
        let (node, who) = task.split_once('/').unwrap();
        let word = word.as_str().unwrap();
        let attempt = if word.contains("attempt 1") { 1 } else { 0 };
        let seat = s.state.seats.iter().rev().find(|x| {
            x.holder == Some(user(who))
                && s.state.node_of(x).is_some_and(|n| &**n == node)
                && (attempt == 0 || x.attempt == attempt)
        });
        let now = match &seat.unwrap_or_else(|| panic!("{what}: no seat {task}")).now {
            SeatNow::Done(done) if &*done.way == "reject" => "done reject",
            SeatNow::Done(_) => "done pass",
            SeatNow::Returned => "returned",
            SeatNow::Cancelled => "cancelled",
            _ => "open",
        };
        assert!(word.starts_with(now), "{what}: {task} is {now}, not {word}");
    }
    let tasks = s.effects.tasks_opened.iter().chain(&s.effects.tasks_closed);
    let heard: Vec<String> = tasks.filter_map(|t| t.holder).map(people).collect();
    for who in then.get("never_notified").map(names).into_iter().flatten() {
        assert!(!heard.contains(&who), "{what}: {who} heard of it");
    }
    if let Some(mut notified) = then.get("notified").map(names) {
        let to = s
            .effects
            .notices
            .iter()
            .flat_map(|n| n.to.iter().map(|u| people(*u)));
        let mut told: Vec<String> = to.collect();
        told.sort();
        notified.sort();
        assert_eq!(told, notified, "{what}: notified");
    }
    if then["state"] == "running" {
        assert!(s.state.visits.iter().any(|v| v.now == VisitNow::Open));
    }
}

fn leak(text: &str) -> &'static str {
    Box::leak(text.to_string().into_boxed_str())
}

#[test]
fn approval_operations() {
    let Some(folder) = shared("oa") else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    files.sort();
    let (mut cases, mut steps, mut waiting) = (0, 0, Vec::new());
    for file in &files {
        let case: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let id = case["id"].as_str().unwrap();
        if later(&case) {
            waiting.push(id.to_string());
            continue;
        }
        let mut s = Stage::new(definition(&case));
        let given = &case["given"];
        if let Some(now) = given["now"].as_str() {
            s.now = DateTime::parse_from_rfc3339(now)
                .unwrap()
                .with_timezone(&Utc);
        }
        for (map, key) in [
            (&mut s.above, "supervisor"),
            (&mut s.heads, "department_head"),
        ] {
            for (who, above) in given["org"][key].as_object().into_iter().flatten() {
                if let Some(above) = above.as_str() {
                    map.insert(leak(who), leak(above));
                }
            }
        }
        for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let what = format!("{id}, step {}: {}", number + 1, step["when"]);
            let by = step["when"]["by"].as_str().unwrap();
            let cmd = command(&s, &step["when"]);
            match (s.try_do(by, cmd), step["then"]["refused"].as_str()) {
                (Ok(()), None) => {}
                (Err(no), Some(reason)) => {
                    assert!(codes(reason).contains(&no.code), "{what}: {no}")
                }
                (Ok(()), Some(reason)) => panic!("{what}: not refused, {reason}"),
                (Err(no), None) => panic!("{what}: {no}"),
            }
            check(&s, &step["then"], &what);
            steps += 1;
        }
        cases += 1;
    }
    println!(
        "{cases} of {} cases, {steps} steps; not yet: {}",
        files.len(),
        waiting.join(" ")
    );
    assert!(cases >= 39, "{cases} cases");
}
