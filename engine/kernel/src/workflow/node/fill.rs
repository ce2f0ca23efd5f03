//! `fill`: a person completes fields. A ballot that can only pass; with several seats, all fill.

use super::{Shape, approval, next};
use crate::workflow::{
    def::{Body, Split},
    state::Vote,
};
use model::workflow::{Fill, Pass};

pub(super) fn shape(kind: &Fill) -> Shape {
    let votes = vec![("next".into(), Vote::Pass)];
    let ballot = approval::ballot(&kind.people, Pass::default(), votes);
    Shape {
        body: Body::Ballot(ballot),
        split: Split::Chosen,
        ways: vec![next(&kind.next)],
    }
}
