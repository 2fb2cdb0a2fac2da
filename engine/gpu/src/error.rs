//! What can go wrong on a device, sorted by what is done about it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Why work has not run on a device. Every one of them leaves the CPU, which gives the same answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Error {
    /// Such work is not for this device: a dtype that the adapter lacks, a shape beyond its limits, absent elements.
    /// It is not tried again.
    #[error("not on this device: {reason}")]
    Unsupported {
        /// What the device lacks.
        reason: String,
    },
    /// There is no room: something must leave the device first, or less be done at once.
    #[error(
        "no room for {nbytes} B on `{adapter}`: {used_nbytes} B are in use, and its budget is {budget_nbytes} B"
    )]
    OutOfMemory {
        /// The adapter's name.
        adapter: String,
        /// What was asked for.
        nbytes: u64,
        /// What buffers take, those kept for reuse included.
        used_nbytes: u64,
        /// What buffers may take.
        budget_nbytes: u64,
    },
    /// The driver refused a shader: the kernel is not tried on this device again.
    #[error("`{adapter}` refuses the shader `{shader}`: {reason}")]
    Shader {
        /// The adapter's name.
        adapter: String,
        /// The shader's name.
        shader: String,
        /// What the compiler or driver says.
        reason: String,
    },
    /// The device is gone, with all that was in its memory.
    #[error("`{adapter}` is lost: {reason}")]
    Lost {
        /// The adapter's name.
        adapter: String,
        /// What the driver says.
        reason: String,
    },
    /// A user's kernel is not one that may run: it is not tried again.
    #[error("the kernel `{kernel}` is refused: {reason}")]
    Kernel {
        /// The kernel's name.
        kernel: String,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A user's kernel went on and on.
    #[error("the loops of the kernel `{kernel}` took more than {n_turns_max} turns for one element")]
    Turns {
        /// The kernel's name.
        kernel: String,
        /// How many they may take, of all its loops together.
        n_turns_max: u32,
    },
    /// A user's kernel, or its compilation, had to be stopped: it is not tried again.
    #[error("the kernel `{kernel}` took longer than {deadline:?}")]
    Deadline {
        /// The kernel's name.
        kernel: String,
        /// How long it may take.
        deadline: Duration,
    },
    /// A user's kernel ended the process that ran it, or the device: it is not tried again.
    #[error("the kernel `{kernel}` crashed its GPU host: {reason}")]
    Crashed {
        /// The kernel's name.
        kernel: String,
        /// How the process ended.
        reason: String,
    },
    /// The process that runs users' kernels could not be started.
    #[error("`{exe}` is no GPU host: {reason}")]
    Host {
        /// The program.
        exe: String,
        /// What went wrong.
        reason: String,
    },
}

impl Error {
    pub(crate) fn unsupported(reason: impl Into<String>) -> Self {
        Self::Unsupported { reason: reason.into() }
    }
}

/// The CPU kernel says what is wrong with its arguments.
impl From<gristmill_kernels::Error> for Error {
    fn from(error: gristmill_kernels::Error) -> Self {
        Self::unsupported(error.to_string())
    }
}

impl From<gristmill_data::Error> for Error {
    fn from(error: gristmill_data::Error) -> Self {
        Self::unsupported(error.to_string())
    }
}
