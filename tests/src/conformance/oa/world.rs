//! The world of a case: its people, its calendar, its clock, its instances; and the commands.

use super::{flow, names, said, see};
use chrono::{DateTime, Utc};
use kernel::workflow::{
    Answer, Answers, Ask, Change, Cmd, Def, Env, Event, Outcome, Refusal, Seat, SeatSpec, State,
    Stepped, Substitute, What, effects, step,
};
use model::{
    Id, Name, Workflow,
    calendar::Calendar,
    workflow::{How, NodeKind, Pass},
    zone::Zone,
};
use runtime::due::{Span, working_left};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The id of a user, by name.
pub fn user(name: &str) -> Id {
    Id::derived(Id(uuid::Uuid::nil()), &["user", name])
}

/// One instance of the case's flow.
pub struct Running {
    pub state: State,
    pub log: Vec<Event>,
    document: Value,
}

/// Who stands in for whom.
struct StandIn {
    who: Id,
    by: Id,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    successor: bool,
}

/// What the last step told.
#[derive(Default)]
pub struct Told {
    /// By instance, with the state before.
    pub events: Vec<(String, State, Vec<Event>)>,
    /// What timers did, in the words of the case.
    pub fired: Vec<&'static str>,
    /// Seats that changed hands at once.
    pub moved: u64,
    /// Of a batch: the instances, and what came of each.
    pub results: BTreeMap<String, Result<(), Refusal>>,
}

/// A case at work.
pub struct World {
    case: Value,
    pub workflow: Workflow,
    def: Def,
    calendar: Option<Calendar>,
    pub now: DateTime<Utc>,
    stand_ins: Vec<StandIn>,
    /// Names of everybody the case speaks of.
    people: BTreeMap<Id, String>,
    pub instances: BTreeMap<String, Running>,
    pub told: Told,
    /// Everybody who was ever told something or got a task.
    pub heard: BTreeSet<String>,
}

impl World {
    /// The world before the first step.
    pub fn of(case: &Value) -> Result<Self, String> {
        let workflow = flow::definition(case)?;
        let def = Def::compile(&workflow).map_err(|p| {
            let texts: Vec<String> = p.iter().map(ToString::to_string).collect();
            texts.join("; ")
        })?;
        let given = &case["given"];
        let interval = given["remind_interval"].as_str().unwrap_or("PT30M");
        if Span::parse(interval).map(|s| i64::from(s.minutes))
            != Some(kernel::workflow::limit::REMIND_PAUSE_MINUTES)
        {
            return Err(format!("reminders pause for another time than {interval}"));
        }
        let mut world = Self {
            people: people(case),
            calendar: said::calendar(&given["calendar"])?,
            now: said::moment(given["now"].as_str().unwrap_or("2026-03-02T10:00:00+08:00"))?,
            stand_ins: vec![],
            instances: BTreeMap::new(),
            told: Told::default(),
            heard: BTreeSet::new(),
            case: case.clone(),
            workflow,
            def,
        };
        for one in given["substitutions"].as_array().into_iter().flatten() {
            let at = |key: &str| one[key].as_str().map(said::moment).transpose();
            world.stand_ins.push(StandIn {
                who: user(one["who"].as_str().unwrap_or_default()),
                by: user(one["by"].as_str().unwrap_or_default()),
                from: at("from")?,
                until: at("to")?,
                successor: false,
            });
        }
        Ok(world)
    }

    /// The name of a user.
    pub fn name(&self, id: Id) -> String {
        self.people
            .get(&id)
            .cloned()
            .unwrap_or_else(|| id.to_string())
    }

    /// Does one step, and says what is not as it must be.
    pub fn step(&mut self, step: &Value) -> Result<(), String> {
        self.told = Told::default();
        let found = self.does(&step["when"])?;
        match (found, step["then"]["refused"].as_str()) {
            (Ok(()), None) => {}
            (Err(no), Some(reason)) if said::codes(reason).contains(&no.code) => {}
            (Err(no), Some(reason)) => return Err(format!("refused: {no}, not: {reason}")),
            (Err(no), None) => return Err(format!("refused: {no}")),
            (Ok(()), Some(reason)) => return Err(format!("not refused: {reason}")),
        }
        see::check(self, step)
    }

    fn does(&mut self, when: &Value) -> Result<Result<(), Refusal>, String> {
        let by = when["by"].as_str().unwrap_or_default();
        let id = when["instance"].as_str().unwrap_or("i1").to_string();
        match when["do"].as_str().unwrap_or_default() {
            "start" => {
                let instance = Id::derived(Id(uuid::Uuid::nil()), &["instance", &id]);
                let given = &self.case["given"]["document"];
                let document = when.get("document").unwrap_or(given).clone();
                let running = Running {
                    state: State::new(instance),
                    log: vec![],
                    document,
                };
                self.instances.insert(id.clone(), running);
                self.command(&id, by, &Cmd::Start)
            }
            "clock" => {
                self.now = said::moment(when["to"].as_str().unwrap_or_default())?;
                self.fire()?;
                Ok(Ok(()))
            }
            "set_substitution" => {
                let until = when["until"].as_str().map(said::end_of).transpose()?;
                self.stand_ins.push(StandIn {
                    who: user(by),
                    by: user(when["to"].as_str().unwrap_or_default()),
                    from: Some(self.now),
                    until,
                    successor: false,
                });
                Ok(Ok(()))
            }
            "hand_over" => self.hand_over(when),
            "batch" => {
                for item in names(&when["items"]) {
                    let (id, node) = item.split_once('#').ok_or("an item is instance#node")?;
                    let mut one = when.clone();
                    one["node"] = node.into();
                    one["do"] = "act".into();
                    let cmd = self.cmd(id, &one)?;
                    let found = self.command(id, by, &cmd)?;
                    self.told.results.insert(id.into(), found);
                }
                Ok(Ok(()))
            }
            _ => {
                let cmd = self.cmd(&id, when)?;
                self.command(&id, by, &cmd)
            }
        }
    }

    /// Everything of one goes to another: in every instance, and what comes later too.
    fn hand_over(&mut self, when: &Value) -> Result<Result<(), Refusal>, String> {
        let id = |key: &str| user(when[key].as_str().unwrap_or_default());
        let (from, to) = (id("who"), id("to"));
        let has = |r: &Running| {
            let his = |s: &Seat| s.undecided() && s.holder == Some(from);
            r.state.seats.iter().any(his)
        };
        let ids: Vec<String> = self
            .instances
            .iter()
            .filter(|(_, r)| has(r))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            let by = when["by"].as_str().unwrap_or_default();
            if let Err(no) = self.command(&id, by, &Cmd::HandOver { from, to })? {
                return Ok(Err(no));
            }
        }
        let moved = |e: &&Event| {
            matches!(
                e,
                Event::SeatChanged {
                    change: Change::HandedOver { .. },
                    ..
                }
            )
        };
        let events = self.told.events.iter().flat_map(|(_, _, events)| events);
        self.told.moved = events.filter(moved).count() as u64;
        self.stand_ins.push(StandIn {
            who: from,
            by: to,
            from: None,
            until: None,
            successor: true,
        });
        Ok(Ok(()))
    }

    /// Lets every timer fire whose moment has come, in their order.
    fn fire(&mut self) -> Result<(), String> {
        loop {
            let timers = self.instances.iter().flat_map(|(id, r)| {
                r.state
                    .timers
                    .iter()
                    .map(move |t| (t.at, id.clone(), t.clone()))
            });
            let due = timers.filter(|(at, ..)| *at <= self.now);
            let Some((_, id, timer)) = due.min_by_key(|(at, _, t)| (*at, t.id)) else {
                return Ok(());
            };
            let node = &self.instances[&id].state.visits[timer.visit as usize].node;
            let ladder = self.workflow.nodes[node].kind.people().map(|p| &p.ladder);
            let act = timer
                .step
                .as_ref()
                .and_then(|s| Some(&*ladder?.get(s)?.act));
            self.told.fired.extend(match act {
                Some("transfer") => Some("escalate"),
                Some("approve") => Some("pass"),
                Some("remind") => Some("remind"),
                Some("reject") => Some("reject"),
                _ => None,
            });
            let cmd = Cmd::Fire { timer: timer.id };
            self.command(&id, "system", &cmd)?
                .map_err(|no| format!("a timer is refused: {no}"))?;
        }
    }

    /// A command on an instance, with everything that must hold after any command.
    fn command(&mut self, id: &str, by: &str, cmd: &Cmd) -> Result<Result<(), Refusal>, String> {
        let running = self.instances.get(id).ok_or(format!("no instance {id}"))?;
        let before = running.state.clone();
        let Stepped { events, state } = match self.settle(running, by, cmd)? {
            Ok(stepped) => stepped,
            Err(no) => return Ok(Err(no)),
        };
        let effects = effects(&before, &state, &events);
        let rows = effects.tasks_opened.iter().chain(&effects.tasks_closed);
        let mut heard: Vec<Id> = rows.filter_map(|t| t.holder).collect();
        heard.extend(effects.notices.iter().flat_map(|n| &n.to));
        for one in heard {
            let name = self.name(one);
            self.heard.insert(name);
        }
        let running = self.instances.get_mut(id).ok_or("no instance")?;
        running.log.extend(events.iter().cloned());
        running.state = state;
        let text = |state: &State| serde_json::to_string(state).map_err(|e| e.to_string());
        let replayed = State::replay(running.state.instance, &running.log);
        if text(&replayed)? != text(&running.state)? {
            return Err("a replay of the events gives another state".into());
        }
        self.told.events.push((id.into(), before, events));
        Ok(Ok(()))
    }

    fn settle(
        &self,
        running: &Running,
        by: &str,
        cmd: &Cmd,
    ) -> Result<Result<Stepped, Refusal>, String> {
        let mut answers = Answers::default();
        // No command of a case asks this often.
        for _ in 0..200 {
            let env = Env {
                now: self.now,
                actor: user(by),
                person: None,
                steers: by == "admin",
                answers: &answers,
            };
            match step(&self.def, &running.state, cmd, &env) {
                Err(no) => return Ok(Err(no)),
                Ok(Outcome::Done(done)) => return Ok(Ok(done)),
                Ok(Outcome::Need(asks)) => {
                    for ask in asks {
                        let answer = self.answer(&ask, &running.document)?;
                        answers.put(ask, answer);
                    }
                }
            }
        }
        Err("asks without end".into())
    }

    /// The seat somebody means at a node: his open one, else his last, else whatever is there.
    fn seat(&self, id: &str, node: Option<&str>, by: &str) -> Result<Id, String> {
        let state = &self
            .instances
            .get(id)
            .ok_or(format!("no instance {id}"))?
            .state;
        let here =
            |s: &&Seat| node.is_none_or(|node| state.node_of(s).is_some_and(|n| &**n == node));
        let his = |s: &&Seat| s.holder == Some(user(by));
        let seats = || state.seats.iter().rev().filter(here);
        seats()
            .find(|s| his(s) && s.open())
            .or_else(|| seats().find(|s| s.open() && s.holder.is_none()))
            .or_else(|| seats().find(his))
            .or_else(|| seats().find(|s| s.open()))
            .or_else(|| seats().next())
            .map(|s| s.id)
            .ok_or(format!("no seat of {by}"))
    }

    fn cmd(&self, id: &str, when: &Value) -> Result<Cmd, String> {
        let by = when["by"].as_str().unwrap_or_default();
        let node = when["node"].as_str();
        let opinion = when["opinion"].as_str().map(String::from);
        let seat = self.seat(id, node, by)?;
        let one = |key: &str| user(when[key].as_str().unwrap_or_default());
        let several = |key: &str| names(&when[key]).into_iter().map(user).collect();
        let to = when["to"].as_str().unwrap_or_default();
        let target = Name::new(to);
        Ok(match when["do"].as_str().unwrap_or_default() {
            "act" => {
                let outcome = match when["verdict"].as_str().unwrap_or_default() {
                    "pass" => None,
                    word => Some(Name::new(word).map_err(|e| e.to_string())?),
                };
                Cmd::Act {
                    seat,
                    outcome,
                    opinion,
                }
            }
            "add_seat" => {
                if !matches!(when["among"].as_str(), None | Some("all")) {
                    return Err(format!("added seats among {}", when["among"]));
                }
                let how = match when["mode"].as_str().unwrap_or_default() {
                    "before" => How::Before,
                    "after" => How::After,
                    "parallel" => How::Parallel,
                    other => return Err(format!("no way to add `{other}`")),
                };
                Cmd::AddSeat {
                    seat,
                    how,
                    users: several("who"),
                    opinion,
                }
            }
            "drop_seat" => Cmd::DropSeat {
                seat,
                who: one("who"),
                opinion,
            },
            "transfer" => Cmd::Transfer {
                seat,
                to: one("to"),
                opinion,
            },
            "delegate" => Cmd::Delegate {
                seat,
                to: one("to"),
                opinion,
            },
            "copy" => Cmd::Copy {
                seat,
                users: several("to"),
                opinion,
            },
            "remind" => Cmd::Remind { seat },
            "rewind" => {
                let to = match to {
                    "previous" => None,
                    _ => Some(target.map_err(|e| e.to_string())?),
                };
                Cmd::Return { seat, to, opinion }
            }
            "take_back" => Cmd::TakeBack { seat, opinion },
            "jump" => Cmd::Jump {
                to: target.map_err(|e| e.to_string())?,
                opinion,
            },
            "suspend" => Cmd::Suspend { opinion },
            "resume" => Cmd::Resume,
            "terminate" => Cmd::Terminate { opinion },
            "withdraw" => Cmd::Withdraw,
            other => return Err(format!("no command `{other}`")),
        })
    }

    fn node(&self, name: &Name) -> Result<&Value, String> {
        let nodes = self.case["given"]["flow"]["nodes"].as_array();
        let found = nodes.into_iter().flatten().find(|n| n["id"] == **name);
        found.ok_or(format!("no node {name}"))
    }

    fn answer(&self, ask: &Ask, document: &Value) -> Result<Answer, String> {
        let org = &self.case["given"]["org"];
        let above = |of: &Id, key: &str| {
            let name = self.people.get(of).map(String::as_str).unwrap_or_default();
            let found = org[key][name]
                .as_str()
                .map(|a| SeatSpec::user(user(a), None));
            Answer::Seats(found.into_iter().collect())
        };
        Ok(match &ask.what {
            What::Seats { node } => Answer::Seats(self.seats(&self.node(node)?["seats"])),
            What::Empty { node } => {
                let to = self.node(node)?["empty"]["to"].as_str().unwrap_or_default();
                Answer::Seats(vec![SeatSpec::user(user(to), None)])
            }
            What::Rung { node, step } => {
                let kind = &self.workflow.nodes[node].kind;
                let rung = kind.people().and_then(|p| p.ladder.get(step));
                let to = rung.into_iter().flat_map(|r| &r.to);
                let spec = |seat: &model::workflow::Seat| match seat {
                    model::workflow::Seat::Expr(e) => SeatSpec::user(user(e.as_str()), None),
                    _ => SeatSpec::default(),
                };
                Answer::Seats(to.map(spec).collect())
            }
            What::User { user } => Answer::Seats(vec![SeatSpec::user(*user, None)]),
            What::Superior { of } => above(of, "supervisor"),
            What::Head { of } => above(of, "department_head"),
            What::Substitutes { of } => {
                Answer::Substitutes(of.iter().map(|of| self.substitute(*of)).collect())
            }
            What::Due { node, step, left } => {
                let kind = &self.workflow.nodes[node].kind;
                let people = kind.people().ok_or("no people there")?;
                let text = match step {
                    None => people.due.as_ref(),
                    Some(step) => people.ladder.get(step).map(|r| &r.after),
                };
                let span = text.and_then(|t| Span::parse(t));
                let span = span.ok_or(format!("no duration {text:?}"))?;
                let (calendar, zone) = (self.calendar.as_ref(), Zone::default());
                let at = match left {
                    None => span.after(self.now, calendar, zone),
                    Some(left) => working_left(left.from, left.due, calendar, zone)
                        .and_then(|rest| rest.after(self.now, calendar, zone)),
                };
                Answer::Moment(Some(at.map_err(|e| e.to_string())?))
            }
            What::When { node, branch } => {
                let NodeKind::ExclusiveGateway(gateway) = &self.workflow.nodes[node].kind else {
                    return Err(format!("{node} asks for a condition"));
                };
                let when = gateway.branches[branch]
                    .when
                    .as_ref()
                    .ok_or("no condition")?;
                Answer::Bool(said::holds(when.as_str(), document)?)
            }
            What::Opinion { node } => {
                let when = self.node(node)?["opinion"]["required_when"].as_str();
                Answer::Bool(said::holds(when.ok_or("no condition")?, document)?)
            }
            What::Tell { node } => {
                let to = names(&self.node(node)?["to"]);
                Answer::Users(to.into_iter().map(user).collect())
            }
            other => return Err(format!("nothing is said about {other:?}")),
        })
    }

    /// The seats of a rule: people, holders of a role one seat each, or supervisors up a chain.
    fn seats(&self, rule: &Value) -> Vec<SeatSpec> {
        let given = &self.case["given"];
        let seat = |name: &str| SeatSpec {
            weight: rule["weights"][name]
                .as_u64()
                .and_then(|w| w.try_into().ok())
                .unwrap_or(1),
            ..SeatSpec::user(user(name), None)
        };
        if let Some(role) = rule["role"].as_str() {
            return names(&given["org"]["roles"][role])
                .into_iter()
                .map(seat)
                .collect();
        }
        let Some(chain) = rule.get("supervisors") else {
            return names(&rule["people"]).into_iter().map(seat).collect();
        };
        let mut found = vec![];
        let mut at = given["initiator"].as_str().unwrap_or_default();
        while (found.len() as u64) < chain["levels"].as_u64().unwrap_or(0) {
            let vacant = given["org"]["vacant_post_above"][at].as_str();
            let next = given["org"]["supervisor"][at].as_str().or(vacant);
            let Some(next) = next else { break };
            found.push(seat(next));
            at = next;
        }
        found
    }

    fn substitute(&self, of: Id) -> Option<Substitute> {
        let now = self.now;
        let holds = |s: &&StandIn| {
            s.who == of && s.from.is_none_or(|f| f <= now) && s.until.is_none_or(|u| now <= u)
        };
        self.stand_ins.iter().find(holds).map(|s| Substitute {
            user: s.by,
            person: None,
            successor: s.successor,
        })
    }

    /// How votes are weighed at a node.
    pub fn weighs(&self, node: &str) -> bool {
        let kind = self.workflow.nodes.get(node).map(|n| &n.kind);
        matches!(kind, Some(NodeKind::Approval(a)) if matches!(a.pass, Pass::Share(_)))
    }
}

/// Everybody a case names, wherever it does: any text may be a name.
fn people(case: &Value) -> BTreeMap<Id, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![case];
    while let Some(value) = todo.pop() {
        match value {
            Value::String(text) => {
                found.insert(user(text), text.clone());
            }
            Value::Array(list) => todo.extend(list),
            Value::Object(map) => {
                for (key, value) in map {
                    found.insert(user(key), key.clone());
                    todo.push(value);
                }
            }
            _ => {}
        }
    }
    found
}
