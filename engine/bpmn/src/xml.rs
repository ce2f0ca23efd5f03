//! The one reader of XML, and its writer: bytes to a tree and back, nothing about BPMN.
//!
//! Comes in: bytes nobody vouches for. Goes out: a tree of elements in their namespaces, each with
//! its line, or why the file is refused. A document type, an entity that is not one of XML's five,
//! and anything beyond the [`Limits`] is refused while reading, so no file costs more than its size.

use crate::{problem::Problem, rule::Rule};
use quick_xml::{
    XmlVersion,
    escape::{escape, partial_escape},
    events::{BytesRef, BytesStart, Event},
    name::{PrefixDeclaration, ResolveResult},
    reader::NsReader,
};
use std::sync::Arc;

/// What a file may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Elements within elements.
    pub depth: usize,
    pub elements: usize,
    /// Attributes of one element.
    pub attributes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 20 * 1024 * 1024,
            depth: 100,
            elements: 100_000,
            attributes: 200,
        }
    }
}

/// A name in a namespace; the namespace is empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub space: Arc<str>,
    pub local: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub name: Name,
    pub value: String,
}

/// A prefix and the namespace it stands for, as an element declares it.
#[derive(Clone, Debug, PartialEq)]
pub struct Prefix {
    /// Empty for the default namespace.
    pub prefix: String,
    pub space: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    pub name: Name,
    pub attributes: Vec<Attribute>,
    pub prefixes: Vec<Prefix>,
    pub content: Vec<Content>,
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Element(Element),
    Text(String),
}

impl Element {
    /// An element without content.
    pub fn new(space: &str, local: &str) -> Self {
        Self {
            name: Name {
                space: space.into(),
                local: local.to_owned(),
            },
            attributes: vec![],
            prefixes: vec![],
            content: vec![],
            line: 0,
        }
    }
    /// The elements right below.
    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.content.iter().filter_map(|c| match c {
            Content::Element(e) => Some(e),
            Content::Text(_) => None,
        })
    }
    /// The text right below, as it stands.
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|c| match c {
            Content::Text(t) => Some(t.as_str()),
            Content::Element(_) => None,
        });
        texts.collect()
    }
    /// An attribute without a namespace.
    pub fn attribute(&self, local: &str) -> Option<&str> {
        let found = self.attributes.iter();
        found
            .filter(|a| a.name.space.is_empty())
            .find(|a| a.name.local == local)
            .map(|a| a.value.as_str())
    }
    /// Sets an attribute without a namespace.
    pub fn set(&mut self, local: &str, value: impl Into<String>) {
        self.attributes.push(Attribute {
            name: Name {
                space: "".into(),
                local: local.to_owned(),
            },
            value: value.into(),
        });
    }
}

/// The tree of a file, or why it is refused.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Element, Problem> {
    if bytes.len() > limits.bytes {
        let says = format!("more than {} bytes", limits.bytes);
        return Err(Problem::of_file(Rule::TooLarge, 1, says));
    }
    let text = decode(bytes)?;
    let mut reading = Reading {
        reader: NsReader::from_str(&text),
        text: &text,
        at: 0,
        line: 1,
        spaces: vec![],
        open: vec![],
        root: None,
        elements: 0,
        limits,
    };
    while reading.step()? {}
    reading
        .root
        .ok_or_else(|| Problem::of_file(Rule::NotWellFormed, 1, "there is no element"))
}

/// The text of a file, by its byte order mark or by what its first line declares.
fn decode(bytes: &[u8]) -> Result<String, Problem> {
    let refuse = |says: String| Problem::of_file(Rule::NotWellFormed, 1, says);
    let (encoding, bytes) = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, &bytes[mark..]),
        None => {
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
            let declared = head.split("encoding=").nth(1).and_then(|rest| {
                let quote = rest.chars().next().filter(|c| "\"'".contains(*c))?;
                rest[1..].split(quote).next()
            });
            let is_declaration = head.trim_start().starts_with("<?xml");
            match declared.filter(|_| is_declaration) {
                Some(label) => encoding_rs::Encoding::for_label(label.as_bytes())
                    .map(|encoding| (encoding, bytes))
                    .ok_or_else(|| refuse(format!("the encoding {label} is not known")))?,
                None => (encoding_rs::UTF_8, bytes),
            }
        }
    };
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(|text| text.into_owned())
        .ok_or_else(|| refuse(format!("the bytes are not {}", encoding.name())))
}

/// A file while it is read.
struct Reading<'a> {
    reader: NsReader<&'a [u8]>,
    text: &'a str,
    /// Up to where lines are counted, and how many there were.
    at: usize,
    line: u32,
    /// Namespaces that have been met, each kept once.
    spaces: Vec<Arc<str>>,
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    limits: Limits,
}

impl<'a> Reading<'a> {
    /// Reads one event; whether there is more.
    fn step(&mut self) -> Result<bool, Problem> {
        let from = self.reader.buffer_position() as usize;
        self.count_lines(from);
        let event = match self.reader.read_event() {
            Ok(event) => event,
            Err(e) => {
                let to = (self.reader.error_position() as usize).min(self.text.len());
                self.count_lines(to);
                return Err(self.refuse(Rule::NotWellFormed, e.to_string()));
            }
        };
        match event {
            Event::Start(start) => self.start(&start)?,
            Event::Empty(start) => {
                self.start(&start)?;
                self.end();
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.add(&text.xml10_content())?,
            Event::CData(data) => self.add(&data.xml10_content())?,
            Event::GeneralRef(entity) => {
                let text = self.entity(&entity)?;
                self.add(&text)?;
            }
            Event::DocType(_) => {
                let says = "a document type is never read";
                return Err(self.refuse(Rule::DocumentType, says));
            }
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof if !self.open.is_empty() => {
                return Err(self.refuse(Rule::NotWellFormed, "the file ends within an element"));
            }
            Event::Eof => return Ok(false),
        }
        Ok(true)
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), Problem> {
        self.elements += 1;
        if self.elements > self.limits.elements {
            let says = format!("more than {} elements", self.limits.elements);
            return Err(self.refuse(Rule::TooLarge, says));
        }
        if self.open.len() >= self.limits.depth {
            let says = format!("elements deeper than {}", self.limits.depth);
            return Err(self.refuse(Rule::TooDeep, says));
        }
        if self.root.is_some() && self.open.is_empty() {
            return Err(self.refuse(Rule::NotWellFormed, "a second element at the top"));
        }
        let (space, local) = self.reader.resolver().resolve_element(start.name());
        let (space, local) = (owned(space), local.as_ref().to_owned());
        let mut element = Element {
            name: self.name(space, &local)?,
            attributes: vec![],
            prefixes: vec![],
            content: vec![],
            line: self.line,
        };
        for attribute in start.attributes() {
            let attribute =
                attribute.map_err(|e| self.refuse(Rule::NotWellFormed, e.to_string()))?;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|e| self.refuse(Rule::Entity, e.to_string()))?
                .into_owned();
            if element.attributes.len() + element.prefixes.len() >= self.limits.attributes {
                let says = format!("more than {} attributes", self.limits.attributes);
                return Err(self.refuse(Rule::TooLarge, says));
            }
            if let Some(prefix) = attribute.key.as_namespace_binding() {
                let prefix = match prefix {
                    PrefixDeclaration::Default => String::new(),
                    PrefixDeclaration::Named(prefix) => prefix.to_owned(),
                };
                element.prefixes.push(Prefix {
                    prefix,
                    space: value,
                });
                continue;
            }
            let (space, local) = self.reader.resolver().resolve_attribute(attribute.key);
            let (space, local) = (owned(space), local.as_ref().to_owned());
            let name = self.name(space, &local)?;
            element.attributes.push(Attribute { name, value });
        }
        self.open.push(element);
        Ok(())
    }

    fn end(&mut self) {
        let Some(mut element) = self.open.pop() else {
            return;
        };
        // Text between elements is layout; text alone is what the element says.
        if element.children().next().is_some() {
            let blank = |c: &Content| matches!(c, Content::Text(t) if t.trim().is_empty());
            element.content.retain(|c| !blank(c));
        }
        match self.open.last_mut() {
            Some(above) => above.content.push(Content::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn add(&mut self, text: &str) -> Result<(), Problem> {
        match self.open.last_mut() {
            Some(element) => match element.content.last_mut() {
                Some(Content::Text(before)) => before.push_str(text),
                _ => element.content.push(Content::Text(text.to_owned())),
            },
            None if text.trim().is_empty() || text == "\u{feff}" => {}
            None => return Err(self.refuse(Rule::NotWellFormed, "text outside of the root")),
        }
        Ok(())
    }

    /// What an entity stands for: one of the five of XML, or a character by its number.
    fn entity(&self, entity: &BytesRef<'_>) -> Result<String, Problem> {
        if let Ok(Some(character)) = entity.resolve_char_ref() {
            return Ok(character.to_string());
        }
        let name = entity.xml10_content();
        quick_xml::escape::resolve_xml_entity(&name)
            .map(str::to_owned)
            .ok_or_else(|| self.refuse(Rule::Entity, format!("the entity {name} is not of XML")))
    }

    fn name(&mut self, space: Result<String, String>, local: &str) -> Result<Name, Problem> {
        let space = space.map_err(|prefix| {
            let says = format!("the prefix {prefix} stands for no namespace");
            self.refuse(Rule::NotWellFormed, says)
        })?;
        let space = match self.spaces.iter().find(|known| ***known == *space) {
            Some(known) => known.clone(),
            None => {
                self.spaces.push(space.as_str().into());
                self.spaces[self.spaces.len() - 1].clone()
            }
        };
        Ok(Name {
            space,
            local: local.to_owned(),
        })
    }

    fn count_lines(&mut self, to: usize) {
        let bytes = &self.text.as_bytes()[self.at..to];
        self.line += bytes.iter().filter(|b| **b == b'\n').count() as u32;
        self.at = to;
    }

    fn refuse(&self, rule: Rule, says: impl Into<String>) -> Problem {
        Problem::of_file(rule, self.line, says)
    }
}

/// The namespace a name was found in, or the prefix that stands for none.
fn owned(found: ResolveResult<'_>) -> Result<String, String> {
    match found {
        ResolveResult::Unbound => Ok(String::new()),
        ResolveResult::Bound(space) => Ok(space.as_ref().to_owned()),
        ResolveResult::Unknown(prefix) => Err(prefix.to_string()),
    }
}

/// A tree as text. Prefixes are taken from `known` where a namespace is there, and made otherwise.
pub fn write(root: &Element, known: &[(&str, &str)]) -> String {
    let mut spaces: Vec<(String, String)> = vec![];
    gather(root, known, &mut spaces);
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    put(root, &spaces, 0, true, &mut out);
    out.push('\n');
    out
}

const OF_XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Stands for the type of a formal expression until it is known under which prefix it goes.
pub(crate) const KIND_OF_EXPRESSION: &str = ":tFormalExpression";

/// Adds the namespaces of an element and of what is in it: under the prefixes the file has, then
/// those that are known, then some that are made.
fn gather(element: &Element, known: &[(&str, &str)], spaces: &mut Vec<(String, String)>) {
    for declared in &element.prefixes {
        let taken = spaces.iter().any(|(prefix, _)| *prefix == declared.prefix);
        if !declared.prefix.is_empty() && !taken {
            spaces.push((declared.prefix.clone(), declared.space.clone()));
        }
    }
    let names = element.attributes.iter().map(|a| &a.name);
    for name in names.chain([&element.name]) {
        let there = spaces.iter().any(|(_, space)| **space == *name.space);
        if name.space.is_empty() || &*name.space == OF_XML || there {
            continue;
        }
        let wanted = known.iter().find(|(_, space)| **space == *name.space);
        let mut prefix = wanted.map_or("ns", |(prefix, _)| *prefix).to_owned();
        while spaces.iter().any(|(taken, _)| *taken == prefix) {
            prefix.push('_');
        }
        spaces.push((prefix, name.space.to_string()));
    }
    for child in element.children() {
        gather(child, known, spaces);
    }
}

fn prefixed(name: &Name, spaces: &[(String, String)]) -> String {
    if &*name.space == OF_XML {
        return format!("xml:{}", name.local);
    }
    match spaces.iter().find(|(_, space)| **space == *name.space) {
        Some((prefix, _)) => format!("{prefix}:{}", name.local),
        None => name.local.clone(),
    }
}

fn put(element: &Element, spaces: &[(String, String)], depth: usize, root: bool, out: &mut String) {
    let name = prefixed(&element.name, spaces);
    out.push('<');
    out.push_str(&name);
    if root {
        for (prefix, space) in spaces {
            out.push_str(&format!(" xmlns:{prefix}=\"{}\"", attribute(space)));
        }
    }
    for a in &element.attributes {
        let name = prefixed(&a.name, spaces);
        let value = match a.value.as_str() {
            KIND_OF_EXPRESSION => {
                let space = element.name.space.clone();
                let local = a.value.trim_start_matches(':').to_owned();
                prefixed(&Name { space, local }, spaces)
            }
            value => attribute(value),
        };
        out.push_str(&format!(" {name}=\"{value}\""));
    }
    if element.content.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    // Text beside elements keeps its place; a line of its own is for elements alone.
    let lines = element
        .content
        .iter()
        .all(|c| matches!(c, Content::Element(_)));
    for content in &element.content {
        match content {
            Content::Element(child) => {
                if lines {
                    out.push('\n');
                    out.extend(std::iter::repeat_n("  ", depth + 1));
                }
                put(child, spaces, depth + 1, false, out);
            }
            Content::Text(text) => {
                out.push_str(&partial_escape(text.as_str()).replace('\r', "&#13;"))
            }
        }
    }
    if lines {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
    out.push_str(&format!("</{name}>"));
}

/// A value as an attribute says it: a reader makes blanks of what ends a line otherwise.
fn attribute(value: &str) -> String {
    let value = escape(value);
    value
        .replace('\r', "&#13;")
        .replace('\n', "&#10;")
        .replace('\t', "&#9;")
}
