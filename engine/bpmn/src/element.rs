//! A file as it was read: its elements, each of a kind, in one list, and what they say.

use crate::{kind::Kind, problem::Problem, rule::Rule, xml};
use std::collections::HashMap;

/// Which element of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ix(pub usize);

/// A value an element says: by an attribute, or by a tag that holds nothing else.
#[derive(Clone, Debug)]
pub struct Held {
    pub name: &'static str,
    pub value: String,
    /// Whether it is a tag.
    pub leaf: bool,
    /// Its markup, where a tag holds more than text.
    pub markup: Option<xml::Element>,
    pub line: u32,
}

#[derive(Clone, Debug)]
pub struct Element {
    pub kind: Kind,
    /// The tag it is written with.
    pub tag: &'static str,
    pub held: Vec<Held>,
    /// Text right in it: an expression, a documentation.
    pub text: String,
    /// Whether an expression is a formal one.
    pub formal: bool,
    /// Markup of others right in it, kept as it is.
    pub markup: Vec<xml::Element>,
    /// Attributes of others, kept as they are.
    pub foreign: Vec<xml::Attribute>,
    pub parent: Option<Ix>,
    pub children: Vec<Ix>,
    pub line: u32,
}

impl Element {
    /// An element that says nothing yet.
    pub fn new(kind: Kind, parent: Option<Ix>) -> Self {
        Self {
            kind,
            tag: kind.tag(),
            held: vec![],
            text: String::new(),
            formal: false,
            markup: vec![],
            foreign: vec![],
            parent,
            children: vec![],
            line: 0,
        }
    }
    /// What it says under a name, where it says it once.
    pub fn get(&self, name: &str) -> Option<&str> {
        let held = self.held.iter().find(|held| held.name == name);
        held.map(|held| held.value.as_str())
    }
    /// Everything it says under a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let held = self.held.iter().filter(move |held| held.name == name);
        held.map(|held| held.value.as_str())
    }
    pub fn id(&self) -> Option<&str> {
        self.get("id")
    }
    /// Its name, or nothing.
    pub fn name(&self) -> &str {
        self.get("name").unwrap_or_default()
    }
    /// Whether something holds, or what holds where it is not said.
    pub fn flag(&self, name: &str, otherwise: bool) -> bool {
        match self.get(name).map(str::trim) {
            Some("true" | "1") => true,
            Some("false" | "0") => false,
            _ => otherwise,
        }
    }
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Model {
    /// The first is the definitions; an element stands before what is in it.
    pub elements: Vec<Element>,
    /// By id.
    pub ids: HashMap<String, Ix>,
    /// The diagrams, as they stand in the file.
    pub diagrams: Vec<xml::Element>,
    /// The prefixes of the file.
    pub prefixes: Vec<xml::Prefix>,
}

/// The definitions of a model.
pub const ROOT: Ix = Ix(0);

impl Model {
    /// A model without anything in it.
    pub fn empty() -> Self {
        Self {
            elements: vec![Element::new(Kind::Definitions, None)],
            ids: HashMap::new(),
            diagrams: vec![],
            prefixes: vec![],
        }
    }
    pub fn at(&self, ix: Ix) -> &Element {
        &self.elements[ix.0]
    }
    /// Every element of a kind, or of one that is a kind of it, in the order of the file.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = Ix> {
        let all = self.elements.iter().enumerate();
        all.filter(move |(_, e)| e.kind.is(kind))
            .map(|(n, _)| Ix(n))
    }
    /// What stands right in an element and is of a kind.
    pub fn within(&self, ix: Ix, kind: Kind) -> impl Iterator<Item = Ix> {
        let all = self.at(ix).children.iter().copied();
        all.filter(move |child| self.at(*child).kind.is(kind))
    }
    /// The element that stands in another under a tag.
    pub fn child(&self, ix: Ix, tag: &str) -> Option<Ix> {
        let mut all = self.at(ix).children.iter().copied();
        all.find(|child| self.at(*child).tag == tag)
    }
    /// The element a value refers to. A prefix of the file itself is left out.
    pub fn target(&self, value: &str) -> Option<Ix> {
        let value = value.trim();
        let local = value.rsplit(':').next().unwrap_or(value);
        self.ids.get(value).or_else(|| self.ids.get(local)).copied()
    }
    /// The element that `name` of an element refers to.
    pub fn refer(&self, ix: Ix, name: &str) -> Option<Ix> {
        self.at(ix).get(name).and_then(|value| self.target(value))
    }
    /// The elements that `name` of an element refers to.
    pub fn refer_all(&self, ix: Ix, name: &str) -> Vec<Ix> {
        let all = self.at(ix).all(name);
        all.filter_map(|value| self.target(value)).collect()
    }
    /// The elements around an element, the nearest first.
    pub fn around(&self, ix: Ix) -> impl Iterator<Item = Ix> {
        std::iter::successors(self.at(ix).parent, |at| self.at(*at).parent)
    }
    /// The nearest element around that is of a kind.
    pub fn enclosing(&self, ix: Ix, kind: Kind) -> Option<Ix> {
        self.around(ix).find(|at| self.at(*at).kind.is(kind))
    }
    /// Adds an element to another.
    pub fn add(&mut self, mut element: Element, parent: Ix) -> Ix {
        let ix = Ix(self.elements.len());
        element.parent = Some(parent);
        if let Some(id) = element.id() {
            self.ids.entry(id.to_owned()).or_insert(ix);
        }
        self.elements.push(element);
        self.elements[parent.0].children.push(ix);
        ix
    }
    /// Sets what an element says by an attribute.
    pub fn set(&mut self, ix: Ix, name: &str, value: impl Into<String>) {
        let kind = self.at(ix).kind;
        let slot = kind.shape().attribute(name);
        let slot = slot.unwrap_or_else(|| panic!("{kind:?} has no {name}"));
        let value = value.into();
        if name == "id" {
            self.ids.insert(value.clone(), ix);
        }
        self.hold(ix, slot.name, value, false);
    }
    /// Adds what an element says by a tag.
    pub fn put(&mut self, ix: Ix, tag: &str, value: impl Into<String>) {
        let kind = self.at(ix).kind;
        let slot = kind.shape().leaf(tag);
        let slot = slot.unwrap_or_else(|| panic!("{kind:?} has no {tag}"));
        self.hold(ix, slot.name, value.into(), true);
    }
    fn hold(&mut self, ix: Ix, name: &'static str, value: String, leaf: bool) {
        self.elements[ix.0].held.push(Held {
            name,
            value,
            leaf,
            markup: None,
            line: 0,
        });
    }
    /// What is wrong with an element.
    pub fn problem(&self, rule: Rule, ix: Ix, says: impl Into<String>) -> Problem {
        let element = self.at(ix);
        let own = element.id().map(str::to_owned);
        let around = || {
            self.around(ix)
                .find_map(|at| self.at(at).id().map(str::to_owned))
        };
        Problem {
            rule,
            weight: rule.weight(),
            tag: element.tag.to_owned(),
            id: own.or_else(around),
            line: element.line,
            says: says.into(),
        }
    }
}
