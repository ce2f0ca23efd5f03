//! What a stage must be able to do. One method a step of a story.

use crate::{Error, Steer, view};
use futures::future::BoxFuture;
use model::{Decimal, Id, Name, Ref};
use serde_json::{Map, Value};

/// Why a stage did not do a step: the business said no (the story may expect that).
#[derive(Clone, Debug, Default)]
pub struct Trouble {
    pub code: String,
    /// Check names and codes with their places, where it was about fields.
    pub findings: Vec<(String, String)>,
    /// The sentence by language.
    pub says: Vec<(String, String)>,
}

/// An operation on a task.
#[derive(Clone, Debug)]
pub enum Act {
    Complete {
        outcome: Option<Name>,
        opinion: String,
        values: Map<String, Value>,
    },
    Transfer {
        to: Id,
        opinion: String,
    },
    Return {
        to: Name,
        opinion: String,
    },
    AddSeat {
        users: Vec<Id>,
        how: model::workflow::How,
        opinion: String,
    },
    Claim,
    Unclaim,
    DropSeat {
        who: Id,
        opinion: String,
    },
    Delegate {
        to: Id,
        opinion: String,
    },
    TakeBack {
        opinion: String,
    },
    Remind,
    Copy {
        users: Vec<Id>,
        opinion: String,
    },
}

/// A task that waits for somebody.
#[derive(Clone, Debug)]
pub struct OpenTask {
    pub id: Id,
    pub node: Name,
    pub holder: Option<Id>,
    /// Who could take it; the holder alone where there is one.
    pub candidates: Vec<Id>,
}

/// A record as its author sees it, plus what only the engine sees.
#[derive(Clone, Debug)]
pub struct Seen {
    pub version: u64,
    pub status: String,
    /// Values in the shape of the HTTP interface; lines with their ids.
    pub values: Map<String, Value>,
}

/// The answer of a step: done, or trouble that the story may expect; an error is neither.
pub type Answer<'a, T> = BoxFuture<'a, Result<Result<T, Trouble>, Error>>;

/// Somewhere a story can be played: in process on either database, or over HTTP.
pub trait Stage: Send + Sync {
    /// What this stage is called in reports.
    fn name(&self) -> &'static str;
    /// Makes sure a user stands behind the person with this key and holds at least these roles.
    fn user<'a>(
        &'a self,
        login: &'a str,
        person: &'a str,
        roles: &'a [model::story::Held],
    ) -> BoxFuture<'a, Result<Id, Error>>;
    /// Makes a record as the engine, with no rights asked.
    fn given<'a>(
        &'a self,
        form: &'a Ref,
        values: Map<String, Value>,
    ) -> BoxFuture<'a, Result<Id, Error>>;
    /// Writes an opening balance, dated the day before the story's.
    fn opening<'a>(
        &'a self,
        balance: &'a model::story::BalanceIs,
    ) -> BoxFuture<'a, Result<(), Error>>;
    /// Sets the clock.
    fn move_to(&self, moment: chrono::DateTime<chrono::Utc>);
    /// Lets everything happen whose time has come.
    fn run_due<'a>(&'a self) -> BoxFuture<'a, Result<(), Error>>;
    fn create<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        values: Map<String, Value>,
    ) -> Answer<'a, view::Done>;
    fn change<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        id: Id,
        values: Map<String, Value>,
    ) -> Answer<'a, view::Done>;
    fn submit<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, view::Done>;
    fn withdraw<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, view::Done>;
    fn reverse<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, view::Done>;
    fn delete<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, view::Done>;
    fn make<'a>(&'a self, by: Id, form: &'a Ref, id: Id, make: &'a Ref) -> Answer<'a, view::Done>;
    fn act<'a>(&'a self, by: Id, task: Id, act: Act) -> Answer<'a, view::Done>;
    /// Jumps, suspends, resumes or terminates what runs for a record.
    fn steer<'a>(
        &'a self,
        by: Id,
        form: &'a Ref,
        id: Id,
        steer: Steer,
        reason: &'a str,
    ) -> Answer<'a, view::Done>;
    /// Hands every waiting task of one user to another.
    fn hand_over<'a>(&'a self, by: Id, from: Id, to: Id) -> Answer<'a, view::HandedOver>;
    /// The nodes where people act on the way ahead.
    fn preview<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Vec<String>>;
    /// A record as this user sees it.
    fn see<'a>(&'a self, by: Id, form: &'a Ref, id: Id) -> Answer<'a, Seen>;
    /// The record of a settings form.
    fn settings<'a>(&'a self, form: &'a Ref) -> BoxFuture<'a, Result<Option<Id>, Error>>;
    /// Who is waited for, as the engine knows it.
    fn open_tasks<'a>(
        &'a self,
        form: &'a Ref,
        id: Id,
    ) -> BoxFuture<'a, Result<Vec<OpenTask>, Error>>;
    /// The last task a user has done at a node, as the engine knows it.
    fn done_task<'a>(
        &'a self,
        id: Id,
        node: &'a str,
        by: Id,
    ) -> BoxFuture<'a, Result<Option<Id>, Error>>;
    /// The record's status, as the engine knows it.
    fn status<'a>(&'a self, form: &'a Ref, id: Id) -> BoxFuture<'a, Result<String, Error>>;
    /// Measures of a ledger over a key whose links are named by key.
    fn balance<'a>(
        &'a self,
        balance: &'a model::story::BalanceIs,
    ) -> BoxFuture<'a, Result<Vec<(Name, Decimal)>, Error>>;
}
