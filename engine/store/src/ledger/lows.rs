//! Running balances after a day, for constraints that must hold at every later point (5 P9).

use super::{Locked, Measures, read::Sums};
use crate::{
    Failure, Tables, Tx,
    cell::{Type, cells},
    sql::quoted,
};
use chrono::NaiveDate;

/// The balance at the end of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub day: NaiveDate,
    pub measures: Measures,
}

impl Tx {
    /// The balances of a locked key at the end of `from`, and at the end of every later day that
    /// has entries, ascending. Where nothing was posted after `from` this is the balance now, and
    /// nothing is read.
    pub async fn running(
        &mut self,
        tables: &Tables,
        locked: &Locked,
        from: NaiveDate,
    ) -> Result<Vec<Running>, Failure> {
        let table = tables.ledger(&locked.ledger)?.clone();
        let mut first = Running {
            day: from,
            measures: locked.measures.clone(),
        };
        if locked.last.is_none_or(|last| last <= from) {
            return Ok(vec![first]);
        }
        let sums = Sums::of(&table, "t");
        let text = format!(
            "select \"_date\"{} from {} t where \"_key\" = $1 and \"_date\" > $2 \
             group by \"_date\" order by \"_date\"",
            sums.text,
            quoted(&table.entries)
        );
        let mut types = vec![Type::Date];
        types.extend(&sums.types);
        let rows = self
            .rows(text, &cells![&locked.key[..], from], &types)
            .await?;
        let mut later = Vec::with_capacity(rows.len());
        for mut row in rows {
            let day = row.date()?;
            let measures = sums.read(&table, &mut row)?;
            later.push(Running { day, measures });
        }
        for day in &later {
            for (name, moved) in &day.measures {
                if let Some(m) = first.measures.get_mut(name) {
                    *m -= moved;
                }
            }
        }
        let mut out = vec![first];
        for mut day in later {
            if let Some(before) = out.last() {
                for (name, m) in &mut day.measures {
                    *m += before.measures.get(name).copied().unwrap_or_default();
                }
            }
            out.push(day);
        }
        Ok(out)
    }
}
