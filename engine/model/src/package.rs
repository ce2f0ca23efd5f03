//! A package: the definitions of one folder.

use crate::{
    Form, Ledger, Name, Ref, Workflow,
    calendar::Calendar,
    make::Make,
    manifest::Manifest,
    menu::Menu,
    message::{Message, Script},
    posting::Posting,
    register::Register,
    roles::Roles,
    story::{DemoUser, Plain, Story},
};
use indexmap::IndexMap;
use std::sync::Arc;

/// A package as read from its files.
#[derive(Clone, Debug)]
pub struct Package {
    pub name: Name,
    pub manifest: Manifest,
    pub forms: IndexMap<Ref, Arc<Form>>,
    pub workflows: IndexMap<Ref, Arc<Workflow>>,
    pub ledgers: IndexMap<Ref, Arc<Ledger>>,
    pub registers: IndexMap<Ref, Arc<Register>>,
    pub postings: IndexMap<Ref, Arc<Posting>>,
    pub makes: IndexMap<Ref, Arc<Make>>,
    pub calendars: IndexMap<Ref, Arc<Calendar>>,
    pub messages: IndexMap<Ref, Arc<Message>>,
    pub scripts: Vec<Script>,
    pub roles: Roles,
    pub menu: Menu,
    pub stories: IndexMap<Name, Arc<Story>>,
    /// Demo records by form or register.
    pub demo: IndexMap<Name, Vec<Plain>>,
    pub demo_users: Vec<DemoUser>,
    /// Demo documents, made through commands.
    pub demo_runs: Vec<Story>,
    /// Language → path → words.
    pub words: IndexMap<String, IndexMap<String, String>>,
    /// The files as they were read: path inside the package → bytes. What a revision keeps.
    pub files: IndexMap<String, Arc<[u8]>>,
}

impl Package {
    /// The words at a path (`forms/x/fields/y`) in a language, if the package says them.
    pub fn word<'a>(&'a self, language: &str, path: &str) -> Option<&'a str> {
        self.words.get(language)?.get(path).map(String::as_str)
    }
}
