//! From rhai's syntax tree to ours: every construct is judged, every name resolved, every type
//! worked out as far as it is known.

use super::{
    names::{Head, Where},
    parse,
    tree::{Blank, Compiled, Node, Op, PathRead, Read, Root, Step},
    types::Type,
    value::Val,
};
use indexmap::IndexMap;
use model::{Catalogue, Decimal, Name, Problem, Ref};
use rhai::{ASTFlags, Expr as Ast, FnCallExpr, Stmt, StmtBlock};
use std::{collections::HashMap, sync::Arc};

/// Script functions by package: name → how many arguments.
pub(crate) type Scripts = HashMap<Name, IndexMap<String, usize>>;

/// What an expression is resolved against.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) scripts: &'a Scripts,
}

/// One thing wrong with an expression, without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) code: &'static str,
    pub(crate) with: Vec<String>,
    pub(crate) say: String,
}
impl Flaw {
    pub(crate) fn new(code: &'static str, with: &[&str], say: impl Into<String>) -> Self {
        Self {
            code,
            with: with.iter().map(|w| w.to_string()).collect(),
            say: say.into(),
        }
    }
    /// The flaw as a problem of a file.
    pub(crate) fn at(self, file: &str, at: &str) -> Problem {
        let with: Vec<&str> = self.with.iter().map(String::as_str).collect();
        Problem::new(file, at, self.code, &with, self.say)
    }
}

/// Compiles the text of an expression (without `= `) for the place it stands at.
pub(crate) fn compile(world: World, place: &Where, text: &str) -> Result<Compiled, Vec<Flaw>> {
    Lowerer::new(world, place).compile(text)
}

pub(super) struct Lowerer<'a> {
    pub(super) world: World<'a>,
    pub(super) place: &'a Where,
    pub(super) flaws: Vec<Flaw>,
    pub(super) must: Vec<Arc<PathRead>>,
    pub(super) reads: Vec<Read>,
    pub(super) whole: bool,
    /// Inside `empty()` or `if_empty()`.
    pub(super) exempt: u32,
    /// Something in the tree gives a value although a field it reads is empty.
    pub(super) lazy: bool,
    /// Computed measures being lowered, outermost first.
    pub(super) within: Vec<(Ref, Name)>,
}

/// A lowered part and its type.
pub(super) type Part = (Node, Type);

/// What stands for a part that is wrong; the flaw has been noted.
pub(super) fn broken() -> Part {
    (Node::Const(Val::Empty), Type::Any)
}

impl<'a> Lowerer<'a> {
    pub(super) fn new(world: World<'a>, place: &'a Where) -> Self {
        Self {
            world,
            place,
            flaws: vec![],
            must: vec![],
            reads: vec![],
            whole: false,
            exempt: 0,
            lazy: false,
            within: vec![],
        }
    }

    pub(super) fn compile(mut self, text: &str) -> Result<Compiled, Vec<Flaw>> {
        let ast = parse::expression(text).map_err(|say| {
            let flaw = Flaw::new("expression_syntax", &[&say], format!("`{text}`: {say}"));
            vec![flaw]
        })?;
        let (root, kind) = match ast.statements() {
            [Stmt::Expr(e)] => self.lower(e),
            _ => self.forbid("statements"),
        };
        if !self.flaws.is_empty() {
            return Err(self.flaws);
        }
        let comparisons = comparisons(&root);
        let mut must = std::mem::take(&mut self.must);
        if !self.lazy {
            // Every node is strict, so a path without a value already makes the whole empty.
            must.clear();
        }
        Ok(Compiled {
            root,
            kind,
            must,
            reads: self.reads,
            whole: self.whole,
            comparisons,
        })
    }

    pub(super) fn flaw(&mut self, code: &'static str, with: &[&str], say: String) -> Part {
        self.flaws.push(Flaw::new(code, with, say));
        broken()
    }

    pub(super) fn forbid(&mut self, what: &str) -> Part {
        let say = format!("{what} cannot stand in an expression");
        self.flaw("forbidden_construct", &[what], say)
    }

    pub(super) fn lower(&mut self, ast: &Ast) -> Part {
        match ast {
            Ast::BoolConstant(b, _) => (Node::Const(Val::Bool(*b)), Type::Bool),
            Ast::IntegerConstant(n, _) => number(Decimal::from(*n)),
            Ast::StringConstant(t, _) => (Node::Const(Val::Text(t.as_str().into())), Type::Text),
            Ast::Unit(_) => broken(),
            Ast::DynamicConstant(value, _) => match value.as_decimal() {
                Ok(d) => number(d),
                Err(_) => self.forbid("a ready-made value"),
            },
            Ast::Variable(..) | Ast::Dot(..) => self.chain(ast),
            Ast::FnCall(call, _) => self.operator_or_call(call),
            Ast::And(parts, _) => {
                let parts = self.conditions(parts);
                (Node::And(parts), Type::Bool)
            }
            Ast::Or(parts, _) => {
                let parts = self.conditions(parts);
                (Node::Or(parts), Type::Bool)
            }
            Ast::Stmt(block) => self.block(block),
            Ast::Array(items, _) => {
                self.lazy = true;
                let (mut nodes, mut kind) = (vec![], Type::Any);
                for item in items.iter() {
                    let (node, of) = self.lower(item);
                    nodes.push(node);
                    kind = of;
                }
                (Node::List(nodes), Type::List(Box::new(kind)))
            }
            Ast::Map(..) => self.forbid("a map outside balance() and slice()"),
            Ast::InterpolatedString(..) => self.forbid("`${}`"),
            Ast::CharConstant(..) => self.forbid("a single character"),
            Ast::ThisPtr(_) => self.forbid("`this`"),
            Ast::MethodCall(..) | Ast::Property(..) => self.forbid("a method"),
            Ast::Index(..) => self.forbid("an index"),
            Ast::Coalesce(..) => self.forbid("`??`"),
            _ => self.forbid("this construct"),
        }
    }

    fn conditions(&mut self, parts: &[Ast]) -> Vec<Node> {
        self.lazy = true;
        parts.iter().map(|part| self.condition(part)).collect()
    }

    /// A part that must be yes or no.
    fn condition(&mut self, ast: &Ast) -> Node {
        let (node, kind) = self.lower(ast);
        if !kind.fits(&Type::Bool) {
            let say = format!("yes or no is expected, not {}", kind.say());
            self.flaw("type_mismatch", &[&kind.say()], say);
        }
        node
    }

    /// `{ expression }`: exactly one expression, or an `if`.
    fn block(&mut self, block: &StmtBlock) -> Part {
        match block.statements() {
            [statement] => self.statement(statement),
            _ => self.forbid("statements"),
        }
    }

    fn statement(&mut self, statement: &Stmt) -> Part {
        match statement {
            Stmt::Expr(e) => self.lower(e),
            Stmt::FnCall(call, _) => self.operator_or_call(call),
            Stmt::Block(block) => self.block(block),
            Stmt::If(flow, _) => {
                self.lazy = true;
                let condition = self.condition(&flow.expr);
                let (yes, a) = self.block(&flow.body);
                if flow.branch.is_empty() {
                    return self.forbid("`if` without `else`");
                }
                let (no, b) = self.block(&flow.branch);
                let kind = match (a, b) {
                    (Type::Any, other) | (other, Type::Any) => other,
                    (a, b) if a.fits(&b) => a,
                    (a, b) => {
                        let say = format!("`if` gives {} or {}", a.say(), b.say());
                        return self.flaw("type_mismatch", &[&a.say(), &b.say()], say);
                    }
                };
                (Node::If(Box::new((condition, yes, no))), kind)
            }
            Stmt::Noop(_) => self.forbid("an empty block"),
            Stmt::Assignment(_) => self.forbid("assignment"),
            _ => self.forbid("statements"),
        }
    }

    fn operator_or_call(&mut self, call: &FnCallExpr) -> Part {
        if !call.namespace.is_empty() {
            return self.forbid("a namespace");
        }
        if call.capture_parent_scope {
            return self.forbid("a call with `!`");
        }
        let name = call.name.as_str();
        match (name, &call.args[..]) {
            ("!", [arg]) => {
                let node = self.condition(arg);
                (Node::Not(Box::new(node)), Type::Bool)
            }
            ("-", [arg]) => {
                let (node, kind) = self.lower(arg);
                self.want(&kind, &Type::Number);
                (Node::Negative(Box::new(node)), Type::Number)
            }
            ("+", [arg]) => {
                let (node, kind) = self.lower(arg);
                self.want(&kind, &Type::Number);
                (node, Type::Number)
            }
            // `x in list` comes from the parser as contains(list, x).
            ("contains", [list, item]) => {
                self.lazy = true;
                let (list, of) = self.lower(list);
                let (item, kind) = self.lower(item);
                if !of.element().fits(&kind) && !kind.fits(&of) {
                    let say = format!("{} cannot be in {}", kind.say(), of.say());
                    return self.flaw("type_mismatch", &[&kind.say(), &of.say()], say);
                }
                (Node::In(Box::new((item, list))), Type::Bool)
            }
            (_, [left, right]) => match Op::named(name) {
                Some(op) => self.binary(op, left, right),
                None => self.call(name, &call.args),
            },
            _ => self.call(name, &call.args),
        }
    }

    pub(super) fn want(&mut self, is: &Type, wanted: &Type) {
        if !is.fits(wanted) {
            let say = format!("{} is expected, not {}", wanted.say(), is.say());
            self.flaw("type_mismatch", &[&wanted.say(), &is.say()], say);
        }
    }

    fn binary(&mut self, op: Op, left: &Ast, right: &Ast) -> Part {
        if op == Op::Over
            && matches!(left, Ast::IntegerConstant(..))
            && matches!(right, Ast::IntegerConstant(..))
        {
            // rhai would divide whole numbers to a whole number; whoever writes it means a share.
            return self.forbid("a division of two whole numbers");
        }
        let (a, a_kind) = self.lower(left);
        let (b, b_kind) = self.lower(right);
        // Two empty fields would be equal.
        self.lazy |= matches!(op, Op::Equal | Op::Differs);
        match op.result(&a_kind, &b_kind) {
            Some(kind) => {
                self.option(&a_kind, &b);
                self.option(&b_kind, &a);
                (Node::Binary(op, Box::new((a, b))), kind)
            }
            None => {
                let say = format!(
                    "{} and {} cannot be joined by `{}`",
                    a_kind.say(),
                    b_kind.say(),
                    op.sign()
                );
                self.flaw("type_mismatch", &[&a_kind.say(), &b_kind.say()], say)
            }
        }
    }

    /// A choice compared with a text that is none of its options is always a slip.
    fn option(&mut self, kind: &Type, other: &Node) {
        if let (Type::Choice(options), Node::Const(Val::Text(text))) = (kind, other)
            && !options.iter().any(|o| **o == **text)
        {
            self.flaw(
                "no_such_option",
                &[text],
                format!("`{text}` is no option of this choice"),
            );
        }
    }

    /// A name in scope with the properties read from it, or properties of what a function gives.
    fn chain(&mut self, ast: &Ast) -> Part {
        let mut names: Vec<&str> = vec![];
        let mut base = ast;
        let mut rest = None;
        while let Ast::Dot(both, flags, _) = base {
            if flags.contains(ASTFlags::NEGATED) {
                return self.forbid("`?.`");
            }
            rest = Some(&both.rhs);
            base = &both.lhs;
            if !matches!(base, Ast::Dot(..)) {
                break;
            }
        }
        while let Some(property) = rest {
            let (step, next) = match property {
                Ast::Dot(both, flags, _) => {
                    if flags.contains(ASTFlags::NEGATED) {
                        return self.forbid("`?.`");
                    }
                    (&both.lhs, Some(&both.rhs))
                }
                last => (last, None),
            };
            match step {
                Ast::Property(property, _) => names.push(property.2.as_str()),
                Ast::MethodCall(..) => return self.forbid("a method"),
                _ => return self.forbid("an index"),
            }
            rest = next;
        }
        match base {
            Ast::Variable(variable, _, _) => {
                if !variable.2.is_empty() {
                    return self.forbid("a namespace");
                }
                self.path(variable.1.as_str(), &names)
            }
            other => {
                let part = self.lower(other);
                self.properties(part, &names)
            }
        }
    }

    fn path(&mut self, head: &str, names: &[&str]) -> Part {
        let Some((start, kind)) = self.place.head(self.world.catalogue, head) else {
            let say = format!("nothing is called `{head}` here");
            return self.flaw("unknown_field", &[head], say);
        };
        let (root, kind, names) = match start {
            Head::Root(root) => (root, kind, names),
            Head::Computed(name) => return self.computed_measure(&name),
            half => match self.second(&half, names) {
                Some((root, kind, used)) => (root, kind, &names[used..]),
                None => {
                    let path = [&[head], names].concat().join(".");
                    let say = format!("nothing is called `{path}` here");
                    return self.flaw("unknown_field", &[&path], say);
                }
            },
        };
        let Some(path) = self.resolve(root, kind, names) else {
            return broken();
        };
        let kind = path.kind.clone();
        self.note(&path);
        let path = Arc::new(path);
        if self.exempt == 0 && !path.crosses() {
            self.must.push(path.clone());
        }
        (Node::Path(path), kind)
    }

    /// Notes which own fields a path reads.
    fn note(&mut self, path: &PathRead) {
        for read in path.own() {
            if !self.reads.contains(&read) {
                self.reads.push(read);
            }
        }
    }
}

fn number(d: Decimal) -> Part {
    (Node::Const(Val::Number(d)), Type::Number)
}

/// The comparisons of a tree that is nothing but comparisons joined by `&&`.
fn comparisons(node: &Node) -> Option<Vec<(Op, Node, Node)>> {
    match node {
        Node::Binary(op, both) if op.compares() => {
            Some(vec![(*op, both.0.clone(), both.1.clone())])
        }
        Node::And(parts) => {
            let mut all = vec![];
            for part in parts {
                all.extend(comparisons(part)?);
            }
            Some(all)
        }
        _ => None,
    }
}

impl PathRead {
    /// Whether it reads a column: then it always has a value, be it an empty list.
    pub(super) fn crosses(&self) -> bool {
        self.steps.contains(&Step::Each)
            || matches!(self.steps.last(), Some(Step::Field(_, Blank::Rows)))
    }

    /// The own fields it reads.
    fn own(&self) -> Vec<Read> {
        let record = |steps: &[Step]| match steps {
            [
                Step::Field(table, _),
                Step::Each,
                Step::Field(column, _),
                ..,
            ] => {
                vec![Read::Header(table.clone(), Some(column.clone()))]
            }
            [Step::Field(name, _), ..] => vec![Read::Header(name.clone(), None)],
            _ => vec![],
        };
        match (&self.root, &self.steps[..]) {
            (Root::Record, steps) => record(steps),
            (Root::Line, [Step::Field(name, _), ..]) => vec![Read::Line(name.clone())],
            (Root::Line, [Step::Holder, rest @ ..]) => record(rest),
            _ => vec![],
        }
    }
}
