//! `formwork test`.

use super::{Outcome, Trouble};
use clap::Args;
use std::path::PathBuf;

#[derive(Args)]
pub struct Test {
    /// Package folders, or folders of packages
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}
impl Test {
    pub async fn run(self) -> Outcome {
        Err(Trouble::Failed(format!("{:?}", self.paths)))
    }
}
