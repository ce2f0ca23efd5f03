//! The runtime from outside, every test on both databases.

mod forms;
mod house;
mod masters;
mod views;
