//! Foreign parsers behind a wall: what panics in them becomes an error.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::Error;

/// Runs code that reads a file through libraries which others wrote. A panic there, which only a damaged file can
/// cause, becomes [`Error::CorruptArray`]; the message that the panic prints stays where it is printed.
///
/// Nothing that a panic may have left half done is seen afterwards but caches of the library's own, which are guarded
/// by locks that a panic poisons or that hold whole entries only.
pub(super) fn guarded<T>(
    path: &Path,
    place: &str,
    read: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Err(Error::corrupt(path, place, format!("its reader gave up: {text}")))
    })
}
