//! A tree of XML becomes a model, judged by the table of kinds: what stands where it may not,
//! what is missing, what is no value of its type. All problems at once; what can be read is read.

use crate::{
    element::{Element, Held, Ix, Model, ROOT},
    kind::{self, Child, Kind, Part, Slot, Value},
    problem::Problem,
    rule::{Rule, Weight},
    xml::{self, Content, Limits},
};

const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
const DIAGRAM: &str = "http://www.omg.org/spec/BPMN/20100524/DI";

/// The model of a file and everything that is wrong with how it is written, or why it cannot be
/// read at all.
pub fn read(bytes: &[u8], limits: Limits) -> Result<(Model, Vec<Problem>), Problem> {
    let root = xml::read(bytes, limits)?;
    if !is_ours(&root.name.space) || root.name.local != "definitions" {
        let says = format!(
            "the file holds `{}`, not the definitions of BPMN 2.0",
            root.name.local
        );
        return Err(Problem::of_file(Rule::NotBpmn, root.line, says));
    }
    let mut reading = Reading {
        model: Model::empty(),
        problems: vec![],
    };
    reading.model.prefixes = root.prefixes.clone();
    reading.model.elements[0].line = root.line;
    reading.fill(ROOT, &root);
    reading.references();
    reading.problems.sort_by_key(|problem| problem.line);
    Ok((reading.model, reading.problems))
}

fn is_ours(space: &str) -> bool {
    space == kind::SPACE || space == kind::DRAFT_SPACE
}

struct Reading {
    model: Model,
    problems: Vec<Problem>,
}

impl Reading {
    fn problem(&mut self, rule: Rule, ix: Ix, line: u32, says: String) {
        let mut problem = self.model.problem(rule, ix, says);
        problem.line = line;
        self.problems.push(problem);
    }

    fn fill(&mut self, ix: Ix, source: &xml::Element) {
        self.attributes(ix, source);
        let kind = self.model.at(ix).kind;
        if kind == Kind::Extensions {
            let inside = source.children().cloned().collect();
            self.model.elements[ix.0].markup = inside;
            return;
        }
        self.model.elements[ix.0].text = source.text();
        for child in source.children() {
            if is_ours(&child.name.space) {
                self.child(ix, child);
            } else if ix == ROOT && &*child.name.space == DIAGRAM {
                self.model.diagrams.push(child.clone());
            } else {
                self.model.elements[ix.0].markup.push(child.clone());
            }
        }
        self.missing(ix);
    }

    fn attributes(&mut self, ix: Ix, source: &xml::Element) {
        let kind = self.model.at(ix).kind;
        for attribute in &source.attributes {
            let name = &attribute.name;
            if name.space.is_empty() || is_ours(&name.space) {
                let Some(slot) = kind.shape().attribute(&name.local) else {
                    let says = format!("`{}` is no attribute of it", name.local);
                    self.problem(Rule::UnknownAttribute, ix, source.line, says);
                    continue;
                };
                self.hold(ix, slot, &attribute.value, source, false);
            } else if &*name.space == INSTANCE && name.local == "type" && kind == Kind::Expression {
                let local = attribute.value.rsplit(':').next().unwrap_or_default();
                match local {
                    "tFormalExpression" => self.model.elements[ix.0].formal = true,
                    "tExpression" => {}
                    _ => self.model.elements[ix.0].foreign.push(attribute.clone()),
                }
            } else {
                self.model.elements[ix.0].foreign.push(attribute.clone());
            }
        }
        if self.model.at(ix).tag == "formalExpression" {
            self.model.elements[ix.0].formal = true;
        }
        if let Some(id) = self.model.at(ix).id().map(str::to_owned) {
            let first = *self.model.ids.entry(id).or_insert(ix);
            if first != ix {
                let says = "the id stands there twice".to_owned();
                self.problem(Rule::IdTwice, ix, source.line, says);
            }
        }
    }

    fn hold(&mut self, ix: Ix, slot: &Slot, value: &str, source: &xml::Element, leaf: bool) {
        let markup = leaf && source.children().next().is_some();
        if markup && slot.value != Value::Markup {
            let says = format!("`{}` holds elements, where it is a value", slot.name);
            self.problem(Rule::MisplacedElement, ix, source.line, says);
        }
        let fits = match &slot.value {
            Value::Bool => matches!(value.trim(), "true" | "false" | "0" | "1"),
            Value::Int => value.trim().parse::<i64>().is_ok(),
            Value::Words(words) => words.contains(&value.trim()),
            Value::Text | Value::Markup | Value::Any | Value::Reference(_) => true,
        };
        if !fits {
            let says = format!("{value:?} is no value of `{}`", slot.name);
            self.problem(Rule::BadValue, ix, source.line, says);
        }
        self.model.elements[ix.0].held.push(Held {
            name: slot.name,
            value: value.to_owned(),
            leaf,
            markup: markup.then(|| source.clone()),
            line: source.line,
        });
    }

    fn child(&mut self, ix: Ix, source: &xml::Element) {
        let shape = self.model.at(ix).kind.shape();
        let tag = source.name.local.as_str();
        if let Some(slot) = shape.leaf(tag) {
            let text = match slot.value {
                Value::Markup => all_text(source),
                _ => source.text().trim().to_owned(),
            };
            self.hold(ix, slot, &text, source, true);
            return;
        }
        let Some((_, kind, tag)) = shape.child(tag) else {
            let known = Kind::of_tag(tag).is_some();
            let rule = if known {
                Rule::MisplacedElement
            } else {
                Rule::UnknownElement
            };
            let says = format!("`{tag}` may not stand in it");
            self.problem(rule, ix, source.line, says);
            return;
        };
        let mut element = Element::new(kind, None);
        element.tag = tag;
        element.line = source.line;
        let child = self.model.add(element, ix);
        self.fill(child, source);
    }

    /// What must be there and is not, and what is there more than once and may not.
    fn missing(&mut self, ix: Ix) {
        let element = self.model.at(ix);
        let shape = element.kind.shape();
        let mut found = vec![];
        for slot in shape.attributes.iter().filter(|slot| slot.required) {
            if element.get(slot.name).is_none() {
                found.push((Rule::MissingAttribute, slot.name.to_owned()));
            }
        }
        for part in &shape.parts {
            let (name, required, many, count) = match part {
                Part::Leaf(slot) => {
                    let count = element.all(slot.name).count();
                    (slot.name, slot.required, slot.many, count)
                }
                Part::Child(child) => {
                    let name = child.tag.unwrap_or(child.kind.tag());
                    (name, child.required, child.many, self.count(ix, child))
                }
            };
            if required && count == 0 {
                found.push((Rule::MissingElement, name.to_owned()));
            }
            if !many && count > 1 {
                found.push((Rule::ElementTwice, name.to_owned()));
            }
        }
        let line = element.line;
        let refers = |name: &str| {
            let slot = shape.attribute(name);
            slot.is_some_and(|slot| matches!(slot.value, Value::Reference(_)))
        };
        for (rule, name) in found {
            let grave = rule == Rule::MissingAttribute && refers(&name);
            let says = match rule {
                Rule::ElementTwice => format!("`{name}` stands in it more than once"),
                _ => format!("`{name}` is missing"),
            };
            self.problem(rule, ix, line, says);
            if let Some(problem) = self.problems.last_mut().filter(|_| grave) {
                problem.weight = Weight::Grave;
            }
        }
    }

    fn count(&self, ix: Ix, child: &Child) -> usize {
        let children = self.model.at(ix).children.iter().map(|c| self.model.at(*c));
        let is = |e: &&Element| match child.tag {
            Some(tag) => e.tag == tag,
            None => e.kind.is(child.kind) && e.tag == e.kind.tag(),
        };
        children.filter(is).count()
    }

    /// Every reference leads to an element of its kind.
    fn references(&mut self) {
        for n in 0..self.model.elements.len() {
            let ix = Ix(n);
            let held = self.model.at(ix).held.clone();
            for held in held {
                let shape = self.model.at(ix).kind.shape();
                let slot = match held.leaf {
                    true => shape.leaf(held.name),
                    false => shape.attribute(held.name),
                };
                let Some(Value::Reference(kind)) = slot.map(|slot| &slot.value) else {
                    continue;
                };
                if self.is_elsewhere(&held.value) {
                    continue;
                }
                // Without what it must refer to, an element of the flow says nothing.
                let grave = slot.is_some_and(|slot| slot.required)
                    && !self.model.at(ix).kind.is(Kind::Artifact);
                let (rule, says) = match self.model.target(&held.value) {
                    None => {
                        let says = format!(
                            "`{}` refers to {:?}, which is not there",
                            held.name, held.value
                        );
                        (Rule::ReferenceLeadsNowhere, says)
                    }
                    Some(target) if !self.model.at(target).kind.is(*kind) => {
                        let tag = self.model.at(target).tag;
                        let says = format!("`{}` refers to `{}`, a {tag}", held.name, held.value);
                        (Rule::ReferenceOfWrongKind, says)
                    }
                    Some(_) => continue,
                };
                self.problem(rule, ix, held.line, says);
                // What a signal or error is made of may be said in a language of types instead.
                let named_elsewhere =
                    held.name == "structureRef" && rule == Rule::ReferenceLeadsNowhere;
                let weight = match (grave, named_elsewhere) {
                    (true, _) => Weight::Grave,
                    (_, true) => Weight::Advice,
                    _ => rule.weight(),
                };
                if let Some(problem) = self.problems.last_mut() {
                    problem.weight = weight;
                }
            }
        }
    }

    /// Whether a value has a prefix of a namespace that the file imports.
    fn is_elsewhere(&self, value: &str) -> bool {
        let Some((prefix, _)) = value.split_once(':') else {
            return false;
        };
        let mut declared = self.model.prefixes.iter();
        let Some(declared) = declared.find(|declared| declared.prefix == prefix) else {
            return false;
        };
        let imports = self.model.within(ROOT, Kind::Import);
        let mut imported = imports.filter_map(|at| self.model.at(at).get("namespace"));
        imported.any(|space| space == declared.space) || declared.space.contains("XMLSchema")
    }
}

/// The text of an element and of everything in it.
fn all_text(element: &xml::Element) -> String {
    let parts = element.content.iter().map(|content| match content {
        Content::Text(text) => text.clone(),
        Content::Element(element) => all_text(element),
    });
    parts.collect()
}
