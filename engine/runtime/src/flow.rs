//! Workflows at a desk: instances loaded, the kernel's questions answered, steps prepared.

use crate::{
    Error,
    command::{FlowStep, Forced, PostingPlan},
    desk::{Desk, Halt},
    due::{Span, working_left},
};
use chrono::{DateTime, Utc};
use kernel::{
    expr::{At, SeatValue},
    workflow::{self, AmountOf, Answer, Answers, Ask, Cmd, Def, Env, Left, SeatSpec, State, What},
};
use model::{
    Expr, Fields, Form, Id, Name, Record, Ref, Status, Value, Workflow,
    workflow::{Amount, Empty, NodeKind, Opinion, Seat, SeatRule},
};
use serde_json::Value as Json;
use std::sync::Arc;
use store::Instance;

/// Rounds of questions a step may take.
const ROUNDS: usize = 200;

/// A record on its way through a workflow.
pub(crate) struct Flow {
    pub def: Arc<Def>,
    pub workflow: Arc<Workflow>,
    pub form: Arc<Form>,
    pub record: Record,
    /// What script nodes have set so far in this command, in order.
    patches: Vec<Fields>,
    /// Constraints that go to their approval.
    forced: Forced,
    /// The caller may steer what runs.
    pub steers: bool,
}

/// An instance as it is stored.
pub(crate) struct Loaded {
    pub row: Instance,
    pub state: State,
    pub last: Vec<u8>,
}

/// Reads the state of an instance's row.
pub(crate) fn loaded(row: Instance) -> Result<Loaded, Error> {
    #[derive(serde::Deserialize)]
    struct Kept {
        state: State,
        last: String,
    }
    let broken = |e: String| Error::Failure(store::Failure::Corrupt(e));
    let kept: Kept = serde_json::from_str(&row.state).map_err(|e| broken(e.to_string()))?;
    let last = (0..kept.last.len() / 2)
        .map(|n| u8::from_str_radix(&kept.last[2 * n..2 * n + 2], 16))
        .collect::<Result<Vec<u8>, _>>()
        .map_err(|e| broken(e.to_string()))?;
    Ok(Loaded {
        row,
        state: kept.state,
        last,
    })
}

impl Flow {
    /// The record with what scripts have set so far.
    fn record_at(&self, set: u32) -> Record {
        let mut record = self.record.clone();
        for patch in self.patches.iter().take(set as usize) {
            record.values.extend(patch.clone());
        }
        record
    }
    fn node(&self, name: &Name) -> Result<&NodeKind, Error> {
        self.workflow
            .node(name)
            .map(|n| &n.kind)
            .ok_or(Error::NotFound)
    }
}

impl Desk<'_> {
    /// The instance that runs for a record, or the last that did.
    pub async fn instance_of(&mut self, record: Id) -> Result<Option<Loaded>, Halt> {
        let all = self.tx.instances_of(record).await?;
        // An id tells when by the clock of one node only; one that runs is the one that runs.
        let last = all
            .into_iter()
            .max_by_key(|i| (i.ended_at.is_none(), i.ended_at, i.id));
        Ok(last.map(loaded).transpose()?)
    }

    /// The instance a task belongs to.
    pub async fn instance_with(&mut self, task: &store::Task) -> Result<Loaded, Halt> {
        let row = self.tx.instance(task.instance).await?;
        Ok(loaded(row.ok_or(Error::NotFound)?)?)
    }

    /// A record's workflow, by the definitions the instance began with, or today's.
    pub fn flow(
        &mut self,
        record: &Record,
        instance: Option<&Instance>,
        forced: Forced,
    ) -> Result<Flow, Halt> {
        let workflow = match instance {
            Some(i) => {
                self.pin(i.catalogue)?;
                i.workflow.clone()
            }
            None => {
                let form = self.definitions.form(&record.form)?;
                form.workflow
                    .clone()
                    .ok_or_else(|| Error::refused("no_workflow"))?
            }
        };
        Ok(Flow {
            def: self.definitions.flow(&workflow)?.clone(),
            workflow: self
                .definitions
                .catalogue
                .workflow(&workflow)
                .ok_or(Error::NotFound)?
                .clone(),
            form: self.definitions.form(&record.form)?.clone(),
            record: self.definitions.names.then(record.clone()),
            patches: vec![],
            forced,
            steers: false,
        })
    }

    /// Steps an instance (or a new one), answering what the kernel asks.
    pub async fn step(
        &mut self,
        flow: &mut Flow,
        state: &State,
        cmd: &Cmd,
    ) -> Result<workflow::Stepped, Halt> {
        let mut answers = Answers::default();
        for _ in 0..ROUNDS {
            let env = self.env(&answers, flow.steers);
            match workflow::step(&flow.def, state, cmd, &env).map_err(Error::from)? {
                workflow::Outcome::Done(done) => return Ok(done),
                workflow::Outcome::Need(asks) => self.answers(flow, asks, &mut answers).await?,
            }
        }
        Err(Error::refused("unfit_answer").into())
    }

    /// The way ahead, by the same step.
    pub async fn expected(
        &mut self,
        flow: &mut Flow,
        state: &State,
    ) -> Result<workflow::Expected, Halt> {
        let mut answers = Answers::default();
        for _ in 0..ROUNDS {
            let env = self.env(&answers, false);
            match workflow::preview(&flow.def, state, &env).map_err(Error::from)? {
                workflow::Outcome::Done(done) => return Ok(done),
                workflow::Outcome::Need(asks) => self.answers(flow, asks, &mut answers).await?,
            }
        }
        Err(Error::refused("unfit_answer").into())
    }

    fn env<'a>(&self, answers: &'a Answers, steers: bool) -> Env<'a> {
        Env {
            now: self.now,
            actor: self.caller.user.id,
            person: self.caller.user.person,
            steers,
            answers,
        }
    }

    async fn answers(
        &mut self,
        flow: &mut Flow,
        asks: Vec<Ask>,
        answers: &mut Answers,
    ) -> Result<(), Halt> {
        for ask in asks {
            let answer = self.flow_answer(flow, &ask).await?;
            if let (What::Set { .. }, Answer::Values(values)) = (&ask.what, &answer)
                && flow.patches.len() == ask.set as usize
            {
                flow.patches.push(values.clone());
            }
            answers.put(ask, answer);
        }
        Ok(())
    }

    async fn flow_answer(&mut self, flow: &Flow, ask: &Ask) -> Result<Answer, Halt> {
        let record = flow.record_at(ask.set);
        Ok(match &ask.what {
            What::Seats { node } => {
                let rules = flow
                    .node(node)?
                    .people()
                    .map_or(vec![], |p| p.seats.clone());
                let mut seats = vec![];
                for SeatRule { who, weight } in rules {
                    let found = self.seats(flow, &record, &[who]).await?;
                    seats.extend(found.into_iter().map(|spec| SeatSpec { weight, ..spec }));
                }
                Answer::Seats(seats)
            }
            What::Rung { node, step } => {
                let rung = flow.node(node)?.people().and_then(|p| p.ladder.get(step));
                let rules = rung.map_or(vec![], |r| r.to.clone());
                Answer::Seats(self.seats(flow, &record, &rules).await?)
            }
            What::Empty { node } => {
                let rule = flow.node(node)?.people().and_then(|p| p.empty.clone());
                let rules: Vec<Seat> = match rule {
                    Some(Empty::Seat(rule)) => vec![rule],
                    Some(Empty::Pass) => vec![],
                    // Where a node names nobody for it, whoever administers the site is asked.
                    None => self.administrators(),
                };
                Answer::Seats(self.seats(flow, &record, &rules).await?)
            }
            What::Superior { of } => {
                let people = self.person_of(*of).await?;
                let above = match people {
                    Some(person) => self.managers(person, 1).await?,
                    None => vec![],
                };
                Answer::Seats(self.people_seats(&above).await?)
            }
            What::Head { of } => {
                let head = self.head_of(*of).await?;
                Answer::Seats(
                    self.people_seats(&head.into_iter().collect::<Vec<_>>())
                        .await?,
                )
            }
            What::User { user } => {
                let user = self.tx.user(*user).await?.filter(|u| u.active);
                let seat = user.map(|u| SeatSpec::user(u.id, u.person));
                Answer::Seats(seat.into_iter().collect())
            }
            What::Takes { user, role, within } => {
                let held = self.tx.roles_of(*user).await?;
                Answer::Bool(held.iter().any(|h| {
                    h.role == *role
                        && (h.within.is_none() || within.is_none() || h.within == *within)
                }))
            }
            What::When { node, branch } => {
                Answer::Bool(self.when(flow, &record, node, branch).await?)
            }
            What::Amount { node, of } => {
                Answer::Amount(self.amount(flow, &record, node, *of).await?)
            }
            What::Key { node } => Answer::Key(self.message_key(flow, &record, node).await?),
            What::Due { node, step, left } => {
                Answer::Moment(self.due(flow.node(node)?, step.as_ref(), *left)?)
            }
            What::Substitutes { of } => Answer::Substitutes(self.substitutes(of).await?),
            What::Opinion { node } => Answer::Bool(self.opinion(flow, &record, node).await?),
            What::Loads { of } => Answer::Counts(self.tx.loads(of).await?),
            What::LastGiven { node, to } => {
                let form = &flow.form.name;
                Answer::Moments(self.tx.last_given(form, node, to).await?)
            }
            What::Until { node } => Answer::Moment(self.until(flow, &record, node).await?),
            What::Set { node } => Answer::Values(self.set(flow, &record, node).await?),
            What::Tell { node } => {
                let NodeKind::Notify(notify) = flow.node(node)? else {
                    return Err(Error::NotFound.into());
                };
                let seats = self.seats(flow, &record, &notify.to.clone()).await?;
                let mut users: Vec<Id> = vec![];
                for seat in seats {
                    users.extend(seat.holder);
                    users.extend(seat.candidates);
                }
                users.sort();
                users.dedup();
                Answer::Users(users)
            }
            What::Post { node, overridden } => {
                let NodeKind::Post(post) = flow.node(node)? else {
                    return Err(Error::NotFound.into());
                };
                let over = over(post, &flow.workflow.name);
                let broken = flow
                    .forced
                    .iter()
                    .find(|c| over.contains(c) && !overridden.contains(c));
                match broken {
                    Some(constraint) => Answer::Broken {
                        constraint: constraint.clone(),
                    },
                    None => Answer::Posted,
                }
            }
        })
    }

    /// Seats for whoever administers the site.
    fn administrators(&self) -> Vec<Seat> {
        let packages = self.definitions.catalogue.packages.values();
        packages
            .flat_map(|p| {
                let roles = p.roles.roles.iter().filter(|(_, r)| r.administers);
                roles.map(|(name, _)| Seat::Role(Ref::new(&p.name, name)))
            })
            .collect()
    }

    async fn seats(
        &mut self,
        flow: &Flow,
        record: &Record,
        rules: &[Seat],
    ) -> Result<Vec<SeatSpec>, Halt> {
        let mut out = vec![];
        for rule in rules {
            let (form, package) = (flow.form.clone(), flow.workflow.name.package.clone());
            let values = self
                .settle(|d, asker, facts| {
                    let at = At {
                        package: &package,
                        form: &form,
                        record,
                    };
                    kernel::expr::seats(&d.rules, rule, &at, asker, facts)
                })
                .await?;
            for value in values {
                out.push(match value {
                    SeatValue::Person(person) => self.person_seat(person).await?,
                    SeatValue::User(user) => {
                        let person = self.person_of(user).await?;
                        SeatSpec::user(user, person)
                    }
                    SeatValue::SameAs(node) => SeatSpec {
                        same_as: Some(node),
                        ..SeatSpec::default()
                    },
                    SeatValue::Role { role, within } => {
                        let holders = self.tx.holders(&role, within).await?;
                        let ids = holders.into_iter().map(|u| u.id).collect();
                        SeatSpec::role(role, within, ids)
                    }
                });
            }
        }
        Ok(out)
    }

    /// When a task opened now is overdue, or a step of its ladder comes; with `left`, when what
    /// was left of a clock that stood still is over.
    fn due(
        &self,
        node: &NodeKind,
        step: Option<&Name>,
        left: Option<Left>,
    ) -> Result<Option<DateTime<Utc>>, Halt> {
        let (text, calendar) = match (node, node.people(), step) {
            (NodeKind::Timer(timer), ..) => (timer.span.as_ref(), &timer.calendar),
            (_, Some(people), None) => (people.due.as_ref(), &people.calendar),
            (_, Some(people), Some(step)) => {
                let rung = people.ladder.get(step);
                (rung.map(|r| &r.after), &people.calendar)
            }
            (_, None, _) => return Ok(None),
        };
        Ok(match (text.and_then(|t| Span::parse(t)), left) {
            (None, None) => None,
            // A timer until a moment: standing still does not move the moment.
            (None, Some(left)) => Some(left.due),
            (Some(_), Some(left)) => {
                let found = calendar.as_ref();
                let days = found.and_then(|r| self.definitions.catalogue.calendar(r));
                let rest = working_left(
                    left.from,
                    left.due,
                    days.map(|c| &**c),
                    self.published.catalogue.zone,
                )?;
                Some(self.after(rest, found)?)
            }
            (Some(span), None) => Some(self.after(span, calendar.as_ref())?),
        })
    }

    /// Whether an opinion must be written at a node.
    async fn opinion(&mut self, flow: &Flow, record: &Record, node: &Name) -> Result<bool, Halt> {
        let NodeKind::Approval(approval) = flow.node(node)? else {
            return Ok(false);
        };
        let Opinion::When(when) = approval.opinion.clone() else {
            return Ok(false);
        };
        let (form, package) = (flow.form.clone(), flow.workflow.name.package.clone());
        self.settle(|d, asker, facts| {
            let at = At {
                package: &package,
                form: &form,
                record,
            };
            kernel::expr::flag(&d.rules, &when, &at, asker, facts)
        })
        .await
    }

    async fn person_seat(&mut self, person: Id) -> Result<SeatSpec, Halt> {
        Ok(match self.user_of(person).await? {
            Some(user) => SeatSpec::user(user.id, Some(person)),
            None => SeatSpec {
                person: Some(person),
                ..SeatSpec::default()
            },
        })
    }

    async fn people_seats(&mut self, people: &[Id]) -> Result<Vec<SeatSpec>, Halt> {
        let mut out = vec![];
        for person in people {
            out.push(self.person_seat(*person).await?);
        }
        Ok(out)
    }

    async fn person_of(&mut self, user: Id) -> Result<Option<Id>, Halt> {
        Ok(self.tx.user(user).await?.and_then(|u| u.person))
    }

    async fn head_of(&mut self, user: Id) -> Result<Option<Id>, Halt> {
        let definitions = self.definitions.clone();
        let (Some(person), Some(people)) =
            (self.person_of(user).await?, definitions.catalogue.people())
        else {
            return Ok(None);
        };
        match &people.head {
            Some(path) => self.follow(&people.form, person, path).await,
            None => Ok(None),
        }
    }

    async fn when(
        &mut self,
        flow: &Flow,
        record: &Record,
        node: &Name,
        branch: &Name,
    ) -> Result<bool, Halt> {
        let (NodeKind::ExclusiveGateway(gateway)
        | NodeKind::InclusiveGateway(gateway)
        | NodeKind::ComplexGateway(gateway)
        | NodeKind::ParallelGateway(gateway)) = flow.node(node)?
        else {
            return Err(Error::NotFound.into());
        };
        let Some(when) = gateway.branches.get(branch).and_then(|b| b.when.clone()) else {
            return Ok(true);
        };
        let (form, package) = (flow.form.clone(), flow.workflow.name.package.clone());
        self.settle(|d, asker, facts| {
            let at = At {
                package: &package,
                form: &form,
                record,
            };
            kernel::expr::flag(&d.rules, &when, &at, asker, facts)
        })
        .await
    }

    /// What an amount of a node comes to; refused where it is empty, less than nothing or a
    /// fraction.
    async fn amount(
        &mut self,
        flow: &Flow,
        record: &Record,
        node: &Name,
        of: AmountOf,
    ) -> Result<u32, Halt> {
        let written = flow.workflow.node(node).ok_or(Error::NotFound)?;
        let amount = match (of, &written.kind) {
            (AmountOf::Need, _) => written.need.as_ref(),
            (AmountOf::Threads, NodeKind::ParallelGateway(gateway)) => {
                gateway.copies.as_ref().or(gateway.threads.as_ref())
            }
            (AmountOf::Each, NodeKind::Block(block)) => block.each.as_ref(),
            (AmountOf::Until, NodeKind::Block(block)) => block.until.as_ref(),
            _ => None,
        };
        let expr = match amount.cloned() {
            Some(Amount::Expr(expr)) => expr,
            Some(Amount::Fixed(amount)) => return Ok(amount),
            None => return Err(Error::NotFound.into()),
        };
        let value = self.flow_value(flow, record, &expr).await?;
        let count = match value {
            Some(Value::Number(n)) => n.to_string().parse().ok(),
            _ => None,
        };
        let refused = || workflow::Refusal::new("no_amount").with("node", node);
        Ok(count.ok_or_else(refused).map_err(Error::from)?)
    }

    /// The key a message node waits for, as it stands in a message.
    async fn message_key(
        &mut self,
        flow: &Flow,
        record: &Record,
        node: &Name,
    ) -> Result<Option<String>, Halt> {
        let NodeKind::Message(message) = flow.node(node)? else {
            return Err(Error::NotFound.into());
        };
        let Some(key) = message.key.clone() else {
            return Ok(None);
        };
        let value = self.flow_value(flow, record, &key).await?;
        Ok(value.map(|v| v.to_json()).map(|json| match json {
            Json::String(text) => text,
            other => other.to_string(),
        }))
    }

    /// What an expression of the workflow gives for the record.
    async fn flow_value(
        &mut self,
        flow: &Flow,
        record: &Record,
        expr: &Expr,
    ) -> Result<Option<Value>, Halt> {
        let (form, package) = (flow.form.clone(), flow.workflow.name.package.clone());
        self.settle(|d, asker, facts| {
            let at = At {
                package: &package,
                form: &form,
                record,
            };
            kernel::expr::value(&d.rules, expr, &at, asker, facts)
        })
        .await
    }

    async fn until(
        &mut self,
        flow: &Flow,
        record: &Record,
        node: &Name,
    ) -> Result<Option<DateTime<Utc>>, Halt> {
        let NodeKind::Timer(timer) = flow.node(node)? else {
            return Err(Error::NotFound.into());
        };
        if let Some(span) = timer.span.as_deref().and_then(Span::parse) {
            return Ok(Some(self.after(span, timer.calendar.clone().as_ref())?));
        }
        let Some(until) = timer.until.clone() else {
            return Ok(None);
        };
        Ok(match self.flow_value(flow, record, &until).await? {
            Some(Value::Date(day)) => Some(self.published.catalogue.zone.start_of(day)),
            Some(Value::Moment(moment)) => Some(moment),
            _ => None,
        }
        .filter(|m| model::day::keeps_moment(*m)))
    }

    async fn set(&mut self, flow: &Flow, record: &Record, node: &Name) -> Result<Fields, Halt> {
        let NodeKind::Script { set, .. } = flow.node(node)? else {
            return Err(Error::NotFound.into());
        };
        let mut out = Fields::new();
        for (name, given) in set.clone() {
            let Some(field) = flow.form.fields.get(&name).cloned() else {
                continue;
            };
            let (form, package) = (flow.form.clone(), flow.workflow.name.package.clone());
            let value = self
                .settle(|d, asker, facts| {
                    let at = At {
                        package: &package,
                        form: &form,
                        record,
                    };
                    kernel::expr::given(&d.rules, &given, &field, &at, asker, facts)
                })
                .await?;
            if let Some(value) = value {
                out.insert(name, value);
            }
        }
        Ok(out)
    }

    fn after(&self, span: Span, calendar: Option<&Ref>) -> Result<DateTime<Utc>, Error> {
        let calendar = calendar.and_then(|r| self.definitions.catalogue.calendar(r));
        span.after(
            self.now,
            calendar.map(|c| &**c),
            self.published.catalogue.zone,
        )
    }

    /// The entries of every post node that ran, and the record as they leave it.
    pub async fn postings(
        &mut self,
        flow: &Flow,
        record: &Record,
        effects: &workflow::Effects,
    ) -> Result<Vec<PostingPlan>, Halt> {
        let mut out = vec![];
        for ran in &effects.post {
            let NodeKind::Post(post) = flow.node(&ran.node)? else {
                continue;
            };
            let rule = self.definitions.catalogue.posting(&record.form).cloned();
            let Some(rule) = rule else { continue };
            let entries = self
                .settle(|d, _, facts| kernel::posting::entries(&d.rules, &rule, record, facts))
                .await?;
            out.push(PostingPlan {
                kind: "post",
                version: None,
                entries,
                reverses: None,
                overridden: ran.overridden.clone(),
                over: over(post, &flow.workflow.name),
            });
        }
        Ok(out)
    }

    /// The row of a step that was taken, fresh or on from `loaded`.
    pub fn flow_step(
        &self,
        flow: &Flow,
        loaded: Option<Loaded>,
        before: &State,
        stepped: workflow::Stepped,
    ) -> FlowStep {
        let effects = workflow::effects(before, &stepped.state, &stepped.events);
        let fresh = loaded.is_none();
        let (mut instance, last) = match loaded {
            Some(l) => (l.row, l.last),
            None => (
                Instance {
                    id: before.instance,
                    workflow: flow.workflow.name.clone(),
                    revision: self.definitions.revision(&flow.workflow.name),
                    catalogue: self.definitions.number,
                    form: flow.record.form.clone(),
                    record: flow.record.id,
                    record_version: 0,
                    status: String::new(),
                    rev: 0,
                    state: String::new(),
                    started_by: self.caller.user.id,
                    started_at: self.now,
                    ended_at: None,
                },
                vec![],
            ),
        };
        instance.rev += 1;
        instance.status = life(&stepped.state).into();
        if effects.ended {
            instance.ended_at = Some(self.now);
        }
        let (state, events) = (stepped.state, stepped.events);
        let by_engine = self.caller.user.id == crate::caller::ENGINE;
        let of = |event| stood_in_for(before, event).filter(|_| !by_engine);
        let stood_in_for = events.iter().map(of).collect();
        FlowStep {
            fresh,
            instance,
            state,
            last,
            events,
            stood_in_for,
            effects,
            work: None,
        }
    }
}

/// In whose stead somebody acted on the seat that an event is about.
fn stood_in_for(before: &State, event: &workflow::Event) -> Option<Id> {
    use workflow::{Change, Event};
    let acted = match event {
        Event::SeatChanged {
            seat,
            change:
                Change::Done { .. }
                | Change::Returned { .. }
                | Change::Transferred { .. }
                | Change::Delegated { .. },
        } => seat,
        Event::SeatsAdded { by, .. } => by,
        _ => return None,
    };
    before.seat(*acted)?.on_behalf
}

/// What the row of an instance says of its life.
pub(crate) fn life(state: &State) -> &'static str {
    match (&state.incident, state.life) {
        (Some(_), _) => "incident",
        (None, workflow::Life::Ended(_)) => "ended",
        (None, _) if state.suspended.is_some() => "suspended",
        (None, workflow::Life::Fresh | workflow::Life::Running) => "running",
    }
}

/// The constraints that have an approval to go to, `package/ledger/constraint`.
fn over(post: &model::workflow::Post, workflow: &Ref) -> Vec<String> {
    let full = |key: &String| match key.split('/').count() {
        2 => format!("{}/{key}", workflow.package),
        _ => key.clone(),
    };
    post.over.keys().map(full).collect()
}

/// The status a record has once a step's effects are applied.
pub(crate) fn apply_effects(record: &mut Record, effects: &workflow::Effects) {
    record.values.extend(effects.patch.clone());
    if let Some(status) = effects.status {
        record.status = status;
    }
}

/// Whether a record of this status may be submitted as new.
pub(crate) fn fresh_submit(status: Status) -> bool {
    status.editable()
}
