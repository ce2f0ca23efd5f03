//! Plays a net by the pure step and compares what was done with what is expected.

use super::{condition, translate::Net};
use chrono::{DateTime, Utc};
use kernel::workflow::{
    Answer, Answers, Ask, Cmd, Def, Env, Life, Outcome, SeatNow, SeatSpec, State, What, step,
};
use model::{Id, Name};
use serde_json::Value;
use std::collections::BTreeMap;

struct Game<'a> {
    net: &'a Net,
    def: Def,
    state: State,
    input: &'a Value,
    /// A split that a command narrowed, and to which nodes.
    chosen: BTreeMap<String, Vec<String>>,
    done: Vec<String>,
    /// The trace says in which order the tasks are done.
    exact: bool,
}

pub fn play(net: &Net, case: &Value) -> Result<(), String> {
    let def = Def::load(&net.workflow).map_err(|problems| {
        let all: Vec<String> = problems
            .iter()
            .map(|p| format!("{}: {}", p.at, p.say))
            .collect();
        all.join("; ")
    })?;
    let mut game = Game {
        net,
        def,
        state: State::new(Id::derived(Id::at(0, [0; 10]), &["nets"])),
        input: &case["input"],
        chosen: BTreeMap::new(),
        done: vec![],
        exact: case["order"] == "exact",
    };
    game.command(&Cmd::Start)?;
    game.obey()?;
    let expect: Vec<&str> = case["expect"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut left = expect.clone();
    game.check(case)?;
    while !left.is_empty() {
        let open = game.open();
        let is_open = |name: &&&str| open.iter().any(|(_, task)| task == **name);
        let next = match case["order"].as_str() {
            Some("exact") => left.first().filter(is_open),
            _ => left.iter().find(is_open),
        };
        let Some(next) = next.copied() else {
            return Err(format!(
                "{left:?} should be done, open are {:?} after {:?}",
                names(&open),
                game.done
            ));
        };
        let at = left.iter().position(|l| *l == next).unwrap_or_default();
        left.remove(at);
        game.complete(next)?;
        game.check(case)?;
    }
    game.finish(case)
}

fn names(open: &[(Id, String)]) -> Vec<&str> {
    open.iter().map(|(_, task)| task.as_str()).collect()
}

impl Game<'_> {
    fn user() -> Id {
        Id::derived(Id::at(0, [0; 10]), &["user"])
    }

    /// Open tasks by their names in the net, oldest first.
    fn open(&self) -> Vec<(Id, String)> {
        self.seats(|s| s.open())
    }

    fn seats(&self, which: impl Fn(&kernel::workflow::Seat) -> bool) -> Vec<(Id, String)> {
        let seats = self.state.seats.iter().filter(|s| which(s));
        seats
            .filter_map(|s| {
                let node = self.state.node_of(s)?;
                Some((s.id, self.net.tasks.get(node.as_str())?.clone()))
            })
            .collect()
    }

    /// Completes the oldest open task of this name.
    fn complete(&mut self, name: &str) -> Result<(), String> {
        let seat = self.open().into_iter().find(|(_, task)| task == name);
        let (seat, _) = seat.ok_or_else(|| format!("{name} is not open"))?;
        self.command(&Cmd::Act {
            seat,
            outcome: None,
            opinion: None,
        })?;
        self.done.push(name.to_owned());
        self.obey()
    }

    /// Does what open command nodes say, until none is open. Where the order is free, what cancels
    /// or closes a join waits until nobody has anything else to do.
    fn obey(&mut self) -> Result<(), String> {
        loop {
            let commands = self.net.commands.clone();
            let open: Vec<(Id, String)> = self
                .state
                .seats
                .iter()
                .filter(|s| s.open())
                .filter_map(|s| Some((s.id, self.state.node_of(s)?.to_string())))
                .filter(|(_, node)| commands.contains_key(node))
                .collect();
            let idle = self.open().is_empty();
            let closes = |node: &str| {
                let other = commands[node]["trigger"].as_str().unwrap_or_default();
                self.net
                    .workflow
                    .node(other)
                    .is_some_and(|n| n.need.is_some())
            };
            let ready =
                |node: &str| idle || self.exact || !(commands[node].is_null() || closes(node));
            let Some((seat, node)) = open.into_iter().find(|(_, node)| ready(node)) else {
                return Ok(());
            };
            self.say(&commands[&node])?;
            self.command(&Cmd::Act {
                seat,
                outcome: None,
                opinion: None,
            })?;
        }
    }

    /// One command of a net to another node.
    fn say(&mut self, command: &Value) -> Result<(), String> {
        if let Some(node) = command["trigger"].as_str() {
            let name = Name::new(node).map_err(|e| e.0)?;
            let joins = self
                .net
                .workflow
                .node(node)
                .is_some_and(|n| n.need.is_some());
            let cmd = match joins {
                true => Cmd::CloseJoin { node: name },
                false => Cmd::AddRun { node: name },
            };
            return self.command(&cmd);
        }
        if let (Some(at), Some(nodes)) = (command["at"].as_str(), command["choose"].as_array()) {
            let nodes = nodes
                .iter()
                .filter_map(Value::as_str)
                .map(ToOwned::to_owned);
            self.chosen.insert(at.to_owned(), nodes.collect());
        }
        Ok(())
    }

    fn command(&mut self, cmd: &Cmd) -> Result<(), String> {
        let mut answers = Answers::default();
        loop {
            let env = Env {
                now: DateTime::<Utc>::UNIX_EPOCH,
                actor: Self::user(),
                person: None,
                steers: false,
                answers: &answers,
            };
            match step(&self.def, &self.state, cmd, &env).map_err(|e| e.to_string())? {
                Outcome::Done(stepped) => {
                    self.state = stepped.state;
                    // A flow that is stuck is active, and says so.
                    let incident = self.state.incident.as_ref().filter(|i| i.code != "stuck");
                    return match incident {
                        Some(incident) => Err(format!("{} at {}", incident.code, incident.node)),
                        None => Ok(()),
                    };
                }
                Outcome::Need(asks) => {
                    for ask in asks {
                        let answer = self.answer(&ask)?;
                        answers.put(ask, answer);
                    }
                }
            }
        }
    }

    fn answer(&self, ask: &Ask) -> Result<Answer, String> {
        let visits = |node: &str| {
            let reached = self.state.visits.iter().filter(|v| v.node.as_str() == node);
            reached.count() as i64 + 1
        };
        Ok(match &ask.what {
            What::Seats { .. } => Answer::Seats(vec![SeatSpec::user(Self::user(), None)]),
            What::When { node, branch } => {
                let key = (node.to_string(), branch.to_string());
                let text = &self.net.conditions[&key];
                let holds = condition::holds(text, self.input, &visits)?;
                let chosen = self.chosen.get(node.as_str());
                let picked = chosen.is_none_or(|to| to.contains(&self.net.leads[&key]));
                Answer::Bool(holds && picked)
            }
            What::Amount { node, .. } => {
                let input = &self.net.amounts[node.as_str()];
                let amount = condition::number(input, self.input, &visits)?;
                Answer::Amount(u32::try_from(amount).map_err(|e| e.to_string())?)
            }
            What::Substitutes { of } => Answer::Substitutes(vec![None; of.len()]),
            other => return Err(format!("asked {other:?}")),
        })
    }

    /// What must be true whenever a task is done.
    fn check(&self, case: &Value) -> Result<(), String> {
        let open = self.open();
        let open = names(&open);
        let count = |name: &Value| open.iter().filter(|o| **o == *name).count();
        for pair in case["never_together"].as_array().into_iter().flatten() {
            let together = match (&pair[0], &pair[1]) {
                (a, b) if a == b => count(a) > 1,
                (a, b) => count(a) > 0 && count(b) > 0,
            };
            if together {
                return Err(format!("{pair} are open together after {:?}", self.done));
            }
        }
        for check in case["checks"].as_array().into_iter().flatten() {
            if check["after"].as_u64() != Some(self.done.len() as u64) {
                continue;
            }
            let mut not = check["not_open"].as_array().into_iter().flatten();
            if let Some(name) = not.find(|name| count(name) > 0) {
                return Err(format!("{name} is open after {:?}", self.done));
            }
            if let Some(wanted) = check["open"].as_array() {
                let mut wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
                let mut found = open.clone();
                wanted.sort_unstable();
                found.sort_unstable();
                if wanted != found {
                    return Err(format!(
                        "open are {found:?} after {:?}, not {wanted:?}",
                        self.done
                    ));
                }
            }
        }
        Ok(())
    }

    /// What must be true at the end: the order, the state, what was withdrawn.
    fn finish(&self, case: &Value) -> Result<(), String> {
        let first = |name: &Value| self.done.iter().position(|d| d == name);
        let last = |name: &Value| self.done.iter().rposition(|d| d == name);
        for pair in case["before"].as_array().into_iter().flatten() {
            if first(&pair[0]) > first(&pair[1]) {
                return Err(format!("{pair} are in the wrong order: {:?}", self.done));
            }
        }
        for pair in case["all_before"].as_array().into_iter().flatten() {
            if last(&pair[0]) > first(&pair[1]) {
                return Err(format!("{pair} are in the wrong order: {:?}", self.done));
            }
        }
        let wanted = case["state"].as_str().unwrap_or("completed");
        let state = match self.state.life {
            Life::Ended(model::Status::Withdrawn) => "cancelled",
            Life::Ended(_) => "completed",
            Life::Fresh | Life::Running => "active",
        };
        // Of a trace that stops while tasks are open, nothing more can be said.
        let may_stop = self.exact && wanted == "completed" && state == "active";
        let stopped = may_stop && !self.open().is_empty();
        if wanted != state && !stopped {
            return Err(format!(
                "the state is {state}, not {wanted}, after {:?}",
                self.done
            ));
        }
        let mut gone: Vec<String> = self
            .seats(|s| s.now == SeatNow::Cancelled)
            .into_iter()
            .map(|(_, task)| task)
            .collect();
        for name in case["withdrawn"].as_array().into_iter().flatten() {
            let at = gone.iter().position(|g| g == name);
            let at = at.ok_or_else(|| format!("{name} was not withdrawn"))?;
            gone.remove(at);
        }
        Ok(())
    }
}
