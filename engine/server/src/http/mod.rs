//! HTTP: one file a resource. A handler parses, calls one runtime function, answers.

pub mod ask;
mod body;
mod files;
mod forms;
mod guard;
mod headers;
mod health;
mod ledgers;
mod lookup;
mod me;
mod notices;
pub mod openapi;
mod packages;
pub mod problem;
mod records;
pub mod route;
pub mod routes;
mod session;
pub mod shape;
mod stream;
mod tasks;
mod views;
mod web;
