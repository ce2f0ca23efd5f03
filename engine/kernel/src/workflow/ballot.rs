//! The decision of a ballot: a pure fold over its seats after every change.

use super::state::Vote;
use model::workflow::{Pass, PassWord, Share, ShareOf};

/// The seats of a ballot, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub pass: u64,
    pub reject: u64,
    pub abstain: u64,
    /// Still to decide, parked and planned ones included.
    pub open: u64,
}

impl Count {
    /// Counts seats: `None` has not voted yet.
    pub fn of(votes: impl IntoIterator<Item = Option<Vote>>) -> Self {
        Self::weighed(votes.into_iter().map(|vote| (vote, 1)))
    }
    /// Counts seats by weight.
    pub fn weighed(votes: impl IntoIterator<Item = (Option<Vote>, u32)>) -> Self {
        let mut count = Self::default();
        for (vote, weight) in votes {
            let part = match vote {
                Some(Vote::Pass) => &mut count.pass,
                Some(Vote::Reject) => &mut count.reject,
                Some(Vote::Abstain) => &mut count.abstain,
                None => &mut count.open,
            };
            *part += u64::from(weight);
        }
        count
    }
    fn seats(self) -> u64 {
        self.pass + self.reject + self.abstain + self.open
    }
}

/// Where a ballot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wait,
    Passed,
    /// Rejected, or pass is out of reach whatever the open seats do.
    Failed,
}

/// Folds the seats of a ballot (4.1, "Fine points of a ballot"). `weights`: the same seats, each
/// counted by its weight. `veto`: so many rejections refuse it.
pub fn verdict(pass: &Pass, veto: Option<u32>, count: Count, weights: Count) -> Verdict {
    if veto.is_some_and(|veto| count.reject >= u64::from(veto)) {
        return Verdict::Failed;
    }
    let (sure, possible) = match pass {
        Pass::Word(PassWord::All) => {
            let against = count.reject + count.abstain;
            (count.open == 0 && against == 0, against == 0)
        }
        Pass::Word(PassWord::Any) => (count.pass > 0, count.pass + count.open > 0),
        Pass::Share(share) => by_share(share, count, weights),
    };
    match (sure && count.seats() > 0, possible) {
        (true, _) => Verdict::Passed,
        (false, true) => Verdict::Wait,
        (false, false) => Verdict::Failed,
    }
}

/// Whether a share is reached whatever the open seats do, and whether it still can be.
fn by_share(share: &Share, count: Count, weights: Count) -> (bool, bool) {
    let enough = |part: u64, whole: u64| {
        let (part, whole) = (part * 100, whole * u64::from(share.percent));
        if share.strict {
            part > whole
        } else {
            part >= whole
        }
    };
    let voted = count.seats() - count.open;
    let quorum = voted * 100 >= u64::from(share.quorum.unwrap_or(0)) * count.seats();
    let cast = count.pass + count.reject;
    let (worst, best) = match share.of {
        ShareOf::Seats => (
            enough(count.pass, count.seats()),
            enough(count.pass + count.open, count.seats()),
        ),
        ShareOf::Weights => (
            enough(weights.pass, weights.seats()),
            enough(weights.pass + weights.open, weights.seats()),
        ),
        // At worst every open seat votes against, at best for.
        ShareOf::Votes => (
            cast + count.open > 0 && enough(count.pass, cast + count.open),
            cast + count.open > 0 && enough(count.pass + count.open, cast + count.open),
        ),
    };
    // Nobody for is never enough, even where nobody is against.
    (
        quorum && worst && count.pass > 0,
        best && count.pass + count.open > 0,
    )
}
