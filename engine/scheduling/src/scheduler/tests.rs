//! The scheduler, one event at a time. A recorder holds what it asks for; every test must account for all of it.

mod faults;
mod graphs;
mod memory;
mod placing;
mod recorder;
