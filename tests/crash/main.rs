//! The program as people run it, and what may happen to it: killed at any moment (6.4.1), and a
//! disk that is full. Whatever was answered is there afterwards, once.

mod client;
mod disk;
mod killed;
mod served;
