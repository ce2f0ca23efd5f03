//! One command at work: a working copy of the state, the events so far, and the moving of tokens
//! until every one waits.

use super::{
    Refusal,
    ask::{AmountOf, Answer, Ask, Env, Stop, What},
    ballot::{self, Count, Verdict},
    def::Def,
    event::{Change, Event},
    join::{self, Took},
    limit, node, seating,
    state::{Life, State, Token, Visit, VisitNow, Vote, Way},
};
use model::{Id, Name, Status, workflow::Amount};
use smallvec::{SmallVec, smallvec};

/// Transitions about to get a token.
pub(super) type Edges = SmallVec<[usize; 2]>;

/// A command at work.
pub(super) struct Run<'a> {
    pub def: &'a Def,
    pub state: State,
    pub events: Vec<Event>,
    pub env: Env<'a>,
    /// Script nodes that ran in this command.
    pub sets: u32,
    /// Nobody acts: posting is taken for granted, empty seats are noted instead of refused.
    pub preview: bool,
    /// Nobody stands behind the command who could be told "no": what is refused on the way becomes
    /// an incident.
    pub unattended: bool,
    /// In a preview: what would be refused, by visit.
    pub noted: Vec<(u32, Refusal)>,
    rev: u64,
    born: u32,
    entered: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(def: &'a Def, state: State, env: Env<'a>) -> Self {
        Self {
            def,
            rev: state.rev,
            state,
            events: Vec::with_capacity(16),
            env,
            sets: 0,
            preview: false,
            unattended: false,
            noted: Vec::new(),
            born: 0,
            entered: 0,
        }
    }

    /// Records an event and brings the working state up to it.
    pub(super) fn emit(&mut self, event: Event) {
        super::apply(&mut self.state, &event);
        self.events.push(event);
    }

    /// The id of a new seat or timer: it follows from the instance and the events before it.
    pub(super) fn next_id(&mut self, what: &str) -> Id {
        self.born += 1;
        let place = format!("{}.{}", self.rev, self.born);
        Id::derived(self.state.instance, &[what, &place])
    }

    /// The answer to a question, or the question.
    pub(super) fn ask(&self, what: What) -> Result<&'a Answer, Stop> {
        let ask = Ask {
            set: self.sets,
            what,
        };
        self.env
            .answers
            .get(&ask)
            .ok_or_else(|| Stop::Need(vec![ask]))
    }

    /// The answers to several questions, or all that are missing at once.
    pub(super) fn ask_all(
        &self,
        whats: impl Iterator<Item = What>,
    ) -> Result<SmallVec<[&'a Answer; 2]>, Stop> {
        let mut missing = Vec::new();
        let mut answers = SmallVec::new();
        for what in whats {
            let ask = Ask {
                set: self.sets,
                what,
            };
            match self.env.answers.get(&ask) {
                Some(answer) => answers.push(answer),
                None => missing.push(ask),
            }
        }
        if missing.is_empty() {
            Ok(answers)
        } else {
            Err(Stop::Need(missing))
        }
    }

    /// An answer of the wrong kind: a mistake of the caller, said instead of looped on.
    pub(super) fn unfit(&self, node: &Name) -> Stop {
        Stop::No(Refusal::new("unfit_answer").with("node", node))
    }

    /// No branch holds. Static checks demand a default, so only an unchecked flow comes here.
    pub(super) fn no_way(&self, node: usize) -> Stop {
        Stop::No(Refusal::new("no_way_out").with("node", &self.def.nodes[node].name))
    }

    /// Moves tokens until every one waits for somebody, ends the instance when nothing is left,
    /// and raises an incident where tokens are left that nothing can move.
    pub(super) fn flow(&mut self) -> Result<(), Stop> {
        while self.state.life == Life::Running {
            if let Some(event) = join::late(self.def, &self.state) {
                self.emit(event);
                continue;
            }
            if let Some(name) = join::unknown_need(self.def, &self.state) {
                let amount = self.amount(name, AmountOf::Need)?;
                let node = name.clone();
                self.emit(Event::AmountSet { node, amount });
                continue;
            }
            if let Some(visit) = self.milestone_over() {
                self.put_back(visit);
                continue;
            }
            let Some((node, took)) = join::next(self.def, &self.state) else {
                if node::block::close(self)? {
                    continue;
                }
                self.rest();
                return Ok(());
            };
            let scope = took.first().and_then(|t| t.block);
            if self.entered == limit::NODES_A_STEP {
                let node = self.def.nodes[node].name.clone();
                self.emit(Event::IncidentRaised {
                    code: "step_budget".into(),
                    node,
                });
                return Ok(());
            }
            if !self.unattended {
                self.enter(node, took, scope, false)?;
                continue;
            }
            let (before, told, sets) = (self.state.clone(), self.events.len(), self.sets);
            if let Err(stop) = self.enter(node, took, scope, false) {
                let Stop::No(refusal) = stop else {
                    return Err(stop);
                };
                // The token stays in front of the node, where a retry finds it.
                self.state = before;
                self.events.truncate(told);
                self.sets = sets;
                let node = self.def.nodes[node].name.clone();
                self.emit(Event::IncidentRaised {
                    code: refusal.code.into(),
                    node,
                });
                return Ok(());
            }
        }
        Ok(())
    }

    /// Nothing can move: fine while a visit is open; else the end, or a flow that is stuck.
    fn rest(&mut self) {
        // A block waits only through what is open in it.
        let waits = |v: &Visit| v.open() && !self.def.is_block(&v.node);
        if self.state.visits.iter().any(waits) {
            return;
        }
        match self.state.tokens.first() {
            None => self.emit(Event::Ended {
                status: self.state.last_status(None),
            }),
            Some(token) => {
                let node = token.to.clone();
                self.emit(Event::IncidentRaised {
                    code: "stuck".into(),
                    node,
                });
            }
        }
    }

    /// Enters a node in a run of its block with these tokens and runs its body.
    pub(super) fn enter(
        &mut self,
        node: usize,
        took: Took,
        block: Option<u32>,
        sent_back: bool,
    ) -> Result<(), Stop> {
        let visit = self.open_visit(node, took, block, None);
        self.cancel_for(visit, node);
        let guard = &self.def.nodes[node].guard;
        if let Some(mutex) = guard.mutex.clone().filter(|_| guard.keeps) {
            self.emit(Event::MutexTaken { mutex, visit });
        }
        if let Some(mutex) = guard.release.clone() {
            self.emit(Event::MutexFreed { mutex });
        }
        node::enter(self, visit, node, sent_back)
    }

    /// Notes that a node is entered; goes out: the visit.
    pub(super) fn open_visit(
        &mut self,
        node: usize,
        took: Took,
        block: Option<u32>,
        run_of: Option<u32>,
    ) -> u32 {
        self.entered += 1;
        let name = self.def.nodes[node].name.clone();
        let visit = self.state.visits.len() as u32;
        let attempt = self.state.next_attempt(&name);
        self.emit(Event::NodeEntered {
            visit,
            node: name,
            attempt,
            took,
            block,
            run_of,
        });
        visit
    }

    /// The number that an expression of a node gives; an amount below zero or beyond
    /// [`limit::COPIES`] is refused by whoever answers.
    pub(super) fn amount(&self, node: &Name, of: AmountOf) -> Result<u32, Stop> {
        let asked = What::Amount {
            node: node.clone(),
            of,
        };
        match self.ask(asked)? {
            Answer::Amount(amount) if *amount <= limit::COPIES => Ok(*amount),
            Answer::Amount(_) => Err(Refusal::new("too_many_runs").with("node", node).into()),
            _ => Err(self.unfit(node)),
        }
    }

    /// The same, where the file may give the number itself.
    pub(super) fn amount_of(
        &self,
        node: usize,
        written: &Amount,
        of: AmountOf,
    ) -> Result<u32, Stop> {
        let name = &self.def.nodes[node].name;
        match written {
            Amount::Fixed(n) if *n <= limit::COPIES => Ok(*n),
            Amount::Fixed(_) => Err(Refusal::new("too_many_runs").with("node", name).into()),
            Amount::Expr(_) => self.amount(name, of),
        }
    }

    /// Opens a visit once more, with a ballot of its own.
    pub(super) fn reopen(&mut self, visit: u32, redo: bool) -> Result<(), Stop> {
        let name = self.state.visits[visit as usize].node.clone();
        let Some(&node) = self.def.by_name.get(&name) else {
            return Ok(());
        };
        let attempt = self.state.next_attempt(&name);
        self.emit(Event::NodeReopened {
            visit,
            attempt,
            redo,
        });
        node::enter(self, visit, node, true)
    }

    /// Leaves a visit by its only ways.
    pub(super) fn leave_all(&mut self, visit: u32, node: usize) -> Result<(), Stop> {
        let outs = self.def.nodes[node].outs.iter().copied().collect();
        self.leave(visit, None, outs)
    }

    /// Leaves a visit by the way of this name.
    pub(super) fn leave_by(&mut self, visit: u32, node: usize, way: &str) -> Result<(), Stop> {
        let edge = self.def.edge(node, way).ok_or_else(|| self.no_way(node))?;
        let way = self.def.edges[edge].way.clone();
        self.leave(visit, Some(way), smallvec![edge])
    }

    /// Leaves a visit: a token on each of these transitions. A visit that was sent back to and
    /// comes to the same end as before puts none: whoever waits for it goes on.
    pub(super) fn leave(&mut self, visit: u32, way: Option<Way>, edges: Edges) -> Result<(), Stop> {
        let this = &self.state.visits[visit as usize];
        if this.redo && this.way == way {
            self.emit(Event::NodeLeft { visit, way });
            let waiting: Vec<u32> = (0u32..)
                .zip(&self.state.visits)
                .filter(|(_, v)| v.now == VisitNow::Paused(visit))
                .map(|(n, _)| n)
                .collect();
            for paused in waiting {
                let redo = self.state.visits[paused as usize].redo;
                self.reopen(paused, redo)?;
            }
            return Ok(());
        }
        if this.redo {
            self.overtake(visit);
        }
        self.emit(Event::NodeLeft { visit, way });
        self.put(visit, &edges);
        self.win_race(visit);
        Ok(())
    }

    /// Puts a token of a visit on each of these transitions.
    pub(super) fn put(&mut self, visit: u32, edges: &[usize]) {
        let block = self.state.visits[visit as usize].block;
        for edge in edges {
            let edge = &self.def.edges[*edge];
            let token = Token {
                id: self.state.tokens_born,
                by: visit,
                way: edge.way.clone(),
                to: self.def.nodes[edge.to].name.clone(),
                block,
            };
            self.emit(Event::TokenPut { token });
        }
    }

    /// Folds the ballot of a visit: leaves it when it is decided, else opens the seats whose turn
    /// has come.
    pub(super) fn settle(&mut self, visit: u32) -> Result<(), Stop> {
        let name = &self.state.visits[visit as usize].node;
        let (Some(ballot), Some(&node)) = (self.def.ballot(name), self.def.by_name.get(name))
        else {
            return Ok(());
        };
        let votes = || {
            let seats = self.state.ballot(visit).filter(|s| s.counts());
            seats.map(|s| (s.done().map(|d| d.vote), s.weight))
        };
        let count = Count::of(votes().map(|(vote, _)| vote));
        let weights = Count::weighed(votes());
        let way = match ballot::verdict(&ballot.pass, ballot.veto, count, weights) {
            Verdict::Wait => return seating::open_next(self, visit, node, ballot),
            Verdict::Passed => self.chosen(visit, &ballot.votes),
            Verdict::Failed => ballot.votes.iter().find(|(_, v)| *v == Vote::Reject),
        };
        let way = way
            .map(|(way, _)| way.clone())
            .ok_or_else(|| self.no_way(node))?;
        self.close_ballot(visit);
        self.leave_by(visit, node, &way)
    }

    /// Of several ways that count as a pass, the one most seats chose; of equals, the first in
    /// the file.
    fn chosen<'b>(&self, visit: u32, votes: &'b [(Way, Vote)]) -> Option<&'b (Way, Vote)> {
        let chose = |way: &Way| {
            let seats = self.state.ballot(visit).filter(|s| s.counts());
            let done = seats.filter_map(|s| s.done());
            done.filter(|d| d.vote == Vote::Pass && d.way == *way)
                .count()
        };
        votes
            .iter()
            .filter(|(_, vote)| *vote == Vote::Pass)
            .rev()
            .max_by_key(|(way, _)| chose(way))
    }

    /// Cancels every seat of the visit that has not decided, and its timers.
    pub(super) fn close_ballot(&mut self, visit: u32) {
        let open: SmallVec<[Id; 4]> = self
            .state
            .seats
            .iter()
            .filter(|s| s.visit == visit && s.undecided())
            .map(|s| s.id)
            .collect();
        for seat in open {
            self.change(seat, Change::Cancelled);
        }
        let timers: SmallVec<[Id; 1]> = self
            .state
            .timers
            .iter()
            .filter(|t| t.visit == visit)
            .map(|t| t.id)
            .collect();
        for timer in timers {
            self.emit(Event::TimerCancelled { timer });
        }
    }

    /// Changes a seat; one that is no longer to act has no deadline.
    pub(super) fn change(&mut self, seat: Id, change: Change) {
        self.emit(Event::SeatChanged { seat, change });
        if self.state.seat(seat).is_some_and(|s| !s.open()) {
            let timers = self.state.timers.iter();
            let its: SmallVec<[Id; 2]> = timers
                .filter(|t| t.seat == Some(seat))
                .map(|t| t.id)
                .collect();
            for timer in its {
                self.emit(Event::TimerCancelled { timer });
            }
        }
    }
}

impl State {
    /// The status a record is left in: what is posted stays so, whatever an end says.
    pub(super) fn last_status(&self, ending: Option<Status>) -> Status {
        if self.posted {
            Status::Posted
        } else {
            ending.or(self.ending).unwrap_or(Status::Approved)
        }
    }
    /// How often the node will have been entered, next time.
    pub(super) fn next_attempt(&self, node: &Name) -> u32 {
        let of = self
            .visits
            .iter()
            .filter(|v| v.node == *node)
            .map(|v| v.attempt);
        of.max().unwrap_or(0) + 1
    }
    /// Whether any of these seats has still to decide.
    pub(super) fn held_up(&self, waits: &[Id]) -> bool {
        waits
            .iter()
            .any(|id| self.seat(*id).is_some_and(|s| s.undecided()))
    }
}
