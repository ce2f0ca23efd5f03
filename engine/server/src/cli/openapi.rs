//! `formwork openapi`.

use super::{Outcome, print_line};
use clap::Args;
use model::canonical::canonical;

#[derive(Args)]
pub struct Openapi {}

impl Openapi {
    pub fn run(self) -> Outcome {
        print_line(canonical(&server::openapi::document()).trim_end())
    }
}
