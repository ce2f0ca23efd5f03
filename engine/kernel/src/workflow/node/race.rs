//! `race`: every branch is open, and the first that is done ends the others.

use super::{Shape, exclusive_gateway};
use crate::workflow::def::{Body, Split};
use model::workflow::Gateway;

pub(super) fn shape(kind: &Gateway) -> Shape {
    Shape {
        body: Body::Pass,
        split: Split::Race,
        ways: exclusive_gateway::ways(kind),
    }
}
