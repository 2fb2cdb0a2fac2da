//! The one integration binary: what users do, with real components and the real binary.

mod support;

mod bad_input;
mod cli;
mod delayed;
mod demo;
mod futures;
mod memory;
mod pipeline;
mod tidy;
