//! The compiled form of an expression: a closed tree over resolved paths.

use super::{function::Function, types::Type, value::Val};
use model::{Name, Ref, Target};
use std::sync::Arc;

/// An expression ready to run.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) root: Node,
    pub(crate) kind: Type,
    /// Paths that must have a value before it runs; only filled where the tree could otherwise
    /// give a value without one of them (`if`, `&&`, `||`, `==`, `empty`, lists, maps, scripts).
    pub(crate) must: Vec<Arc<PathRead>>,
    /// Own fields it reads, for the order of evaluation and for what makes a copy run again.
    pub(crate) reads: Vec<Read>,
    /// Whether it reads a whole record, whose fields are not known before it runs.
    pub(crate) whole: bool,
    /// Where it is only comparisons joined by `&&`: those comparisons.
    pub(crate) comparisons: Option<Vec<(Op, Node, Node)>>,
}

/// A field of the record at hand that an expression reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Read {
    /// A field of the header; a table with the column read, or with `None` the table itself.
    Header(Name, Option<Name>),
    /// A field of the line at hand.
    Line(Name),
}

/// A node of the tree.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Const(Val),
    Path(Arc<PathRead>),
    /// Steps from what a function gave.
    Get(Box<(Node, Vec<Step>)>),
    /// A computed measure, worked out from the same balance.
    Inline(Arc<Compiled>),
    Not(Box<Node>),
    Negative(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Binary(Op, Box<(Node, Node)>),
    If(Box<(Node, Node, Node)>),
    /// The first is one of the second.
    In(Box<(Node, Node)>),
    List(Vec<Node>),
    Map(Vec<(Name, Node)>),
    Call(Function, Vec<Node>),
    /// A ledger's balance for a key.
    Balance(Ref, Box<Node>),
    /// A register's answer for a key on a day.
    Slice(Ref, Box<(Node, Node)>),
    /// Working days between two days by a calendar.
    WorkingDays(Ref, Box<(Node, Node)>),
    /// Holders of a role, or the role itself as one seat.
    Role {
        role: Ref,
        within: Option<Box<Node>>,
        each: bool,
    },
    Script {
        package: Name,
        function: Name,
        args: Vec<Node>,
    },
}

/// Operators on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Plus,
    Minus,
    Times,
    Over,
    Modulo,
    Equal,
    Differs,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// A path resolved from a name in scope.
#[derive(Debug, PartialEq)]
pub(crate) struct PathRead {
    pub(crate) root: Root,
    pub(crate) steps: Vec<Step>,
    pub(crate) kind: Type,
}

/// Where a path begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Root {
    /// The record at hand; a make's source.
    Record,
    /// The line at hand.
    Line,
    User(UserField),
    Today,
    /// The record of a settings form.
    Settings(Ref),
    /// A dimension or attribute of a ledger's key.
    Key(Name),
    /// A stored measure.
    Measure(Name),
    /// A measure of an entry above.
    Entry(Name, Name),
    /// What is left of a make's source line.
    Open,
}

/// What `user` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UserField {
    Id,
    Login,
    Name,
    Language,
    Employee,
    Branch,
    Branches,
    Department,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// A field of the record or line at hand.
    Field(Name, Blank),
    Built(Built),
    /// From a link to what it points to.
    Follow(Arc<Target>),
    /// From a line to the record that holds it.
    Holder,
    /// Every line of a table.
    Each,
    /// A stored measure of a balance.
    Measure(Name),
    /// A computed measure of a balance.
    Computed(Arc<Compiled>),
    /// A value of a register's row.
    Value(Name, Type),
    /// The chain link that gave a register's row.
    Found,
}
impl PartialEq for Compiled {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// What an empty field reads as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    Nothing,
    /// A switch is no while it is empty.
    No,
    /// A table without lines.
    Rows,
}

/// What every record has beside its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Built {
    Id,
    Status,
    Version,
    CreatedAt,
    CreatedBy,
    UpdatedAt,
    UpdatedBy,
    Parent,
}
impl Built {
    /// The built-in called `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "status" => Self::Status,
            "version" => Self::Version,
            "created_at" => Self::CreatedAt,
            "created_by" => Self::CreatedBy,
            "updated_at" => Self::UpdatedAt,
            "updated_by" => Self::UpdatedBy,
            "parent" => Self::Parent,
            _ => return None,
        })
    }
}
