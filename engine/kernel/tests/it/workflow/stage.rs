//! A stage for one instance: a definition in JSON, people by name, answers from plain tables.
//! Every command is checked on the way: replay, serde, no lost token, effects that add up.

use super::laws;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use kernel::workflow::{
    Answer, Answers, Ask, Change, Cmd, Def, Effects, Env, Event, Life, Outcome, Refusal, SeatSpec,
    State, Stepped, Substitute, What, effects, step,
};
use model::{
    Fields, Id, Name, Problem, Ref, Status, Value, Workflow, name,
    workflow::{NodeKind, Seat},
};
use std::collections::{BTreeMap, BTreeSet};

/// The id of a person's user, by name.
pub fn user(name: &str) -> Id {
    Id::derived(Id(uuid::Uuid::nil()), &["user", name])
}

pub fn n(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// A definition, `nodes` as in a file.
pub fn workflow(nodes: &serde_json::Value) -> Workflow {
    let file = serde_json::json!({ "label": "Test", "nodes": nodes });
    let home = n("test");
    let mut workflow: Workflow =
        name::reading(&home, || serde_json::from_value(file)).expect("a definition");
    workflow.name = Ref::new(&home, &n("flow"));
    workflow
}

pub struct Stage {
    pub workflow: Workflow,
    pub def: Def,
    pub state: State,
    pub log: Vec<Event>,
    /// Events of the last command.
    pub last: Vec<Event>,
    pub effects: Effects,
    pub now: DateTime<Utc>,
    /// Conditions that hold, by the text of their expression.
    pub holds: BTreeSet<String>,
    /// Holders of roles.
    pub roles: BTreeMap<String, Vec<&'static str>>,
    pub above: BTreeMap<&'static str, &'static str>,
    pub heads: BTreeMap<&'static str, &'static str>,
    /// The person behind a user, where it matters.
    pub persons: BTreeMap<&'static str, &'static str>,
    /// Users who may not log in any more.
    pub gone: Vec<&'static str>,
    /// Who stands in for whom.
    pub away: BTreeMap<Id, Substitute>,
    /// Open tasks by user.
    pub loads: BTreeMap<Id, u64>,
    /// When a user got his last task here.
    pub given: BTreeMap<Id, DateTime<Utc>>,
    /// Constraints that are broken at posting, unless let through.
    pub broken: Vec<&'static str>,
    /// What was asked in the last command.
    pub asked: Vec<Ask>,
    /// What every expression that gives an amount gives.
    pub amount: u32,
    /// The key every message node waits for.
    pub key: Option<&'static str>,
    /// Replay and serde after every command, not only when told.
    pub thorough: bool,
}

impl Stage {
    pub fn new(nodes: serde_json::Value) -> Self {
        let workflow = workflow(&nodes);
        let def = Def::compile(&workflow).unwrap_or_else(|p| panic!("{}", told(&p)));
        Self::of(workflow, def)
    }

    /// A definition that is taken as it is, sound or not.
    pub fn unjudged(nodes: &serde_json::Value) -> Self {
        let workflow = workflow(nodes);
        let def = Def::load(&workflow).unwrap_or_else(|p| panic!("{}", told(&p)));
        Self::of(workflow, def)
    }

    /// A definition that says until when it may be withdrawn.
    pub fn withdrawn(nodes: &serde_json::Value, until: &str) -> Self {
        let mut workflow = workflow(nodes);
        workflow.withdraw = serde_json::from_value(until.into()).unwrap();
        let def = Def::compile(&workflow).unwrap_or_else(|p| panic!("{}", told(&p)));
        Self::of(workflow, def)
    }

    fn of(workflow: Workflow, def: Def) -> Self {
        let instance = Id::derived(Id(uuid::Uuid::nil()), &["instance"]);
        Self {
            workflow,
            def,
            state: State::new(instance),
            log: Vec::new(),
            last: Vec::new(),
            effects: Effects::default(),
            now: Utc.with_ymd_and_hms(2026, 3, 2, 2, 0, 0).unwrap(),
            holds: BTreeSet::new(),
            roles: BTreeMap::new(),
            above: BTreeMap::new(),
            heads: BTreeMap::new(),
            persons: BTreeMap::new(),
            gone: Vec::new(),
            away: BTreeMap::new(),
            loads: BTreeMap::new(),
            given: BTreeMap::new(),
            broken: Vec::new(),
            asked: Vec::new(),
            amount: 2,
            key: None,
            thorough: true,
        }
    }

    /// The same definition, a new instance.
    pub fn restart(&mut self) {
        self.state = State::new(self.state.instance);
        self.log.clear();
    }

    /// A seat rule in these tests: names of people, with commas; `nobody` for none, `ghost` for a
    /// person without a user.
    fn specs(&self, rules: &[Seat]) -> Vec<SeatSpec> {
        let mut list = Vec::new();
        for rule in rules {
            match rule {
                Seat::Role(role) => {
                    let holders = self.roles.get(&*role.name).cloned().unwrap_or_default();
                    let holders = holders.into_iter().map(user).collect();
                    list.push(SeatSpec::role(role.clone(), None, holders));
                }
                Seat::SameAs(node) => list.push(SeatSpec {
                    same_as: Some(node.clone()),
                    ..SeatSpec::default()
                }),
                Seat::Expr(expr) => {
                    for name in expr.as_str().split(',').map(str::trim) {
                        match name {
                            "nobody" => {}
                            "ghost" => list.push(SeatSpec {
                                person: Some(user("ghost")),
                                ..SeatSpec::default()
                            }),
                            name => list.push(SeatSpec::user(user(name), None)),
                        }
                    }
                }
            }
        }
        list
    }

    /// `visits(x) < 4`, `visits(x) != 2`: how often x was reached, this time included.
    fn visits(&self, text: &str) -> bool {
        let (node, rest) = text
            .strip_prefix("visits(")
            .unwrap()
            .split_once(") ")
            .unwrap();
        let (sign, number) = rest.split_once(' ').unwrap();
        let so_far = self
            .state
            .visits
            .iter()
            .filter(|v| *v.node == *node)
            .count()
            + 1;
        let number: usize = number.parse().unwrap();
        match sign {
            "<" => so_far < number,
            "!=" => so_far != number,
            other => panic!("{other}"),
        }
    }

    fn name_of(&self, id: Id) -> Option<&'static str> {
        self.above
            .keys()
            .chain(self.heads.keys())
            .copied()
            .find(|name| user(name) == id)
    }

    pub fn answer(&self, ask: &Ask) -> Answer {
        let node = |name: &Name| &self.workflow.node(name).unwrap().kind;
        match &ask.what {
            What::Seats { node: name } => {
                let rules = &node(name).people().unwrap().seats;
                let specs = rules.iter().flat_map(|rule| {
                    let found = self.specs(std::slice::from_ref(&rule.who)).into_iter();
                    found.map(|spec| SeatSpec {
                        weight: rule.weight,
                        ..spec
                    })
                });
                Answer::Seats(specs.collect())
            }
            What::Empty { node: name } => {
                let empty = node(name).people().unwrap().empty.clone();
                let seat: Vec<Seat> = empty.iter().filter_map(|e| e.seat()).cloned().collect();
                Answer::Seats(self.specs(&seat))
            }
            What::Superior { of } => self.instead(&self.above, *of),
            What::Head { of } => self.instead(&self.heads, *of),
            What::User { user: who } => {
                let gone = self.gone.iter().any(|name| user(name) == *who);
                let seat = SeatSpec::user(*who, self.person(*who));
                Answer::Seats((!gone).then_some(seat).into_iter().collect())
            }
            What::Takes {
                user: who, role, ..
            } => {
                let holders = self.roles.get(&*role.name).cloned().unwrap_or_default();
                Answer::Bool(holders.iter().any(|h| user(h) == *who))
            }
            What::When { node: name, branch } => {
                let (NodeKind::ExclusiveGateway(g) | NodeKind::InclusiveGateway(g)) = node(name)
                else {
                    panic!("{name} asks for a condition")
                };
                let when = g.branches[branch].when.as_ref().unwrap();
                // What a script has set can be asked for: `set` counts.
                let holds = match when.as_str() {
                    "written" => ask.set > 0,
                    text if text.contains("visits(") => self.visits(text),
                    text => self.holds.contains(text),
                };
                Answer::Bool(holds)
            }
            What::Amount { .. } => Answer::Amount(self.amount),
            What::Key { .. } => Answer::Key(self.key.map(Into::into)),
            What::Rung { node: name, step } => {
                Answer::Seats(self.specs(&node(name).people().unwrap().ladder[step].to))
            }
            What::Substitutes { of } => {
                let found = of.iter().map(|of| self.away.get(of).copied());
                Answer::Substitutes(found.collect())
            }
            What::Opinion { .. } => Answer::Bool(self.holds.contains("worth a word")),
            What::Loads { of } => {
                let open = |of: &Id| self.loads.get(of).copied().unwrap_or(0);
                Answer::Counts(of.iter().map(open).collect())
            }
            What::LastGiven { to, .. } => {
                let last = |to: &Id| self.given.get(to).copied();
                Answer::Moments(to.iter().map(last).collect())
            }
            What::Due {
                node: name,
                step: Some(step),
                left: None,
            } => {
                let after = &node(name).people().unwrap().ladder[step].after;
                let hours = after.strip_prefix("PT").unwrap().strip_suffix('H').unwrap();
                let hours = TimeDelta::hours(hours.parse().unwrap());
                Answer::Moment(Some(self.now + hours))
            }
            What::Due { left: None, .. } => Answer::Moment(Some(self.now + TimeDelta::hours(24))),
            What::Due {
                left: Some(left), ..
            } => Answer::Moment(Some(self.now + (left.due - left.from))),
            What::Until { .. } => Answer::Moment(Some(self.now + TimeDelta::hours(1))),
            What::Set { .. } => {
                let mut fields = Fields::new();
                fields.insert(n("checked"), Value::Bool(true));
                Answer::Values(fields)
            }
            What::Tell { node: name } => {
                let NodeKind::Notify(notify) = node(name) else {
                    panic!()
                };
                let specs = self.specs(&notify.to);
                Answer::Users(specs.iter().filter_map(|s| s.holder).collect())
            }
            What::Post { overridden, .. } => {
                let broken = self
                    .broken
                    .iter()
                    .find(|b| !overridden.iter().any(|o| o == *b));
                match broken {
                    Some(constraint) => Answer::Broken {
                        constraint: constraint.to_string(),
                    },
                    None => Answer::Posted,
                }
            }
        }
    }

    fn person(&self, who: Id) -> Option<Id> {
        let mut known = self.persons.iter();
        known
            .find(|(name, _)| user(name) == who)
            .map(|(_, person)| user(person))
    }

    fn instead(&self, map: &BTreeMap<&'static str, &'static str>, of: Id) -> Answer {
        let found = self.name_of(of).and_then(|name| map.get(name));
        Answer::Seats(
            found
                .map(|name| SeatSpec::user(user(name), None))
                .into_iter()
                .collect(),
        )
    }

    /// Answers whatever is asked until the question is settled.
    pub fn settle<T>(
        &mut self,
        who: &str,
        mut question: impl FnMut(&Def, &State, &Env) -> Result<Outcome<T>, Refusal>,
    ) -> Result<T, Refusal> {
        let mut answers = Answers::default();
        self.asked.clear();
        for _ in 0..3_000 {
            let env = Env {
                now: self.now,
                actor: user(who),
                person: self.person(user(who)),
                steers: who == "admin",
                answers: &answers,
            };
            match question(&self.def, &self.state, &env)? {
                Outcome::Done(done) => return Ok(done),
                Outcome::Need(asks) => {
                    assert!(!asks.is_empty());
                    for ask in asks {
                        assert!(answers.get(&ask).is_none(), "asked again: {ask:?}");
                        let answer = self.answer(&ask);
                        self.asked.push(ask.clone());
                        answers.put(ask, answer);
                    }
                }
            }
        }
        panic!("asks without end");
    }

    /// Does a command; checks everything that must hold after any command.
    pub fn try_do(&mut self, who: &str, cmd: Cmd) -> Result<(), Refusal> {
        let before = self.state.clone();
        let Stepped { events, state } =
            self.settle(who, |def, state, env| step(def, state, &cmd, env))?;
        let mut applied = before.clone();
        for event in &events {
            kernel::workflow::apply(&mut applied, event);
        }
        assert_eq!(applied, state, "applying the events gives the state");
        self.effects = effects(&before, &state, &events);
        self.state = state;
        self.log.extend(events.iter().cloned());
        self.last = events;
        self.check(&before);
        Ok(())
    }

    pub fn does(&mut self, who: &str, cmd: Cmd) -> &mut Self {
        if let Err(refusal) = self.try_do(who, cmd.clone()) {
            panic!("{who} {cmd:?}: {refusal}");
        }
        self
    }

    pub fn refused(&mut self, who: &str, cmd: Cmd) -> String {
        let before = self.state.clone();
        let refusal = self.try_do(who, cmd.clone()).expect_err("a refusal");
        assert_eq!(before, self.state);
        refusal.code.to_string()
    }

    /// Everything that must hold after any command.
    fn check(&self, before: &State) {
        if self.thorough {
            self.check_replay();
        }
        laws::tokens(&self.state);
        laws::seats(&self.state, &self.log);
        laws::rows(&self.effects, before, &self.state);
    }

    /// The log gives the state, byte for byte, also after it was written and read.
    pub fn check_replay(&self) {
        let state = &self.state;
        let lines = serde_json::to_string(&self.log).unwrap();
        let events: Vec<Event> = serde_json::from_str(&lines).unwrap();
        let replayed = State::replay(state.instance, &events);
        let text = serde_json::to_string(state).unwrap();
        assert_eq!(
            serde_json::to_string(&replayed).unwrap(),
            text,
            "replay gives the same bytes"
        );
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), *state);
    }

    pub fn start(&mut self, who: &str) -> &mut Self {
        self.does(who, Cmd::Start)
    }

    /// The seat a person means at a node: his open one, else his last, else any.
    pub fn seat(&self, node: &str, who: &str) -> Id {
        let here = |s: &&kernel::workflow::Seat| {
            node.is_empty() || self.state.node_of(s).is_some_and(|n| &**n == node)
        };
        let his = |s: &&kernel::workflow::Seat| s.holder == Some(user(who));
        let seats = || self.state.seats.iter().rev().filter(here);
        seats()
            .find(|s| his(s) && s.open())
            .or_else(|| seats().find(|s| s.open() && s.holder.is_none()))
            .or_else(|| seats().find(his))
            .or_else(|| seats().find(|s| s.open()))
            .or_else(|| seats().next())
            .unwrap_or_else(|| panic!("no seat of {who} at {node}"))
            .id
    }

    pub fn act(&mut self, who: &str, node: &str, outcome: &str) -> &mut Self {
        let cmd = self.acting(who, node, outcome);
        self.does(who, cmd)
    }

    pub fn acting(&self, who: &str, node: &str, outcome: &str) -> Cmd {
        let outcome = (!outcome.is_empty()).then(|| n(outcome));
        Cmd::Act {
            seat: self.seat(node, who),
            outcome,
            opinion: None,
        }
    }

    pub fn back(&mut self, who: &str, node: &str, to: &str) -> &mut Self {
        let cmd = self.returning(who, node, to);
        self.does(who, cmd)
    }

    pub fn returning(&self, who: &str, node: &str, to: &str) -> Cmd {
        let to = (!to.is_empty()).then(|| n(to));
        Cmd::Return {
            seat: self.seat(node, who),
            to,
            opinion: Some("again".into()),
        }
    }

    /// Open tasks as `node/person`, sorted; a role's seat as `node/role:x`.
    pub fn open(&self) -> Vec<String> {
        self.named(|s| s.open())
    }

    pub fn named(&self, which: impl Fn(&kernel::workflow::Seat) -> bool) -> Vec<String> {
        let mut list: Vec<String> = self
            .state
            .seats
            .iter()
            .filter(|s| which(s))
            .map(|s| {
                let node = self.state.node_of(s).unwrap();
                match (&s.role, s.holder) {
                    (Some(role), None) => format!("{node}/role:{}", role.role.name),
                    (_, Some(holder)) => format!("{node}/{}", people(holder)),
                    _ => format!("{node}/?"),
                }
            })
            .collect();
        list.sort();
        list
    }

    #[track_caller]
    pub fn at(&mut self, open: &[&str]) -> &mut Self {
        assert_eq!(self.open(), open, "open tasks");
        self
    }

    #[track_caller]
    pub fn ended(&mut self, status: Status) -> &mut Self {
        assert_eq!(self.state.life, Life::Ended(status));
        assert!(self.state.tokens.is_empty());
        self
    }

    /// The last events, one word or two each.
    pub fn told(&self) -> Vec<String> {
        self.last.iter().map(|e| tell(&self.state, e)).collect()
    }
}

/// Names of the people that tests know.
pub const PEOPLE: &[&str] = &[
    "zhou", "li", "wang", "zhao", "qian", "sun", "admin", "boss", "chen", "he", "lin", "ma", "ana",
    "ben", "cai", "dan", "eva", "fei", "ghost",
];

pub fn people(id: Id) -> String {
    PEOPLE
        .iter()
        .find(|p| user(p) == id)
        .map_or_else(|| id.to_string(), |p| p.to_string())
}

pub fn told(problems: &[Problem]) -> String {
    problems
        .iter()
        .map(|p| p.to_string())
        .collect::<Vec<_>>()
        .join("\n")
}

/// One event in a word or two.
pub fn tell(state: &State, event: &Event) -> String {
    let at = |visit: &u32| state.visits[*visit as usize].node.to_string();
    let whose = |id: &Id| {
        let seat = state.seat(*id).unwrap();
        let holder = seat.holder.map_or("nobody".into(), people);
        format!("{}/{holder}", state.node_of(seat).unwrap())
    };
    match event {
        Event::Started { .. } => "started".into(),
        Event::TokenPut { token } => format!("token {}>{}", token.way, token.to),
        Event::TokenLate { visit, token } => format!("late {} {token}", at(visit)),
        Event::RoundOver { visit } => format!("round over {}", at(visit)),
        Event::MutexTaken { mutex, .. } => format!("taken {mutex}"),
        Event::MutexFreed { mutex } => format!("freed {mutex}"),
        Event::AmountSet { node, amount } => format!("amount {node} {amount}"),
        Event::MessageKept { message } => format!("kept {}", message.name),
        Event::MessageGone { message } => format!("gone {}", message.name),
        Event::NodeEntered { node, attempt, .. } => format!("enter {node} {attempt}"),
        Event::NodeReopened {
            visit,
            attempt,
            redo,
        } => {
            format!(
                "reopen {} {attempt}{}",
                at(visit),
                if *redo { " redo" } else { "" }
            )
        }
        Event::NodeLeft {
            visit,
            way: Some(way),
        } => format!("leave {} by {way}", at(visit)),
        Event::NodeLeft { visit, way: None } => format!("leave {}", at(visit)),
        Event::SeatOpened { seat } => format!("seat {}", whose(&seat.id)),
        Event::SeatChanged { seat, change } => match change {
            Change::Opened => format!("open {}", whose(seat)),
            Change::Claimed { .. } => format!("claim {}", whose(seat)),
            Change::Done { way, .. } => format!("done {} {way}", whose(seat)),
            Change::Transferred { .. } => format!("transfer {}", whose(seat)),
            Change::Parked { .. } => format!("park {}", whose(seat)),
            Change::Waits { .. } => format!("wait {}", whose(seat)),
            Change::Returned { .. } => format!("return {}", whose(seat)),
            Change::Reminded { .. } => format!("remind {}", whose(seat)),
            Change::Released { .. } => format!("release {}", whose(seat)),
            Change::HandedOver { .. } => format!("hand over {}", whose(seat)),
            Change::Substituted { .. } => format!("substitute {}", whose(seat)),
            Change::Delegated { .. } => format!("delegate {}", whose(seat)),
            Change::Dropped { .. } => format!("drop {}", whose(seat)),
            Change::Expired { way, .. } => format!("expire {} {way}", whose(seat)),
            Change::Escalated { .. } => format!("escalate {}", whose(seat)),
            Change::Suspended { .. } => format!("suspend {}", whose(seat)),
            Change::Cancelled => format!("cancel {}", whose(seat)),
        },
        Event::SeatsAdded { seats, .. } => format!("added {}", seats.len()),
        Event::TimerSet { .. } => "timer".into(),
        Event::TimerFired { .. } => "fired".into(),
        Event::TimerCancelled { .. } => "timer off".into(),
        Event::Notified { notice } => {
            let to: Vec<String> = notice.to.iter().map(|u| people(*u)).collect();
            format!("tell {}", to.join(" "))
        }
        Event::RecordPatched { visit, .. } => format!("set by {}", at(visit)),
        Event::Posted { visit, .. } => format!("posted by {}", at(visit)),
        Event::PostBroken { constraint, .. } => format!("broken {constraint}"),
        Event::Rewound { rewind } => format!("rewind {} to {}", at(&rewind.from), at(&rewind.to)),
        Event::TakenBack { visit, .. } => format!("take back {}", at(visit)),
        Event::Jumped { to, .. } => format!("jump {to}"),
        Event::Suspended { .. } => "suspended".into(),
        Event::Resumed { .. } => "resumed".into(),
        Event::Terminated { .. } => "terminated".into(),
        Event::Cancelled { visits, tokens } => {
            format!("cancelled {} visits {} tokens", visits.len(), tokens.len())
        }
        Event::IncidentRaised { code, node } => format!("incident {code} {node}"),
        Event::IncidentCleared => "cleared".into(),
        Event::EndReached { status } => format!("end {status}"),
        Event::Ended { status } => format!("ended {status}"),
    }
}
