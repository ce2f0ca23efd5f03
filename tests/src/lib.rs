//! What the tests, the conformance runner and the benchmarks share.

pub mod bench;
pub mod conformance;
