//! `formwork backup`.

use super::{Outcome, print_json, print_line, site::Place};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct Backup {
    /// An empty or new folder
    #[arg(value_name = "TO")]
    to: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub async fn run(self) -> Outcome {
        let site = self.place.open_existing().await?;
        let done = site.backup(&self.to).await;
        site.close().await;
        let done = done?;
        match self.json {
            true => print_json(&done),
            false => print_line(&format!(
                "{} files, {} bytes in {}",
                done.files, done.bytes, done.to
            )),
        }
    }
}
