//! A model as a file: elements in the order of the schema, then the diagrams as they are.

use crate::{
    element::{Ix, Model, ROOT},
    kind::{self, Kind},
    own,
    xml::{self, Attribute, Content, Name},
};

/// The prefixes of what is written, where the file brings none of its own.
const PREFIXES: [(&str, &str); 7] = [
    ("bpmn", kind::SPACE),
    ("bpmndi", "http://www.omg.org/spec/BPMN/20100524/DI"),
    ("dc", "http://www.omg.org/spec/DD/20100524/DC"),
    ("di", "http://www.omg.org/spec/DD/20100524/DI"),
    ("xsi", INSTANCE),
    ("formwork", own::SPACE),
    ("xsd", "http://www.w3.org/2001/XMLSchema"),
];
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The text of a model.
pub fn write(model: &Model) -> String {
    let mut root = element(model, ROOT);
    root.prefixes = model.prefixes.clone();
    for diagram in &model.diagrams {
        root.content.push(Content::Element(diagram.clone()));
    }
    xml::write(&root, &PREFIXES)
}

fn element(model: &Model, ix: Ix) -> xml::Element {
    let source = model.at(ix);
    let mut out = xml::Element::new(kind::SPACE, source.tag);
    if source.kind == Kind::Expression && source.formal && source.tag != "formalExpression" {
        out.attributes.push(Attribute {
            name: Name {
                space: INSTANCE.into(),
                local: "type".to_owned(),
            },
            value: xml::KIND_OF_EXPRESSION.to_owned(),
        });
    }
    for held in source.held.iter().filter(|held| !held.leaf) {
        out.set(held.name, held.value.clone());
    }
    out.attributes.extend(source.foreign.iter().cloned());
    let shape = source.kind.shape();
    let mut parts: Vec<(usize, Content)> = vec![];
    for held in source.held.iter().filter(|held| held.leaf) {
        let leaf = held.markup.clone().unwrap_or_else(|| {
            let mut leaf = xml::Element::new(kind::SPACE, held.name);
            if !held.value.is_empty() {
                leaf.content.push(Content::Text(held.value.clone()));
            }
            leaf
        });
        parts.push((shape.place(held.name), Content::Element(leaf)));
    }
    for child in &source.children {
        let place = shape.place(model.at(*child).tag);
        parts.push((place, Content::Element(element(model, *child))));
    }
    parts.sort_by_key(|(place, _)| *place);
    if !source.text.trim().is_empty() {
        out.content.push(Content::Text(source.text.clone()));
    }
    out.content.extend(parts.into_iter().map(|(_, part)| part));
    let markup = source.markup.iter().cloned();
    out.content.extend(markup.map(Content::Element));
    out
}
