//! Who asks, and what he may know: worked out from the table below and nothing of the engine.

use serde_json::{Value, json};

/// Which rows a role's grant is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Own,
    Department,
    Tree,
    Branch,
    All,
    Filter,
    None,
}

pub const SCOPES: [Scope; 7] = [
    Scope::Own,
    Scope::Department,
    Scope::Tree,
    Scope::Branch,
    Scope::All,
    Scope::Filter,
    Scope::None,
];

/// What a role's grant gives for the guarded fields and the seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Hidden,
    Masked,
    Read,
    Edit,
    /// Guarded fields are read, seals stay closed.
    Sealed,
}

pub const ACCESSES: [Access; 5] = [
    Access::Hidden,
    Access::Masked,
    Access::Read,
    Access::Edit,
    Access::Sealed,
];

impl Scope {
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Department => "department",
            Self::Tree => "tree",
            Self::Branch => "branch",
            Self::All => "all",
            Self::Filter => "filter",
            Self::None => "none",
        }
    }
    /// As `roles.json` says it, of papers and of entries. The filter tests what its holder may not
    /// be able to read.
    pub fn rows(self) -> Value {
        match self {
            Self::Own => json!({ "owner": "= user.employee" }),
            Self::Department => json!({ "department": "= user.department" }),
            Self::Tree => json!({ "department": { "under": "= user.department" } }),
            Self::Branch => json!({ "branch": "= user.branches" }),
            Self::Filter => json!({ "tier": { "at_least": 4 }, "x_choice": "red" }),
            Self::All | Self::None => json!({}),
        }
    }
}

impl Access {
    pub fn word(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Masked => "masked",
            Self::Read => "read",
            Self::Edit => "edit",
            Self::Sealed => "sealed",
        }
    }
    pub fn verbs(self) -> &'static [&'static str] {
        match self {
            Self::Edit => &[
                "create", "read", "edit", "submit", "withdraw", "delete", "reverse",
            ],
            _ => &["read"],
        }
    }
    /// What a grant says for the guarded fields, where it says something.
    pub fn guarded(self) -> Option<&'static str> {
        match self {
            Self::Hidden => Some("hidden"),
            Self::Masked => Some("masked"),
            _ => None,
        }
    }
    pub fn opens(self) -> bool {
        matches!(self, Self::Read | Self::Edit)
    }
}

/// Guarded fields of a paper's header.
pub const GUARDED_HEADER: &[&str] = &[
    "x_text",
    "x_number",
    "x_money",
    "x_quantity",
    "x_date",
    "x_month",
    "x_moment",
    "x_choice",
    "x_link",
    "x_file",
    "x_calc",
    "x_live",
];
/// Sealed fields of a paper's header.
pub const SEALED_HEADER: &[&str] = &["s_text", "s_money", "s_link"];

/// What is called so in the ledger only.
pub const GUARDED_LABELS: &[&str] = &[
    "x_dim", "x_attr", "x_twice", "x_amount", "s_attr", "s_amount",
];

/// How somebody comes to see papers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By one grant.
    Plain(Scope, Access),
    /// By two: his own in full, all others with this access.
    Mixed(Access),
    /// By his tasks alone.
    Approver,
    /// The one who wrote everything.
    Clerk,
}

/// A paper, as far as rights look at it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub department: &'static str,
    pub branch: &'static str,
    pub tier: u32,
    pub red: bool,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Draft,
    Submitted,
    Posted,
}

/// How many papers there are. The first ones belong to those who see their own.
pub const PAPERS: usize = 12;

/// The papers.
pub fn row(n: usize) -> Row {
    Row {
        department: ["north", "east", "south", "root"][n % 4],
        branch: ["b1", "b2"][(n / 2) % 2],
        tier: n as u32,
        red: !n.is_multiple_of(3),
        state: match n {
            10 => State::Draft,
            9 | 11 => State::Submitted,
            _ => State::Posted,
        },
    }
}

/// Everybody who asks. All belong to department `north`, which has `east` below it, and to branch
/// `b1`.
pub fn kinds() -> Vec<Kind> {
    let plain = |s: &Scope| ACCESSES.map(|a| Kind::Plain(*s, a));
    let mut out: Vec<Kind> = SCOPES.iter().flat_map(plain).collect();
    out.extend([
        Kind::Mixed(Access::Hidden),
        Kind::Mixed(Access::Masked),
        Kind::Approver,
        Kind::Clerk,
    ]);
    out
}

/// What somebody sees of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    Nothing,
    Dots,
    Value,
}

impl Kind {
    pub fn login(self) -> String {
        match self {
            Self::Plain(scope, access) => format!("{}_{}", scope.word(), access.word()),
            Self::Mixed(access) => format!("mixed_{}", access.word()),
            Self::Approver => "approver".into(),
            Self::Clerk => "clerk".into(),
        }
    }
    /// The paper that is his own.
    pub fn own(self) -> Option<usize> {
        match self {
            Self::Plain(Scope::Own, access) => ACCESSES.iter().position(|a| *a == access),
            Self::Mixed(Access::Hidden) => Some(5),
            Self::Mixed(_) => Some(6),
            _ => None,
        }
    }
    /// Whether he asks lists about the `n`th field. Those of one access share the fields among
    /// their scopes; who sees all papers, and who sees them in several ways, asks about all.
    pub fn asks_about(self, n: usize) -> bool {
        let scope = match self {
            Self::Plain(scope, _) if scope != Scope::All => scope,
            _ => return true,
        };
        let place = SCOPES.iter().position(|s| *s == scope).unwrap_or(0);
        (n + place).is_multiple_of(3)
    }
    /// Whether he has a grant on papers, or takes part in one.
    pub fn knows_papers(self) -> bool {
        !matches!(self, Self::Plain(Scope::None, _))
    }
    /// Whether he may read the ledger.
    pub fn reads_book(self) -> bool {
        self.knows_papers() && self != Self::Approver
    }
    pub fn sees(self, n: usize) -> bool {
        let paper = row(n);
        match self {
            Self::Clerk | Self::Mixed(_) => true,
            Self::Approver => paper.state != State::Draft,
            Self::Plain(scope, _) => match scope {
                Scope::All => true,
                Scope::None => false,
                Scope::Own => self.own() == Some(n),
                Scope::Department => paper.department == "north",
                Scope::Tree => ["north", "east"].contains(&paper.department),
                Scope::Branch => paper.branch == "b1",
                Scope::Filter => paper.tier >= 4 && paper.red,
            },
        }
    }
    /// The access that decides on a paper he sees.
    fn access(self, n: usize) -> Access {
        match self {
            Self::Plain(_, access) => access,
            Self::Mixed(_) if self.own() == Some(n) => Access::Read,
            Self::Mixed(access) => access,
            Self::Approver => Access::Sealed,
            Self::Clerk => Access::Edit,
        }
    }
    /// What he sees of a field of a paper: of a column by its table's name first.
    pub fn sight(self, n: usize, field: &str) -> Sight {
        if !self.sees(n) {
            return Sight::Nothing;
        }
        sight(self.access(n), field)
    }
    /// What he sees of a field of the ledger. One grant that does not show it hides it: balances
    /// are sums over rows of several grants.
    pub fn sight_of_book(self, field: &str) -> Sight {
        match self {
            Self::Mixed(access) => sight(access, field),
            _ if !self.reads_book() => Sight::Nothing,
            _ => sight(self.access(0), field),
        }
    }
    /// The most he sees of a field on any paper.
    pub fn most(self, field: &str) -> Sight {
        let mut sights: Vec<Sight> = (0..PAPERS).map(|n| self.sight(n, field)).collect();
        if let Self::Plain(scope, access) = self
            && scope != Scope::None
        {
            // Whether a paper is there that he sees does not matter.
            sights.push(sight(access, field));
        }
        sights.into_iter().max().unwrap_or(Sight::Nothing)
    }
}

fn sight(access: Access, field: &str) -> Sight {
    let name = field.rsplit('.').next().unwrap_or(field);
    if name.starts_with("x_") || field.starts_with("x_") {
        return match access {
            Access::Hidden => Sight::Nothing,
            Access::Masked => Sight::Dots,
            _ => Sight::Value,
        };
    }
    if name.starts_with("s_") && !access.opens() {
        return match name.ends_with("_money") || name.ends_with("_amount") {
            true => Sight::Dots,
            false => Sight::Nothing,
        };
    }
    Sight::Value
}
