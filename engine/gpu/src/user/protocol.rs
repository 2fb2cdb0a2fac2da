//! What a GPU host is asked and answers: a frame each, a message with the elements of arrays behind it.

use std::io::{self, Read, Write};

use gristmill_data::{Chunk, DType, Memory, n_elements};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{KernelSource, SOURCE_NBYTES_MAX};
use crate::Error;

/// How long a message may be, in bytes: a kernel's source with every character escaped, and a little.
const MESSAGE_NBYTES_MAX: u32 = 6 * SOURCE_NBYTES_MAX as u32 + (64 << 10);
/// What all arrays of a frame may take, in bytes.
pub(super) const ARRAYS_NBYTES_MAX: u64 = 16 << 30;

/// What a GPU host is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// First of all: open an adapter.
    Open(Opening),
    /// Check a kernel; from now on it has the next number, counted from 0.
    Check(KernelMsg),
    /// Run a kernel on the arrays behind this.
    Map {
        /// Its number.
        kernel: usize,
        /// The arrays.
        inputs: Vec<ArrayMsg>,
    },
}

/// What a GPU host opens, and is held to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Opening {
    /// Which adapter, counted as [`adapters`](crate::adapters) lists them.
    pub(super) adapter_idx: usize,
    /// Whether software adapters are among them.
    pub(super) software: bool,
    /// How many bytes its buffers may take.
    pub(super) budget_nbytes: u64,
    /// When it ends itself, should nobody do so before.
    pub(super) deadline_ms: u64,
}

/// A [`KernelSource`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KernelMsg {
    name: String,
    source: String,
    params: Vec<String>,
    result: String,
}

/// An array, without its elements.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ArrayMsg {
    dtype: String,
    shape: Vec<u64>,
}

/// What a GPU host answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    /// Opened, or checked.
    Done,
    /// The kernel's array, behind this.
    Mapped(ArrayMsg),
    /// It could not be done.
    Failed(Error),
}

impl KernelMsg {
    pub(super) fn new(kernel: &KernelSource) -> Self {
        let params = kernel.params.iter().map(|dtype| dtype.name().to_owned()).collect();
        let (name, source) = (kernel.name.clone(), kernel.source.to_string());
        Self { name, source, params, result: kernel.result.name().to_owned() }
    }

    pub(super) fn kernel(&self) -> Result<KernelSource, Error> {
        let params: Result<Vec<DType>, _> = self.params.iter().map(|name| name.parse()).collect();
        let (name, source) = (self.name.clone(), self.source.as_str().into());
        Ok(KernelSource { name, source, params: params?, result: self.result.parse()? })
    }
}

impl ArrayMsg {
    pub(super) fn new(chunk: &Chunk) -> Self {
        Self { dtype: chunk.dtype().name().to_owned(), shape: chunk.shape().to_vec() }
    }
}

/// Writes a frame.
///
/// The length of the message, in 4 bytes; that of the elements, in 8; the message as JSON; the elements.
pub(super) fn write(to: &mut impl Write, message: &impl Serialize, arrays: &[Chunk]) -> io::Result<()> {
    let message = serde_json::to_vec(message)?;
    let message_nbytes = u32::try_from(message.len()).ok().filter(|&nbytes| nbytes <= MESSAGE_NBYTES_MAX);
    let message_nbytes = message_nbytes.ok_or_else(|| damaged("a message that is too long"))?;
    let arrays_nbytes: u64 = arrays.iter().map(|chunk| chunk.data().len() as u64).sum();
    to.write_all(&message_nbytes.to_le_bytes())?;
    to.write_all(&arrays_nbytes.to_le_bytes())?;
    to.write_all(&message)?;
    for chunk in arrays {
        to.write_all(chunk.data())?;
    }
    to.flush()
}

/// Reads a frame's message, and how many bytes of elements are behind it; `None` at the end of all frames.
pub(super) fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<(T, u64)>> {
    let mut message_nbytes = [0; 4];
    match from.read_exact(&mut message_nbytes) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut arrays_nbytes = [0; 8];
    from.read_exact(&mut arrays_nbytes)?;
    let (message_nbytes, arrays_nbytes) =
        (u32::from_le_bytes(message_nbytes), u64::from_le_bytes(arrays_nbytes));
    if message_nbytes > MESSAGE_NBYTES_MAX || arrays_nbytes > ARRAYS_NBYTES_MAX {
        return Err(damaged("a frame that is too long"));
    }
    let mut message = vec![0; message_nbytes as usize];
    from.read_exact(&mut message)?;
    Ok(Some((serde_json::from_slice(&message)?, arrays_nbytes)))
}

/// Reads the elements of arrays, which must take so many bytes.
pub(super) fn read_arrays(
    from: &mut impl Read,
    messages: &[ArrayMsg],
    arrays_nbytes: u64,
) -> io::Result<Vec<Chunk>> {
    let mut sized = Vec::with_capacity(messages.len());
    for message in messages {
        let dtype: DType = message.dtype.parse().map_err(invalid)?;
        let nbytes = n_elements(&message.shape).map_err(invalid)?.saturating_mul(dtype.itemsize() as u64);
        sized.push((dtype, &message.shape, nbytes));
    }
    if sized.iter().map(|(.., nbytes)| *nbytes).fold(0, u64::saturating_add) != arrays_nbytes {
        return Err(damaged("arrays of another size than their elements"));
    }
    let mut chunks = Vec::with_capacity(messages.len());
    for (dtype, shape, nbytes) in sized {
        let mut memory = Memory::try_new(nbytes as usize)
            .ok_or_else(|| io::Error::new(io::ErrorKind::OutOfMemory, "no memory for an array"))?;
        from.read_exact(memory.as_mut_slice())?;
        chunks.push(Chunk::try_new(dtype, shape, memory.into_buffer(), None).map_err(invalid)?);
    }
    Ok(chunks)
}

pub(super) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

fn invalid(error: gristmill_data::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
