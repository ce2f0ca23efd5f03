//! Who may ask, and in what words: HTTP over a [`runtime::Site`].
//!
//! Comes in: requests. Goes out: answers, or problems with a stable code and a sentence in the
//! asker's language. Refuses to know: what a form, a task or a ledger means; a handler parses,
//! calls one function of the runtime, and answers.

pub mod builtin;
mod http;
mod start;

pub use http::{
    ask::{Admin, Answer, Ask, LoggedIn, Open, Permission},
    openapi,
    route::{Route, Takes},
    routes::{Peer, api, router, router_of},
    shape::{Key, Kind},
};
pub use start::{Options, Running, start};
