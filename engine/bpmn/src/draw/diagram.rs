//! The diagram of a drawn workflow: a shape a node, an edge a flow.

use super::{flow_id, layout, layout::Place, ways};
use crate::{
    element::Model,
    kind::Kind,
    xml::{Content, Element},
};
use indexmap::IndexMap;
use model::{
    Name,
    workflow::{Node, NodeKind, Workflow},
};
use std::collections::HashMap;

const DIAGRAM: &str = "http://www.omg.org/spec/BPMN/20100524/DI";
const BOUNDS: &str = "http://www.omg.org/spec/DD/20100524/DC";
const EDGES: &str = "http://www.omg.org/spec/DD/20100524/DI";

/// The diagram of a workflow whose model is drawn.
pub fn of(workflow: &Workflow, model: &Model) -> Element {
    let places = layout::of(&workflow.nodes);
    let mut plane = Element::new(DIAGRAM, "BPMNPlane");
    plane.set("id", "plane.1");
    let process = model.of_kind(Kind::Process).next();
    let process = process.and_then(|at| model.at(at).id()).unwrap_or_default();
    plane.set("bpmnElement", process);
    add(&mut plane, &workflow.nodes, &places);
    let mut diagram = Element::new(DIAGRAM, "BPMNDiagram");
    diagram.set("id", "diagram.1");
    diagram.content.push(Content::Element(plane));
    diagram
}

fn add(plane: &mut Element, nodes: &IndexMap<Name, Node>, places: &HashMap<Name, Place>) {
    for (name, node) in nodes {
        let mut shape = Element::new(DIAGRAM, "BPMNShape");
        shape.set("id", format!("{name}.shape"));
        shape.set("bpmnElement", name.as_str());
        if matches!(node.kind, NodeKind::Block(_)) {
            shape.set("isExpanded", "true");
        }
        if matches!(node.kind, NodeKind::ExclusiveGateway(_)) {
            shape.set("isMarkerVisible", "true");
        }
        let place = places[name];
        let mut bounds = Element::new(BOUNDS, "Bounds");
        for (axis, value) in [
            ("x", place.x),
            ("y", place.y),
            ("width", place.width),
            ("height", place.height),
        ] {
            bounds.set(axis, value.to_string());
        }
        shape.content.push(Content::Element(bounds));
        plane.content.push(Content::Element(shape));
        if let NodeKind::Block(block) = &node.kind {
            add(plane, &block.nodes, places);
        }
    }
    for (name, node) in nodes {
        for way in ways(node).iter().filter(|way| nodes.contains_key(way.to)) {
            let id = flow_id(name, way);
            let mut edge = Element::new(DIAGRAM, "BPMNEdge");
            edge.set("id", format!("{id}.edge"));
            edge.set("bpmnElement", id);
            for (x, y) in points(places[name], places[way.to]) {
                let mut point = Element::new(EDGES, "waypoint");
                point.set("x", x.to_string());
                point.set("y", y.to_string());
                edge.content.push(Content::Element(point));
            }
            plane.content.push(Content::Element(edge));
        }
    }
}

/// How a flow runs: straight, with a bend half-way, or back below what it leaves and reaches.
fn points(from: Place, to: Place) -> Vec<(i64, i64)> {
    let (out, into) = (from.x + from.width, to.x);
    let (left, right) = (from.y + from.height / 2, to.y + to.height / 2);
    if into > out {
        if left == right {
            return vec![(out, left), (into, right)];
        }
        let middle = i64::midpoint(out, into);
        return vec![(out, left), (middle, left), (middle, right), (into, right)];
    }
    let below = (from.y + from.height).max(to.y + to.height) + 20;
    let (x, back) = (from.x + from.width / 2, to.x + to.width / 2);
    vec![
        (x, from.y + from.height),
        (x, below),
        (back, below),
        (back, to.y + to.height),
    ]
}
