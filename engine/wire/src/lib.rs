//! What processes of a cluster tell each other, and how: one Arrow Flight service for control and data.
//!
//! Every process that listens serves Flight on one port. A worker and a client each keep one `DoExchange` stream to the
//! scheduler, on which batches of messages travel both ways; results come from the workers that hold them by `DoGet`,
//! to peers as they are encoded in spill files, to any Flight client as record batches.
//!
//! # Layout
//! - [`Hello`], [`Role`]: what a stream begins with, readable by every release.
//! - [`ToWorker`], [`FromWorker`], [`ToClient`], [`FromClient`]: the messages.
//! - [`Outbox`]: messages on their way out, in batches.
//! - [`Network`]: the threads that wait for sockets, and nothing else.
//! - [`Service`], [`serve`]: one who listens.
//! - [`Connection`]: one who calls.
//! - [`Ticket`]: what can be asked for.
//! - [`SharedFile`]: what is handed over on one machine.
//! - [`Token`], [`Authority`]: who a process is, and who says so.
//! - [`Walls`], [`Tenant`]: what keeps tenants apart.

mod connection;
mod error;
mod frame;
mod hello;
mod message;
mod network;
mod outbox;
mod payload;
mod service;
mod shared;
mod tenant;
mod ticket;
mod token;

pub use connection::{Connection, Mailbox, own_address};
pub use error::Error;
pub use hello::{Epoch, Hello, PROTOCOL, Role};
pub use message::{FromClient, FromWorker, Holder, Place, SubmitRequest, ToClient, ToWorker};
pub use network::{Network, on_thread};
pub use outbox::{Outbox, Outgoing, TaskOut};
pub use payload::Payload;
pub use service::{Inbox, Joined, Principal, Ready, Refused, Service, Serving, serve};
pub use shared::SharedFile;
pub use tenant::{Pass, Tenant, Walls};
pub use ticket::{ResultName, Ticket};
pub use token::{Authority, Bearer, SCHEDULER_VALID, Token};

#[cfg(test)]
mod tests;
