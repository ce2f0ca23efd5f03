//! One question and what its answer must hold, and must not.

use super::{canary::Secret, who::Kind, world::World};
use crate::house::{Ask, Got, get};
use std::collections::HashSet;

/// What is asked of a route, and what is known of the answer beforehand.
pub struct Probe {
    pub ask: Ask,
    /// The text of the question: what is in it is no news to the asker.
    said: String,
    status: Option<u16>,
    must: Vec<String>,
    must_not: Vec<String>,
    /// The rows that come back, in this order; or which may come back at most.
    rows: Option<Vec<String>>,
    at_most: Option<Vec<String>>,
    /// `pointer`, and what stands there.
    is: Vec<(&'static str, serde_json::Value)>,
    /// Another question, to be answered in the same words once the first text is put for the
    /// second.
    like: Option<(Ask, String, String)>,
}

impl Probe {
    pub fn of(ask: Ask) -> Self {
        let said = ask.said();
        Self {
            ask,
            said,
            status: None,
            must: vec![],
            must_not: vec![],
            rows: None,
            at_most: None,
            is: vec![],
            like: None,
        }
    }
    pub fn get(path: &str) -> Self {
        Self::of(get(path))
    }
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
    /// These stand in the answer.
    pub fn must<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
        self.must.extend(texts.into_iter().map(Into::into));
        self
    }
    /// These do not.
    pub fn must_not<T: Into<String>>(mut self, texts: impl IntoIterator<Item = T>) -> Self {
        self.must_not.extend(texts.into_iter().map(Into::into));
        self
    }
    /// A page of exactly these rows.
    pub fn rows(mut self, ids: Vec<String>) -> Self {
        self.rows = Some(ids);
        self.status(200)
    }
    /// A page of some of these rows.
    pub fn at_most(mut self, ids: Vec<String>) -> Self {
        self.at_most = Some(ids);
        self.status(200)
    }
    pub fn is(mut self, pointer: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.is.push((pointer, value.into()));
        self
    }
    /// Answered as `other` is, but for the word `mine` where that has `theirs`.
    pub fn like(mut self, other: Ask, mine: &str, theirs: &str) -> Self {
        self.like = Some((other, mine.into(), theirs.into()));
        self
    }

    /// Asks, and says everything that is wrong with the answer.
    pub async fn ask(self, world: &World, kind: Kind) -> Vec<String> {
        self.answer(world, kind).await.0
    }
    /// The same, and the status of the answer.
    pub async fn answer(self, world: &World, kind: Kind) -> (Vec<String>, u16) {
        let actor = world.of(kind);
        let got = self.ask.clone().by(&actor.who).of(&world.house).await;
        let mut wrong = self.leaks(world, kind, &got);
        wrong.extend(self.unfit(&got));
        if let Some((other, mine, theirs)) = &self.like {
            let (status, text) = world.answered(kind, other).await;
            let text = text.replace(theirs, mine);
            if status != got.status || text != got.text() {
                let (a, b) = (status, got.status);
                wrong.push(format!(
                    "tells apart: {a} {text:.300} / {b} {:.300}",
                    got.text()
                ));
            }
        }
        let what = format!(
            "{} {}",
            kind.login(),
            self.said.chars().take(240).collect::<String>()
        );
        let wrong = wrong.into_iter().map(|w| format!("{what}\n    {w}"));
        (wrong.collect(), got.status.as_u16())
    }

    /// The canaries in an answer that its reader may not know.
    fn leaks(&self, world: &World, kind: Kind, got: &Got) -> Vec<String> {
        let mut bytes = got.body.to_vec();
        for (name, value) in &got.headers {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'\n');
        }
        let asked = world.canaries.found(self.said.as_bytes());
        let found: HashSet<&Secret> = world.canaries.found(&bytes);
        let mut out: Vec<String> = found
            .into_iter()
            .filter(|s| !asked.contains(s) && !kind.may_know(s))
            .map(|s| format!("LEAK {s:?}"))
            .collect();
        out.sort();
        let text = got.text();
        out.extend(
            self.must_not
                .iter()
                .filter(|t| text.contains(*t))
                .map(|t| format!("LEAK `{t}`")),
        );
        if got.status.is_server_error() {
            out.push(format!("{} {text:.200}", got.status));
        }
        for sql in ["select ", "sqlite", "syntax error", "postgres"] {
            if text.to_lowercase().contains(sql) {
                out.push(format!("names the database: {text:.200}"));
            }
        }
        out
    }

    fn unfit(&self, got: &Got) -> Vec<String> {
        let mut out = vec![];
        let text = got.text();
        if self.status.is_some_and(|s| s != got.status.as_u16()) {
            out.push(format!(
                "{} instead of {:?}: {text:.300}",
                got.status, self.status
            ));
            return out;
        }
        let missing = self.must.iter().filter(|t| !text.contains(*t));
        out.extend(missing.map(|t| format!("MISSING `{t}` in {text:.200}")));
        let body = || serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default();
        if self.rows.is_some() || self.at_most.is_some() {
            let body = body();
            let rows = body["rows"]
                .as_array()
                .or(body.as_array())
                .cloned()
                .unwrap_or_default();
            let ids: Vec<&str> = rows.iter().filter_map(|r| r["id"].as_str()).collect();
            if let Some(wanted) = &self.rows
                && ids != *wanted
            {
                out.push(format!("ROWS {ids:?} instead of {wanted:?}"));
            }
            if let Some(most) = &self.at_most
                && let Some(id) = ids.iter().find(|id| !most.iter().any(|m| m == *id))
            {
                out.push(format!("ROWS {id} is too much"));
            }
        }
        for (pointer, value) in &self.is {
            let body = body();
            if body.pointer(pointer) != Some(value) {
                out.push(format!(
                    "{pointer} is {:?}, not {value}",
                    body.pointer(pointer)
                ));
            }
        }
        out
    }
}
