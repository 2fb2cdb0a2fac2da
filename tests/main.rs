//! The one integration binary: what users do, with real components and the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something else than it expects should stop"
)]

mod support;

mod bad_input;
mod cli;
mod delayed;
mod demo;
mod futures;
mod large;
mod memory;
mod pipeline;
mod plugins;
mod tidy;
