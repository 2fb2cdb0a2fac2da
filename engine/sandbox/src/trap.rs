//! How a guest failed, in the engine's words.

use gristmill_data::{TaskError, TaskErrorKind};
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};

use crate::bindings::gristmill::plugin::types as wit;
use crate::state::{State, Stop};
use crate::text::{clean, clean_lines};

/// Characters of a guest's message, or of wasmtime's.
const MESSAGE_LEN_MAX: usize = 4_000;
/// Lines of context that a guest may add.
const CONTEXT_LINES_MAX: usize = 20;
/// Characters of a line of context, or of a function's name.
const LINE_LEN_MAX: usize = 400;

/// The error of a call that did not return: a trap, a limit, or a broken calling convention.
///
/// After it the instance is dead.
pub(crate) fn explain(error: &wasmtime::Error, state: &mut State) -> TaskError {
    if let Some(Stop::Submission(stopped)) = error.downcast_ref::<Stop>() {
        let mut stopped = TaskError::clone(stopped);
        stopped.log = state.log_tail();
        return stopped;
    }
    let (kind, message) = kind_of(error, state);
    let mut explained = TaskError::new(kind, message);
    explained.backtrace = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
    explained.log = state.log_tail();
    explained.retryable = error.is::<PoolConcurrencyLimitError>() || state.crowded;
    explained
}

fn kind_of(error: &wasmtime::Error, state: &State) -> (TaskErrorKind, String) {
    let limits = &state.ctx.limits;
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::Deadline => (TaskErrorKind::Deadline, format!("it ran longer than {:?}", limits.deadline)),
            Stop::Cancelled => (TaskErrorKind::Cancelled, "the task was cancelled while it ran".to_owned()),
            Stop::Hostcalls => (
                TaskErrorKind::HostcallLimit,
                format!("it called the host more than {} times", limits.hostcalls),
            ),
            Stop::Batch => {
                let message = "it asks which task it runs for, and a batch has no one answer; call it singly";
                (TaskErrorKind::Unsupported, message.to_owned())
            }
            Stop::Submission(error) => (error.kind, error.message.clone()),
            Stop::HostcallBytes => (TaskErrorKind::HostcallLimit, too_many_bytes(limits.hostcall_nbytes)),
        };
    }
    if error.is::<PoolConcurrencyLimitError>() {
        let message =
            "all places for instances are taken; fewer tasks at a time, or a larger `instances_max`";
        return (TaskErrorKind::MemoryLimit, message.to_owned());
    }
    let trap = error.downcast_ref::<Trap>();
    let reason = clean_lines(&format!("{}", error.root_cause()), MESSAGE_LEN_MAX);
    match trap {
        Some(Trap::StackOverflow) => (
            TaskErrorKind::StackOverflow,
            "its stack is exhausted; is there recursion without end?".to_owned(),
        ),
        Some(Trap::OutOfFuel) => {
            (TaskErrorKind::OutOfFuel, "it executed more instructions than it may".to_owned())
        }
        _ if state.denied.is_some() => {
            let denied = state.denied.as_deref().unwrap_or_default();
            (TaskErrorKind::MemoryLimit, format!("{denied}; then: {reason}"))
        }
        Some(_) => (TaskErrorKind::Trap, reason),
        None if is_hostcall_fuel(error) => {
            (TaskErrorKind::HostcallLimit, too_many_bytes(limits.hostcall_nbytes))
        }
        None => (TaskErrorKind::BadResult, format!("the plugin broke the calling convention: {reason}")),
    }
}

fn too_many_bytes(limit_nbytes: usize) -> String {
    format!("more than {} MiB crossed to the host in one call", limit_nbytes >> 20)
}

/// wasmtime has no public type for this one.
fn is_hostcall_fuel(error: &wasmtime::Error) -> bool {
    error.root_cause().to_string().contains("fuel allocated for hostcalls")
}

/// The names of the guest's functions on the stack, innermost first, demangled.
fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    // Only the text form is demangled; its lines are `  0: 0x5f - module.wasm!name`.
    let text = backtrace.to_string();
    let names = text.lines().filter_map(|line| line.trim().split_once(" - "));
    names
        .map(|(_, name)| clean(without_hash(name.strip_prefix("<unknown>!").unwrap_or(name)), LINE_LEN_MAX))
        .collect()
}

/// `name` without the 17 characters that Rust puts behind it to tell crate versions apart.
fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((path, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => path,
        _ => name,
    }
}

/// The error that a function returned itself. The instance lives on.
pub(crate) fn from_guest(error: wit::TaskError, state: &mut State) -> TaskError {
    let mut told = TaskError::new(kind_from_wit(error.kind), clean_lines(&error.message, MESSAGE_LEN_MAX));
    told.context =
        error.context.iter().take(CONTEXT_LINES_MAX).map(|line| clean(line, LINE_LEN_MAX)).collect();
    told.retryable = error.retryable;
    told.log = state.log_tail();
    told
}

/// The error of a task that a guest has started, as it is told to the guest.
pub(crate) fn to_guest(error: &TaskError) -> wit::TaskError {
    let kind = kind_to_wit(error.kind);
    let message = match kind {
        // What has no word of its own there.
        wit::ErrorKind::Failed => error.to_string(),
        _ => error.message.clone(),
    };
    wit::TaskError { kind, message, context: error.context.clone(), retryable: error.retryable }
}

fn kind_to_wit(kind: TaskErrorKind) -> wit::ErrorKind {
    match kind {
        TaskErrorKind::NoSuchFunction => wit::ErrorKind::NoSuchFunction,
        TaskErrorKind::InvalidArgument => wit::ErrorKind::InvalidArgument,
        TaskErrorKind::TypeMismatch => wit::ErrorKind::TypeMismatch,
        TaskErrorKind::OutOfRange => wit::ErrorKind::OutOfRange,
        TaskErrorKind::Unsupported => wit::ErrorKind::Unsupported,
        TaskErrorKind::DataCorrupt => wit::ErrorKind::DataCorrupt,
        TaskErrorKind::PermissionDenied => wit::ErrorKind::PermissionDenied,
        _ => wit::ErrorKind::Failed,
    }
}

fn kind_from_wit(kind: wit::ErrorKind) -> TaskErrorKind {
    match kind {
        wit::ErrorKind::NoSuchFunction => TaskErrorKind::NoSuchFunction,
        wit::ErrorKind::InvalidArgument => TaskErrorKind::InvalidArgument,
        wit::ErrorKind::TypeMismatch => TaskErrorKind::TypeMismatch,
        wit::ErrorKind::OutOfRange => TaskErrorKind::OutOfRange,
        wit::ErrorKind::Unsupported => TaskErrorKind::Unsupported,
        wit::ErrorKind::DataCorrupt => TaskErrorKind::DataCorrupt,
        wit::ErrorKind::PermissionDenied => TaskErrorKind::PermissionDenied,
        wit::ErrorKind::Failed => TaskErrorKind::Failed,
    }
}
