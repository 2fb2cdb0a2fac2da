//! The canonical encoding that keys are hashes of.
//!
//! Every value is a tag byte and fixed-width or length-prefixed little-endian content, so that no two different tasks
//! share an encoding. Changing anything here changes every key: raise `DOMAIN` then, so that no old key is met again.

use crate::{Arg, Export, Function, Key};

/// Keeps these hashes apart from all others, and from those of other versions of this encoding.
const DOMAIN: &[u8] = b"gristmill task 1\0";

/// What all tasks of a layer share, hashed once a layer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Prefix([u8; 32]);

/// Makes the keys of one task after the other, in one buffer.
#[derive(Default)]
pub(crate) struct Hasher {
    buffer: Vec<u8>,
}

impl Key {
    /// The key of a task: of its function, its arguments, its own literals and its inputs.
    ///
    /// Layers, names and options have no part in it.
    pub fn of(function: &Function, args: &[Arg], params: &[Arg], inputs: &[Self]) -> Self {
        let inputs = inputs.iter();
        Hasher::default().key(&Prefix::new(function, args), |buffer| push_args(buffer, params), inputs)
    }
}

impl Prefix {
    pub(crate) fn new(function: &Function, args: &[Arg]) -> Self {
        let mut buffer = DOMAIN.to_vec();
        push_function(&mut buffer, function);
        push_args(&mut buffer, args);
        Self(blake3::hash(&buffer).into())
    }
}

impl Hasher {
    /// The key of one task; `params` appends the task's own literals.
    pub(crate) fn key<'k>(
        &mut self,
        prefix: &Prefix,
        params: impl FnOnce(&mut Vec<u8>),
        inputs: impl ExactSizeIterator<Item = &'k Key>,
    ) -> Key {
        let buffer = &mut self.buffer;
        buffer.clear();
        buffer.extend_from_slice(&prefix.0);
        params(buffer);
        push_len(buffer, inputs.len());
        inputs.for_each(|key| buffer.extend_from_slice(&key.0));
        Key(blake3::hash(buffer).into())
    }
}

/// Appends a count and the arguments.
pub(crate) fn push_args(buffer: &mut Vec<u8>, args: &[Arg]) {
    push_len(buffer, args.len());
    args.iter().for_each(|arg| push_arg(buffer, arg));
}

fn push_arg(buffer: &mut Vec<u8>, arg: &Arg) {
    match arg {
        Arg::Null => buffer.push(0),
        Arg::Boolean(value) => buffer.extend_from_slice(&[1, u8::from(*value)]),
        Arg::Int(value) => push_fixed(buffer, 2, &value.to_le_bytes()),
        Arg::UInt(value) => push_fixed(buffer, 3, &value.to_le_bytes()),
        // There are many NaNs, and they may differ between machines.
        Arg::Float(value) if value.is_nan() => {
            push_fixed(buffer, 4, &0x7ff8_0000_0000_0000_u64.to_le_bytes())
        }
        Arg::Float(value) => push_fixed(buffer, 4, &value.to_bits().to_le_bytes()),
        Arg::Text(text) => push_bytes(buffer, 5, text.as_bytes()),
        Arg::Bytes(bytes) => push_bytes(buffer, 6, bytes),
        Arg::Input(n) => push_fixed(buffer, 7, &n.to_le_bytes()),
        Arg::Inputs => buffer.push(8),
        Arg::Param(n) => push_fixed(buffer, 9, &n.to_le_bytes()),
        Arg::List(items) => {
            buffer.push(10);
            push_args(buffer, items);
        }
        Arg::Map(entries) => {
            buffer.push(11);
            push_len(buffer, entries.len());
            for (name, item) in entries {
                push_bytes(buffer, 5, name.as_bytes());
                push_arg(buffer, item);
            }
        }
    }
}

fn push_function(buffer: &mut Vec<u8>, function: &Function) {
    match function {
        Function::Component { digest, export } => {
            push_fixed(buffer, 0, digest.as_bytes());
            match export {
                Export::Call(name) => push_bytes(buffer, 0, name.as_bytes()),
                Export::Read(format) => push_bytes(buffer, 1, format.as_bytes()),
            }
        }
        Function::Kernel { name, version } => {
            push_bytes(buffer, 1, name.as_bytes());
            buffer.extend_from_slice(&version.to_le_bytes());
        }
        Function::Native { name, id } => {
            push_bytes(buffer, 2, name.as_bytes());
            buffer.extend_from_slice(&id.to_le_bytes());
        }
    }
}

fn push_fixed(buffer: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    buffer.push(tag);
    buffer.extend_from_slice(bytes);
}

fn push_bytes(buffer: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    buffer.push(tag);
    push_len(buffer, bytes.len());
    buffer.extend_from_slice(bytes);
}

fn push_len(buffer: &mut Vec<u8>, len: usize) {
    buffer.extend_from_slice(&(len as u64).to_le_bytes());
}
