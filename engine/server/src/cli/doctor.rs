//! `formwork doctor`.

use super::{Outcome, site::Place, verify::tell};
use clap::Args;

#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    place: Place,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub async fn run(self) -> Outcome {
        let site = self.place.open_existing().await?;
        let found = site.doctor().await;
        site.close().await;
        tell(&found?, self.json)
    }
}
