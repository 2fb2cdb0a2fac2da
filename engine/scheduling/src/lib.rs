//! The scheduler and the worker as pure state machines, placement policies, and a seeded simulator.
//!
//! Nothing here does I/O, waits, reads a clock or draws a random number of its own: a driver feeds events with
//! the time and carries out the actions. That is why a whole cluster fits into one thread of a test.
//!
//! # Layout
//!
//! - [`Scheduler`]: decides what runs where. Events in, actions out.
//! - [`Worker`]: one worker's task loop: fetches inputs, runs tasks, holds and spills results.
//! - [`SchedulerMsg`], [`WorkerMsg`], [`ClientMsg`], [`ReportMsg`]: what they tell each other, and clients.
//! - [`PolicyKind`]: placement policies.
//! - [`Adaptive`]: how many workers the work is worth.
//! - [`sim`]: a scheduler and many workers in one thread, with faults from a seed.

mod adaptive;
mod config;
mod error;
mod event;
mod heap;
mod idmap;
mod ids;
mod message;
mod policy;
mod random;
mod scheduler;
pub mod sim;
mod state;
mod story;
mod submission;
mod worker;

pub use adaptive::{Adaptive, AdaptiveConfig};
pub use config::{SchedulerConfig, WorkerConfig, WorkerInfo};
pub use error::{Death, Deaths, Error, Failure, SharedError};
pub use event::{SchedulerAction, SchedulerEvent, WorkerAction, WorkerEvent};
pub use ids::{ClientId, GraphId, RunId, TaskId, TenantId, Time, WorkerId};
pub use message::{
    Assignment, ClientMsg, HOLDERS_TOLD_MAX, Holders, InputAt, ReportMsg, SchedulerMsg, Tier, WorkerMsg,
};
pub use policy::PolicyKind;
pub use random::SplitMix;
pub use scheduler::{Backlog, Scheduler, WorkerView};
pub use state::{SchedulerTask, WorkerTask};
pub use story::Transition;
pub use submission::{FamilySpec, Submission};
pub use worker::Worker;
