//! The workflow kernel: commands in, events out.

mod ballots;
mod blocks;
mod checks;
mod laws;
mod lives;
mod nodes;
mod operations;
mod previews;
mod rewinds;
mod seats;
mod simulation;
mod soundness;
mod stage;
mod steering;
mod waits;
