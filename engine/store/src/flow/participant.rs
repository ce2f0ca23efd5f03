//! Who takes part in a record and may see it for that reason.

use crate::{
    Failure, Tx,
    cell::{Type, row},
    sql::{Insert, Sql},
};
use model::{Id, Ref};
use std::sync::LazyLock;

/// Somebody takes part in a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Participant {
    /// See [`crate::user_principal`] and [`crate::role_principal`].
    pub principal: String,
    pub form: Ref,
    pub record: Id,
}

static PARTICIPANT: LazyLock<Insert> = LazyLock::new(|| {
    Insert::new(
        "participant",
        &[
            ("principal", Type::Text),
            ("form", Type::Text),
            ("record", Type::Id),
        ],
        " on conflict do nothing",
    )
});

impl Tx {
    /// Lets people see records; who takes part already does so still. Written at the end of the
    /// command.
    pub async fn add_participants(&mut self, list: &[Participant]) -> Result<(), Failure> {
        let rows = list
            .iter()
            .map(|p| row![&p.principal, &p.form, p.record])
            .collect();
        self.append(&PARTICIPANT, rows).await
    }
    /// Whether any of these principals takes part in a record of a form.
    pub async fn takes_part(&mut self, principals: &[String], form: &Ref) -> Result<bool, Failure> {
        let mut sql = Sql::new(self.dialect());
        sql.push("select count(*) from (select 1 from participant p where p.principal");
        sql.within(Type::Text, principals.iter().map(Into::into).collect());
        sql.push(" and p.form = ").bind(form).push(" limit 1) as t");
        let (text, binds) = sql.done();
        let row = self.row(text, &binds, &[Type::Int]).await?;
        Ok(row.map_or(Ok(0), |mut r| r.int())? > 0)
    }
}
