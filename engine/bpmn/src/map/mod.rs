//! A BPMN model as workflows: one a process, with a report of every element.
//!
//! Nothing is invented: what the file does not say in a way a workflow can hold is written as
//! `null`, which no package passes the check with, and stands in the list of what to fill in. An
//! element that cannot be mapped has a name and no node, so the ways to it lead nowhere and the
//! check names them.

mod flow;
mod names;
mod plan;
mod report;
mod rest;

pub use report::{Entry, ToFillIn, Verdict};

use crate::{
    element::{Ix, Model},
    graph::Graph,
    kind::Kind,
    own,
    xml::{self, Content},
};
use model::Name;
use names::Names;
use report::Report;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Nodes after which no call of a file puts in another process.
const PUT_IN_MAX: usize = 5_000;
/// Blocks within blocks: a package file nests no deeper.
const BLOCKS_MAX: usize = 20;

/// A process as a workflow.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: Name,
    /// The id of the process.
    pub process: Option<String>,
    /// The file as it would be written; `null` where a person must decide.
    pub file: Value,
}

/// What a file comes to.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub drafts: Vec<Draft>,
    /// One entry an element, in the order of the file.
    pub report: Vec<Entry>,
    pub to_fill_in: Vec<ToFillIn>,
}

/// The workflows of a model.
pub fn map(model: &Model) -> Mapping {
    let mut mapper = Mapper {
        model,
        graph: Graph::of(model),
        places: places(model),
        lanes: lanes(model),
        beside: beside(model),
        report: Report::default(),
        names: Names::default(),
        open: vec![],
        notes: vec![],
        put_in: 0,
        depth: 0,
        calls: vec![],
    };
    let (mut drafts, mut to_fill_in) = (vec![], vec![]);
    let mut taken = Names::default();
    for process in model.of_kind(Kind::Process) {
        if model.within(process, Kind::FlowNode).next().is_none() {
            let says = "nothing runs in it";
            mapper.report.tell(model, process, Verdict::Refused, says);
            continue;
        }
        let draft = mapper.draft(process, &mut taken);
        let prefixes = prefixes(&draft.file);
        for (node, key, says) in mapper.open.drain(..) {
            if let Some(prefix) = prefixes.get(node.as_str()) {
                to_fill_in.push(ToFillIn {
                    workflow: draft.name.clone(),
                    at: format!("{prefix}/{key}"),
                    says,
                });
            }
        }
        drafts.push(draft);
    }
    mapper.rest();
    Mapping {
        drafts,
        report: mapper.report.into_entries(),
        to_fill_in,
    }
}

/// Where the nodes of a file stand, those of blocks too.
fn prefixes(file: &Value) -> HashMap<String, String> {
    fn walk(holder: &Value, at: &str, found: &mut HashMap<String, String>) {
        let nodes = holder.get("nodes").and_then(Value::as_object);
        for (name, node) in nodes.into_iter().flatten() {
            let here = format!("{at}/nodes/{name}");
            walk(node, &here, found);
            found.insert(name.clone(), here);
        }
    }
    let mut found = HashMap::new();
    walk(file, "", &mut found);
    found
}

/// Where the diagrams draw elements: their upper left corner, by id.
fn places(model: &Model) -> HashMap<String, [i32; 2]> {
    fn walk(element: &xml::Element, found: &mut HashMap<String, [i32; 2]>) {
        for child in &element.content {
            let Content::Element(child) = child else {
                continue;
            };
            let of = child.attribute("bpmnElement");
            if let Some(of) = of.filter(|_| child.name.local == "BPMNShape") {
                let bounds = child.children().find(|e| e.name.local == "Bounds");
                let axis = |name| {
                    let said = bounds?.attribute(name)?.trim();
                    said.split('.').next()?.parse::<i32>().ok()
                };
                if let (Some(x), Some(y)) = (axis("x"), axis("y")) {
                    let place = [x, y];
                    let local = of.rsplit(':').next().unwrap_or(of);
                    found.entry(local.to_owned()).or_insert(place);
                }
            }
            walk(child, found);
        }
    }
    let mut found = HashMap::new();
    model.diagrams.iter().for_each(|d| walk(d, &mut found));
    found
}

fn lanes(model: &Model) -> HashMap<Ix, String> {
    let mut found = HashMap::new();
    for lane in model.of_kind(Kind::Lane) {
        for node in model.refer_all(lane, "flowNodeRef") {
            // The innermost stands last.
            found.insert(node, plan::excerpt(model.at(lane).name()));
        }
    }
    found
}

fn beside(model: &Model) -> HashMap<Ix, Vec<(Ix, Ix)>> {
    let mut found: HashMap<Ix, Vec<(Ix, Ix)>> = HashMap::new();
    for association in model.of_kind(Kind::Association) {
        let ends = ["sourceRef", "targetRef"].map(|end| model.refer(association, end));
        let [Some(one), Some(other)] = ends else {
            continue;
        };
        for (text, of) in [(one, other), (other, one)] {
            if model.at(text).kind == Kind::TextAnnotation {
                found.entry(of).or_default().push((text, association));
            }
        }
    }
    found
}

struct Mapper<'a> {
    model: &'a Model,
    graph: Graph,
    places: HashMap<String, [i32; 2]>,
    /// What the lane of a node is called.
    lanes: HashMap<Ix, String>,
    /// Annotations of an element, each with what associates it.
    beside: HashMap<Ix, Vec<(Ix, Ix)>>,
    report: Report,
    /// Nodes that calls have put in.
    put_in: usize,
    // Of the workflow at hand:
    names: Names,
    /// Node, key and what to say there.
    open: Vec<(Name, String, String)>,
    /// What is said beside the whole.
    notes: Vec<String>,
    depth: usize,
    /// The processes that are being put in.
    calls: Vec<Ix>,
}

impl Mapper<'_> {
    fn draft(&mut self, process: Ix, taken: &mut Names) -> Draft {
        let element = self.model.at(process);
        let participant = self.graph.participant(process);
        let spoken = participant.map(|at| self.model.at(at).name());
        let id = element.id().unwrap_or("workflow");
        let labels = [Some(element.name()), spoken, Some(id)];
        let labels = labels.into_iter().flatten().map(plan::excerpt);
        let labels: Vec<String> = labels.filter(|text| !text.is_empty()).collect();
        let (name, settings) = own::workflow(self.model, process).unzip();
        let name = name.or_else(|| labels.iter().find_map(|label| names::slug(label)));
        let name = taken.take(name.as_ref().map_or("workflow", |n| n.as_str()));
        (self.names, self.calls) = (Names::default(), vec![process]);
        self.open.clear();
        self.notes = self.documentation(process).into_iter().collect();
        let nodes = self.container(process);
        self.annotations(process);
        let mut file = Map::new();
        let label = labels.first().map_or(name.as_str(), String::as_str);
        file.insert("label".into(), json!(label));
        file.extend(settings.unwrap_or_default());
        file.insert("nodes".into(), Value::Object(nodes));
        if !self.notes.is_empty() {
            file.insert("note".into(), json!(self.notes.join("\n")));
        }
        self.report.tell(self.model, process, Verdict::Mapped, "");
        Draft {
            name,
            process: element.id().map(str::to_owned),
            file: Value::Object(file),
        }
    }

    /// What is written about an element, and what is drawn beside it.
    fn documentation(&mut self, ix: Ix) -> Option<String> {
        let model = self.model;
        let written = model.within(ix, Kind::Documentation);
        let mut texts: Vec<String> = written
            .map(|at| model.at(at).text.trim().to_owned())
            .collect();
        for (beside, association) in self.beside.get(&ix).into_iter().flatten().copied() {
            let text = model.at(beside).get("text").unwrap_or_default();
            texts.push(text.trim().to_owned());
            self.report.tell(model, beside, Verdict::Mapped, "");
            self.report.tell(model, association, Verdict::Mapped, "");
        }
        texts.retain(|text| !text.is_empty());
        (!texts.is_empty()).then(|| texts.join("\n"))
    }
}
