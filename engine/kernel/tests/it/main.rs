//! Tests of the kernel, at its front.

mod workflow;
