//! A seeded simulator: one scheduler, many workers, a network and disks in one thread, with faults on demand.
//!
//! Values are 64-bit hashes of what a task and its inputs are, so that a wrong input anywhere shows in the result.
//! Network cards are serialised at both ends: a transfer waits for what the sender and the receiver have to carry before.
//! One seed gives one run: [`SimReport::trace`] is equal exactly when every decision was.

#![expect(clippy::indexing_slicing, reason = "rows and workers are positions in the simulation's own tables")]

mod carry;
mod client;
mod fault;
mod nested;
mod network;
mod node;
mod report;
mod run;
mod shapes;

pub use fault::Faults;
pub use report::SimReport;
pub use run::{SimConfig, record, simulate};
pub use shapes::{Shape, SimGraph};

#[cfg(test)]
mod tests;
