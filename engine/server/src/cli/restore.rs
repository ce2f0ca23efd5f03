//! `formwork restore`.

use super::{Outcome, print_json, print_line, site::Place};
use clap::Args;
use runtime::Site;
use std::path::PathBuf;

#[derive(Args)]
pub struct Restore {
    /// The folder that `backup` filled
    #[arg(value_name = "FROM")]
    from: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub async fn run(self) -> Outcome {
        let done = Site::restore(self.place.options()?, &self.from).await?;
        match self.json {
            true => print_json(&done),
            false => print_line(&format!(
                "{} files, {} bytes restored; `formwork verify` proves them",
                done.files, done.bytes
            )),
        }
    }
}
