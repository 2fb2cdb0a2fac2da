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
    pub(super) fn close(self) -> Option<String> {
        // From the innermost to the outermost, as they must.
        let mut failure = None;
        for scope in self.0.into_iter().rev() {
            failure = block_on(scope.pop()).map(|error| error.to_string()).or(failure);
        }
        failure
    }
}
