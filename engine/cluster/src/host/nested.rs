//! Tasks that tasks start, and threads that make up for those that wait.
//!
//! A task that starts tasks is a client of its own cluster, for its own tenant. While it waits, another thread takes the
//! place of its own, and its worker and the scheduler count it out. They are more urgent than it is: what a graph has
//! begun is brought to an end before more is begun, so that few wait at a time.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gristmill_client::{Client, Error as ClientError, TaskFuture, as_completed};
use gristmill_collections::{Argument, Component, Delayed, delayed};
use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_graph::Key;
use gristmill_sandbox::{CancelToken, Operand, Submitter};
use gristmill_scheduling::{RunId, TaskId};
use gristmill_wire::Tenant;
use parking_lot::Mutex;

use super::core::Suspended;
use super::jobs::{Call, Seat};
use super::threads::{Shared, spawn_spare};
use crate::Error;

/// How often a task that waits looks whether it is to go on waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Tasks of a process that may wait at a time, for each of its threads, and at least.
const SUSPENDED_PER_THREAD: usize = 4;
const SUSPENDED_MIN: usize = 128;

/// Tasks of a process with so many threads that may wait at a time.
pub(crate) fn suspended_max(n_threads: usize) -> usize {
    (SUSPENDED_PER_THREAD * n_threads).max(SUSPENDED_MIN)
}

thread_local! {
    /// How long calls on this thread have waited for tasks that they have started.
    static WAITED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// How long calls on this thread have waited since this was last called.
pub(crate) fn take_waited() -> Duration {
    WAITED.take()
}

/// How the tasks of a tenant reach the cluster.
type Connects = Box<dyn Fn(&Tenant) -> Result<Client, Error> + Send + Sync>;

/// What tasks need to start tasks.
pub(crate) struct Nesting {
    shared: Weak<Shared>,
    connects: Connects,
    /// Started to make up for threads that wait.
    spares: Mutex<Vec<JoinHandle<()>>>,
    /// Which task of this process waits for which.
    waits: Mutex<HashMap<Key, Key>>,
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
        Self { shared, connects: Box::new(connects), spares: Mutex::default(), waits: Mutex::default() }
    }

    /// What a call starts tasks by, if it may.
    pub(crate) fn of(&self, call: &Call) -> Option<Arc<dyn Submitter>> {
        let (plugin, name, priority) = call.code.submitter(call.row)?;
        let tenant = call.code.tenant;
        Some(Arc::new(Nested {
            shared: self.shared.upgrade()?,
            component: Component::known(name, plugin.digest(), plugin.bytes()?.clone()),
            priority: priority.saturating_add(1),
            tenant,
            seat: call.seat,
            task: (call.task, call.run),
            key: tenant.key(call.code.key_of(call.row)),
            cancel: call.cancel.clone(),
            started: Mutex::default(),
        }))
    }

    /// Waits for the threads that were started to make up for others, after everything was stopped.
    pub(crate) fn join(&self) {
        let own = std::thread::current().id();
        loop {
            // Without the lock: one that ends may want it before.
            let spare = self.spares.lock().pop();
            match spare {
                // As for other compute threads.
                Some(spare) if spare.thread().id() != own => drop(spare.join()),
                Some(_) => {}
                None => return,
            }
        }
    }

    fn start_spare(&self, worker: usize) -> Result<(), Error> {
        let Some(shared) = self.shared.upgrade() else { return Ok(()) };
        let spare = spawn_spare(&shared, worker)?;
        let mut spares = self.spares.lock();
        spares.retain(|spare| !spare.is_finished());
        spares.push(spare);
        Ok(())
    }

    /// Notes that one task waits for another, unless that waits for it: then nothing would ever end.
    fn note_wait(&self, task: Key, for_key: Key) -> Result<(), TaskError> {
        let mut waits = self.waits.lock();
        let mut next = Some(for_key);
        while let Some(key) = next {
            if key == task {
                let message = format!("it waits for {}, which waits for it", for_key.short());
                return Err(TaskError::new(TaskErrorKind::InvalidArgument, message));
            }
            next = waits.get(&key).copied();
        }
        waits.insert(task, for_key);
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
    /// The call's own key, as its client has it.
    key: Key,
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
        let future = self.start(&call)?;
        if future.key() == self.key {
            let message = "it starts itself: the same function with the same arguments";
            return Err(TaskError::new(TaskErrorKind::InvalidArgument, message));
        }
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
        let _out = Out::of(self, future.key())?;
        let mut ended = as_completed([future.clone()]);
        loop {
            if self.cancel.is_cancelled() || self.shared.is_stopping() {
                return Err(TaskError::new(TaskErrorKind::Cancelled, "cancelled while it waited for others"));
            }
            if ended.next_timeout(LOOK_AGAIN).is_none() {
                continue;
            }
            match future.result_timeout(Duration::ZERO)? {
                Some(value) => return Ok(value),
                // It was lost again, with its worker, and is being computed anew.
                None => ended.extend([future.clone()]),
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

    fn nesting(&self) -> Result<&Nesting, TaskError> {
        self.shared.nesting.get().ok_or_else(|| unavailable("it is about to start"))
    }

    fn start(&self, call: &Delayed) -> Result<TaskFuture, TaskError> {
        let client = (self.nesting()?.connects)(&self.tenant).map_err(unavailable)?;
        let started = client.persist(std::slice::from_ref(call)).map_err(|error| match error {
            ClientError::Task(error) => error,
            ClientError::Unavailable(reason) => unavailable(reason),
            error => TaskError::new(TaskErrorKind::InvalidArgument, error.to_string()),
        });
        started?.pop().ok_or_else(|| unavailable("no key came back"))
    }
}

fn unavailable(reason: impl fmt::Display) -> TaskError {
    let mut error =
        TaskError::new(TaskErrorKind::Io, format!("the cluster of this task takes no tasks: {reason}"));
    error.retryable = true;
    error
}

/// A call waits as long as this lives.
struct Out<'a> {
    nested: &'a Nested,
    since: Instant,
}

impl<'a> Out<'a> {
    fn of(nested: &'a Nested, for_key: Key) -> Result<Self, TaskError> {
        let (seat, (task, run)) = (nested.seat, nested.task);
        let nesting = nested.nesting()?;
        nesting.note_wait(nested.key, for_key)?;
        let refused = |kind: TaskErrorKind, message: String| {
            nesting.waits.lock().remove(&nested.key);
            Err(TaskError::new(kind, message))
        };
        match nested.shared.act(|core| core.suspend(seat, task, run)) {
            Suspended::Refused(n_max) => {
                let message = format!(
                    "{n_max} tasks of this process wait for tasks that they have started, and no more may; start \
                     what is needed before waiting for any of it, or let fewer levels of tasks wait for each other"
                );
                return refused(TaskErrorKind::MemoryLimit, message);
            }
            Suspended::Enough => {}
            Suspended::OneMore => {
                if let Err(error) = nesting.start_spare(seat.worker) {
                    nested.shared.act(|core| {
                        core.resume(seat, task, run);
                        // The one that there is not.
                        core.has_spare(seat.worker);
                    });
                    return refused(TaskErrorKind::MemoryLimit, error.to_string());
                }
            }
        }
        Ok(Self { nested, since: Instant::now() })
    }
}

impl Drop for Out<'_> {
    fn drop(&mut self) {
        let Nested { shared, seat, task: (task, run), key, .. } = self.nested;
        WAITED.set(WAITED.get() + self.since.elapsed());
        shared.act(|core| core.resume(*seat, *task, *run));
        shared.wake_one(seat.worker);
        if let Some(nesting) = shared.nesting.get() {
            nesting.waits.lock().remove(key);
        }
    }
}
