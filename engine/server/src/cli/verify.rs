//! `formwork verify`.

use super::{Outcome, Trouble, print_json, print_line, site::Place};
use clap::Args;
use runtime::view::Verified;

#[derive(Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub async fn run(self) -> Outcome {
        let site = self.place.open_existing().await?;
        let verified = site.verify().await;
        site.close().await;
        tell(&verified?, self.json)
    }
}

/// One line a check; problems where one does not hold.
pub fn tell(verified: &Verified, json: bool) -> Outcome {
    if json {
        print_json(verified)?;
    } else {
        for check in &verified.checks {
            let mark = if check.ok { "ok  " } else { "BAD " };
            print_line(&format!(
                "{mark} {:24} {:>8}  {}",
                check.code, check.count, check.say
            ))?;
        }
        let bad = verified.checks.iter().filter(|c| !c.ok).count();
        print_line(&format!("{} checks, {bad} failed", verified.checks.len()))?;
    }
    if verified.ok {
        Ok(())
    } else {
        Err(Trouble::Problems)
    }
}
