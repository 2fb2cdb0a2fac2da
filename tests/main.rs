//! The one integration binary: what users do, with real components and the real binary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that finds something else than it expects should stop"
)]

mod support;

#[path = "../engine/sandbox/src/tests/guest.rs"]
#[expect(dead_code, reason = "the sandbox's own tests use all of it")]
mod guest;

#[path = "../engine/storage/src/array/tests/server.rs"]
#[expect(dead_code, reason = "the tests of arrays use all of it")]
mod server;

mod arrays;
mod arrays_on_disk;
mod bad_input;
mod benches;
mod cache;
mod cli;
mod cluster;
mod dbbench;
mod delayed;
mod demo;
mod frames;
mod futures;
mod gpu;
mod hostile;
mod images;
mod large;
mod limits;
mod memory;
mod nested;
mod network;
mod pipeline;
mod plugins;
mod push;
mod remote_tables;
mod sql;
mod tidy;
mod tpch;
