//! Values from bytes.

use arrow_buffer::Buffer;

use crate::{Error, Value};

/// The value that [`encode_value`](crate::encode_value) wrote; bulk data stays where it is in `bytes`.
///
/// # Errors
/// [`Error::Corrupt`] or [`Error::TooComplex`].
pub fn decode_value(bytes: Buffer) -> Result<Value, Error> {
    let _ = bytes;
    Err(Error::corrupt("not yet"))
}
