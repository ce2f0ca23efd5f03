//! The runtime from outside, every test on both databases.

mod agree;
mod concurrency;
mod days;
mod forms;
mod house;
mod lab;
mod logins;
mod masters;
mod named;
mod planted;
mod plot;
mod published;
mod rights;
mod said;
mod steered;
mod timers;
mod together;
mod unknown;
mod views;
mod yard;
mod zones;
