//! The kernel from outside: packages of a little shop, records, facts, and what follows.

mod access;
mod against_rhai;
mod apply;
mod expressions;
mod flow;
mod forms;
mod hostile;
mod making;
mod ordering;
mod posting;
mod problems;
mod scripts;
mod shop;
mod speed;
mod workflow;
