//! `complex_gateway`: goes on once `need` ways in have arrived, by every branch whose condition
//! holds.

use super::{Shape, exclusive_gateway};
use crate::workflow::def::{Body, Split};
use model::workflow::Gateway;

pub(super) fn shape(kind: &Gateway) -> Shape {
    let asks = kind.branches.values().any(|b| b.when.is_some());
    Shape {
        body: Body::Pass,
        split: if asks { Split::Every } else { Split::All },
        ways: exclusive_gateway::ways(kind),
    }
}
