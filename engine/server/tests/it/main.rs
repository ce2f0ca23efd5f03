//! The edge, tested from outside: what every answer wears, what is refused and how, over all
//! routes of the table.

mod command_line;
mod described;
mod forgery;
mod headers;
mod hostile;
mod house;
mod limits;
mod listening;
mod matrix;
mod shapes;
mod stream;
