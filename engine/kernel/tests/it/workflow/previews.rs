//! The expected path and its people, before submit and mid-way.

use super::stage::{Stage, user};
use kernel::workflow::{Auto, Expected, State, preview};
use serde_json::json;

fn purchase() -> Stage {
    let mut s = Stage::new(json!({
        "submitted": { "kind": "start", "next": "manager" },
        "manager": { "kind": "approval", "seats": ["role:manager"], "label": "Manager",
                     "may": { "return": {} }, "outcomes": { "approve": "size", "reject": "no" } },
        "size": { "kind": "exclusive_gateway", "branches": {
            "large": { "when": "= large", "to": "gm" }, "small": { "to": "book" } } },
        "gm": { "kind": "approval", "seats": ["= boss"], "outcomes": { "approve": "vp", "reject": "no" } },
        "vp": { "kind": "approval", "seats": ["= boss, chen"], "same_person": "adjacent",
                "outcomes": { "approve": "book", "reject": "no" } },
        "book": { "kind": "post", "next": "tell" },
        "tell": { "kind": "notify", "to": ["= zhou"], "message": "placed", "next": "yes" },
        "yes": { "kind": "end", "status": "posted" },
        "no": { "kind": "end", "status": "rejected" }
    }));
    s.roles.insert("manager".into(), vec!["li", "wang"]);
    s
}

fn of(s: &mut Stage) -> Expected {
    let before = s.state.clone();
    let told = s.settle("zhou", preview).unwrap();
    assert_eq!(s.state, before);
    told
}

fn nodes(e: &Expected) -> String {
    let people = e
        .path
        .iter()
        .filter(|s| matches!(s.kind, "approval" | "fill"));
    people
        .map(|s| s.node.to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn before_submit() {
    let mut s = purchase();
    let small = of(&mut s);
    assert_eq!((nodes(&small), small.complete), ("manager".into(), true));
    assert!(
        s.asked
            .iter()
            .all(|a| !matches!(a.what, kernel::workflow::What::Post { .. }))
    );
    s.holds.insert("large".into());
    let large = of(&mut s);
    assert_eq!(nodes(&large), "manager gm vp");
    let vp = large.path.iter().find(|s| &*s.node == "vp").unwrap();
    assert_eq!(vp.seats.len(), 2);
    let auto = vp.seats[0].done().and_then(|d| d.auto);
    assert_eq!(auto, Some(Auto::SamePerson), "boss will have passed at gm");
    let gm = large.path.iter().find(|s| &*s.node == "gm").unwrap();
    let why = gm.why.clone().map(|(a, b)| format!("{a}.{b}"));
    assert_eq!(why.as_deref(), Some("size.large"));
    assert!(gm.certain && large.path[1].label.as_deref() == Some("Manager"));
    assert!(large.users().contains(&user("boss")));
    assert_eq!(s.state, State::new(s.state.instance));
}

#[test]
fn mid_way_and_after_a_return() {
    let mut s = purchase();
    s.holds.insert("large".into());
    s.start("zhou");
    s.act("li", "manager", "approve").at(&["gm/boss"]);
    let told = of(&mut s);
    assert_eq!(nodes(&told), "manager gm vp");
    let words: Vec<_> = told
        .path
        .iter()
        .map(|s| serde_json::to_value(s.now).unwrap())
        .collect();
    assert_eq!(words[..4], ["done", "done", "done", "open"]);
    assert_eq!(told.path.last().unwrap().kind, "end");
    assert_eq!(told.path[1].seats[0].holder, Some(user("li")));
}

#[test]
fn what_people_may_still_change_is_not_certain() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "fill" },
        "fill": { "kind": "fill", "seats": ["= li"], "fields": { "total": "edit" }, "next": "size" },
        "size": { "kind": "exclusive_gateway", "branches": {
            "large": { "when": "= large", "to": "a" }, "small": { "to": "yes" } } },
        "a": { "kind": "approval", "seats": ["= boss"], "outcomes": { "approve": "yes", "reject": "yes" } },
        "yes": { "kind": "end" }
    }));
    s.holds.insert("large".into());
    let told = of(&mut s);
    let certain: Vec<bool> = told.path.iter().map(|s| s.certain).collect();
    assert_eq!(certain, [true, true, true, false, false]);
    s.start("zhou").act("li", "fill", "");
    assert!(of(&mut s).path.iter().all(|s| s.certain));
}

#[test]
fn nobody_to_ask_is_told_not_refused() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "approval", "seats": ["= nobody"], "outcomes": { "approve": "b", "reject": "yes" } },
        "b": { "kind": "approval", "seats": ["= li"], "outcomes": { "approve": "yes", "reject": "yes" } },
        "yes": { "kind": "end" }
    }));
    let told = of(&mut s);
    assert_eq!(nodes(&told), "a b");
    assert_eq!(told.path[1].problem.as_ref().unwrap().code, "nobody_to_ask");
}

#[test]
fn a_loop_is_cut() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "a" },
        "a": { "kind": "fill", "seats": ["= li"], "next": "more" },
        "more": { "kind": "exclusive_gateway", "branches": {
            "again": { "when": "= again", "to": "a" }, "enough": { "to": "yes" } } },
        "yes": { "kind": "end" }
    }));
    s.holds.insert("again".into());
    let told = of(&mut s);
    assert!(!told.complete && nodes(&told).starts_with("a a"));
}

#[test]
fn branches_side_by_side_and_timers() {
    let mut s = Stage::new(json!({
        "begin": { "kind": "start", "next": "both" },
        "both": { "kind": "parallel_gateway", "branches": { "one": { "to": "a" }, "two": { "to": "wait" } } },
        "a": { "kind": "approval", "seats": ["= li"], "outcomes": { "approve": "met", "reject": "no" } },
        "wait": { "kind": "timer", "for": "PT1H", "next": "b" },
        "b": { "kind": "fill", "seats": ["= wang"], "next": "met" },
        "met": { "kind": "parallel_gateway", "join": "all", "next": "yes" },
        "yes": { "kind": "end" },
        "no": { "kind": "terminate" }
    }));
    let told = of(&mut s);
    assert_eq!((nodes(&told), told.complete), ("a b".into(), true));
}
