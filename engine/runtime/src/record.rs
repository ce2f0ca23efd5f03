//! Records: made, changed, deleted, submitted, withdrawn, reversed, made from others.

use crate::{
    Error,
    command::{Commit, Forced, Key, PostingPlan, refused},
    desk::{Desk, Halt, blank},
    flow::{apply_effects, fresh_submit},
    named,
    view::Finding,
};
use kernel::{
    access::FieldLooks,
    form::{self, Body, Evaluation, Looks, Phase, Sheet},
    workflow::{Cmd, State},
};
use model::{Form, FormKind, Id, Kind, Look, Record, Ref, Status, Verb, form::Level};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use store::FileUse;

/// At which task a record is worked on: what may be seen and edited there.
#[derive(Clone, Default)]
pub(crate) struct AtNode {
    pub fields: Option<form::NodeFields>,
}

/// Whether a switch of the header is off: saying so of one that is not shown changes nothing.
fn off(record: &Record, place: &form::Place) -> bool {
    place.line.is_none()
        && record
            .values
            .get(&place.field)
            .is_none_or(|v| *v == model::Value::Bool(false))
}

/// What becomes of lines that are new in a body.
#[derive(Clone, Copy)]
pub(crate) struct NewLines {
    /// New lines get ids derived from it.
    pub seed: Id,
    /// The record is only tried: unknown line ids are taken as they are, and nothing is refused
    /// for not being editable.
    pub adopt: bool,
}
impl NewLines {
    /// Of a record that is kept.
    pub fn stored(seed: Id) -> Self {
        Self { seed, adopt: false }
    }
    /// Of a record that is only tried.
    pub fn tried(seed: Id) -> Self {
        Self { seed, adopt: true }
    }
}

/// Opens for a body what only a rule of the form closes: the body may change what the rule reads.
fn lift(looks: &mut Looks, form: &Form, may: impl Fn(&model::Path) -> bool) {
    let one = |path: model::Path, look: &mut form::FieldLook| {
        let typed = form.at(&path).is_some_and(model::Field::typed);
        if (look.readonly || !look.shown) && typed && may(&path) {
            look.look = look.look.max(Look::Edit);
        }
    };
    for (name, look) in &mut looks.header {
        one(model::Path::one(name), look);
    }
    for (table, columns) in &mut looks.columns {
        for (name, look) in columns {
            one(model::Path(vec![table.clone(), name.clone()]), look);
        }
    }
    let tables: Vec<model::Name> = looks.columns.keys().cloned().collect();
    for line in looks.lines.values_mut() {
        for (name, look) in line.iter_mut() {
            for table in &tables {
                one(model::Path(vec![table.clone(), name.clone()]), look);
            }
        }
    }
}

impl Desk<'_> {
    /// Works a record out for the caller.
    pub async fn work_out(
        &mut self,
        form: &Form,
        record: &Record,
        before: Option<&Record>,
        phase: &Phase,
        at: &AtNode,
    ) -> Result<Sheet, Halt> {
        let rights = self.rights_on(form, before).await?;
        let access = at.fields.is_none().then_some(&rights);
        let mut sheet = self
            .settle(|d, asker, facts| {
                Ok(form::evaluate(&Evaluation {
                    rules: &d.rules,
                    form,
                    record,
                    before,
                    phase,
                    node_fields: at.fields.as_ref(),
                    access,
                    asker,
                    facts,
                }))
            })
            .await?;
        if at.fields.is_some() {
            narrow(&mut sheet.looks, &rights);
        }
        Ok(sheet)
    }

    /// How fields look to the caller by his rights where they look best; the engine sees and
    /// edits everything.
    pub fn rights(&self, form: &Ref) -> FieldLooks {
        if self.caller.user.id == crate::caller::ENGINE {
            return FieldLooks::everything();
        }
        let rules = &self.published.rules;
        let looks = self.caller.rights.wide_looks(rules, form);
        self.definitions.names.looks(form, looks)
    }

    pub fn is_engine(&self) -> bool {
        self.caller.user.id == crate::caller::ENGINE
    }

    /// A form that the caller knows of: a grant names it, or he takes part in a record of it. Any
    /// other is as one that is not there.
    pub async fn known(&mut self, form: &Ref) -> Result<Arc<Form>, Halt> {
        let found = self.definitions.form(form)?.clone();
        if self.is_engine() || self.caller.rights.of(form).is_some() {
            return Ok(found);
        }
        let principals = self.caller.principals.clone();
        match self.tx.takes_part(&principals, form).await? {
            true => Ok(found),
            false => Err(Error::NotFound.into()),
        }
    }

    /// How the fields of a stored record look to the caller; of one that is still being made, as
    /// they look where they look best.
    pub async fn rights_on(
        &mut self,
        form: &Form,
        stored: Option<&Record>,
    ) -> Result<FieldLooks, Halt> {
        let Some(record) = stored.filter(|_| self.caller.user.id != crate::caller::ENGINE) else {
            return Ok(self.rights(&form.name));
        };
        let rights = self.caller.rights.clone();
        // Rights are today's, whatever the record runs by.
        let (today, names) = (self.published.clone(), self.definitions.clone());
        let kept = names.names.today(record.clone());
        let looks = self
            .settle(|_, _, facts| {
                Ok(kernel::access::looks_on(
                    &today.rules,
                    &rights,
                    &kept,
                    facts,
                ))
            })
            .await?;
        Ok(names.names.looks(&form.name, looks))
    }

    /// Whether the caller sees a record.
    pub async fn sees(&mut self, form: &Ref, id: Id) -> Result<bool, Halt> {
        let definitions = self.definitions.clone();
        definitions.form(form)?;
        let scope = self.caller.store.clone();
        let visible = self
            .tx
            .visible(&definitions.tables, &scope, form, &[id])
            .await?;
        Ok(visible.contains(&id))
    }

    /// A record the caller sees, whole, as the engine reads it.
    pub async fn seen(&mut self, form: &Ref, id: Id) -> Result<Record, Halt> {
        let definitions = self.definitions.clone();
        definitions.form(form)?;
        let scope = self.caller.store.clone();
        let found = self.tx.seen(&definitions.tables, &scope, form, id).await?;
        let seen = self.noted(found.into_iter().collect()).pop();
        Ok(seen.ok_or(Error::NotFound)?)
    }

    /// A body put on a record and worked out: links by key found, ids and rights checked, before
    /// anything is worked out from them. Of a record that is only tried, what may not be named is
    /// left out, with a finding. What one field of the body makes editable (or shows) may be filled in by the same body; what is
    /// not editable in the end was not for the sender to change.
    #[expect(
        clippy::too_many_arguments,
        reason = "a body and everything it is judged by"
    )]
    pub async fn fill(
        &mut self,
        form: &Form,
        start: &Record,
        before: Option<&Record>,
        json: &Map<String, Json>,
        phase: &Phase,
        at: &AtNode,
        new: NewLines,
    ) -> Result<Sheet, Halt> {
        if json.is_empty() && before.is_some() {
            // Nothing is put on it, so nothing has to be looked at before.
            return self.work_out(form, start, before, phase, at).await;
        }
        let first = if before.is_some() {
            Phase::Change
        } else {
            Phase::New
        };
        let definitions = self.definitions.clone();
        let json = &*definitions.names.body(&form.name, json);
        let mut looks = self.work_out(form, start, before, &first, at).await?.looks;
        let rights = self.rights_on(form, before).await?;
        let open = form.kind != FormKind::Document || start.status.editable();
        lift(&mut looks, form, |path| match &at.fields {
            Some(node) => node.get(path).is_some_and(|look| *look >= Look::Edit),
            None => open && rights.at(path) >= Look::Edit,
        });
        let applied = self
            .settle(|d, _, facts| {
                Ok(form::apply(&Body {
                    rules: &d.rules,
                    form,
                    record: start,
                    json,
                    looks: &looks,
                    seed: new.seed,
                    adopt: new.adopt,
                    facts,
                }))
            })
            .await?;
        let mut applied = match applied {
            Ok(applied) => applied,
            Err(findings) => return Err(Error::Invalid(self.findings(findings)).into()),
        };
        let mut bad = self.unseen_links(form, before, &applied.record).await?;
        let files = self.know_files(before, &mut applied.record, &applied.changed);
        bad.extend(files.await?);
        if !bad.is_empty() && !new.adopt {
            return Err(Error::Invalid(self.findings(bad)).into());
        }
        named::take_out(&mut applied.record, &bad);
        let mut sheet = self
            .work_out(form, &applied.record, before, phase, at)
            .await?;
        if new.adopt {
            let unfit = self.unfit_links(form, before, &applied.record).await?;
            if !unfit.is_empty() {
                named::take_out(&mut applied.record, &unfit);
                sheet = self
                    .work_out(form, &applied.record, before, phase, at)
                    .await?;
                bad.extend(unfit);
            }
            sheet.findings.extend(bad);
        }
        let kept: Vec<form::Finding> = applied
            .changed
            .into_iter()
            .filter(|place| !new.adopt && !off(&sheet.record, place))
            .filter(|place| sheet.looks.at(place).is_some_and(|l| l.look < Look::Edit))
            .map(|place| form::Finding::refuse("not_editable", place, &[]))
            .collect();
        if !kept.is_empty() {
            return Err(Error::Invalid(self.findings(kept)).into());
        }
        Ok(sheet)
    }

    /// Findings in the caller's language.
    pub fn findings(&self, findings: Vec<form::Finding>) -> Vec<Finding> {
        let language = self.caller.language;
        let catalogue = &self.definitions.catalogue;
        findings
            .into_iter()
            .map(|f| Finding {
                say: match &f.say {
                    Some(say) => {
                        catalogue.word(&say.package, language.as_str(), &say.path, &say.text)
                    }
                    None => language.say(&f.code, &f.with),
                },
                code: f.code,
                at: f.at.to_string(),
                level: match f.level {
                    Level::Refuse => "refuse",
                    Level::Warn => "warn",
                },
                check: f.check.map(|c| c.to_string()),
            })
            .collect()
    }

    /// Stops where a sheet refuses.
    pub fn must_hold(&self, sheet: &Sheet) -> Result<(), Halt> {
        if sheet.refused() {
            return Err(Error::Invalid(self.findings(sheet.findings.clone())).into());
        }
        Ok(())
    }

    /// A commit of a changed record without a workflow step.
    pub async fn commit(
        &mut self,
        key: Option<Key>,
        act: &str,
        before: Option<Record>,
        after: Record,
        ids: Id,
    ) -> Result<Commit, Halt> {
        let form = self.definitions.form(&after.form)?.clone();
        let stays = before.as_ref().is_some_and(|b| b.values == after.values)
            && !needs_number(&form, &after);
        let words = match stays {
            true => None,
            false => Some(self.words(&after).await?),
        };
        self.know_title(&form, &after).await?;
        Ok(Commit {
            key,
            caller: self.caller.clone(),
            now: self.now,
            fixed: self.fixed,
            definitions: self.definitions.clone(),
            published: self.published.clone(),
            facts: self.facts.clone(),
            reads: self.read.clone(),
            act: act.into(),
            node: None,
            opinion: None,
            outcome: None,
            before,
            after,
            deleted: false,
            words,
            flow: None,
            postings: vec![],
            number: false,
            ids,
        })
    }

    pub async fn create(
        &mut self,
        key: Option<Key>,
        form: &Ref,
        mut values: Map<String, Json>,
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let definitions = self.definitions.clone();
        let form = definitions.form(form)?.clone();
        self.verdict(&form, Verb::Create, None).await??;
        let mut record = blank(&form.name, ids, self.caller.user.id, self.now);
        record.parent = self.parent(&form, &mut values, None).await?;
        let at = AtNode::default();
        let new = NewLines::stored(ids);
        let sheet = self
            .fill(&form, &record, None, &values, &Phase::New, &at, new)
            .await?;
        self.must_hold(&sheet)?;
        self.kept_now(&form, &sheet)?;
        self.check_links(&form, None, &sheet.record).await?;
        // Rows he would not see afterwards are not his to make.
        self.verdict(&form, Verb::Create, Some(&sheet.record))
            .await??;
        let mut commit = self.commit(key, "create", None, sheet.record, ids).await?;
        commit.number = numbered_at(&form, model::field::When::Draft) && form.sequence().is_some();
        Ok(Box::new(commit))
    }

    /// Master data has no submit: what must be filled in is asked when it is saved.
    fn kept_now(&self, form: &Form, sheet: &Sheet) -> Result<(), Halt> {
        if form.kind == FormKind::Document || form.workflow.is_some() {
            return Ok(());
        }
        let mut missing = vec![];
        for (name, look) in &sheet.looks.header {
            let lines = form
                .fields
                .get(name)
                .is_some_and(|f| f.as_lines().is_some());
            if look.required && !lines && !sheet.record.values.contains_key(name) {
                missing.push(form::Finding::refuse(
                    "required",
                    form::Place::header(name),
                    &[],
                ));
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.findings(missing)).into())
        }
    }

    /// The record above, which a tree's values name as `parent`.
    async fn parent(
        &mut self,
        form: &Form,
        values: &mut Map<String, Json>,
        before: Option<&Record>,
    ) -> Result<Option<Id>, Halt> {
        if form.kind != FormKind::Tree {
            return Ok(None);
        }
        let Some(json) = values.shift_remove("parent") else {
            return Ok(before.and_then(|b| b.parent));
        };
        let bad = || Error::bad("no_such_record", "parent");
        let id = match model::value::Named::of_json(&json).map_err(|_| bad())? {
            None => return Ok(None),
            Some(model::value::Named::Id(id)) => id,
            Some(model::value::Named::Key(key)) => {
                self.key_seen(&form.name, &key).await?.ok_or_else(bad)?
            }
        };
        // Where it stays, it was there before he came.
        if before.is_none_or(|b| b.parent != Some(id)) && !self.sees(&form.name, id).await? {
            return Err(bad().into());
        }
        Ok(Some(id))
    }

    pub async fn change(
        &mut self,
        key: Option<Key>,
        of: (&Ref, Id, u64),
        mut values: Map<String, Json>,
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let (form, before) = self.current(of.0, of.1, of.2).await?;
        let at = self.starter_node(&before).await?;
        if at.fields.is_none() {
            self.verdict(&form, Verb::Edit, Some(&before)).await??;
        }
        let mut start = before.clone();
        start.parent = self.parent(&form, &mut values, Some(&before)).await?;
        let new = NewLines::stored(ids);
        let sheet = self
            .fill(
                &form,
                &start,
                Some(&before),
                &values,
                &Phase::Change,
                &at,
                new,
            )
            .await?;
        self.must_hold(&sheet)?;
        self.kept_now(&form, &sheet)?;
        self.check_links(&form, Some(&before), &sheet.record)
            .await?;
        let commit = self
            .commit(key, "edit", Some(before), sheet.record, ids)
            .await?;
        Ok(Box::new(commit))
    }

    /// A record the caller sees at the version he names.
    pub async fn current(
        &mut self,
        form: &Ref,
        id: Id,
        version: u64,
    ) -> Result<(Arc<Form>, Record), Halt> {
        let record = self.seen(form, id).await?;
        let form = self.definitions.form(form)?.clone();
        if record.version != version {
            return Err(Error::Stale {
                version: record.version,
            }
            .into());
        }
        Ok((form, record))
    }

    /// The start node, where the record was sent back to the caller who started it.
    pub async fn starter_node(&mut self, record: &Record) -> Result<AtNode, Halt> {
        if record.status != Status::Submitted {
            return Ok(AtNode::default());
        }
        match self.own_task(record).await? {
            Some((_, true)) => {
                let form = self.definitions.form(&record.form)?;
                Ok(AtNode {
                    fields: Some(everything_edited(form)),
                })
            }
            _ => Ok(AtNode::default()),
        }
    }

    pub async fn delete(
        &mut self,
        key: Option<Key>,
        of: (&Ref, Id, u64),
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let (form, before) = self.current(of.0, of.1, of.2).await?;
        self.verdict(&form, Verb::Delete, Some(&before)).await??;
        if before.status != Status::Draft {
            let word = self
                .caller
                .language
                .word(&format!("status/{}", before.status));
            let with = [word.unwrap_or(before.status.as_str()).to_string()];
            return Err(refused("not_in_this_status", &with).into());
        }
        let mut commit = self
            .commit(key, "delete", Some(before.clone()), before, ids)
            .await?;
        commit.deleted = true;
        Ok(Box::new(commit))
    }

    pub async fn submit(
        &mut self,
        key: Option<Key>,
        of: (&Ref, Id, u64),
        values: Map<String, Json>,
        ids: Id,
        forced: Forced,
    ) -> Result<Box<Commit>, Halt> {
        let (form, before) = self.current(of.0, of.1, of.2).await?;
        if before.status == Status::Submitted
            && let Some((task, true)) = self.own_task(&before).await?
        {
            let cmd = Cmd::Act {
                seat: task.id,
                outcome: None,
                opinion: None,
            };
            return self
                .act(key, &task, before, values, cmd, "resubmit", ids, forced)
                .await;
        }
        self.verdict(&form, Verb::Submit, Some(&before)).await??;
        if !fresh_submit(before.status) {
            let word = self
                .caller
                .language
                .word(&format!("status/{}", before.status));
            let with = [word.unwrap_or(before.status.as_str()).to_string()];
            return Err(refused("not_in_this_status", &with).into());
        }
        let at = AtNode::default();
        let new = NewLines::stored(ids);
        let sheet = self
            .fill(
                &form,
                &before,
                Some(&before),
                &values,
                &Phase::Submit,
                &at,
                new,
            )
            .await?;
        self.must_hold(&sheet)?;
        self.check_links(&form, Some(&before), &sheet.record)
            .await?;
        let record = sheet.record;
        if form.workflow.is_none() {
            let mut after = record;
            after.status = Status::Approved;
            let mut commit = self.commit(key, "submit", Some(before), after, ids).await?;
            commit.number = needs_number(&form, &commit.after);
            return Ok(Box::new(commit));
        }
        let mut flow = self.flow(&record, None, forced)?;
        let state = State::new(ids);
        let stepped = self.step(&mut flow, &state, &Cmd::Start).await?;
        let step = self.flow_step(&flow, None, &state, stepped);
        self.finish(key, "submit", before, record, flow, step, ids)
            .await
    }

    /// Everything after a step: the record as the effects leave it, postings, number.
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one step, each from elsewhere"
    )]
    pub async fn finish(
        &mut self,
        key: Option<Key>,
        act: &str,
        before: Record,
        record: Record,
        flow: crate::flow::Flow,
        step: crate::command::FlowStep,
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let form = flow.form.clone();
        let mut after = record;
        apply_effects(&mut after, &step.effects);
        let posts = !step.effects.post.is_empty();
        if posts || !step.effects.patch.is_empty() {
            let phase = if posts { Phase::Post } else { Phase::Change };
            let status = after.status;
            // Worked out as the record stood before it was posted; then it is frozen.
            after.status = before.status;
            let engine = AtNode {
                fields: Some(everything_edited(&form)),
            };
            let sheet = self
                .work_out(&form, &after, Some(&before), &phase, &engine)
                .await?;
            self.must_hold(&sheet)?;
            after = sheet.record;
            after.status = status;
        }
        let postings = self.postings(&flow, &after, &step.effects).await?;
        let mut commit = self.commit(key, act, Some(before), after, ids).await?;
        commit.number = posts && needs_number(&form, &commit.after);
        commit.postings = postings;
        commit.flow = Some(step);
        Ok(Box::new(commit))
    }

    pub async fn withdraw(
        &mut self,
        key: Option<Key>,
        of: (&Ref, Id, u64),
        reason: &str,
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let (form, before) = self.current(of.0, of.1, of.2).await?;
        self.verdict(&form, Verb::Withdraw, Some(&before)).await??;
        let loaded = self
            .instance_of(before.id)
            .await?
            .filter(|l| l.row.ended_at.is_none());
        let Some(loaded) = loaded else {
            let word = self
                .caller
                .language
                .word(&format!("status/{}", before.status));
            let with = [word.unwrap_or(before.status.as_str()).to_string()];
            return Err(refused("not_in_this_status", &with).into());
        };
        let mut flow = self.flow(&before, Some(&loaded.row), vec![])?;
        let before = flow.record.clone();
        let state = loaded.state.clone();
        let stepped = self.step(&mut flow, &state, &Cmd::Withdraw).await?;
        let step = self.flow_step(&flow, Some(loaded), &state, stepped);
        let record = before.clone();
        let mut commit = self
            .finish(key, "withdraw", before, record, flow, step, ids)
            .await?;
        commit.opinion = Some(reason.to_string()).filter(|r| !r.is_empty());
        Ok(commit)
    }

    pub async fn reverse(
        &mut self,
        key: Option<Key>,
        of: (&Ref, Id, u64),
        reason: &str,
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let (form, before) = self.current(of.0, of.1, of.2).await?;
        self.verdict(&form, Verb::Reverse, Some(&before)).await??;
        let postings = self.tx.postings_of(before.id).await?;
        let live: Vec<store::Posting> = postings
            .iter()
            .filter(|p| p.kind == "post" && !postings.iter().any(|r| r.reverses == Some(p.id)))
            .cloned()
            .collect();
        if live.is_empty() || before.status != Status::Posted {
            let with = [self.status_word(before.status)];
            return Err(refused("not_in_this_status", &with).into());
        }
        if self.still_runs(before.id).await? {
            return Err(Error::refused("still_running").into());
        }
        let definitions = self.definitions.clone();
        let mut plans = vec![];
        for posting in live {
            let written = self.tx.entries_of(&definitions.tables, posting.id).await?;
            let entries: Vec<kernel::posting::Entry> = written.into_iter().map(entry).collect();
            plans.push(PostingPlan {
                kind: "reverse",
                // Of the version it takes back: each posting is reversed once.
                version: Some(posting.version),
                entries: kernel::posting::reverse(&entries, None),
                reverses: Some(posting.id),
                overridden: vec![],
                over: vec![],
            });
        }
        let mut after = before.clone();
        after.status = Status::Reversed;
        let mut commit = self
            .commit(key, "reverse", Some(before), after, ids)
            .await?;
        commit.postings = plans;
        commit.opinion = Some(reason.to_string()).filter(|r| !r.is_empty());
        Ok(Box::new(commit))
    }

    /// Whether an instance of the record has not ended: what it does still belongs to the posting.
    pub async fn still_runs(&mut self, record: Id) -> Result<bool, Halt> {
        let instances = self.tx.instances_of(record).await?;
        Ok(instances.iter().any(|i| i.ended_at.is_none()))
    }

    pub async fn make(
        &mut self,
        key: Option<Key>,
        of: (&Ref, Id),
        make: &Ref,
        ids: Id,
    ) -> Result<Box<Commit>, Halt> {
        let definitions = self.definitions.clone();
        let make = definitions
            .catalogue
            .make(make)
            .cloned()
            .ok_or(Error::NotFound)?;
        let source = Arc::new(self.seen(of.0, of.1).await?);
        let form = definitions.form(&make.to)?.clone();
        self.verdict(&form, Verb::Create, None).await??;
        let filter = self
            .settle(|d, asker, facts| kernel::make::source_rows(&d.rules, &make, asker, facts))
            .await?;
        let fits = self
            .settle(|d, _, facts| Ok(kernel::access::holds(&d.rules, &filter, &source, facts)))
            .await?;
        if make.from != *of.0 || !fits {
            return Err(refused("not_in_this_status", &[self.status_word(source.status)]).into());
        }
        let sources = [source];
        let mut drafts = self
            .settle(|d, asker, facts| {
                let making = kernel::make::Making {
                    rules: &d.rules,
                    make: &make,
                    sources: &sources,
                    asker,
                    seed: ids,
                    facts,
                };
                kernel::make::make(&making)
            })
            .await?;
        let Some(mut draft) = drafts.pop() else {
            return Err(Error::refused("nothing_left").into());
        };
        draft.id = ids;
        draft.version = 0;
        draft.created_at = self.now;
        draft.created_by = self.caller.user.id;
        let engine = AtNode {
            fields: Some(everything_edited(&form)),
        };
        let sheet = self
            .work_out(&form, &draft, None, &Phase::New, &engine)
            .await?;
        let mut commit = self.commit(key, "create", None, sheet.record, ids).await?;
        commit.number = numbered_at(&form, model::field::When::Draft) && form.sequence().is_some();
        Ok(Box::new(commit))
    }

    /// A status in the caller's language.
    pub fn status_word(&self, status: Status) -> String {
        let word = self.caller.language.word(&format!("status/{status}"));
        word.unwrap_or(status.as_str()).to_string()
    }
}

/// Gives a record of a form its number with this command, if it has none yet.
fn needs_number(form: &Form, record: &Record) -> bool {
    form.sequence()
        .is_some_and(|(name, _)| !record.values.contains_key(name))
}

fn numbered_at(form: &Form, when: model::field::When) -> bool {
    form.sequence().is_some_and(|(_, s)| s.when() == when)
}

/// Node access under which everything may be edited: the starter's own record sent back to him,
/// and what the engine itself works out.
pub(crate) fn everything_edited(form: &Form) -> form::NodeFields {
    let mut out = form::NodeFields::new();
    for (name, field) in &form.fields {
        out.insert(model::Path::one(name), Look::Edit);
        for column in field.as_lines().iter().flat_map(|l| l.fields.keys()) {
            out.insert(model::Path(vec![name.clone(), column.clone()]), Look::Edit);
        }
    }
    out
}

/// What rights hide or mask stays so at a node too.
fn narrow(looks: &mut Looks, rights: &FieldLooks) {
    let one = |path: model::Path, look: &mut form::FieldLook| {
        let right = rights.at(&path);
        if right < Look::Read {
            look.look = look.look.min(right);
            look.required = false;
        }
    };
    for (name, look) in &mut looks.header {
        one(model::Path::one(name), look);
    }
    for (table, columns) in &mut looks.columns {
        for (name, look) in columns {
            one(model::Path(vec![table.clone(), name.clone()]), look);
        }
    }
    // A line does not say which table it is of; a column hidden in every table stays hidden.
    for line in looks.lines.values_mut() {
        for (name, look) in line.iter_mut() {
            for (table, columns) in &looks.columns {
                if columns.contains_key(name) {
                    one(model::Path(vec![table.clone(), name.clone()]), look);
                }
            }
        }
    }
}

/// A stored entry as the kernel takes it.
pub(crate) fn entry(e: store::Entry) -> kernel::posting::Entry {
    kernel::posting::Entry {
        rule: e.rule,
        ledger: e.ledger,
        line: e.line,
        date: e.date,
        dims: e.dimensions,
        attrs: e.attributes,
        measures: e.measures,
    }
}

/// Where a record uses files.
pub(crate) fn file_uses(form: &Form, record: &Record) -> Vec<FileUse> {
    let mut out: Vec<FileUse> = vec![];
    let mut note = |value: Option<&model::Value>, field: String| {
        if let Some(model::Value::Files(files)) = value {
            for file in files {
                let hash = file.hash.to_string();
                if !out.iter().any(|u| u.hash == hash && u.field == field) {
                    let (form, record) = (record.form.clone(), record.id);
                    out.push(FileUse {
                        hash,
                        form,
                        record,
                        field: field.clone(),
                    });
                }
            }
        }
    };
    for (name, field) in &form.fields {
        match &field.kind {
            Kind::Attachment(_) | Kind::Image(_) => note(record.values.get(name), name.to_string()),
            Kind::Lines(table) => {
                for line in record.values.get(name).map_or(&[][..], model::Value::lines) {
                    for column in table.fields.keys() {
                        note(line.values.get(column), format!("{name}.{column}"));
                    }
                }
            }
            _ => {}
        }
    }
    out
}
