//! Operations on a task that change who sits in its ballot.

use crate::{
    Caller, Error, Key, Site,
    desk::{Desk, Halt},
    flow::Flow,
    task::said,
    view,
};
use kernel::workflow::{self, Cmd, Op, Seat, State, Who};
use model::{Id, workflow::Need};
use serde_json::Map;

impl Desk<'_> {
    /// Having a task back, where the caller may: what he has done is no task of his any more, so
    /// its record offers it.
    pub fn taking_back(&self, flow: &Flow, state: &State, who: Who) -> Option<view::Act> {
        let his = |s: &&Seat| s.done().is_some_and(|d| d.by == Some(who.user));
        let (seat, op) = state.seats.iter().rev().filter(his).find_map(|seat| {
            let mut ops = workflow::allowed(&flow.def, state, Some(seat.id), who).into_iter();
            let op = ops.find(|o| o.op == Op::TakeBack && o.allowed)?;
            Some((seat.id, op))
        })?;
        let word = self.caller.language.word("act/take_back");
        Some(view::Act {
            act: "take_back",
            make: None,
            label: op.label.or(word.map(Into::into)).unwrap_or_default(),
            allowed: true,
            why: None,
            comment: Some(comment(op.comment)),
            targets: vec![],
            task: Some(seat),
        })
    }

    /// Users with their names, in order.
    pub async fn names_of(&mut self, ids: &[Id]) -> Result<Vec<view::Who>, Halt> {
        let users = self.tx.users(ids).await?;
        let named = |id: &Id| {
            let user = users.iter().find(|u| u.id == *id)?;
            Some(view::Who {
                id: Some(user.id),
                name: user.name.clone(),
            })
        };
        Ok(ids.iter().filter_map(named).collect())
    }
}

/// Whether a reason must be given, as a page is told.
pub(crate) fn comment(need: Need) -> &'static str {
    match need {
        Need::Required => "required",
        Need::Optional => "optional",
    }
}

impl Site {
    /// Takes a role's task without deciding yet.
    pub async fn claim(&self, caller: &Caller, key: &Key, id: Id) -> Result<view::Done, Error> {
        let cmd = Cmd::Claim { seat: id };
        self.on_task(caller, key, id, "claim", None, Map::new(), cmd)
            .await
    }
    /// Puts a role's task back.
    pub async fn unclaim(&self, caller: &Caller, key: &Key, id: Id) -> Result<view::Done, Error> {
        let cmd = Cmd::Unclaim { seat: id };
        self.on_task(caller, key, id, "unclaim", None, Map::new(), cmd)
            .await
    }
    /// Takes a fellow out of the ballot.
    pub async fn drop_seat(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        who: Id,
        opinion: &str,
    ) -> Result<view::Done, Error> {
        let cmd = Cmd::DropSeat {
            seat: id,
            who,
            opinion: said(opinion),
        };
        self.on_task(caller, key, id, "drop_seat", None, Map::new(), cmd)
            .await
    }
    /// Asks somebody for advice; then it comes back.
    pub async fn delegate(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        to: Id,
        opinion: &str,
    ) -> Result<view::Done, Error> {
        let cmd = Cmd::Delegate {
            seat: id,
            to,
            opinion: said(opinion),
        };
        self.on_task(caller, key, id, "delegate", None, Map::new(), cmd)
            .await
    }
    /// Has a task again that he has decided, while nobody after it has acted.
    pub async fn take_back(
        &self,
        caller: &Caller,
        key: &Key,
        id: Id,
        opinion: &str,
    ) -> Result<view::Done, Error> {
        let cmd = Cmd::TakeBack {
            seat: id,
            opinion: said(opinion),
        };
        self.on_task(caller, key, id, "take_back", None, Map::new(), cmd)
            .await
    }
}
