//! Messages on their way out, in batches: whatever waits when the socket has room goes as one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow_flight::FlightData;
use futures_util::{Stream, stream};
use gristmill_graph::TaskTable;
use gristmill_scheduling::Assignment;
use serde::Serialize;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{FromClient, FromWorker, ToClient, ToWorker, frame};

/// Messages of one batch at most.
const BATCH_MAX: usize = 512;
/// Messages that may wait; whoever reads that slowly is cut off.
const WAITING_MAX: usize = 4 << 20;

/// What can be put into an [`Outbox`]: messages, or what becomes messages on the way.
pub trait Outgoing: Send + Sized + 'static {
    /// What travels.
    type Message: Serialize;

    /// What these become.
    fn messages(items: Vec<Self>) -> Vec<Self::Message>;
}

/// The way to the other end of a stream. Cheap to clone; the stream ends with the last one.
#[derive(Debug)]
pub struct Outbox<M> {
    sender: UnboundedSender<M>,
    n_waiting: Arc<AtomicUsize>,
}

impl<M> Clone for Outbox<M> {
    fn clone(&self) -> Self {
        Self { sender: self.sender.clone(), n_waiting: self.n_waiting.clone() }
    }
}

impl<M: Outgoing> Outbox<M> {
    /// An outbox, and what comes out of it. It ends with an error when something cannot be sent, or too much waits.
    pub(crate) fn new() -> (Self, impl Stream<Item = Result<FlightData, String>> + Send + use<M>) {
        let (sender, receiver) = unbounded_channel();
        let n_waiting = Arc::new(AtomicUsize::new(0));
        let out = stream::unfold(Some((receiver, n_waiting.clone())), |state| async move {
            let (mut receiver, n_waiting): (UnboundedReceiver<M>, _) = state?;
            let mut items = Vec::new();
            let n = receiver.recv_many(&mut items, BATCH_MAX).await;
            if n == 0 {
                return None;
            }
            if n_waiting.fetch_sub(n, Ordering::Relaxed) > WAITING_MAX {
                return Some((Err(format!("more than {WAITING_MAX} messages wait for a slow reader")), None));
            }
            match frame::encode(&M::messages(items)) {
                Ok(data) => Some((Ok(data), Some((receiver, n_waiting)))),
                Err(reason) => Some((Err(reason), None)),
            }
        });
        (Self { sender, n_waiting }, out)
    }

    /// Sends a message, without waiting. When the other end is gone, nobody reads it.
    pub fn send(&self, message: M) {
        self.n_waiting.fetch_add(1, Ordering::Relaxed);
        if self.sender.send(message).is_err() {
            self.n_waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// What a scheduler has for a worker: messages, and tasks whose row of their graph's table goes with them.
#[derive(Debug)]
pub enum TaskOut {
    /// Anything but tasks.
    Message(ToWorker),
    /// A task.
    Compute(Assignment, Arc<TaskTable>),
}

impl Outgoing for TaskOut {
    type Message = ToWorker;

    /// Tasks of one table that follow each other go together.
    fn messages(items: Vec<Self>) -> Vec<ToWorker> {
        let mut messages = Vec::new();
        let mut together: Vec<Assignment> = Vec::new();
        let mut of: Option<Arc<TaskTable>> = None;
        for item in items {
            let table = match &item {
                Self::Compute(_, table) => Some(table.clone()),
                Self::Message(_) => None,
            };
            if !same(of.as_ref(), table.as_ref()) {
                messages.extend(compute(of.take(), &mut together));
                of = table;
            }
            match item {
                Self::Compute(assignment, _) => together.push(assignment),
                Self::Message(message) => messages.push(message),
            }
        }
        messages.extend(compute(of, &mut together));
        messages
    }
}

fn same(one: Option<&Arc<TaskTable>>, other: Option<&Arc<TaskTable>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

fn compute(table: Option<Arc<TaskTable>>, together: &mut Vec<Assignment>) -> Option<ToWorker> {
    let table = table?;
    let mut assignments = std::mem::take(together);
    let rows: Vec<u32> = assignments.iter().map(|assignment| assignment.row).collect();
    (0..).zip(&mut assignments).for_each(|(row, assignment)| assignment.row = row);
    Some(ToWorker::Compute { assignments, table: Box::new(table.pick(&rows)) })
}

macro_rules! as_they_are {
    ($($message:ty),*) => {$(
        impl Outgoing for $message {
            type Message = Self;

            fn messages(items: Vec<Self>) -> Vec<Self> {
                items
            }
        }
    )*};
}

as_they_are!(FromWorker, FromClient, ToClient);
