//! The workflow kernel: commands in, events out.

mod ballots;
mod cases;
mod checks;
mod laws;
mod lives;
mod nets;
mod nodes;
mod operations;
mod previews;
mod rewinds;
mod seats;
mod simulation;
mod soundness;
mod stage;
