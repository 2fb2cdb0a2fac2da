//! Tasks that tasks start, and threads that make up for those that wait.
//!
//! A task that starts tasks is a client of its own cluster, for its own tenant. While it waits, another thread takes the
//! place of its own, and its worker and the scheduler count it out. They are more urgent than it is: what a graph has
//! begun is brought to an end before more is begun, so that few wait at a time.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use gristmill_client::{Client, Error as ClientError, TaskFuture};
use gristmill_collections::{Argument, Component, Delayed, delayed};
use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_sandbox::{CancelToken, Operand, Submitter};
use gristmill_scheduling::{RunId, TaskId};
use gristmill_wire::Tenant;
use parking_lot::Mutex;

use super::core::Suspended;
use super::jobs::{Call, Seat};
use super::threads::{Shared, spawn_spare, with_own_stack};
use crate::Error;

/// How often a task that waits looks whether it is to go on waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Tasks of one process that may wait at a time.
pub(crate) const SUSPENDED_MAX: usize = 128;

/// How the tasks of a tenant reach the cluster.
type Connects = Box<dyn Fn(&Tenant) -> Result<Client, Error> + Send + Sync>;

/// What tasks need to start tasks.
pub(crate) struct Nesting {
    shared: Weak<Shared>,
    connects: Connects,
    /// Started to make up for threads that wait.
    spares: Mutex<Vec<JoinHandle<()>>>,
}

impl fmt::Debug for Nesting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nesting").field("spares", &self.spares.lock().len()).finish_non_exhaustive()
    }
}

impl Nesting {
    pub(crate) fn new(
        shared: Weak<Shared>,
        connects: impl Fn(&Tenant) -> Result<Client, Error> + Send + Sync + 'static,
    ) -> Self {
        Self { shared, connects: Box::new(connects), spares: Mutex::default() }
    }

    /// What a call starts tasks by, if it may.
    pub(crate) fn of(&self, call: &Call) -> Option<Arc<dyn Submitter>> {
        let (plugin, name, priority) = call.code.submitter(call.row)?;
        Some(Arc::new(Nested {
            shared: self.shared.upgrade()?,
            component: Component::from_bytes(name, plugin.bytes()?.clone()),
            priority: priority.saturating_add(1),
            tenant: call.code.tenant,
            seat: call.seat,
            task: (call.task, call.run),
            cancel: call.cancel.clone(),
            started: Mutex::default(),
        }))
    }

    /// Waits for the threads that were started to make up for others.
    pub(crate) fn join(&self) {
        let own = std::thread::current().id();
        for spare in std::mem::take(&mut *self.spares.lock()) {
            if spare.thread().id() != own {
                // As for other compute threads.
                let _ = spare.join();
            }
        }
    }

    fn start_spare(&self, worker: usize) -> Result<(), Error> {
        let Some(shared) = self.shared.upgrade() else { return Ok(()) };
        let mut spares = self.spares.lock();
        spares.retain(|spare| !spare.is_finished());
        spares.push(spawn_spare(&shared, worker)?);
        Ok(())
    }
}

/// What one call has started.
struct Nested {
    shared: Arc<Shared>,
    component: Component,
    priority: i32,
    tenant: Tenant,
    seat: Seat,
    task: (TaskId, RunId),
    cancel: CancelToken,
    started: Mutex<Started>,
}

#[derive(Default)]
struct Started {
    n_ever: u32,
    futures: HashMap<u32, TaskFuture>,
}

impl Submitter for Nested {
    fn submit(&self, function: &str, args: Vec<Operand>) -> Result<u32, TaskError> {
        let args = args.into_iter().map(|arg| self.argument(arg)).collect::<Result<_, _>>()?;
        let call = delayed(self.component.function(function), args).priority(self.priority).may_submit();
        let future = self.start(&call).map_err(refused)?;
        let mut started = self.started.lock();
        let number = started.n_ever;
        started.n_ever += 1;
        started.futures.insert(number, future);
        Ok(number)
    }

    fn wait(&self, task: u32) -> Result<Value, TaskError> {
        let future = self.future(task)?;
        if let Some(value) = future.result_timeout(Duration::ZERO)? {
            return Ok(value);
        }
        let _out = Out::of(self)?;
        loop {
            if self.cancel.is_cancelled() {
                return Err(TaskError::new(TaskErrorKind::Cancelled, "cancelled while it waited for others"));
            }
            // Without threads, whoever waits does what there is: on a stack of its own, as guests within guests would soon
            // be out of one.
            let has_run = self.shared.is_synchronous() && with_own_stack(|| self.shared.run_some());
            let patience = if has_run { Duration::ZERO } else { LOOK_AGAIN };
            if let Some(value) = future.result_timeout(patience)? {
                return Ok(value);
            }
        }
    }

    fn release(&self, task: u32) {
        let released = self.started.lock().futures.remove(&task);
        drop(released);
    }
}

impl Nested {
    fn argument(&self, operand: Operand) -> Result<Argument, TaskError> {
        Ok(match operand {
            Operand::Value(value) => value.into(),
            Operand::Task(task) => self.future(task)?.into(),
        })
    }

    fn future(&self, task: u32) -> Result<TaskFuture, TaskError> {
        let future = self.started.lock().futures.get(&task).cloned();
        future.ok_or_else(|| TaskError::new(TaskErrorKind::InvalidArgument, "no task that was started"))
    }

    fn start(&self, call: &Delayed) -> Result<TaskFuture, ClientError> {
        let nesting = self.shared.nesting.get();
        let nesting = nesting.ok_or_else(|| ClientError::Unavailable("it is about to start".to_owned()))?;
        let client = (nesting.connects)(&self.tenant);
        let client = client.map_err(|error| ClientError::Unavailable(error.to_string()))?;
        client
            .persist(std::slice::from_ref(call))?
            .pop()
            .ok_or_else(|| ClientError::Unavailable("no key came back".to_owned()))
    }
}

/// A call waits as long as this lives.
struct Out<'a>(&'a Nested);

impl<'a> Out<'a> {
    fn of(nested: &'a Nested) -> Result<Self, TaskError> {
        let (seat, (task, run)) = (nested.seat, nested.task);
        let n_max = SUSPENDED_MAX;
        match nested.shared.act(|core| core.suspend(seat, task, run, n_max)) {
            Suspended::Refused => {
                let message = format!(
                    "{n_max} tasks of this process wait for tasks that they have started, and no more may; start \
                     what is needed before waiting for any of it, or let fewer levels of tasks wait for each other"
                );
                return Err(TaskError::new(TaskErrorKind::OutOfRange, message));
            }
            Suspended::Enough => {}
            // There are none.
            Suspended::OneMore if nested.shared.is_synchronous() => {}
            Suspended::OneMore => {
                let started = nested.shared.nesting.get().map(|nesting| nesting.start_spare(seat.worker));
                if let Some(Err(error)) = started {
                    nested.shared.act(|core| {
                        core.has_spare(seat.worker);
                        core.resume(seat, task, run);
                    });
                    return Err(TaskError::new(TaskErrorKind::MemoryLimit, error.to_string()));
                }
            }
        }
        Ok(Self(nested))
    }
}

impl Drop for Out<'_> {
    fn drop(&mut self) {
        let Nested { shared, seat, task: (task, run), .. } = self.0;
        shared.act(|core| core.resume(*seat, *task, *run));
        shared.wake_one(seat.worker);
    }
}

fn refused(error: ClientError) -> TaskError {
    match error {
        ClientError::Task(error) => error,
        ClientError::Unavailable(_) => TaskError::new(TaskErrorKind::Io, error.to_string()),
        error => TaskError::new(TaskErrorKind::InvalidArgument, error.to_string()),
    }
}
