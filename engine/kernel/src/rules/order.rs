//! The order in which fields are worked out, so that the result never depends on the order in
//! which somebody filled them in.

use super::plan::Slot;
use crate::expr::tree::Read;
use model::Name;
use std::collections::HashMap;

/// The slots in an order in which each comes after everything it reads; the names of a cycle
/// otherwise, each reading the next.
pub(super) fn order(slots: Vec<Slot>) -> Result<Vec<Slot>, Vec<String>> {
    let place: HashMap<(Option<&Name>, &Name), usize> = slots
        .iter()
        .enumerate()
        .map(|(n, slot)| ((slot.table.as_ref(), &slot.field), n))
        .collect();
    let mut needs: Vec<Vec<usize>> = slots
        .iter()
        .map(|slot| {
            let reads = slot.expressions().flat_map(|c| &c.reads);
            let key = reads.map(|read| match read {
                Read::Header(field, None) => (None, field),
                Read::Header(table, Some(column)) => (Some(table), column),
                Read::Line(field) => (slot.table.as_ref(), field),
            });
            key.filter_map(|key| place.get(&key).copied()).collect()
        })
        .collect();
    whole_last(&slots, &mut needs);

    let mut state = vec![Mark::New; slots.len()];
    let mut sorted = Vec::with_capacity(slots.len());
    let mut trail = vec![];
    for n in 0..slots.len() {
        if let Err(cycle) = visit(n, &needs, &mut state, &mut trail, &mut sorted) {
            return Err(cycle.into_iter().map(|n| slots[n].name()).collect());
        }
    }
    let mut slots: Vec<Option<Slot>> = slots.into_iter().map(Some).collect();
    Ok(sorted.into_iter().filter_map(|n| slots[n].take()).collect())
}

/// A field that hands its whole record to a script comes after every field that does not itself
/// read that field.
fn whole_last(slots: &[Slot], needs: &mut [Vec<usize>]) {
    let reaches = |needs: &[Vec<usize>], from: usize, to: usize| {
        let (mut todo, mut seen) = (vec![from], vec![false; needs.len()]);
        while let Some(n) = todo.pop() {
            if n == to {
                return true;
            }
            if !std::mem::replace(&mut seen[n], true) {
                todo.extend(&needs[n]);
            }
        }
        false
    };
    for n in 0..slots.len() {
        if slots[n].expressions().any(|c| c.whole) {
            let others = (0..slots.len()).filter(|&m| m != n && !reaches(needs, m, n));
            let others: Vec<usize> = others.collect();
            needs[n].extend(others);
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open,
    Done,
}

fn visit(
    n: usize,
    needs: &[Vec<usize>],
    state: &mut [Mark],
    trail: &mut Vec<usize>,
    sorted: &mut Vec<usize>,
) -> Result<(), Vec<usize>> {
    match state[n] {
        Mark::Done => return Ok(()),
        Mark::Open => {
            let start = trail.iter().position(|t| *t == n).unwrap_or(0);
            return Err(trail[start..].to_vec());
        }
        Mark::New => {}
    }
    state[n] = Mark::Open;
    trail.push(n);
    for &next in &needs[n] {
        visit(next, needs, state, trail, sorted)?;
    }
    trail.pop();
    state[n] = Mark::Done;
    sorted.push(n);
    Ok(())
}
