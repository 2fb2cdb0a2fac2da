//! Values from bytes; `encode` says how they are laid out.
//!
//! Bytes may come from a damaged file or a stranger: every length is checked before it is used, and nothing is
//! allocated on the word of a count alone.

mod stream;

pub use stream::{IpcMessage, ipc_messages};

use std::sync::Arc;

use arrow_buffer::Buffer;
use num_complex::Complex64;

use crate::encode::{MAGIC, PIECE_ALIGNMENT, VALUE_DEPTH_MAX, VALUE_NODES_MAX, tag};
use crate::{Error, Value};

/// How many items are allocated for before they were read.
const ITEMS_RESERVED_MAX: usize = 1024;

/// The value that [`encode_value`](crate::encode_value) wrote.
///
/// Bulk data is not copied: chunks, columns and bytes share the memory of `bytes`, unless that starts at an address
/// that is no multiple of 8.
///
/// # Errors
/// [`Error::Corrupt`] or [`Error::TooComplex`].
pub fn decode_value(bytes: Buffer) -> Result<Value, Error> {
    let aligned = bytes.as_ptr().align_offset(align_of::<u64>()) == 0;
    let bytes = if aligned { bytes } else { Buffer::from_slice_ref(bytes.as_slice()) };
    if bytes.starts_with(&MAGIC) { decode_tree(&bytes) } else { stream::decode(&bytes) }
}

fn decode_tree(bytes: &Buffer) -> Result<Value, Error> {
    let truncated = || Error::corrupt("the end is missing");
    let rest = bytes.strip_suffix(&MAGIC).ok_or_else(truncated)?;
    let (rest, nodes_len) = rest.split_last_chunk().ok_or_else(truncated)?;
    let nodes_len = usize::try_from(u64::from_le_bytes(*nodes_len)).ok();
    let nodes_start = nodes_len.and_then(|len| rest.len().checked_sub(len)).ok_or_else(truncated)?;
    let (_, nodes) = rest.split_at_checked(nodes_start).ok_or_else(truncated)?;
    let mut reader = Reader { pieces: bytes.slice_with_length(0, nodes_start), rest: nodes, n_nodes: 0 };
    let value = reader.value(0)?;
    if !reader.rest.is_empty() {
        return Err(Error::corrupt(format!("{} bytes follow the last part", reader.rest.len())));
    }
    Ok(value)
}

/// Reads nodes from first to last.
struct Reader<'a> {
    pieces: Buffer,
    rest: &'a [u8],
    n_nodes: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Value, Error> {
        self.n_nodes += 1;
        if self.n_nodes > VALUE_NODES_MAX {
            return Err(Error::TooComplex { what: "a number of parts", max: VALUE_NODES_MAX });
        }
        if depth >= VALUE_DEPTH_MAX {
            return Err(Error::TooComplex { what: "a depth", max: VALUE_DEPTH_MAX });
        }
        let [tag] = self.array()?;
        Ok(match tag {
            tag::NULL => Value::Null,
            tag::FALSE => Value::Boolean(false),
            tag::TRUE => Value::Boolean(true),
            tag::INT => Value::Int(i64::from_le_bytes(self.array()?)),
            tag::UINT => Value::UInt(u64::from_le_bytes(self.array()?)),
            tag::FLOAT => Value::Float(f64::from_le_bytes(self.array()?)),
            tag::COMPLEX => Value::Complex(Complex64 {
                re: f64::from_le_bytes(self.array()?),
                im: f64::from_le_bytes(self.array()?),
            }),
            tag::TEXT => Value::Text(self.text()?.into()),
            tag::DATETIME => Value::Datetime(i64::from_le_bytes(self.array()?)),
            tag::TIMEDELTA => Value::Timedelta(i64::from_le_bytes(self.array()?)),
            tag::BYTES => Value::Bytes(self.piece()?),
            tag::CHUNK | tag::PARTITION => {
                let value = stream::decode(&self.piece()?)?;
                let (is_chunk, expected) = (matches!(value, Value::Chunk(_)), tag == tag::CHUNK);
                if is_chunk != expected {
                    return Err(Error::corrupt(
                        "a piece is a chunk where a partition should be, or the reverse",
                    ));
                }
                value
            }
            tag::LIST => Value::List(self.items(|reader| reader.value(depth + 1))?.into()),
            tag::MAP => Value::Map(self.items(|reader| reader.entry(depth + 1))?.into()),
            unknown => return Err(Error::corrupt(format!("there is no part with the tag {unknown}"))),
        })
    }

    fn entry(&mut self, depth: usize) -> Result<(Arc<str>, Value), Error> {
        Ok((self.text()?.into(), self.value(depth)?))
    }

    fn items<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let n_items = self.len()?;
        if n_items > self.rest.len() {
            return Err(Error::corrupt(format!("{n_items} items in {} bytes", self.rest.len())));
        }
        let mut items = Vec::with_capacity(n_items.min(ITEMS_RESERVED_MAX));
        for _ in 0..n_items {
            items.push(read(self)?);
        }
        Ok(items)
    }

    fn text(&mut self) -> Result<&'a str, Error> {
        let len = self.len()?;
        let (text, rest) =
            self.rest.split_at_checked(len).ok_or_else(|| Error::corrupt("a text is cut off"))?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(|error| Error::corrupt(format!("a text is no UTF-8: {error}")))
    }

    fn piece(&mut self) -> Result<Buffer, Error> {
        let (start, len) = (self.len()?, self.len()?);
        let inside = start.checked_add(len).is_some_and(|end| end <= self.pieces.len());
        if !inside || start % PIECE_ALIGNMENT != 0 {
            return Err(Error::corrupt(format!("{len} bytes of data at {start}, where there are none")));
        }
        Ok(self.pieces.slice_with_length(start, len))
    }

    fn len(&mut self) -> Result<usize, Error> {
        let len = u64::from_le_bytes(self.array()?);
        usize::try_from(len).map_err(|_| Error::corrupt(format!("a length of {len}")))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (array, rest) =
            self.rest.split_first_chunk().ok_or_else(|| Error::corrupt("a part is cut off"))?;
        self.rest = rest;
        Ok(*array)
    }
}

#[cfg(test)]
mod tests;
