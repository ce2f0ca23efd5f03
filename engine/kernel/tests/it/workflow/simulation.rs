//! A deterministic simulation: random definitions, random commands. No token is lost or doubled,
//! an instance ends properly or calls a person, a replay gives the state, a seat is done once.

use super::{
    soundness::{Dice, net},
    stage::{Stage, user, workflow},
};
use chrono::TimeDelta;
use kernel::workflow::{Cmd, Def, Life, Substitute};
use model::{
    Id,
    workflow::{How, Join},
};
use serde_json::{Map, Value, json};

const PEOPLE: [&str; 8] = ["zhou", "li", "wang", "zhao", "ana", "ben", "cai", "dan"];
/// Commands in the usual run; `STEPS` in the environment asks for more.
const STEPS: usize = 100_000;

/// Builds a definition out of blocks, so that most are sound.
struct Builder<'a> {
    dice: &'a mut Dice,
    nodes: Map<String, Value>,
    /// Within parallel branches a rejection must end everything.
    deep: usize,
    born: usize,
    /// Where a rejection leads that ends everything, of this level.
    no: String,
}

impl Builder<'_> {
    fn name(&mut self) -> String {
        self.born += 1;
        format!("n{}", self.born)
    }
    /// A block with nodes of its own, run once or several times.
    fn inner(&mut self, next: &str, depth: usize) -> Value {
        let (begin, end, no) = (self.name(), self.name(), self.name());
        let outer = std::mem::take(&mut self.nodes);
        let (above, deep) = (std::mem::replace(&mut self.no, no.clone()), self.deep);
        self.deep = 0;
        let entry = self.chain(&end, depth);
        self.nodes
            .insert(begin, json!({ "kind": "start", "next": entry }));
        self.nodes.insert(end, json!({ "kind": "end" }));
        self.nodes.insert(no, json!({ "kind": "terminate" }));
        (self.no, self.deep) = (above, deep);
        let nodes = std::mem::replace(&mut self.nodes, outer);
        let mut block = json!({ "kind": "block", "nodes": nodes, "next": next });
        match self.dice.roll(4) {
            0 => block["each"] = json!(self.dice.roll(4)),
            1 => {
                block["each"] = json!("= amount");
                block["until"] = json!(1 + self.dice.roll(2));
            }
            2 => {
                block["each"] = json!(2);
                block["order"] = json!("in_turn");
            }
            _ => block["interleave"] = json!(true),
        }
        block
    }
    fn people(&mut self) -> String {
        let names: Vec<&str> = (0..1 + self.dice.roll(3))
            .map(|_| PEOPLE[self.dice.roll(PEOPLE.len())])
            .collect();
        format!("= {}", names.join(", "))
    }
    /// A block that goes on to `next`; gives its entry. `back`: where a loop may lead.
    fn block(&mut self, next: &str, back: &str, depth: usize) -> String {
        let name = self.name();
        self.nodes.insert(name.clone(), Value::Null);
        let kind = if depth == 0 {
            self.dice.roll(8)
        } else {
            self.dice.roll(14)
        };
        let node = match kind {
            0..=3 => self.approval(next, back),
            4 => json!({ "kind": "fill", "seats": [self.people()], "next": next, "due": "P1D",
                         "may": { "return": { "to": "any", "then": self.then() }, "transfer": {} } }),
            5 => json!({ "kind": "timer", "for": "PT1H", "next": next }),
            6 => match self.dice.roll(2) {
                0 => {
                    json!({ "kind": "notify", "to": [self.people()], "message": "m", "next": next })
                }
                _ => json!({ "kind": "script", "set": { "n": true }, "next": next }),
            },
            7 => json!({ "kind": "post", "next": next }),
            8 | 9 => {
                let (a, b) = (self.chain(next, depth - 1), self.chain(next, depth - 1));
                json!({ "kind": "exclusive_gateway",
                        "branches": { "one": { "when": "= x", "to": a }, "two": { "to": b } } })
            }
            12 => self.inner(next, depth - 1),
            13 => {
                let (sign, wait) = (self.name(), self.name());
                let fill = json!({ "kind": "fill", "seats": [self.people()], "next": next });
                let timer = json!({ "kind": "timer", "for": "PT1H", "next": next });
                self.nodes.insert(sign.clone(), fill);
                self.nodes.insert(wait.clone(), timer);
                json!({ "kind": "race", "branches": { "one": { "to": sign }, "two": { "to": wait } } })
            }
            kind => {
                let met = self.name();
                let (join, gate) = match kind {
                    10 => ("all", "parallel_gateway"),
                    _ => ("live", "inclusive_gateway"),
                };
                self.nodes.insert(
                    met.clone(),
                    json!({ "kind": gate, "join": join, "next": next }),
                );
                self.deep += 1;
                let (a, b) = (self.chain(&met, depth - 1), self.chain(&met, depth - 1));
                self.deep -= 1;
                if kind == 10 {
                    json!({ "kind": gate, "branches": { "one": { "to": a }, "two": { "to": b } } })
                } else {
                    json!({ "kind": gate, "branches": { "one": { "when": "= x", "to": a },
                        "two": { "when": "= y", "to": b }, "three": { "to": met } } })
                }
            }
        };
        self.nodes.insert(name.clone(), node);
        name
    }
    fn then(&mut self) -> &'static str {
        ["resume", "rerun"][self.dice.roll(2)]
    }
    fn approval(&mut self, next: &str, back: &str) -> Value {
        let pass = [
            json!("all"),
            json!("any"),
            json!({ "percent": 50 }),
            json!({ "percent": 60, "of": "votes", "quorum": 50 }),
        ][self.dice.roll(4)]
        .clone();
        let reject = if self.deep == 0 && self.dice.roll(3) == 0 {
            back.to_owned()
        } else {
            self.no.clone()
        };
        let mut seats = vec![self.people()];
        if self.dice.roll(4) == 0 {
            seats.push("role:clerk".into());
        }
        let order = ["parallel", "in_turn"][self.dice.roll(2)];
        let same_person = ["never", "adjacent", "always"][self.dice.roll(3)];
        let to = ["starter", "previous", "any", "any"][self.dice.roll(4)];
        let then = self.then();
        let mut node = json!({
            "kind": "approval", "seats": seats, "pass": pass, "order": order,
            "same_person": same_person, "empty": "= admin",
            "may": { "add_seat": {}, "drop_seat": {}, "transfer": {}, "delegate": {},
                     "take_back": {}, "remind": {}, "copy": {}, "terminate": {},
                     "return": { "to": to, "then": then } },
            "outcomes": { "approve": next, "reject": reject }
        });
        match self.dice.roll(6) {
            n @ 0..=3 => node["own"] = json!(["pass", "superior", "head", "refuse"][n]),
            4 => node["due"] = json!("P1D"),
            _ => {
                let over = ["approve", "reject"][self.dice.roll(2)];
                node["ladder"] = json!({
                    "nudge": { "after": "PT2H", "do": "remind" },
                    "help": { "after": "PT5H", "do": "add_seat", "to": [self.people()] },
                    "up": { "after": "PT9H", "do": "transfer" },
                    "over": { "after": "PT20H", "do": over }
                });
            }
        }
        match self.dice.roll(8) {
            0 => node["pick"] = json!(["random", "turn", "shortest"][self.dice.roll(3)]),
            1 => node["veto"] = json!(1 + self.dice.roll(2)),
            2 => node["empty"] = json!("pass"),
            3 => node["opinion"] = json!("= worth"),
            _ => {}
        }
        node
    }
    fn chain(&mut self, next: &str, depth: usize) -> String {
        let mut entry = next.to_string();
        for _ in 0..1 + self.dice.roll(2) {
            let to = entry.clone();
            entry = self.block(&to, &to, depth);
        }
        entry
    }
}

fn definition(dice: &mut Dice) -> Value {
    if dice.roll(4) == 0 {
        let size = 2 + dice.roll(4);
        return net(dice, size);
    }
    let mut b = Builder {
        dice,
        nodes: Map::new(),
        deep: 0,
        born: 0,
        no: "no".into(),
    };
    let depth = b.dice.roll(3);
    let mut entry = "yes".to_string();
    for _ in 0..1 + b.dice.roll(4) {
        let to = entry.clone();
        entry = b.block(&to, &to, depth);
    }
    b.nodes
        .insert("begin".into(), json!({ "kind": "start", "next": entry }));
    b.nodes.insert("yes".into(), json!({ "kind": "end" }));
    b.nodes.insert(
        "no".into(),
        json!({ "kind": "terminate", "status": "rejected" }),
    );
    Value::Object(b.nodes)
}

fn stand_in(dice: &mut Dice) -> Substitute {
    Substitute {
        user: anybody(dice),
        person: None,
        successor: dice.roll(2) == 0,
    }
}

fn anybody(dice: &mut Dice) -> Id {
    user(PEOPLE[dice.roll(PEOPLE.len())])
}

/// A random command of a random person, mostly by who may.
fn command(dice: &mut Dice, s: &Stage) -> (&'static str, Cmd) {
    let open: Vec<_> = s.state.seats.iter().filter(|x| x.open()).collect();
    let (seat, who) = match open.as_slice() {
        [] => (user("none"), "zhou"),
        open => {
            let seat = open[dice.roll(open.len())];
            let by = |id: Id| ["admin"].iter().chain(&PEOPLE).find(|p| user(p) == id);
            let holder = seat.holder.and_then(by).copied().unwrap_or("ana");
            (
                seat.id,
                if dice.roll(20) == 0 {
                    PEOPLE[dice.roll(8)]
                } else {
                    holder
                },
            )
        }
    };
    if s.state.suspended.is_some() {
        return ("admin", Cmd::Resume);
    }
    if open.is_empty() && s.state.timers.is_empty() {
        return ("zhou", Cmd::Withdraw);
    }
    let timer = s
        .state
        .timers
        .get(dice.roll(s.state.timers.len().max(1)))
        .map(|t| t.id);
    let node = s.state.seat(seat).and_then(|x| s.state.node_of(x));
    let cmd = match (dice.roll(30), timer) {
        (0..=2, Some(timer)) => Cmd::Fire { timer },
        (_, Some(timer)) if open.is_empty() => Cmd::Fire { timer },
        (3..=5, _) => {
            let targets = kernel::workflow::targets(&s.def, &s.state, seat);
            let to = targets
                .get(dice.roll(targets.len().max(1)))
                .map(|t| t.node.clone());
            Cmd::Return {
                seat,
                to,
                opinion: None,
            }
        }
        (6 | 7, _) => {
            let how = [How::Before, How::After, How::Parallel][dice.roll(3)];
            let users = (0..1 + dice.roll(2)).map(|_| anybody(dice)).collect();
            Cmd::AddSeat {
                seat,
                how,
                users,
                opinion: None,
            }
        }
        (8, _) => Cmd::Transfer {
            seat,
            to: anybody(dice),
            opinion: None,
        },
        (9, _) => Cmd::Copy {
            seat,
            users: vec![anybody(dice)],
            opinion: None,
        },
        (10, _) => return ("zhou", Cmd::Remind { seat }),
        (11, _) if dice.roll(10) == 0 => return ("zhou", Cmd::Withdraw),
        (21 | 22, _) => return steer(dice, s, who, seat),
        (12..=16, _) => {
            let ways: Vec<String> = node
                .and_then(|n| Some(s.workflow.node(n)?.kind.ways().len()))
                .map_or(vec![], |_| {
                    vec!["reject".into(), "abstain".into(), "other".into()]
                });
            let outcome = ways.get(dice.roll(3)).map(|w| super::stage::n(w));
            Cmd::Act {
                seat,
                outcome,
                opinion: None,
            }
        }
        _ => Cmd::Act {
            seat,
            outcome: None,
            opinion: None,
        },
    };
    (who, cmd)
}

/// What changes who sits, and what is done to the whole instance.
fn steer(dice: &mut Dice, s: &Stage, who: &'static str, seat: Id) -> (&'static str, Cmd) {
    let opinion = None;
    let done = s
        .state
        .seats
        .iter()
        .rev()
        .find(|x| x.done().is_some_and(|d| d.auto.is_none()));
    match dice.roll(24) {
        0..=4 => (
            who,
            Cmd::Delegate {
                seat,
                to: anybody(dice),
                opinion,
            },
        ),
        5..=7 => (
            who,
            Cmd::DropSeat {
                seat,
                who: anybody(dice),
                opinion,
            },
        ),
        8..=11 => match done {
            Some(x) => {
                let by = x.done().and_then(|d| d.by);
                let name = PEOPLE.iter().find(|p| Some(user(p)) == by).copied();
                (
                    name.unwrap_or("admin"),
                    Cmd::TakeBack {
                        seat: x.id,
                        opinion,
                    },
                )
            }
            None => (who, Cmd::Claim { seat }),
        },
        12 | 13 => (who, Cmd::Claim { seat }),
        14 | 15 => (who, Cmd::Unclaim { seat }),
        16 | 17 => ("admin", Cmd::Suspend { opinion }),
        18 | 19 => (
            "admin",
            Cmd::HandOver {
                from: anybody(dice),
                to: anybody(dice),
            },
        ),
        20 | 21 => {
            let names: Vec<_> = s.workflow.nodes.keys().collect();
            let to = names[dice.roll(names.len())].clone();
            ("admin", Cmd::Jump { to, opinion })
        }
        22 => (who, Cmd::Terminate { opinion }),
        _ => (who, Cmd::Resume),
    }
}

#[test]
fn random_definitions_and_commands() {
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(20_260_302);
    println!("seed {seed}");
    let goal = std::env::var("STEPS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(STEPS);
    let mut dice = Dice(seed);
    let (mut steps, mut done, mut refused, mut ended, mut incidents, mut defs) = (0, 0, 0, 0, 0, 0);
    while steps < goal {
        let nodes = definition(&mut dice);
        // Unsound definitions run too: their instances may get stuck, but never silently.
        let sound = Def::compile(&workflow(&nodes)).is_ok();
        if !sound && Def::load(&workflow(&nodes)).is_err() {
            steps += 1;
            continue;
        }
        defs += 1;
        let mut s = Stage::unjudged(&nodes);
        s.thorough = false;
        s.roles.insert("clerk".into(), vec!["ana", "ben"]);
        s.above = [("zhou", "li"), ("li", "boss"), ("ana", "li")].into();
        s.heads = [("zhou", "wang")].into();
        // Where no join waits for others, returns never starve one.
        let live = s
            .workflow
            .all_nodes()
            .iter()
            .any(|(_, n)| n.join == Some(Join::Live));
        for run in 0..4 {
            if run > 0 {
                s.restart();
            }
            s.holds = ["x", "y"]
                .iter()
                .filter(|_| dice.roll(2) == 0)
                .map(|h| h.to_string())
                .collect();
            let mut jumped = false;
            s.away = match dice.roll(3) {
                0 => [(anybody(&mut dice), stand_in(&mut dice))].into(),
                _ => Default::default(),
            };
            if s.try_do("zhou", Cmd::Start).is_err() {
                steps += 1;
                continue;
            }
            for _ in 0..60 {
                if s.state.life != Life::Running || s.state.incident.is_some() {
                    break;
                }
                s.now += TimeDelta::minutes(dice.roll(600) as i64);
                if dice.roll(5) == 0 {
                    s.holds = ["x", "y"]
                        .iter()
                        .filter(|_| dice.roll(2) == 0)
                        .map(|h| h.to_string())
                        .collect();
                }
                let (who, cmd) = command(&mut dice, &s);
                let jumps = matches!(cmd, Cmd::Jump { .. });
                steps += 1;
                match s.try_do(who, cmd) {
                    Ok(()) => {
                        done += 1;
                        jumped |= jumps;
                    }
                    Err(_) => refused += 1,
                }
            }
            s.check_replay();
            match (s.state.life, &s.state.incident) {
                (Life::Ended(_), _) => ended += 1,
                (_, Some(incident)) => {
                    incidents += 1;
                    assert!(
                        // A jump into a branch may leave a join without the others.
                        incident.code == "step_budget" || live || !sound || jumped,
                        "{}: {:?}",
                        incident.code,
                        s.log
                    );
                }
                _ => {}
            }
        }
    }
    println!(
        "{defs} definitions, {done} commands done, {refused} refused, {ended} ended, {incidents} incidents"
    );
    assert!(done > goal / 3 && ended > defs);
}
