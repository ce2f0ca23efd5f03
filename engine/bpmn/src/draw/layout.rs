//! Where nodes stand: in columns from left to right as the flow goes, in a column near what leads
//! to them. A node that somebody placed stays there.

use super::kind_of;
use crate::kind::Kind;
use indexmap::IndexMap;
use model::{
    Name,
    workflow::{Node, NodeKind},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A rectangle of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
}

const GAP_X: i64 = 60;
const GAP_Y: i64 = 40;
/// What a block leaves free around its nodes.
const PADDING: i64 = 40;

/// The places of nodes and of those in their blocks.
pub fn of(nodes: &IndexMap<Name, Node>) -> HashMap<Name, Place> {
    let mut found = HashMap::new();
    lay(nodes, (PADDING, PADDING), &mut found);
    found
}

/// Lays nodes out from a corner; answers how much room they take.
fn lay(
    nodes: &IndexMap<Name, Node>,
    corner: (i64, i64),
    found: &mut HashMap<Name, Place>,
) -> (i64, i64) {
    let mut inner: HashMap<&Name, HashMap<Name, Place>> = HashMap::new();
    let mut sizes: HashMap<&Name, (i64, i64)> = HashMap::new();
    for (name, node) in nodes {
        let size = match &node.kind {
            NodeKind::Block(block) => {
                let mut places = HashMap::new();
                let (width, height) = lay(&block.nodes, (PADDING, PADDING), &mut places);
                inner.insert(name, places);
                (width + 2 * PADDING, height + 2 * PADDING)
            }
            kind if kind_of(kind).is(Kind::Event) => (36, 36),
            kind if kind_of(kind).is(Kind::Gateway) => (50, 50),
            _ => (100, 80),
        };
        sizes.insert(name, size);
    }
    let columns = columns(nodes);
    let tall = |column: &Vec<&Name>| -> i64 {
        let heights: i64 = column.iter().map(|name| sizes[name].1 + GAP_Y).sum();
        heights - GAP_Y
    };
    let height = columns.iter().map(tall).max().unwrap_or(0);
    let mut x = corner.0;
    for column in &columns {
        let width = column.iter().map(|name| sizes[name].0).max().unwrap_or(0);
        let mut y = corner.1 + (height - tall(column)) / 2;
        for name in column {
            let (w, h) = sizes[name];
            let at = nodes.get(*name).and_then(|node| node.at);
            let (left, top) = match at {
                Some([left, top]) => (left.into(), top.into()),
                None => (x + (width - w) / 2, y),
            };
            let place = Place {
                x: left,
                y: top,
                width: w,
                height: h,
            };
            found.insert((*name).clone(), place);
            for (below, mut place) in inner.remove(*name).into_iter().flatten() {
                let placed = nodes.get(*name).and_then(|block| match &block.kind {
                    NodeKind::Block(block) => block.nodes.get(&below)?.at,
                    _ => None,
                });
                if placed.is_none() {
                    place.x += left;
                    place.y += top;
                }
                found.insert(below, place);
            }
            y += h + GAP_Y;
        }
        x += width + GAP_X;
    }
    (x - GAP_X - corner.0, height)
}

/// The nodes by columns: each behind all that lead to it, ways that lead back left out.
fn columns(nodes: &IndexMap<Name, Node>) -> Vec<Vec<&Name>> {
    let order = order(nodes);
    let rank: HashMap<&Name, usize> = order
        .iter()
        .enumerate()
        .map(|(n, name)| (*name, n))
        .collect();
    let mut column: HashMap<&Name, usize> = HashMap::new();
    let mut above: HashMap<&Name, Vec<&Name>> = HashMap::new();
    for name in &order {
        let here = *column.entry(name).or_insert(0);
        for to in nodes[*name].kind.ways() {
            let Some((to, _)) = nodes
                .get_key_value(to)
                .filter(|(to, _)| rank[to] > rank[name])
            else {
                continue;
            };
            let at = column.entry(to).or_insert(0);
            *at = (*at).max(here + 1);
            above.entry(to).or_default().push(name);
        }
    }
    let mut columns: BTreeMap<usize, Vec<&Name>> = BTreeMap::new();
    for name in order {
        columns.entry(column[name]).or_default().push(name);
    }
    let mut row: HashMap<&Name, usize> = HashMap::new();
    for column in columns.values_mut() {
        // Twice the mean of the rows of what leads there, in whole numbers.
        column.sort_by_key(|name| {
            let rows: Vec<usize> = above
                .get(name)
                .into_iter()
                .flatten()
                .map(|n| row[n])
                .collect();
            (2 * rows.iter().sum::<usize>())
                .checked_div(rows.len())
                .unwrap_or(0)
        });
        row.extend(column.iter().enumerate().map(|(n, name)| (*name, n)));
    }
    columns.into_values().collect()
}

/// The nodes so that every way goes forward, but for those that lead back.
fn order(nodes: &IndexMap<Name, Node>) -> Vec<&Name> {
    let mut done = vec![];
    let mut seen = HashSet::new();
    let starts = nodes
        .iter()
        .filter(|(_, n)| matches!(n.kind, NodeKind::Start { .. }));
    let rest = nodes.iter();
    for (first, _) in starts.chain(rest) {
        let mut path: Vec<(&Name, Vec<&Name>)> = vec![];
        if seen.insert(first) {
            path.push((first, nodes[first].kind.ways()));
        }
        while let Some((name, ways)) = path.last_mut() {
            match ways.pop() {
                None => {
                    done.push(*name);
                    path.pop();
                }
                Some(to) => {
                    if let Some((to, node)) = nodes.get_key_value(to)
                        && seen.insert(to)
                    {
                        path.push((to, node.kind.ways()));
                    }
                }
            }
        }
    }
    done.reverse();
    done
}
