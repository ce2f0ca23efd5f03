//! `signal`: waits for a signal. One that came before is lost.

use super::{Shape, next};
use crate::workflow::def::{Body, Split, Trigger};
use model::workflow::Signal;

pub(super) fn shape(kind: &Signal) -> Shape {
    Shape {
        body: Body::Wait(Trigger::Signal(kind.name.clone())),
        split: Split::All,
        ways: vec![next(&kind.next)],
    }
}
