//! What a client asks of a local cluster.

use std::sync::Arc;
use std::time::Duration;

use gristmill_client::{Backend, Error, Listener, ReadRequest, Status};
use gristmill_collections::{Component, Library, Program, ReadPlan};
use gristmill_data::{TaskError, TaskErrorKind, Value};
use gristmill_graph::Key;
use gristmill_scheduling::ClientMsg;

use crate::host::clients::{End, task_error};
use crate::host::core::{Core, Unreadable};
use crate::host::slots::Stored;
use crate::host::submit::{keyed, load, release, scatter, submit};
use crate::host::threads::Shared;
use crate::reading::{library, plan_read};

/// How long a client waits before it looks again for a result that was lost with its device.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

impl Backend for Shared {
    fn submit(&self, program: Program) -> Result<Vec<Key>, Error> {
        self.check_running()?;
        submit(self, program)
    }

    fn memory_nbytes(&self) -> u64 {
        self.core.lock().memory_limit_nbytes()
    }

    fn explain_devices(&self, program: &Program) -> String {
        crate::explain::devices(&self.devices, program)
    }

    fn scatter(&self, values: Vec<Value>) -> Result<Vec<Key>, Error> {
        self.check_running()?;
        let keyed = keyed(values)?;
        let keys = keyed.iter().map(|(key, _)| *key).collect();
        self.act(|core| keyed.into_iter().for_each(|(key, value)| scatter(core, key, value)));
        Ok(keys)
    }

    fn notify(&self, keys: &[Key], first_tag: usize, listener: &Arc<dyn Listener>) {
        let mut core = self.core.lock();
        for (tag, key) in (first_tag..).zip(keys) {
            core.clients.notify(key, tag, listener);
        }
    }

    fn status(&self, key: &Key) -> Status {
        self.core.lock().clients.status(key)
    }

    fn result(&self, key: &Key) -> Option<Result<Value, TaskError>> {
        let core = self.core.lock();
        match (core.clients.end_of(key)?, core.stored(*key)) {
            (End::Erred(failure), _) => Some(Err(task_error(&failure))),
            (End::Finished, Some(Stored::Memory(value))) => {
                drop(core);
                match value.landed() {
                    Ok(value) => Some(Ok(value)),
                    Err(error) if error.kind == TaskErrorKind::DeviceLost => {
                        let lost = self.unreadable(key, |core| core.on_device_lost(*key), error).map(Err);
                        // Calls that use it are about to find out; whoever asks again asks at once.
                        std::thread::sleep(LOOK_AGAIN);
                        lost
                    }
                    Err(error) => Some(Err(error.of("land", key.to_string()))),
                }
            }
            (End::Finished, Some(Stored::Spilled(file))) => {
                drop(core);
                match file.load() {
                    Ok(value) => Some(Ok(value)),
                    Err(error) => {
                        let error = TaskError::new(TaskErrorKind::Io, error.to_string());
                        self.unreadable(key, |core| core.on_unreadable(*key, &file), error).map(Err)
                    }
                }
            }
            // What was held went with the cluster: nobody recomputes it.
            (End::Finished | End::Cancelled, _) if core.stopped => Some(Err(shut_down(key))),
            (End::Finished, None) => None,
            (End::Cancelled, _) => {
                let message = "the task was cancelled, or its result was released";
                Some(Err(TaskError::new(TaskErrorKind::Cancelled, message).of("", key.to_string())))
            }
        }
    }

    fn release(&self, keys: &[Key]) {
        self.act(|core| release(core, keys));
    }

    fn cancel(&self, keys: &[Key]) {
        self.act(|core| core.ask(ClientMsg::Cancel { keys: keys.to_vec() }));
    }

    fn retry(&self, keys: &[Key]) {
        self.act(|core| {
            core.clients.reopen(keys, |end| matches!(end, End::Erred(_)));
            core.ask(ClientMsg::Retry { keys: keys.to_vec() });
        });
    }

    fn describe(&self, component: &Component) -> Result<Library, Error> {
        Ok(library(component, &*load(&self.runtime, component)?))
    }

    fn plan_read(&self, request: ReadRequest<'_>) -> Result<ReadPlan, Error> {
        let plugin = load(&self.runtime, request.component)?;
        plan_read(&plugin, self.own_context(), request)
    }
}

impl Shared {
    fn check_running(&self) -> Result<(), Error> {
        if self.core.lock().stopped { Err(Error::Unavailable("it is shut down".into())) } else { Ok(()) }
    }

    /// A result cannot be read, because its spill file is damaged or was removed with the cluster, or its device is lost:
    /// why there is no result, or `None` if it is computed again.
    fn unreadable(
        &self,
        key: &Key,
        recompute: impl FnOnce(&mut Core) -> Unreadable,
        error: TaskError,
    ) -> Option<TaskError> {
        self.act(|core| {
            if core.stopped {
                return Some(shut_down(key));
            }
            match recompute(core) {
                Unreadable::Again => None,
                Unreadable::Lost => Some(error.of("spill", key.to_string())),
            }
        })
    }
}

fn shut_down(key: &Key) -> TaskError {
    let message = "the cluster is shut down, and its results went with it";
    TaskError::new(TaskErrorKind::Cancelled, message).of("", key.to_string())
}
