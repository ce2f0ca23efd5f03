//! Where everything is at one moment, told so that there are only so many moments.
//!
//! A place holds so many tokens or messages, or at least so many. Where more than [`MANY`] pile up
//! the exact number is let go; what then only may be possible is told from what surely is.

/// Up to how many of one thing are told apart.
const MANY: u8 = 3;

/// How many are in a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Count {
    least: u8,
    /// Whether there may be more.
    more: bool,
}

impl Count {
    pub fn put(&mut self) {
        match self.least < MANY {
            true => self.least += 1,
            false => self.more = true,
        }
    }
    /// One less, and whether there surely was one; nothing where there was none.
    pub fn take(&mut self) -> Option<bool> {
        let sure = self.least > 0;
        self.least = self.least.saturating_sub(1);
        (sure || self.more).then_some(sure)
    }
    pub fn clear(&mut self) {
        *self = Self::default();
    }
    /// Whether there is surely one.
    pub fn is_some(self) -> bool {
        self.least > 0
    }
    /// Whether there may be one.
    pub fn may_be_some(self) -> bool {
        self.least > 0 || self.more
    }
    /// Whether there are surely several.
    pub fn is_several(self) -> bool {
        self.least > 1
    }
    /// Whether there is at most `most`, surely or perhaps.
    pub fn at_most(self, most: u8, surely: bool) -> bool {
        self.least <= most && !(surely && self.more)
    }
    /// Whether the exact number was let go.
    pub fn is_vague(self) -> bool {
        self.more
    }
}

/// Tokens on flows and in nodes, messages on their way, and which processes have begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub flows: Vec<Count>,
    pub nodes: Vec<Count>,
    pub messages: Vec<Count>,
    pub begun: Vec<bool>,
}

impl State {
    /// Whether no message is on its way.
    pub fn is_silent(&self, surely: bool) -> bool {
        self.messages.iter().all(|n| n.at_most(0, surely))
    }
}

/// What one step leads to, and whether it is surely possible.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub to: State,
    pub sure: bool,
}

impl Step {
    pub fn from(state: &State) -> Self {
        Self {
            to: state.clone(),
            sure: true,
        }
    }
    /// Takes a token from a flow, where there may be one.
    pub fn take_of_flow(mut self, flow: usize) -> Option<Self> {
        self.sure &= self.to.flows[flow].take()?;
        Some(self)
    }
    /// Takes a token out of a node, where there may be one.
    pub fn take_of_node(mut self, node: usize) -> Option<Self> {
        self.sure &= self.to.nodes[node].take()?;
        Some(self)
    }
    /// Takes a message, where there may be one.
    pub fn take_message(mut self, message: usize) -> Option<Self> {
        self.sure &= self.to.messages[message].take()?;
        Some(self)
    }
}
