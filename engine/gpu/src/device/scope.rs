//! Errors of single calls, caught where they happen.

use crate::adapter::block_on;

/// Catches every kind of error until it is closed.
pub(super) struct Scopes([wgpu::ErrorScopeGuard; 3]);

impl Scopes {
    pub(super) fn open(device: &wgpu::Device) -> Self {
        use wgpu::ErrorFilter::{Internal, OutOfMemory, Validation};
        Self([Validation, OutOfMemory, Internal].map(|filter| device.push_error_scope(filter)))
    }

    /// What went wrong since, if something did.
    pub(super) fn close(self) -> Option<Failure> {
        // From the innermost to the outermost, as they must.
        let mut failure = None;
        for scope in self.0.into_iter().rev() {
            failure = block_on(scope.pop()).map(Failure::of).or(failure);
        }
        failure
    }
}

/// What went wrong.
#[derive(Debug)]
pub(super) enum Failure {
    /// There was no memory.
    Memory,
    /// Anything else, in the driver's words or wgpu's.
    Other(String),
}

impl Failure {
    fn of(error: wgpu::Error) -> Self {
        match error {
            wgpu::Error::OutOfMemory { .. } => Self::Memory,
            other => Self::Other(other.to_string()),
        }
    }
}
