//! Numbers: one counter row a series.

use crate::{
    Failure, Tx,
    cell::{Type, cells},
};

impl Tx {
    /// Takes the next `count` numbers of a series and gives the first. From 1 on.
    ///
    /// Without gaps: take one number as the last thing before the end of the command that uses
    /// it; the row is locked until then, and given back if the command fails (6.1 rule 7). With
    /// gaps: take a block in a command of its own.
    pub async fn take(&mut self, series: &str, per: &str, count: u32) -> Result<u64, Failure> {
        let row = self
            .row(
                "insert into series(series, per, next) values ($1, $2, $3) \
                 on conflict (series, per) do update set next = series.next + excluded.next \
                 returning next",
                &cells![series, per, count],
                &[Type::Int],
            )
            .await?;
        let last = row.map_or_else(|| Err(Failure::corrupt("series")), |mut r| r.count())?;
        Ok(last + 1 - u64::from(count))
    }
    /// How many numbers of a series were taken.
    pub async fn taken(&mut self, series: &str, per: &str) -> Result<u64, Failure> {
        let row = self
            .row(
                "select next from series where series = $1 and per = $2",
                &cells![series, per],
                &[Type::Int],
            )
            .await?;
        row.map_or(Ok(0), |mut r| r.count())
    }
}
