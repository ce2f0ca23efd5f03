//! What a file says, as a bag of facts that another file says too or does not.

use bpmn::{
    Ix, Kind, Model,
    kind::{DRAFT_SPACE, SPACE},
    xml::{Content, Element},
};
use std::collections::BTreeMap;

/// Facts, and how often each is said.
pub type Facts = BTreeMap<String, usize>;

/// Whether two files say the same, or what only one of them says.
pub fn same(before: &Facts, after: &Facts) -> Result<(), String> {
    let only = |of: &Facts, other: &Facts| -> Vec<String> {
        let fewer = |(fact, n): &(&String, &usize)| other.get(*fact).unwrap_or(&0) < *n;
        of.iter()
            .filter(fewer)
            .map(|(fact, _)| fact.clone())
            .collect()
    };
    let (lost, new) = (only(before, after), only(after, before));
    if lost.is_empty() && new.is_empty() {
        return Ok(());
    }
    let some = |facts: &[String]| -> String {
        let first: Vec<&str> = facts.iter().map(String::as_str).take(3).collect();
        format!("{} ({})", facts.len(), first.join(", "))
    };
    Err(format!("lost {}; new {}", some(&lost), some(&new)))
}

fn add(facts: &mut Facts, fact: String) {
    *facts.entry(fact).or_default() += 1;
}

/// Everything a tree says, whatever the order and the prefixes: a fact an element, with the path
/// to it.
pub fn of_tree(root: &Element) -> Facts {
    let mut facts = Facts::new();
    gather("", root, &mut facts);
    facts
}

fn gather(path: &str, element: &Element, facts: &mut Facts) {
    let space = match &*element.name.space {
        DRAFT_SPACE => SPACE,
        space => space,
    };
    let mut said: Vec<String> = vec![];
    for attribute in &element.attributes {
        let is_type = attribute.name.local == "type" && attribute.name.space.contains("Schema");
        let value = match is_type {
            // The prefix of a type is the file's own.
            true => attribute.value.rsplit(':').next().unwrap_or_default(),
            false => &attribute.value,
        };
        // An expression is an informal one where nothing is said.
        if is_type && value == "tExpression" {
            continue;
        }
        let name = &attribute.name;
        said.push(format!("{}{}={value}", name.space, name.local));
    }
    said.sort();
    let text = element
        .text()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let own = format!(
        "{path}/{{{space}}}{}[{}]",
        element.name.local,
        said.join(",")
    );
    add(facts, format!("{own}{text}"));
    for content in &element.content {
        if let Content::Element(child) = content {
            gather(&own, child, facts);
        }
    }
}

/// What a model draws, by names.
pub fn of_model(model: &Model) -> Facts {
    let mut facts = Facts::new();
    for node in model.of_kind(Kind::FlowNode) {
        let mut events: Vec<String> = model
            .event_kinds(node)
            .iter()
            .map(|kind| kind.tag().to_owned())
            .collect();
        events.sort();
        add(
            &mut facts,
            format!("{} {}", label(model, node), events.join("+")),
        );
    }
    for flow in model.of_kind(Kind::SequenceFlow) {
        let condition = model.child(flow, "conditionExpression");
        let condition = condition.map_or("", |at| model.at(at).text.trim());
        let name = plain(model.at(flow).name());
        add(
            &mut facts,
            format!("{} «{name}» if {condition}", ends(model, flow)),
        );
    }
    for flow in model.of_kind(Kind::MessageFlow) {
        add(&mut facts, format!("message {}", ends(model, flow)));
    }
    for lane in model.of_kind(Kind::Lane) {
        let name = plain(model.at(lane).name());
        for node in model.refer_all(lane, "flowNodeRef") {
            if model.at(node).kind.is(Kind::FlowNode) {
                add(
                    &mut facts,
                    format!("lane «{name}» holds {}", label(model, node)),
                );
            }
        }
    }
    facts
}

fn ends(model: &Model, flow: Ix) -> String {
    let end = |name| model.refer(flow, name).map(|at| label(model, at));
    let (from, to) = (end("sourceRef"), end("targetRef"));
    format!("{} → {}", from.unwrap_or_default(), to.unwrap_or_default())
}

fn label(model: &Model, ix: Ix) -> String {
    let element = model.at(ix);
    format!("{} «{}»", element.tag, plain(element.name()))
}

/// A name on one line, as tools break lines where they like.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
