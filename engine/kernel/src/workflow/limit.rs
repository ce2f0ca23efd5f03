//! The limits of the workflow kernel, each with its reason.

/// Nodes that one command may enter. A loop that only seats passing by themselves keep alive
/// ends here in an incident; no real flow comes near it.
pub const NODES_A_STEP: usize = 1_000;

/// Markings the soundness search looks at. A prototype decided 99.9 % of 5,765 public processes
/// within it, each in milliseconds (4.9).
pub const MARKINGS: usize = 20_000;

/// Ways out of an inclusive gateway up to which every combination is searched; above, the search
/// would grow with 2^n, so the verdict is left open.
pub const INCLUSIVE_WAYS: usize = 10;

/// Seats of one ballot, added ones included. A vote of a whole works council fits.
pub const SEATS: usize = 500;

/// Users that one command may name (added, copied to). Whoever means more means a role.
pub const NAMED: usize = 100;

/// Minutes between two reminders of the same task, so that nobody is rung up without end.
pub const REMIND_PAUSE_MINUTES: i64 = 30;

/// Times a preview enters the same node; a loop is shown once more, not for ever.
pub const PREVIEW_ROUNDS: usize = 2;

/// Threads of a split, runs of a block, arrivals of a join. A batch of documents fits; what is
/// larger is a loop somebody forgot.
pub const COPIES: u32 = 1_000;

/// Messages kept in the mailbox of an instance.
pub const MAILBOX: usize = 1_000;
