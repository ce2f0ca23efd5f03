//! What is done to a whole instance by somebody with the right to: jump, suspend, resume,
//! terminate; and handing over everything of a user who has left.

use crate::{
    Caller, Error, Key, Site,
    command::{Commit, refused},
    desk::{Desk, Halt},
    seats::comment,
    show::moment,
    task::said,
    view,
};
use kernel::workflow::{self, Cmd, Op, Who};
use model::{Form, Id, Name, Record, Ref, Status, access::Verb};
use std::sync::Arc;

/// What is done to an instance.
#[derive(Clone, Debug)]
pub enum Steer {
    Jump { to: Name },
    Suspend,
    Resume,
    Terminate,
}

impl Steer {
    /// The word of its act in history and audit.
    pub fn act(&self) -> &'static str {
        match self {
            Self::Jump { .. } => "jump",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Terminate => "terminate",
        }
    }
    fn cmd(&self, reason: &str) -> Cmd {
        let opinion = said(reason);
        match self {
            Self::Jump { to } => Cmd::Jump {
                to: to.clone(),
                opinion,
            },
            Self::Suspend => Cmd::Suspend { opinion },
            Self::Resume => Cmd::Resume,
            Self::Terminate => Cmd::Terminate { opinion },
        }
    }
}

impl Desk<'_> {
    /// Whether the caller has the right to steer what runs for a record: by a grant, or because he
    /// administers the site.
    async fn steers(&mut self, form: &Form, record: &Record) -> Result<Result<(), Error>, Halt> {
        match self.caller.admin {
            true => Ok(Ok(())),
            false => self.verdict(form, Verb::Steer, Some(record)).await,
        }
    }
    /// Whether there is a form at all whose records the caller may steer.
    fn steers_anything(&self) -> bool {
        let catalogue = &self.definitions.catalogue;
        let granted = |form: &Arc<Form>| self.caller.may(&form.name, Verb::Steer);
        self.caller.admin || catalogue.forms().any(granted)
    }

    /// A command on the running instance of a record.
    async fn on_instance(
        &mut self,
        key: Option<Key>,
        before: Record,
        cmd: &Cmd,
        act: &str,
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let form = self.definitions.form(&before.form)?.clone();
        let loaded = self.instance_of(before.id).await?;
        let Some(loaded) = loaded.filter(|l| l.row.ended_at.is_none()) else {
            let with = [self.status_word(before.status)];
            return Err(refused("not_in_this_status", &with).into());
        };
        let mut flow = self.flow(&before, Some(&loaded.row), vec![])?;
        let by_right = self.steers(&form, &before).await?;
        flow.steers = by_right.is_ok();
        let before = flow.record.clone();
        let state = loaded.state.clone();
        let stepped = match (self.step(&mut flow, &state, cmd).await, by_right) {
            // Neither a task of his nor a right lets him: said is which grant is missing.
            (Err(Halt::Stop(e)), Err(missing)) if e.code() == "may_not_steer" => {
                return Err(missing.into());
            }
            (stepped, _) => stepped?,
        };
        let step = self.flow_step(&flow, Some(loaded), &state, stepped);
        let record = before.clone();
        self.finish(key, act, before, record, flow, step, ids).await
    }

    async fn steer(
        &mut self,
        key: Option<Key>,
        of: (&Ref, Id, u64),
        steer: &Steer,
        reason: &str,
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let (_, before) = self.current(of.0, of.1, of.2).await?;
        let cmd = steer.cmd(reason);
        let mut commit = self
            .on_instance(key, before, &cmd, steer.act(), ids)
            .await?;
        commit.opinion = said(reason);
        Ok(commit)
    }

    /// Who suspended what runs for a record, while it stands still.
    pub async fn suspended(&mut self, record: &Record) -> Result<Option<view::Suspended>, Halt> {
        if record.status != Status::Submitted {
            return Ok(None);
        }
        let loaded = self.instance_of(record.id).await?;
        let Some(suspended) = loaded.and_then(|l| l.state.suspended) else {
            return Ok(None);
        };
        let mut by = self.names_of(&[suspended.by]).await?;
        Ok(by.pop().map(|by| view::Suspended {
            by,
            at: moment(suspended.at),
        }))
    }

    /// What may be done to the instance of a record, by those who may; and having back what the
    /// caller was the last to decide.
    pub async fn steering(&mut self, form: &Form, record: &Record) -> Result<Vec<view::Act>, Halt> {
        let loaded = self.instance_of(record.id).await?;
        let Some(loaded) = loaded.filter(|l| l.row.ended_at.is_none()) else {
            return Ok(vec![]);
        };
        let flow = self.flow(record, Some(&loaded.row), vec![])?;
        let who = Who {
            user: self.caller.user.id,
            person: self.caller.user.person,
            takes: false,
            steers: self.steers(form, record).await?.is_ok(),
        };
        let language = self.caller.language;
        let mut out = vec![];
        for op in workflow::allowed(&flow.def, &loaded.state, None, who) {
            let act = match op.op {
                Op::Jump => "jump",
                Op::Suspend => "suspend",
                Op::Resume => "resume",
                Op::Terminate => "terminate",
                _ => continue,
            };
            let word = language.word(&format!("act/{act}")).unwrap_or(act);
            let target = |t: &workflow::Target| view::ReturnTarget {
                node: t.node.to_string(),
                label: self.node_label(&loaded.row.workflow, &t.node),
            };
            out.push(view::Act {
                act,
                make: None,
                label: op.label.unwrap_or_else(|| word.to_string()),
                allowed: op.allowed,
                why: op.why.map(|no| Error::from(no).say(language)),
                comment: Some(comment(op.comment)),
                targets: op.targets.iter().map(target).collect(),
                task: None,
            });
        }
        out.extend(self.taking_back(&flow, &loaded.state, who));
        Ok(out)
    }
}

impl Site {
    /// Jumps, suspends, resumes or terminates what runs for a record.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one command, each from elsewhere"
    )]
    pub async fn steer(
        &self,
        caller: &Caller,
        key: &Key,
        form: &Ref,
        id: Id,
        version: u64,
        steer: Steer,
        reason: &str,
    ) -> Result<view::Done, Error> {
        let (kept, form, ids) = (Some(key.clone()), form.clone(), self.clock.id());
        let reason = reason.to_owned();
        self.command(caller, Some(key), move |desk, _| {
            let (key, form) = (kept.clone(), form.clone());
            let (steer, reason) = (steer.clone(), reason.clone());
            Box::pin(async move {
                desk.steer(key, (&form, id, version), &steer, &reason, ids)
                    .await
            })
        })
        .await
    }

    /// Hands every task of one user that waits to another. Each instance is a command of its own,
    /// so that no two are locked at once; asked again, it goes on with what is still there. What
    /// was done stays in its history.
    pub async fn hand_over(
        &self,
        caller: &Caller,
        from: Id,
        to: Id,
    ) -> Result<view::HandedOver, Error> {
        let waiting = self
            .desk(caller, move |desk| {
                Box::pin(async move {
                    if !desk.steers_anything() {
                        return Err(Error::Forbidden {
                            code: "may_not_steer",
                            why: None,
                            with: vec![],
                        }
                        .into());
                    }
                    desk.tx
                        .user(to)
                        .await?
                        .filter(|u| u.active)
                        .ok_or(Error::NotFound)?;
                    Ok(desk.tx.records_held(from).await?)
                })
            })
            .await?;
        let mut answer = view::HandedOver { moved: 0, left: 0 };
        for (form, record) in waiting {
            let (form, ids) = (form.clone(), self.clock.id());
            let done = self
                .command(caller, None, move |desk, _| {
                    let form = form.clone();
                    Box::pin(async move {
                        let before = desk.record(&form, record).await?.ok_or(Error::NotFound)?;
                        let cmd = Cmd::HandOver { from, to };
                        desk.on_instance(None, before, &cmd, "hand_over", ids).await
                    })
                })
                .await;
            match done {
                Ok(_) => answer.moved += 1,
                Err(e) => match e.code() {
                    // Decided meanwhile.
                    "nothing_to_hand_over" | "not_in_this_status" => {}
                    "may_not_steer" | "separation_of_duties" | "starter_may_not" => {
                        answer.left += 1;
                    }
                    _ => return Err(e),
                },
            }
        }
        Ok(answer)
    }
}
