//! `block`: a part of the flow with a start of its own, run once or several times. A run is a
//! visit, and what moves in it says so. Several runs stand in one visit more, which holds them
//! together and goes on when enough of them are done.

use super::{Shape, next};
use crate::workflow::{
    ask::{AmountOf, Stop},
    def::{Block, Body, Split},
    join::Took,
    run::Run,
    state::{Visit, VisitNow},
};
use model::workflow::{Block as Written, Order};

pub(super) fn shape(kind: &Written) -> Shape {
    Shape {
        body: Body::Block(Block {
            start: 0,
            each: kind.each.clone(),
            order: kind.order,
            interleave: kind.interleave,
            until: kind.until.clone(),
        }),
        split: Split::All,
        ways: vec![next(&kind.next)],
    }
}

pub(super) fn enter(run: &mut Run, visit: u32, node: usize, block: &Block) -> Result<(), Stop> {
    let Some(each) = &block.each else {
        return begin(run, visit, block);
    };
    let runs = run.amount_of(node, each, AmountOf::Each)?;
    if runs == 0 {
        return run.leave_all(visit, node);
    }
    let at_once = match block.order {
        Order::Parallel => runs,
        Order::InTurn => 1,
    };
    for _ in 0..at_once {
        one_more(run, visit, node, block)?;
    }
    Ok(())
}

/// One more run within the visit that holds the runs together.
pub(in crate::workflow) fn one_more(
    run: &mut Run,
    visit: u32,
    node: usize,
    block: &Block,
) -> Result<(), Stop> {
    let outer = run.state.visits[visit as usize].block;
    let body = run.open_visit(node, Took::new(), outer, Some(visit));
    begin(run, body, block)
}

/// Enters the start of a run.
fn begin(run: &mut Run, body: u32, block: &Block) -> Result<(), Stop> {
    run.enter(block.start, Took::new(), Some(body), false)
}

/// Leaves a run in which nothing is left, the innermost first; `false`: there is none.
pub(in crate::workflow) fn close(run: &mut Run) -> Result<bool, Stop> {
    let state = &run.state;
    let quiet = |n: u32| {
        let inside = |v: &Visit| v.open() && (v.block == Some(n) || v.run_of == Some(n));
        !state.tokens.iter().any(|t| t.block == Some(n)) && !state.visits.iter().any(inside)
    };
    let open = |v: &Visit| v.now == VisitNow::Open && run.def.is_block(&v.node);
    let visits = (0u32..).zip(&state.visits);
    let done = visits.filter(|(n, v)| open(v) && quiet(*n)).last();
    let Some((body, visit)) = done else {
        return Ok(false);
    };
    let Some(&node) = run.def.by_name.get(&visit.node) else {
        return Ok(false);
    };
    match visit.run_of {
        None => run.leave_all(body, node)?,
        Some(whole) => run_done(run, body, whole, node)?,
    }
    Ok(true)
}

/// One of several runs is done: the next begins, or the whole goes on.
fn run_done(run: &mut Run, body: u32, whole: u32, node: usize) -> Result<(), Stop> {
    let Body::Block(block) = &run.def.nodes[node].body else {
        return Ok(());
    };
    let runs = |now: VisitNow| {
        let visits = run.state.visits.iter();
        visits
            .filter(|v| v.run_of == Some(whole) && v.now == now)
            .count() as u32
    };
    let (done, open) = (runs(VisitNow::Left) + 1, runs(VisitNow::Open) - 1);
    let each = match &block.each {
        Some(each) => run.amount_of(node, each, AmountOf::Each)?,
        None => 1,
    };
    let until = match &block.until {
        Some(until) => run.amount_of(node, until, AmountOf::Until)?,
        None => u32::MAX,
    };
    run.leave(body, None, Default::default())?;
    if done < until {
        if block.order == Order::InTurn && done < each {
            return one_more(run, whole, node, block);
        }
        if open > 0 {
            return Ok(());
        }
    }
    let rest = (0u32..)
        .zip(&run.state.visits)
        .filter(|(_, v)| v.run_of == Some(whole) && v.open())
        .map(|(n, _)| n)
        .collect();
    run.cancel(rest, Vec::new());
    run.leave_all(whole, node)
}
