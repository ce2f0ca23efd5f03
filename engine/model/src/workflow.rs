//! Workflow definitions: how a record runs. The kinds a consultant meets; the kernel turns them
//! into its one kind of node (4.1).

use crate::{Expr, Given, Look, Name, Path, Ref, Status};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A workflow definition.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Workflow {
    #[serde(skip, default = "crate::form::nowhere")]
    pub name: Ref,
    pub label: String,
    pub nodes: IndexMap<Name, Node>,
    /// Until when the starter may withdraw.
    #[serde(default, skip_serializing_if = "Withdraw::is_default")]
    pub withdraw: Withdraw,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Workflow {
    /// Every node with its name, those of blocks behind their block.
    pub fn all_nodes(&self) -> Vec<(&Name, &Node)> {
        let mut found = vec![];
        below(&self.nodes, "/nodes", &mut |name, node, _| {
            found.push((name, node))
        });
        found
    }
    /// A node by its name, wherever it stands.
    pub fn node(&self, name: &str) -> Option<&Node> {
        let inside = || self.all_nodes().into_iter().find(|(n, _)| ***n == *name);
        self.nodes
            .get(name)
            .or_else(|| inside().map(|(_, node)| node))
    }
    /// Where a node stands in the file, as a JSON pointer; of one that is not there, where it
    /// would stand.
    pub fn place(&self, name: &str) -> String {
        let mut place = format!("/nodes/{name}");
        if !self.nodes.contains_key(name) {
            below(&self.nodes, "/nodes", &mut |n, _, at| {
                if **n == *name {
                    place = at.to_owned();
                }
            });
        }
        place
    }
}

/// Walks nodes and what stands in their blocks.
fn below<'a>(
    nodes: &'a IndexMap<Name, Node>,
    place: &str,
    see: &mut dyn FnMut(&'a Name, &'a Node, &str),
) {
    for (name, node) in nodes {
        let at = format!("{place}/{name}");
        see(name, node, &at);
        if let NodeKind::Block(block) = &node.kind {
            below(&block.nodes, &format!("{at}/nodes"), see);
        }
    }
}

/// Until when the starter may withdraw (撤回).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdraw {
    /// As long as it runs and nothing is posted.
    #[default]
    WhileRunning,
    /// As long as nobody has acted.
    BeforeFirstAct,
}
impl Withdraw {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A node: what every kind says, and its kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Node {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// How several ways in meet; `each` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub join: Option<Join>,
    /// So many arrivals are enough to go on; instead of `join`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub need: Option<Amount>,
    /// What becomes of the arrivals beyond `need`; `drain` where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// Nodes that name the same mutex are never open at the same time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutex: Option<Name>,
    /// Takes a mutex and keeps it until a node lets it go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acquire: Option<Name>,
    /// Lets go of a mutex that was acquired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Name>,
    /// A milestone: the node can be entered only while this other one is reached and not done.
    #[serde(default, rename = "while", skip_serializing_if = "Option::is_none")]
    pub during: Option<Name>,
    /// Nodes whose work ends when this one is entered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancels: Vec<Name>,
    /// Where someone dragged it to on the canvas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<[i32; 2]>,
    #[serde(flatten)]
    pub kind: NodeKind,
}

/// How tokens on several ways in meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// Every token goes on by itself.
    #[default]
    Each,
    /// One token from every way in.
    All,
    /// All that can still come (Völzer's rule, 4.1).
    Live,
}

/// A number as it is written, or an expression that gives one while the flow runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Amount {
    Fixed(u32),
    Expr(Expr),
}

/// What becomes of the arrivals that a join with `need` goes on without.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// They are taken as they come and lead nowhere.
    #[default]
    Drain,
    /// As `drain`, and until every way in has arrived nothing else goes on: a second arrival by
    /// one way waits for the next round.
    Block,
    /// What could still arrive is ended.
    Cancel,
}

/// The closed list of node kinds; the JSON key `kind` chooses.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NodeKind {
    Start {
        next: Name,
    },
    Approval(Approval),
    Fill(Fill),
    ExclusiveGateway(Gateway),
    ParallelGateway(Gateway),
    InclusiveGateway(Gateway),
    ComplexGateway(Gateway),
    Race(Gateway),
    Block(Block),
    Message(Message),
    Signal(Signal),
    Notify(Notify),
    Script {
        set: IndexMap<Name, Given>,
        next: Name,
    },
    Timer(Timer),
    Post(Post),
    End {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
    },
    Terminate {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
    },
}

impl NodeKind {
    /// The kind's name as written in a package.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Approval(_) => "approval",
            Self::Fill(_) => "fill",
            Self::ExclusiveGateway(_) => "exclusive_gateway",
            Self::ParallelGateway(_) => "parallel_gateway",
            Self::InclusiveGateway(_) => "inclusive_gateway",
            Self::ComplexGateway(_) => "complex_gateway",
            Self::Race(_) => "race",
            Self::Block(_) => "block",
            Self::Message(_) => "message",
            Self::Signal(_) => "signal",
            Self::Notify(_) => "notify",
            Self::Script { .. } => "script",
            Self::Timer(_) => "timer",
            Self::Post(_) => "post",
            Self::End { .. } => "end",
            Self::Terminate { .. } => "terminate",
        }
    }
    /// Every way out, in the order of the file.
    pub fn ways(&self) -> Vec<&Name> {
        match self {
            Self::Start { next } | Self::Script { next, .. } => vec![next],
            Self::Approval(a) => a.outcomes.values().collect(),
            Self::Fill(f) => vec![&f.next],
            Self::ExclusiveGateway(g)
            | Self::ParallelGateway(g)
            | Self::InclusiveGateway(g)
            | Self::ComplexGateway(g)
            | Self::Race(g) => g.branches.values().map(|b| &b.to).chain(&g.next).collect(),
            Self::Block(b) => vec![&b.next],
            Self::Message(m) => vec![&m.next],
            Self::Signal(s) => vec![&s.next],
            Self::Notify(n) => vec![&n.next],
            Self::Timer(t) => vec![&t.next],
            Self::Post(p) => std::iter::once(&p.next).chain(p.over.values()).collect(),
            Self::End { .. } | Self::Terminate { .. } => vec![],
        }
    }
    /// The part about people, where people act at this node.
    pub fn people(&self) -> Option<&People> {
        match self {
            Self::Approval(a) => Some(&a.people),
            Self::Fill(f) => Some(&f.people),
            _ => None,
        }
    }
}

/// Who acts at a node, and what they may do there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct People {
    pub seats: Vec<SeatRule>,
    #[serde(default)]
    pub order: Order,
    /// Field access at this node; `field` or `table.field`. What is not named is read.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<Path, Look>,
    #[serde(default, skip_serializing_if = "Operations::is_empty")]
    pub may: Operations,
    /// What happens where the seats are empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Empty>,
    /// When one person would decide again.
    #[serde(default)]
    pub same_person: SamePerson,
    /// When the one who started it would decide. Left out: `refuse` at an approval; at a fill
    /// node he may act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<Own>,
    /// Nodes whose people may not act here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_same_as: Vec<Name>,
    /// How one of several candidates gets a role's seat; left out, whoever takes it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pick: Option<Pick>,
    /// ISO 8601 duration until it is overdue. Its people are told then, unless a ladder says what
    /// happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// What happens to a task that nobody acts on, step by step.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub ladder: IndexMap<Name, Rung>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Ref>,
}

/// A line of a node's `seats`: who, and how much each of these seats weighs in a vote by weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRule {
    pub who: Seat,
    pub weight: u32,
}
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weighed {
    who: Seat,
    weight: u32,
}
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Plain(Seat),
    Weighed(Weighed),
}
impl Serialize for SeatRule {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let (who, weight) = (self.who.clone(), self.weight);
        match weight {
            1 => who.serialize(s),
            _ => Weighed { who, weight }.serialize(s),
        }
    }
}
impl<'de> Deserialize<'de> for SeatRule {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Ok(match Line::deserialize(d)? {
            Line::Plain(who) => Self { who, weight: 1 },
            Line::Weighed(Weighed { who, weight }) => Self { who, weight },
        })
    }
}

/// What happens at a node whose seats are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Empty {
    /// It passes by itself.
    Pass,
    /// This seat takes their place.
    Seat(Seat),
}
impl Empty {
    /// The seat that takes their place, if one does.
    pub fn seat(&self) -> Option<&Seat> {
        match self {
            Self::Pass => None,
            Self::Seat(seat) => Some(seat),
        }
    }
}
impl Serialize for Empty {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Pass => s.serialize_str("pass"),
            Self::Seat(seat) => seat.serialize(s),
        }
    }
}
impl<'de> Deserialize<'de> for Empty {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if text == "pass" {
            return Ok(Self::Pass);
        }
        let text = serde::de::value::StringDeserializer::<D::Error>::new(text);
        Seat::deserialize(text).map(Self::Seat)
    }
}

/// How one of several candidates gets a role's seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// By chance, which the instance's id decides.
    Random,
    /// Whose last task here is the longest ago.
    Turn,
    /// Who has the fewest open tasks.
    Shortest,
}

/// One step of a ladder: what happens to a task that is still open then.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// ISO 8601 duration since the task was opened, on the node's calendar.
    pub after: String,
    /// `remind`, `add_seat`, `transfer`, or an outcome of the node.
    #[serde(rename = "do")]
    pub act: Name,
    /// Of `add_seat` and `transfer`: to whom; left out, the holder's manager.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Seat>,
}

/// What a step of a ladder does, where it is no outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RungAct {
    Remind,
    AddSeat,
    Transfer,
}
impl Rung {
    /// What it does; nothing where it chooses an outcome.
    pub fn acts(&self) -> Option<RungAct> {
        match &*self.act {
            "remind" => Some(RungAct::Remind),
            "add_seat" => Some(RungAct::AddSeat),
            "transfer" => Some(RungAct::Transfer),
            _ => None,
        }
    }
}

/// A rule that gives seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seat {
    /// One seat that any holder of the role may take.
    Role(Ref),
    /// Whoever decided at that node.
    SameAs(Name),
    /// Whoever the expression names.
    Expr(Expr),
}
impl Serialize for Seat {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Role(r) => s.collect_str(&format_args!("role:{r}")),
            Self::SameAs(node) => s.collect_str(&format_args!("same_as:{node}")),
            Self::Expr(e) => e.serialize(s),
        }
    }
}
impl<'de> Deserialize<'de> for Seat {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        use serde::de::{Error, value::StrDeserializer};
        let text = String::deserialize(d)?;
        if let Some(node) = text.strip_prefix("same_as:") {
            let node = StrDeserializer::<D::Error>::new(node);
            return Name::deserialize(node).map(Self::SameAs);
        }
        match (text.strip_prefix("role:"), Expr::of(&text)) {
            (Some(role), _) => {
                Ref::deserialize(StrDeserializer::<D::Error>::new(role)).map(Self::Role)
            }
            (None, Some(e)) => Ok(Self::Expr(e)),
            _ => Err(D::Error::custom(
                "a seat is `role:name`, `same_as:node` or an expression",
            )),
        }
    }
}

/// Whether seats decide side by side or one after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    #[default]
    Parallel,
    InTurn,
}
impl Order {
    fn is_parallel(&self) -> bool {
        *self == Self::Parallel
    }
}

/// What happens when one person would decide again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SamePerson {
    /// Passes by itself if that person passed any earlier node.
    Always,
    /// Passes by itself if that person passed the node just before.
    Adjacent,
    #[default]
    Never,
}

/// What happens when the starter would decide on his own record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// His seat passes by itself.
    Pass,
    /// His manager decides instead.
    Superior,
    /// The head of his department decides instead.
    Head,
    /// His seat is left out; the node's `empty` rule takes over if none is left.
    Refuse,
}

/// Operations on a task beside completing it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_seat: Option<AddSeat>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_seat: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegate: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "return")]
    pub send_back: Option<Return>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_back: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<Operation>,
    /// For whoever has a task here; others need the right to steer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump: Option<Operation>,
    /// For whoever has a task here; others need the right to steer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<Operation>,
    /// For whoever has a task here; others need the right to steer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminate: Option<Operation>,
}
impl Operations {
    fn is_empty(&self) -> bool {
        let plain = [
            &self.drop_seat,
            &self.transfer,
            &self.delegate,
            &self.take_back,
            &self.remind,
            &self.copy,
            &self.jump,
            &self.suspend,
            &self.terminate,
        ];
        self.add_seat.is_none()
            && self.send_back.is_none()
            && plain.into_iter().all(Option::is_none)
    }
}

/// What every operation may say.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default)]
    pub comment: Need,
}

/// Whether an opinion must be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    Required,
    #[default]
    Optional,
}

/// Whether an opinion must be written to complete a task: always, never, or when this holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Opinion {
    Always(Need),
    When(Expr),
}
impl Default for Opinion {
    fn default() -> Self {
        Self::Always(Need::default())
    }
}

/// Adding a signer (加签).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddSeat {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default)]
    pub comment: Need,
    /// Which ways are offered; all where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub how: Vec<How>,
}

/// Where an added seat stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Decides first; the opener waits.
    Before,
    /// Decides after the opener.
    After,
    /// Joins the set.
    Parallel,
}

/// Sending back (退回).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Return {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default)]
    pub comment: Need,
    #[serde(default)]
    pub to: ReturnTo,
    #[serde(default)]
    pub then: Then,
}

/// How far back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnTo {
    #[default]
    Starter,
    Previous,
    Any,
}

/// What happens once the one sent back to has done his part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Goes straight on to the node that sent it back.
    Resume,
    /// Every node after the target runs again.
    #[default]
    Rerun,
}

/// People decide: one ballot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Approval {
    #[serde(flatten)]
    pub people: People,
    #[serde(default)]
    pub pass: Pass,
    /// So many rejections refuse it at once, even where pass is still in reach (一票否决: 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub veto: Option<u32>,
    #[serde(default)]
    pub opinion: Opinion,
    /// Outcome → node. The first is the main way (usually `approve`); `reject` decides against.
    pub outcomes: IndexMap<Name, Name>,
}

/// When a ballot passes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassWord {
    #[default]
    All,
    Any,
}

/// When a ballot passes: a word, or a share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Pass {
    Word(PassWord),
    Share(Share),
}
impl Default for Pass {
    fn default() -> Self {
        Self::Word(PassWord::All)
    }
}

/// A share of votes or seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// 1 to 100.
    pub percent: u32,
    #[serde(default)]
    pub of: ShareOf,
    /// More than, instead of at least.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
    /// Share of seats that must vote, 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
}

/// What a share is counted over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareOf {
    /// The votes for and against.
    Votes,
    /// All seats, each counted once.
    #[default]
    Seats,
    /// All seats, each by its weight.
    Weights,
}

/// A person completes fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fill {
    #[serde(flatten)]
    pub people: People,
    pub next: Name,
}

/// A gateway: splits with `branches`, joins with `next`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Gateway {
    /// Of a parallel gateway: how often every way is taken, each time a thread of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<Amount>,
    /// The same, and a join that is `live` waits for all of them together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<Amount>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub branches: IndexMap<Name, Branch>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Name>,
}

/// A way out of a gateway; the last has no `when` and is the default.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Branch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expr>,
    pub to: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// A part of the flow with a start and ends of its own: it is done when nothing in it runs any
/// more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Block {
    /// Names are unique in the whole workflow, not only in here.
    pub nodes: IndexMap<Name, Node>,
    /// How often it runs side by side; once where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<Amount>,
    /// The runs come one after the other instead.
    #[serde(default, skip_serializing_if = "Order::is_parallel")]
    pub order: Order,
    /// Nodes where people act are open one at a time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interleave: bool,
    /// How many of its runs must be done; the others are ended then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Amount>,
    pub next: Name,
}

/// Waits for a message to this instance; one that came before is kept for it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    pub name: Name,
    /// Only a message with this key; any where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Expr>,
    pub next: Name,
}

/// Waits for a signal; one that came before is lost.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Signal {
    pub name: Name,
    pub next: Name,
}

/// Tells people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notify {
    pub to: Vec<Seat>,
    pub message: Ref,
    /// Whoever was told or copied before in this instance is left out, and counts as copied then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    pub next: Name,
}

/// Waits until a moment or for a while.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Expr>,
    /// ISO 8601 duration.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "for")]
    pub span: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Ref>,
    pub next: Name,
}

/// Writes the ledgers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Post {
    pub next: Name,
    /// `ledger/constraint` of mode override → the approval that may let it through. The key is
    /// written `ledger/constraint` (own package) or `package/ledger/constraint`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub over: IndexMap<String, Name>,
}
