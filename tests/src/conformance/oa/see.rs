//! What must be true after a step: every key of its `then` is looked at, an unknown one fails.

use super::{
    names, said,
    world::{Running, World},
};
use kernel::workflow::{
    Auto, Change, Event, Life, Origin, Seat, SeatNow, State, VisitNow, Vote, apply,
};
use model::Status;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Compares; what differs is the error.
pub fn check(world: &World, step: &Value) -> Result<(), String> {
    let then = step["then"].as_object().ok_or("a step without then")?;
    for (key, expected) in then {
        let found = found(world, step, key, expected)?;
        let same = match key.as_str() {
            "trail" => in_order(&found, expected),
            _ => sorted(&found) == sorted(expected),
        };
        if !same {
            return Err(format!("{key} is {found}, not {expected}"));
        }
    }
    if !then.contains_key("parked") {
        let parked = tasks(world, |s| s.now == SeatNow::Parked);
        if parked != json!([]) {
            return Err(format!("parked is {parked}, not []"));
        }
    }
    Ok(())
}

/// What the world says under a key; of a map, only what is asked for.
fn found(world: &World, step: &Value, key: &str, expected: &Value) -> Result<Value, String> {
    let each = |look: &dyn Fn(&str, &Value) -> Value| {
        let asked = expected.as_object().into_iter().flatten();
        let map: Map<String, Value> = asked.map(|(k, e)| (k.clone(), look(k, e))).collect();
        Value::Object(map)
    };
    Ok(match key {
        // Compared as the command was answered.
        "refused" | "note" => expected.clone(),
        "state" => json!(whole(world)),
        "states" => each(&|id, _| json!(world.instances.get(id).map(state))),
        "open" => tasks(world, Seat::open),
        "parked" => tasks(world, |s| s.now == SeatNow::Parked),
        "planned" => tasks(world, |s| s.now == SeatNow::Planned),
        "suspended" => tasks(world, |s| s.now == SeatNow::Suspended),
        "seats" => each(&|task, expected| became(world, task, expected)),
        "due" => each(&|task, _| {
            let due = seat(world, task, 0).and_then(|s| s.due);
            json!(due.map(|d| d.with_timezone(&said_zone()).to_rfc3339()))
        }),
        "on_behalf" => each(&|task, _| {
            let of = seat(world, task, 0).and_then(|s| s.on_behalf);
            json!(of.map(|of| world.name(of)))
        }),
        "attempt" => each(&|node, _| json!(attempt(first(world), node))),
        "waiting_at_join" => each(&|join, _| json!(waiting(first(world), join))),
        "left_over_tokens" => json!(first(world).map_or(0, |s| s.tokens.len())),
        "auto" => json!(auto(world)),
        "fallback" => json!(opened(world, |s| s.origin == Origin::Empty, false)),
        "fired" => json!(world.told.fired),
        "moved" => json!(world.told.moved),
        "notified" => json!(notified(world)),
        "copied" => json!(copied(world)),
        "never_notified" => {
            let quiet = names(expected).into_iter();
            json!(
                quiet
                    .filter(|who| !world.heard.contains(*who))
                    .collect::<Vec<_>>()
            )
        }
        "never_entered" => {
            let fresh = names(expected).into_iter();
            let entered = |node: &&str| attempt(first(world), node).is_some();
            json!(fresh.filter(|node| !entered(node)).collect::<Vec<_>>())
        }
        "trail" => json!(trail(world)),
        "weight" => weight(world, step["when"]["node"].as_str().unwrap_or_default()),
        "results" => each(&|id, expected| result(world, id, expected)),
        other => return Err(format!("no rule for `{other}`")),
    })
}

/// The zone in which cases tell the time.
fn said_zone() -> chrono::FixedOffset {
    chrono::FixedOffset::east_opt(8 * 3600).expect("eight hours are a zone")
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(list) => {
            let mut list = list.clone();
            list.sort_by_key(ToString::to_string);
            Value::Array(list)
        }
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect(),
        other => other.clone(),
    }
}

/// Whether all of the expected come in this order among what was found.
fn in_order(found: &Value, expected: &Value) -> bool {
    let found = names(found);
    let mut rest = found.iter();
    names(expected)
        .into_iter()
        .all(|line| rest.any(|f| *f == line))
}

fn first(world: &World) -> Option<&State> {
    world.instances.get("i1").map(|r| &r.state)
}

/// A command on several instances with different ends says so; else the first one counts.
fn whole(world: &World) -> String {
    let ends: BTreeSet<String> = match world.told.results.is_empty() {
        true => world.instances.get("i1").map(state).into_iter().collect(),
        false => world.instances.values().map(state).collect(),
    };
    let mut ends = ends.into_iter();
    match (ends.next(), ends.next()) {
        (Some(one), None) => one,
        _ => "several".into(),
    }
}

fn state(running: &Running) -> String {
    let ended = |e: &Event| matches!(e, Event::Terminated { .. });
    match running.state.life {
        Life::Fresh => "fresh".into(),
        Life::Running if running.state.suspended.is_some() => "suspended".into(),
        Life::Running => "running".into(),
        Life::Ended(Status::Closed) if running.log.iter().any(ended) => "terminated".into(),
        Life::Ended(status) => status.to_string(),
    }
}

/// Seats as `node/person`, those of a further instance as `instance#node/person`.
fn tasks(world: &World, which: impl Fn(&Seat) -> bool) -> Value {
    let mut list = vec![];
    for (id, running) in &world.instances {
        for seat in running.state.seats.iter().filter(|s| which(s)) {
            let task = task(world, &running.state, seat);
            list.push(if id == "i1" {
                task
            } else {
                format!("{id}#{task}")
            });
        }
    }
    list.sort();
    json!(list)
}

fn task(world: &World, state: &State, seat: &Seat) -> String {
    let node = state.node_of(seat).map(ToString::to_string);
    let who = seat.holder.map_or("?".into(), |h| world.name(h));
    format!("{}/{who}", node.unwrap_or_default())
}

/// The last seat of a task; of a given attempt, where one is given.
fn seat<'w>(world: &'w World, name: &str, attempt: u32) -> Option<&'w Seat> {
    let state = first(world)?;
    let fits = |s: &&Seat| task(world, state, s) == name && (attempt == 0 || s.attempt == attempt);
    state.seats.iter().rev().find(fits)
}

/// What has become of a seat, in the words of the case.
fn became(world: &World, task: &str, expected: &Value) -> Value {
    let of_attempt = expected.as_str().and_then(|e| {
        let (_, rest) = e.split_once(" (attempt ")?;
        rest.strip_suffix(')')?.parse::<u32>().ok()
    });
    let vote = |vote: Vote| match vote {
        Vote::Pass => "pass",
        Vote::Reject => "reject",
        Vote::Abstain => "abstain",
    };
    let Some(seat) = seat(world, task, of_attempt.unwrap_or(0)) else {
        return Value::Null;
    };
    let word = match &seat.now {
        SeatNow::Done(done) if done.auto == Some(Auto::Overdue) => {
            format!("expired, counted as {}", vote(done.vote))
        }
        SeatNow::Done(done) => format!("done {}", vote(done.vote)),
        SeatNow::Returned => "returned".into(),
        SeatNow::Cancelled => "cancelled".into(),
        SeatNow::Parked => "parked".into(),
        SeatNow::Planned => "planned".into(),
        SeatNow::Suspended => "suspended".into(),
        SeatNow::Offered | SeatNow::Allocated => "open".into(),
    };
    json!(match of_attempt {
        Some(n) => format!("{word} (attempt {n})"),
        None => word,
    })
}

/// How often a node was entered.
fn attempt(state: Option<&State>, node: &str) -> Option<u32> {
    let visits = state.into_iter().flat_map(|s| &s.visits);
    visits.filter(|v| *v.node == *node).map(|v| v.attempt).max()
}

/// The nodes whose tokens wait in front of a join.
fn waiting(state: Option<&State>, join: &str) -> Vec<String> {
    let Some(state) = state else { return vec![] };
    let tokens = state.tokens.iter().filter(|t| *t.to == *join);
    tokens
        .map(|t| state.visits[t.by as usize].node.to_string())
        .collect()
}

/// Seats opened in this step, as tasks or only their nodes.
fn opened(world: &World, which: impl Fn(&Seat) -> bool, whole: bool) -> Vec<String> {
    let mut list = vec![];
    for (id, _, events) in &world.told.events {
        let state = &world.instances[id].state;
        for event in events {
            let Event::SeatOpened { seat } = event else {
                continue;
            };
            if which(seat) {
                let task = task(world, state, seat);
                let node = task.split('/').next().unwrap_or_default().to_string();
                list.push(if whole { task } else { node });
            }
        }
    }
    list
}

/// What passed by itself in this step: seats, and nodes with nobody to ask.
fn auto(world: &World) -> Vec<String> {
    let mut list = opened(world, |s| s.done().is_some(), true);
    for (id, before, _) in &world.told.events {
        let state = &world.instances[id].state;
        for (n, visit) in (0u32..).zip(&state.visits).skip(before.visits.len()) {
            let people = world.workflow.nodes[&visit.node].kind.people().is_some();
            if people && visit.now == VisitNow::Left && state.ballot(n).next().is_none() {
                list.push(visit.node.to_string());
            }
        }
    }
    list
}

/// Who was told something in this step.
fn notified(world: &World) -> Vec<String> {
    let events = world.told.events.iter().flat_map(|(_, _, events)| events);
    let notices = events.filter_map(|e| match e {
        Event::Notified { notice } => Some(&notice.to),
        _ => None,
    });
    notices.flatten().map(|u| world.name(*u)).collect()
}

/// Who got a copy in this step.
fn copied(world: &World) -> Vec<String> {
    let mut list = vec![];
    for (id, before, _) in &world.told.events {
        let now = &world.instances[id].state.copied;
        list.extend(now.difference(&before.copied).map(|u| world.name(*u)));
    }
    list
}

/// The history of the first instance, a line for each act of somebody.
fn trail(world: &World) -> Vec<String> {
    let Some(running) = world.instances.get("i1") else {
        return vec![];
    };
    let mut state = State::new(running.state.instance);
    let mut list = vec![];
    for event in &running.log {
        let before = state.clone();
        apply(&mut state, event);
        let Event::SeatChanged { seat, change } = event else {
            continue;
        };
        let (Some(was), Some(is)) = (before.seat(*seat), state.seat(*seat)) else {
            continue;
        };
        let holder = |s: &Seat| s.holder.map_or("?".into(), |h| world.name(h));
        match change {
            Change::Done { vote, by, .. } => {
                let verb = match vote {
                    Vote::Pass => "passes",
                    Vote::Reject => "rejects",
                    Vote::Abstain => "abstains",
                };
                let mut line = format!("{} {verb}", world.name(*by));
                if is.advises.is_some() {
                    line += " (advice)";
                }
                if let Some(of) = is.on_behalf {
                    line += &format!(" on behalf of {}", world.name(of));
                }
                list.push(line);
            }
            Change::Delegated { asks, .. } => {
                let to = state.seat(*asks).map(holder).unwrap_or_default();
                list.push(format!("{} delegates to {to}", holder(is)));
            }
            Change::Transferred { holder: to, by, .. } => {
                list.push(format!(
                    "{} transfers to {}",
                    world.name(*by),
                    world.name(*to)
                ));
            }
            Change::Escalated { .. } => {
                list.push(format!("escalated from {} to {}", holder(was), holder(is)));
            }
            _ => {}
        }
    }
    list
}

/// How a vote by weight stands at a node.
fn weight(world: &World, node: &str) -> Value {
    if !world.weighs(node) {
        return Value::Null;
    }
    let Some(state) = first(world) else {
        return Value::Null;
    };
    let visits = (0u32..).zip(&state.visits);
    let visit = visits
        .filter(|(_, v)| *v.node == *node)
        .map(|(n, _)| n)
        .last();
    let (mut given, mut against, mut open) = (0, 0, 0);
    for seat in visit
        .into_iter()
        .flat_map(|n| state.ballot(n))
        .filter(|s| s.counts())
    {
        match seat.done().map(|d| d.vote) {
            Some(Vote::Pass) => given += seat.weight,
            Some(Vote::Reject) => against += seat.weight,
            Some(Vote::Abstain) => {}
            None => open += seat.weight,
        }
    }
    json!({ "for": given, "against": against, "open": open })
}

/// What came of one item of a batch, in the words of the case.
fn result(world: &World, id: &str, expected: &Value) -> Value {
    match world.told.results.get(id) {
        None => Value::Null,
        Some(Ok(())) => json!(world.instances.get(id).map(state)),
        Some(Err(no)) => {
            let reason = expected.as_str().and_then(|e| e.strip_prefix("refused: "));
            match reason.filter(|r| said::codes(r).contains(&no.code)) {
                Some(_) => expected.clone(),
                None => json!(format!("refused: {no}")),
            }
        }
    }
}
