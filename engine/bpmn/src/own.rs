//! What a workflow says and the standard has no word for: kept in the extensions of its elements,
//! so that a workflow that was drawn is the same workflow when it comes back.
//!
//! Who redraws the file elsewhere is believed: ways and positions are read from the drawing, and
//! what was kept counts only while the element is still of the sort it was kept for.

use crate::{
    element::{Element, Ix, Model},
    kind::Kind,
    xml::{self, Content},
};
use model::{Name, canonical};
use serde_json::{Map, Value};

/// The namespace of what is kept.
pub const SPACE: &str = "urn:formwork:bpmn";

/// Keys that are drawn and therefore never kept.
pub const DRAWN: [&str; 7] = [
    "label", "note", "next", "outcomes", "branches", "over", "at",
];

/// Keys of a workflow that are drawn.
const WORKFLOW_DRAWN: [&str; 3] = ["label", "nodes", "note"];

/// What a sequence flow is to the node it leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Next,
    Outcome,
    Branch,
    Over,
}

impl Role {
    const ALL: [(Role, &'static str); 4] = [
        (Role::Next, "next"),
        (Role::Outcome, "outcome"),
        (Role::Branch, "branch"),
        (Role::Over, "over"),
    ];
    fn word(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(role, _)| *role == self).map_or("", |(_, w)| w)
    }
}

/// The tags a kind of node is drawn with.
pub fn is_drawn_as(word: &str, kind: Kind) -> bool {
    match word {
        "start" => kind == Kind::StartEvent,
        "approval" | "fill" => kind == Kind::UserTask,
        "exclusive_gateway" => kind == Kind::ExclusiveGateway,
        "parallel_gateway" => kind == Kind::ParallelGateway,
        "inclusive_gateway" => kind == Kind::InclusiveGateway,
        "complex_gateway" => kind == Kind::ComplexGateway,
        "race" => kind == Kind::EventBasedGateway,
        "block" => kind == Kind::SubProcess,
        "notify" => kind == Kind::SendTask,
        "script" => kind == Kind::ScriptTask,
        "post" => kind == Kind::ServiceTask,
        "timer" | "message" | "signal" => kind == Kind::IntermediateCatchEvent,
        "end" | "terminate" => kind == Kind::EndEvent,
        _ => false,
    }
}

/// What is kept of a node: its name and everything that is not drawn.
pub struct Kept {
    pub name: Name,
    pub word: String,
    pub settings: Map<String, Value>,
}

fn kept<'a>(model: &'a Model, ix: Ix, tag: &str) -> Option<&'a xml::Element> {
    let extensions = model.within(ix, Kind::Extensions).next()?;
    let mut markup = model.at(extensions).markup.iter();
    markup.find(|e| &*e.name.space == SPACE && e.name.local == tag)
}

fn keep(model: &mut Model, ix: Ix, element: xml::Element) {
    let mut extensions = Element::new(Kind::Extensions, None);
    extensions.markup.push(element);
    model.add(extensions, ix);
}

/// What an element keeps of the node it was, where it is still of that sort.
pub fn node(model: &Model, ix: Ix) -> Option<Kept> {
    let element = kept(model, ix, "node")?;
    let name = Name::new(element.attribute("name")?).ok()?;
    let Ok(Value::Object(mut settings)) = canonical::parse(&element.text()) else {
        return None;
    };
    settings.retain(|key, value| !DRAWN.contains(&key.as_str()) && !value.is_null());
    let word = settings.remove("kind")?.as_str()?.to_owned();
    settings.remove("nodes");
    is_drawn_as(&word, model.at(ix).kind).then_some(Kept {
        name,
        word,
        settings,
    })
}

/// Keeps a node's name and settings.
pub fn keep_node(model: &mut Model, ix: Ix, name: &Name, settings: Map<String, Value>) {
    let mut element = xml::Element::new(SPACE, "node");
    element.set("name", name.as_str());
    let text = Value::Object(settings).to_string();
    element.content.push(Content::Text(text));
    keep(model, ix, element);
}

/// What a process keeps of the workflow it was: its name, and what is not drawn.
pub fn workflow(model: &Model, ix: Ix) -> Option<(Name, Map<String, Value>)> {
    let element = kept(model, ix, "workflow")?;
    let name = Name::new(element.attribute("name")?).ok()?;
    let mut settings = match canonical::parse(&element.text()) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    settings.retain(|key, _| !WORKFLOW_DRAWN.contains(&key.as_str()));
    Some((name, settings))
}

/// Keeps a workflow's name and settings.
pub fn keep_workflow(model: &mut Model, ix: Ix, name: &Name, mut settings: Map<String, Value>) {
    settings.retain(|key, _| !WORKFLOW_DRAWN.contains(&key.as_str()));
    let mut element = xml::Element::new(SPACE, "workflow");
    element.set("name", name.as_str());
    if !settings.is_empty() {
        let text = Value::Object(settings).to_string();
        element.content.push(Content::Text(text));
    }
    keep(model, ix, element);
}

/// What a flow keeps of the way it was: its part, and its key.
pub fn way(model: &Model, flow: Ix) -> Option<(Role, &str)> {
    let element = kept(model, flow, "way")?;
    let word = element.attribute("is")?;
    let (role, _) = Role::ALL.iter().find(|(_, w)| *w == word)?;
    Some((*role, element.attribute("key").unwrap_or_default()))
}

/// Keeps a way's part and key.
pub fn keep_way(model: &mut Model, flow: Ix, role: Role, key: &str) {
    let mut element = xml::Element::new(SPACE, "way");
    element.set("is", role.word());
    if !key.is_empty() {
        element.set("key", key);
    }
    keep(model, flow, element);
}
