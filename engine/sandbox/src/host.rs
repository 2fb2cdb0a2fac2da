//! All that a guest can call: its log, its progress, its task, and the files it was granted; for tasks of its own see
//! `tasks`.

use gristmill_storage::{Blob, Error as StorageError};
use wasmtime::component::{HasSelf, Linker, Resource};

use crate::bindings::gristmill::plugin::types::{self, ErrorKind, TaskError};
use crate::bindings::gristmill::plugin::{host, storage, tasks};
use crate::context::Level;
use crate::state::State;

/// Entries of one listing.
const LIST_MAX: usize = 1_000;

/// Links the interfaces of the contract, and nothing else.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    types::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    host::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    storage::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    tasks::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

impl types::Host for State {}

impl host::Host for State {
    fn log(&mut self, level: host::Level, message: String) -> wasmtime::Result<()> {
        self.on_hostcall(message.len())?;
        let level = match level {
            host::Level::Trace => Level::Trace,
            host::Level::Debug => Level::Debug,
            host::Level::Info => Level::Info,
            host::Level::Warn => Level::Warn,
            host::Level::Error => Level::Error,
        };
        self.on_log(level, &message);
        Ok(())
    }

    fn progress(&mut self, fraction: f64) -> wasmtime::Result<()> {
        self.on_hostcall(0)?;
        if let Some(observer) = &self.ctx.observer
            && !fraction.is_nan()
        {
            observer.on_progress(fraction.clamp(0.0, 1.0));
        }
        Ok(())
    }

    fn current_task(&mut self) -> wasmtime::Result<host::TaskInfo> {
        self.on_hostcall(0)?;
        self.check_single()?;
        let (seed, key) = match &self.ctx.task {
            None => (0, String::new()),
            Some(key) => {
                let start = key.as_bytes().first_chunk().copied().unwrap_or_default();
                (u64::from_le_bytes(start), key.to_string())
            }
        };
        let block = self.ctx.block.as_deref().map(|info| host::BlockInfo {
            block: info.block.clone(),
            numblocks: info.numblocks.clone(),
            offset: info.offset.clone(),
        });
        Ok(host::TaskInfo { key, seed, block })
    }
}

impl storage::Host for State {
    fn list_prefix(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<storage::Entry>, TaskError>> {
        self.on_hostcall(prefix.len() + after.as_ref().map_or(0, String::len))?;
        let Some(grants) = &self.ctx.grants else { return Ok(Err(nothing_granted())) };
        let limit = usize::try_from(limit).unwrap_or(LIST_MAX).min(LIST_MAX);
        let listed = grants.list_prefix(&prefix, after.as_deref(), limit);
        Ok(listed.map_err(|error| told(&error)).map(|entries| {
            let entry = |entry: gristmill_storage::Entry| storage::Entry {
                path: entry.path,
                size: entry.size,
                etag: None,
            };
            entries.into_iter().map(entry).collect()
        }))
    }
}

impl storage::HostBlob for State {
    fn open(&mut self, path: String) -> wasmtime::Result<Result<Resource<Blob>, TaskError>> {
        self.on_hostcall(path.len())?;
        let Some(grants) = &self.ctx.grants else { return Ok(Err(nothing_granted())) };
        match Blob::open(grants, &path) {
            Ok(blob) => Ok(self.blobs.push(blob).map_err(|error| {
                told_as(
                    ErrorKind::OutOfRange,
                    format!("too many open files ({error}); drop those that are done"),
                )
            })),
            Err(error) => Ok(Err(told(&error))),
        }
    }

    fn size(&mut self, blob: Resource<Blob>) -> wasmtime::Result<u64> {
        self.on_hostcall(0)?;
        Ok(self.blobs.get(&blob)?.size())
    }

    fn read_at(
        &mut self,
        blob: Resource<Blob>,
        offset: u64,
        len: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, TaskError>> {
        self.on_hostcall(0)?;
        let read = self.blobs.get(&blob)?.read_at(offset, len.into());
        Ok(read.map_err(|error| told(&error)))
    }

    fn drop(&mut self, blob: Resource<Blob>) -> wasmtime::Result<()> {
        // A warm instance may drop what an earlier call opened: that is closed already.
        let _ = self.blobs.delete(blob);
        Ok(())
    }
}

fn nothing_granted() -> TaskError {
    told_as(ErrorKind::PermissionDenied, "no files were granted to this task".to_owned())
}

fn told(error: &StorageError) -> TaskError {
    let kind = match error {
        StorageError::NotGranted { .. } => ErrorKind::PermissionDenied,
        StorageError::ReadTooLong { .. } => ErrorKind::OutOfRange,
        _ => ErrorKind::Failed,
    };
    told_as(kind, error.to_string())
}

fn told_as(kind: ErrorKind, message: String) -> TaskError {
    TaskError { kind, message, context: Vec::new(), retryable: false }
}
