//! The workflow kernel: decides how a record runs.
//!
//! Comes in: a compiled definition, the state of an instance, one command, and answers to
//! questions. Goes out: events, or what must be known first, or a refusal. [`apply`] turns events
//! into the next state; [`effects`] says what they mean for tasks, timers, notices and the
//! record. Refuses to know: clocks, databases, the organisation, how an expression is evaluated.
//! Preview, tests and production run the same [`step`].

mod allowed;
mod apply;
mod ask;
pub mod ballot;
mod cancel;
mod check;
mod command;
mod deadline;
mod def;
mod effects;
mod event;
mod join;
mod ladder;
pub mod limit;
mod lineage;
mod node;
mod posts;
mod preview;
mod refusal;
mod rewind;
mod run;
mod seating;
mod soundness;
mod state;
mod substitute;

pub use allowed::{Op, OperationState, Target, Who, allowed, targets};
pub use apply::apply;
pub use ask::{
    AmountOf, Answer, Answers, Ask, Env, Left, Outcome, RoleSeat, SeatSpec, Substitute, What,
};
pub use command::Cmd;
pub use def::Def;
pub use effects::{Effects, Posting, Principal, Task, TaskNow, effects};
pub use event::{About, Change, Event, Notice, Rewind};
pub use preview::{Expected, Step, StepNow, preview};
pub use refusal::Refusal;
pub use soundness::{Finding, Verdict, soundness};
pub use state::{
    Ahead, Auto, Done, Incident, Life, Message, Origin, Seat, SeatNow, Starter, State, Suspended,
    Timer, Token, Visit, VisitNow, Vote, Way,
};

use ask::Stop;

/// What a step comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Stepped {
    pub events: Vec<Event>,
    /// The state after the events; the same as applying them.
    pub state: State,
}

/// Decides one command. Pure: the same definition, state, command and answers give the same
/// events, ids included.
pub fn step(def: &Def, state: &State, cmd: &Cmd, env: &Env) -> Result<Outcome<Stepped>, Refusal> {
    let mut run = run::Run::new(def, state.clone(), *env);
    let done = command::run(&mut run, cmd);
    Stop::settle(done.map(|()| Stepped {
        events: run.events,
        state: run.state,
    }))
}
