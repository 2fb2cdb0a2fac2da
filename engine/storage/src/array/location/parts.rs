//! A file that parts are read from as they are asked for.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::{At, Location, RangeFile};
use crate::Error;
use crate::remote::Part;

/// A file, which is opened when the first part of it is read.
#[derive(Debug)]
pub(in super::super) struct Parts {
    location: Location,
    opened: Mutex<Option<Arc<RangeFile>>>,
}

impl Parts {
    pub(in super::super) fn new(location: Location) -> Self {
        Self { location, opened: Mutex::default() }
    }

    pub(in super::super) fn location(&self) -> &Location {
        &self.location
    }

    /// The bytes of a range, for which memory is made. Elsewhere than on this machine it is one request.
    pub(in super::super) fn read(&self, range: Range<u64>) -> Result<Vec<u8>, Error> {
        let length = range.end.saturating_sub(range.start);
        if length == 0 {
            return Ok(Vec::new());
        }
        if let At::Remote(remote) = &self.location.at {
            let got = remote.get(Part::Range(range), None, length)?;
            return Ok(got.ok_or_else(|| remote.missing())?.bytes);
        }
        let file = self.opened()?;
        // A length that no file has costs no memory.
        if file.size() < range.end {
            let reason = format!("it has {} bytes, and those up to {} are asked for", file.size(), range.end);
            return Err(Error::corrupt(file.path(), "its end", reason));
        }
        file.read_most(range.start, length)
    }

    fn opened(&self) -> Result<Arc<RangeFile>, Error> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = opened.as_ref() {
            return Ok(file.clone());
        }
        let file = Arc::new(self.location.open_existing(Part::Whole)?);
        *opened = Some(file.clone());
        Ok(file)
    }
}
