//! A workflow as a BPMN model with a diagram: one element a node, one flow a way.
//!
//! What the standard says is said in its words; everything else a node says is kept beside it
//! ([`own`]), and the remarks name what only this engine reads there.

mod diagram;
mod layout;

use crate::{
    element::{Element, Ix, Model, ROOT},
    kind::Kind,
    own::{self, Role},
};
use indexmap::IndexMap;
use model::{
    Expr, Name,
    workflow::{Amount, Gateway, Join, Node, NodeKind, Order, Workflow},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// What other tools do not see of a node.
#[derive(Clone, Debug, Serialize)]
pub struct Remark {
    pub node: Name,
    pub says: String,
}

/// The model of a workflow, and what other tools do not see of it.
pub fn draw(workflow: &Workflow) -> (Model, Vec<Remark>) {
    let mut drawing = Drawing {
        model: Model::empty(),
        remarks: vec![],
    };
    let name = &workflow.name.name;
    drawing.model.set(ROOT, "id", "definitions");
    drawing.model.set(ROOT, "targetNamespace", own::SPACE);
    drawing.model.set(ROOT, "exporter", "Formwork");
    let process = drawing.add(Kind::Process, ROOT, &format!("process.{name}"));
    drawing.model.set(process, "name", &*workflow.label);
    drawing.model.set(process, "isExecutable", "false");
    drawing.note(process, workflow.note.as_deref());
    let settings = match serde_json::to_value(workflow) {
        Ok(Value::Object(settings)) => settings,
        _ => Map::new(),
    };
    own::keep_workflow(&mut drawing.model, process, name, settings);
    drawing.nodes(process, &workflow.nodes);
    let diagram = diagram::of(workflow, &drawing.model);
    drawing.model.diagrams.push(diagram);
    (drawing.model, drawing.remarks)
}

/// A way out of a node.
struct Way<'a> {
    role: Role,
    key: &'a str,
    label: Option<&'a str>,
    when: Option<&'a Expr>,
    note: Option<&'a str>,
    to: &'a Name,
}

impl<'a> Way<'a> {
    fn plain(role: Role, key: &'a str, to: &'a Name) -> Self {
        Self {
            role,
            key,
            label: None,
            when: None,
            note: None,
            to,
        }
    }
}

/// The id of a flow: no name holds a point.
fn flow_id(from: &Name, way: &Way) -> String {
    match way.key {
        "" => format!("{from}.next"),
        key => format!("{from}.{}", key.replace('/', ".")),
    }
}

fn ways(node: &Node) -> Vec<Way<'_>> {
    match &node.kind {
        NodeKind::Approval(a) => {
            let all = a.outcomes.iter();
            all.map(|(key, to)| Way::plain(Role::Outcome, key, to))
                .collect()
        }
        NodeKind::Post(p) => {
            let over = p
                .over
                .iter()
                .map(|(key, to)| Way::plain(Role::Over, key, to));
            let next = Way::plain(Role::Next, "", &p.next);
            std::iter::once(next).chain(over).collect()
        }
        NodeKind::ExclusiveGateway(g)
        | NodeKind::ParallelGateway(g)
        | NodeKind::InclusiveGateway(g)
        | NodeKind::ComplexGateway(g)
        | NodeKind::Race(g) => gateway_ways(g),
        other => {
            let all = other.ways().into_iter();
            all.map(|to| Way::plain(Role::Next, "", to)).collect()
        }
    }
}

fn gateway_ways(gateway: &Gateway) -> Vec<Way<'_>> {
    let branches = gateway.branches.iter().map(|(key, branch)| Way {
        role: Role::Branch,
        key,
        label: branch.label.as_deref(),
        when: branch.when.as_ref(),
        note: branch.note.as_deref(),
        to: &branch.to,
    });
    let next = gateway.next.iter().map(|to| Way::plain(Role::Next, "", to));
    branches.chain(next).collect()
}

/// The element a kind of node is drawn as.
fn kind_of(node: &NodeKind) -> Kind {
    match node {
        NodeKind::Start { .. } => Kind::StartEvent,
        NodeKind::Approval(_) | NodeKind::Fill(_) => Kind::UserTask,
        NodeKind::ExclusiveGateway(_) => Kind::ExclusiveGateway,
        NodeKind::ParallelGateway(_) => Kind::ParallelGateway,
        NodeKind::InclusiveGateway(_) => Kind::InclusiveGateway,
        NodeKind::ComplexGateway(_) => Kind::ComplexGateway,
        NodeKind::Race(_) => Kind::EventBasedGateway,
        NodeKind::Block(_) => Kind::SubProcess,
        NodeKind::Message(_) | NodeKind::Signal(_) | NodeKind::Timer(_) => {
            Kind::IntermediateCatchEvent
        }
        NodeKind::Notify(_) => Kind::SendTask,
        NodeKind::Script { .. } => Kind::ScriptTask,
        NodeKind::Post(_) => Kind::ServiceTask,
        NodeKind::End { .. } | NodeKind::Terminate { .. } => Kind::EndEvent,
    }
}

struct Drawing {
    model: Model,
    remarks: Vec<Remark>,
}

impl Drawing {
    fn add(&mut self, kind: Kind, parent: Ix, id: &str) -> Ix {
        let ix = self.model.add(Element::new(kind, None), parent);
        self.model.set(ix, "id", id);
        ix
    }
    fn note(&mut self, ix: Ix, note: Option<&str>) {
        if let Some(note) = note {
            let mut documentation = Element::new(Kind::Documentation, None);
            documentation.text = note.to_owned();
            self.model.add(documentation, ix);
        }
    }
    fn expression(&mut self, ix: Ix, tag: &'static str, text: String, ours: bool) {
        let mut expression = Element::new(Kind::Expression, None);
        (expression.tag, expression.text, expression.formal) = (tag, text, ours);
        let at = self.model.add(expression, ix);
        if ours {
            self.model.set(at, "language", own::SPACE);
        }
    }

    fn nodes(&mut self, container: Ix, nodes: &IndexMap<Name, Node>) {
        let mut drawn = IndexMap::new();
        for (name, node) in nodes {
            drawn.insert(name, self.node(container, name, node));
        }
        for (name, node) in nodes {
            for way in ways(node) {
                self.way(container, &drawn, (name, node), &way);
            }
        }
    }

    fn node(&mut self, container: Ix, name: &Name, node: &Node) -> Ix {
        let ix = self.add(kind_of(&node.kind), container, name);
        if let Some(label) = &node.label {
            self.model.set(ix, "name", &**label);
        }
        self.note(ix, node.note.as_deref());
        own::keep_node(&mut self.model, ix, name, settings(node));
        match &node.kind {
            NodeKind::Block(block) => {
                self.nodes(ix, &block.nodes);
                if let Some(each) = &block.each {
                    let mut several = Element::new(Kind::MultiInstance, None);
                    several.tag = "multiInstanceLoopCharacteristics";
                    let several = self.model.add(several, ix);
                    let turn = (block.order == Order::InTurn).to_string();
                    self.model.set(several, "isSequential", turn);
                    self.amount(several, "loopCardinality", each);
                }
            }
            NodeKind::Timer(timer) => {
                let id = format!("{name}.timer");
                let at = self.add(Kind::TimerEventDefinition, ix, &id);
                if let Some(until) = &timer.until {
                    self.expression(at, "timeDate", format!("= {}", until.as_str()), true);
                } else if let Some(span) = &timer.span {
                    self.expression(at, "timeDuration", span.clone(), true);
                }
            }
            NodeKind::Message(message) => {
                let id = format!("message.{}", message.name);
                self.told(Kind::Message, &id, &message.name);
                let at = self.add(Kind::MessageEventDefinition, ix, &format!("{name}.message"));
                self.model.set(at, "messageRef", id);
            }
            NodeKind::Signal(signal) => {
                let id = format!("signal.{}", signal.name);
                self.told(Kind::Signal, &id, &signal.name);
                let at = self.add(Kind::SignalEventDefinition, ix, &format!("{name}.signal"));
                self.model.set(at, "signalRef", id);
            }
            NodeKind::Terminate { .. } => {
                self.add(
                    Kind::TerminateEventDefinition,
                    ix,
                    &format!("{name}.terminate"),
                );
            }
            _ => {}
        }
        self.unseen(name, node);
        ix
    }

    fn amount(&mut self, ix: Ix, tag: &'static str, amount: &Amount) {
        let text = match amount {
            Amount::Fixed(number) => number.to_string(),
            Amount::Expr(expr) => format!("= {}", expr.as_str()),
        };
        self.expression(ix, tag, text, true);
    }

    /// What waits for the same message or signal refers to one.
    fn told(&mut self, kind: Kind, id: &str, name: &Name) {
        if self.model.target(id).is_none() {
            let ix = self.add(kind, ROOT, id);
            self.model.set(ix, "name", name.as_str());
        }
    }

    fn way(
        &mut self,
        container: Ix,
        drawn: &IndexMap<&Name, Ix>,
        (name, node): (&Name, &Node),
        way: &Way,
    ) {
        let (Some(from), Some(to)) = (drawn.get(name).copied(), drawn.get(way.to).copied()) else {
            return;
        };
        let id = flow_id(name, way);
        let flow = self.add(Kind::SequenceFlow, container, &id);
        self.model.set(flow, "sourceRef", name.as_str());
        self.model.set(flow, "targetRef", way.to.as_str());
        let label = way
            .label
            .or_else(|| (!way.key.is_empty()).then_some(way.key));
        let shown = match way.role {
            Role::Branch => way.label,
            _ => label,
        };
        if let Some(shown) = shown {
            self.model.set(flow, "name", shown);
        }
        self.note(flow, way.note);
        own::keep_way(&mut self.model, flow, way.role, way.key);
        let chosen = matches!(
            node.kind,
            NodeKind::ExclusiveGateway(_)
                | NodeKind::InclusiveGateway(_)
                | NodeKind::ComplexGateway(_)
        );
        match (way.role, way.when) {
            (Role::Branch, Some(when)) => {
                let text = format!("= {}", when.as_str());
                self.expression(flow, "conditionExpression", text, true);
            }
            (Role::Branch, None) if chosen => self.model.set(from, "default", &*id),
            // Several ways out of a task are all taken, where nothing says which.
            (Role::Outcome | Role::Over, _) if node.kind.ways().len() > 1 => {
                self.expression(flow, "conditionExpression", way.key.to_owned(), false);
            }
            (Role::Next, _) if matches!(&node.kind, NodeKind::Post(p) if !p.over.is_empty()) => {
                self.model.set(from, "default", &*id);
            }
            _ => {}
        }
        self.model.put(from, "outgoing", &*id);
        self.model.put(to, "incoming", id);
    }

    /// Names what a node says and the standard has no word for, where it changes how it runs.
    fn unseen(&mut self, name: &Name, node: &Node) {
        let says = [
            (
                matches!(node.join, Some(Join::All | Join::Live))
                    && !matches!(
                        node.kind,
                        NodeKind::ParallelGateway(_) | NodeKind::InclusiveGateway(_)
                    ),
                "join: it waits for several ways in",
            ),
            (node.need.is_some(), "need: so many arrivals are enough"),
            (node.mutex.is_some(), "mutex: never open beside others"),
            (node.acquire.is_some(), "acquire: it takes a mutex"),
            (node.release.is_some(), "release: it lets go of a mutex"),
            (
                node.during.is_some(),
                "while: it is entered only during another node",
            ),
            (!node.cancels.is_empty(), "cancels: it ends other nodes"),
            (
                matches!(node.kind, NodeKind::Post(_)),
                "post: it writes the ledgers",
            ),
        ];
        let says = says.into_iter().filter(|(is, _)| *is);
        self.remarks.extend(says.map(|(_, says)| Remark {
            node: name.clone(),
            says: says.to_owned(),
        }));
    }
}

/// What holds where nothing is said, and is therefore not said.
const UNSAID: [(&str, &str); 4] = [
    ("order", "parallel"),
    ("same_person", "never"),
    ("pass", "all"),
    ("opinion", "optional"),
];

/// Everything a node says that is not drawn.
fn settings(node: &Node) -> Map<String, Value> {
    let Ok(Value::Object(mut settings)) = serde_json::to_value(node) else {
        return Map::new();
    };
    settings.retain(|key, value| {
        let unsaid = UNSAID.iter().any(|(k, v)| key == k && value == v);
        !own::DRAWN.contains(&key.as_str()) && key != "nodes" && !value.is_null() && !unsaid
    });
    let operations = settings.get_mut("may").and_then(Value::as_object_mut);
    for operation in operations.into_iter().flat_map(Map::values_mut) {
        if let Some(operation) = operation.as_object_mut() {
            operation.retain(|key, value| key != "comment" || value != "optional");
        }
    }
    settings
}
