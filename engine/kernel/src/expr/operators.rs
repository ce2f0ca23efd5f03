//! Operators: which values they join, and what comes of it.

use super::{tree::Op, types::Type, value::Val};
use crate::{Fault, limits};
use model::Decimal;
use std::cmp::Ordering;

impl Op {
    /// The operator written `sign`.
    pub(super) fn named(sign: &str) -> Option<Self> {
        Some(match sign {
            "+" => Self::Plus,
            "-" => Self::Minus,
            "*" => Self::Times,
            "/" => Self::Over,
            "%" => Self::Modulo,
            "==" => Self::Equal,
            "!=" => Self::Differs,
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::Greater,
            ">=" => Self::AtLeast,
            _ => return None,
        })
    }
    /// How it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Times => "*",
            Self::Over => "/",
            Self::Modulo => "%",
            Self::Equal => "==",
            Self::Differs => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
    /// Whether it gives yes or no.
    pub(super) fn compares(self) -> bool {
        !matches!(
            self,
            Self::Plus | Self::Minus | Self::Times | Self::Over | Self::Modulo
        )
    }
    /// The type of the result, or nothing where the two cannot be joined.
    pub(super) fn result(self, a: &Type, b: &Type) -> Option<Type> {
        let number = |t: &Type| t.fits(&Type::Number);
        match self {
            Self::Equal | Self::Differs => a.fits(b).then_some(Type::Bool),
            Self::Less | Self::AtMost | Self::Greater | Self::AtLeast => {
                (a.fits(b) && ordered(a) && ordered(b)).then_some(Type::Bool)
            }
            Self::Plus if a.fits(&Type::Text) && b.fits(&Type::Text) => {
                let unknown = *a == Type::Any && *b == Type::Any;
                Some(if unknown { Type::Any } else { Type::Text })
            }
            _ => (number(a) && number(b)).then_some(Type::Number),
        }
    }
}

/// Whether values of this type have an order.
pub(super) fn ordered(kind: &Type) -> bool {
    matches!(
        kind,
        Type::Any | Type::Number | Type::Text | Type::Date | Type::Month | Type::Moment
    )
}

/// Works out `a op b`. Without one of the values there is no result, but two missing values are
/// equal.
pub(crate) fn apply(op: Op, a: Val, b: Val) -> Result<Val, Fault> {
    if a == Val::Pending || b == Val::Pending {
        return Ok(Val::Pending);
    }
    match op {
        Op::Equal => return Ok(Val::Bool(equal(&a, &b))),
        Op::Differs => return Ok(Val::Bool(!equal(&a, &b))),
        _ if a == Val::Empty || b == Val::Empty => return Ok(Val::Empty),
        _ => {}
    }
    if op.compares() {
        let order = compare(&a, &b).ok_or_else(|| mismatch(op, &a, &b))?;
        return Ok(Val::Bool(match op {
            Op::Less => order == Ordering::Less,
            Op::AtMost => order != Ordering::Greater,
            Op::Greater => order == Ordering::Greater,
            _ => order != Ordering::Less,
        }));
    }
    match (&a, &b) {
        (Val::Number(x), Val::Number(y)) => arithmetic(op, *x, *y).map(Val::Number),
        (Val::Text(x), Val::Text(y)) if op == Op::Plus => {
            if x.len() + y.len() > limits::SCRIPT_TEXT {
                return Err(Fault::new("too_long", &[], "the text becomes too long"));
            }
            Ok(Val::Text(format!("{x}{y}").into()))
        }
        _ => Err(mismatch(op, &a, &b)),
    }
}

/// Exact decimal arithmetic; what does not fit is a fault, never a guess.
pub(super) fn arithmetic(op: Op, x: Decimal, y: Decimal) -> Result<Decimal, Fault> {
    let result = match op {
        Op::Plus => x.checked_add(y),
        Op::Minus => x.checked_sub(y),
        Op::Times => x.checked_mul(y),
        Op::Over | Op::Modulo if y.is_zero() => {
            return Err(Fault::new("division_by_zero", &[], "a division by zero"));
        }
        Op::Over => x.checked_div(y),
        _ => x.checked_rem(y),
    };
    result.ok_or_else(|| Fault::new("too_large", &[], "a number becomes too large"))
}

/// Whether two values are the same; values of different kinds never are.
pub(super) fn equal(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Holder(h), Val::User(id)) | (Val::User(id), Val::Holder(h)) => h.user == *id,
        (a, b) => a == b,
    }
}

/// The order of two values that have one.
pub(crate) fn compare(a: &Val, b: &Val) -> Option<Ordering> {
    Some(match (a, b) {
        (Val::Number(x), Val::Number(y)) => x.cmp(y),
        (Val::Text(x), Val::Text(y)) => x.cmp(y),
        (Val::Date(x), Val::Date(y)) => x.cmp(y),
        (Val::Month(x), Val::Month(y)) => x.cmp(y),
        (Val::Moment(x), Val::Moment(y)) => x.cmp(y),
        _ => return None,
    })
}

fn mismatch(op: Op, a: &Val, b: &Val) -> Fault {
    let say = format!("{} {} {}", a.kind(), op.sign(), b.kind());
    Fault::new("type_mismatch", &[a.kind(), b.kind()], say)
}
