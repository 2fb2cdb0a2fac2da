//! dtypes and promotion, shapes, the chunk grid, chunks, partitions, values and their Arrow IPC form.
//!
//! A [`Value`] is what a task takes and returns: a number, a text, a [`Chunk`] of an array, a [`Partition`] of a
//! dataframe, or a list or map of values. All are cheap to clone: bulk data is shared, never copied.
//! [`Type`] describes a value without its data, and [`encode_value`] writes it as Arrow IPC.
//!
//! # Layout
//! - [`DType`]: what an element is, and NumPy's promotion; [`Element`] ties it to Rust's types
//! - [`broadcast_shapes`], [`ChunkGrid`], [`ChunkRuns`]: shapes, and how an array is cut
//! - [`Chunk`], [`Partition`], [`Value`]: data; [`Memory`]: where a chunk's elements are put;
//!   [`DeviceChunk`]: a piece of an array in the memory of a device
//! - [`Type`], [`ColumnType`]: descriptions of data, their grammar, and [`Mismatch`] between two of them
//! - [`encode_value`], [`decode_value`]: bytes for spill files, content keys and the wire
//! - [`Error`], [`TaskError`]: what goes wrong here, and what goes wrong in a task

mod dtype;
mod element;
mod shape;

mod chunk_grid;
mod memory;

mod chunk;
mod column_type;
mod device_chunk;
mod partition;
mod value;

mod types;

mod encode;

mod decode;

mod error;
mod task_error;

#[cfg(test)]
mod random;

pub use chunk::Chunk;
pub use chunk_grid::{ChunkGrid, ChunkRuns, Span};
pub use column_type::ColumnType;
pub use decode::{IpcMessage, decode_value, ipc_messages};
pub use device_chunk::{DeviceChunk, DeviceMemory};
pub use dtype::DType;
pub use element::Element;
pub use encode::{VALUE_DEPTH_MAX, VALUE_NODES_MAX, encode_value};
pub use error::Error;
pub use memory::Memory;
pub use partition::{COLUMNS_MAX, Partition};
pub use shape::{NDIM_MAX, broadcast_shapes, n_elements};
pub use task_error::{TaskError, TaskErrorKind};
pub use types::{Difference, Field, Mismatch, TYPE_DEPTH_MAX, Type};
pub use value::Value;

/// The Arrow crates that this engine is built with: what is needed to make and read partitions and buffers.
pub mod arrow {
    pub use arrow_array as array;
    pub use arrow_buffer as buffer;
    pub use arrow_data as data;
    pub use arrow_schema as schema;
}

/// Half-precision and complex numbers, as [`Element`]s and in [`Value::Complex`].
pub mod number {
    pub use half::f16;
    pub use num_complex::{Complex32, Complex64};
}
