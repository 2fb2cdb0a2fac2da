//! The pickle that describes a stack, read without running it.
//!
//! A pickle is a program that builds Python objects. Here its stack is played with integers, texts and tuples alone;
//! whatever names or calls something of Python's, as a dtype does, becomes an opaque value that nothing is done with.

use std::collections::HashMap;
use std::rc::Rc;

/// How deep tuples may lie in each other: `chunks` has two levels, a dtype's state some more.
const DEPTH_MAX: usize = 16;

/// What a stack's pickle says: along which axis it is cut, and the lengths of chunks along each axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) axis: usize,
    pub(super) chunks: Vec<Vec<u64>>,
}

#[derive(Debug, Clone)]
enum Value {
    Integer(u64),
    Text(Rc<str>),
    /// With the number of levels in it.
    Tuple(Rc<[Value]>, usize),
    /// Only the outermost one keeps its entries.
    Dict(Vec<Value>),
    Opaque,
}

/// Reads the dict that Dask pickles. The reason is what is wrong with it.
pub(super) fn parse(bytes: &[u8]) -> Result<Description, String> {
    let mut machine = Machine { rest: bytes, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
    while machine.step()? {}
    let Some(Value::Dict(entries)) = machine.stack.pop() else {
        return Err("it is no dict".to_owned());
    };
    let entry = |name: &str| {
        let found = entries
            .as_chunks::<2>()
            .0
            .iter()
            .find(|[key, _]| matches!(key, Value::Text(key) if **key == *name));
        found.map(|[_, value]| value).ok_or_else(|| format!("it has no entry `{name}`"))
    };
    let axis = match entry("axis")? {
        Value::Integer(axis) => usize::try_from(*axis).unwrap_or(usize::MAX),
        _ => return Err("`axis` is not a number".to_owned()),
    };
    let Value::Tuple(axes, _) = entry("chunks")? else {
        return Err("`chunks` is not a tuple".to_owned());
    };
    // An axis that is not cut has one length, so that one tuple that stands for many axes makes nothing large.
    let along = axes.iter().enumerate().map(|(at, lengths)| match lengths {
        Value::Tuple(lengths, _) if lengths.len() == 1 || at == axis => lengths.iter().map(length).collect(),
        _ => {
            Err(format!("the chunks of axis {at} are not one length, and the stack is cut along axis {axis}"))
        }
    });
    Ok(Description { axis, chunks: along.collect::<Result<_, _>>()? })
}

fn length(value: &Value) -> Result<u64, String> {
    match value {
        Value::Integer(length) => Ok(*length),
        _ => Err("`chunks` holds something that is no length".to_owned()),
    }
}

fn unsigned(bytes: &[u8]) -> Result<u64, String> {
    let mut from_the_top = bytes.iter().rev();
    let number = from_the_top.try_fold(0_u64, |all, byte| Some(all.checked_mul(256)? | u64::from(*byte)));
    number.ok_or_else(|| "a number is too large".to_owned())
}

/// Python's unpickler, as far as it goes here.
struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Value>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: HashMap<u64, Value>,
}

impl<'a> Machine<'a> {
    /// Runs one instruction; false at the end.
    fn step(&mut self) -> Result<bool, String> {
        let code = self.take(1)?.first().copied().unwrap_or(b'.');
        match code {
            b'.' => return Ok(false),
            // The version, and how long the next part is.
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'}' => self.stack.push(Value::Dict(Vec::new())),
            b's' => self.set_items(2)?,
            b'u' => {
                let n_items = self.above_mark()?;
                self.set_items(n_items)?;
            }
            b')' => self.tuple(0)?,
            0x85..=0x87 => self.tuple(usize::from(code - 0x84))?,
            b't' => {
                let n_items = self.above_mark()?;
                self.tuple(n_items)?;
            }
            b'K' | b'M' => {
                let number = self.number(if code == b'K' { 1 } else { 2 })?;
                self.stack.push(Value::Integer(number));
            }
            b'J' => self.signed(4)?,
            0x8a => {
                let n_bytes = self.number(1)?;
                self.signed(n_bytes)?;
            }
            0x8c => self.text(1)?,
            b'X' => self.text(4)?,
            b'C' | b'U' => {
                let n_bytes = self.number(1)?;
                self.take(n_bytes)?;
                self.stack.push(Value::Opaque);
            }
            b'N' | 0x88 | 0x89 => self.stack.push(Value::Opaque),
            b'c' => self.name()?,
            // A name of two texts, and a call: of two values one is left.
            0x93 | b'R' => {
                self.pop(2)?;
                self.stack.push(Value::Opaque);
            }
            // The state of what lies below.
            b'b' => drop(self.pop(1)?),
            0x94 => self.remember(self.memo.len() as u64)?,
            b'q' | b'r' => {
                let at = self.number(if code == b'q' { 1 } else { 4 })?;
                self.remember(at)?;
            }
            b'h' | b'j' => {
                let at = self.number(if code == b'h' { 1 } else { 4 })?;
                let value = self.memo.get(&at).ok_or("it recalls what it has not kept")?;
                self.stack.push(value.clone());
            }
            other => return Err(format!("instruction {other:#04x} is not one that describes a stack")),
        }
        Ok(true)
    }

    fn take(&mut self, n_bytes: u64) -> Result<&'a [u8], String> {
        let split = usize::try_from(n_bytes).ok().and_then(|n_bytes| self.rest.split_at_checked(n_bytes));
        let (taken, rest) = split.ok_or("it ends early")?;
        self.rest = rest;
        Ok(taken)
    }

    /// A number without a sign, little-endian.
    fn number(&mut self, n_bytes: u64) -> Result<u64, String> {
        unsigned(self.take(n_bytes)?)
    }

    /// A number with a sign; one below 0 is no length, and part of a dtype's state.
    fn signed(&mut self, n_bytes: u64) -> Result<(), String> {
        let bytes = self.take(n_bytes)?;
        let below_0 = bytes.last().is_some_and(|last| *last > 127);
        self.stack.push(if below_0 { Value::Opaque } else { Value::Integer(unsigned(bytes)?) });
        Ok(())
    }

    fn text(&mut self, n_bytes: u64) -> Result<(), String> {
        let length = self.number(n_bytes)?;
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| "a text is not UTF-8")?;
        self.stack.push(Value::Text(text.into()));
        Ok(())
    }

    /// Two lines that name something of Python's.
    fn name(&mut self) -> Result<(), String> {
        for _ in 0..2 {
            let end = self.rest.iter().position(|byte| *byte == b'\n').ok_or("it ends early")?;
            self.take(end as u64 + 1)?;
        }
        self.stack.push(Value::Opaque);
        Ok(())
    }

    fn pop(&mut self, n_items: usize) -> Result<Vec<Value>, String> {
        let from =
            self.stack.len().checked_sub(n_items).ok_or("it takes more from its stack than is there")?;
        Ok(self.stack.split_off(from))
    }

    fn above_mark(&mut self) -> Result<usize, String> {
        let n_items = self.marks.pop().and_then(|mark| self.stack.len().checked_sub(mark));
        n_items.ok_or_else(|| "it goes back to a mark that is not there".to_owned())
    }

    fn tuple(&mut self, n_items: usize) -> Result<(), String> {
        let items: Vec<_> = self.pop(n_items)?.into_iter().map(Value::nested).collect();
        let depth = 1 + items.iter().map(Value::depth).max().unwrap_or(0);
        if depth > DEPTH_MAX {
            return Err(format!("more than {DEPTH_MAX} tuples lie in each other"));
        }
        self.stack.push(Value::Tuple(items.into(), depth));
        Ok(())
    }

    fn set_items(&mut self, n_items: usize) -> Result<(), String> {
        let items = self.pop(n_items)?.into_iter().map(Value::nested);
        match self.stack.last_mut() {
            Some(Value::Dict(entries)) if n_items.is_multiple_of(2) => entries.extend(items),
            _ => return Err("it puts entries into something that is no dict".to_owned()),
        }
        Ok(())
    }

    fn remember(&mut self, at: u64) -> Result<(), String> {
        let value = match self.stack.last().ok_or("it keeps what is not there")? {
            Value::Dict(_) => Value::Opaque,
            value => value.clone(),
        };
        self.memo.insert(at, value);
        Ok(())
    }
}

impl Value {
    /// As a part of something else, where a dict counts as nothing.
    fn nested(self) -> Self {
        if matches!(self, Self::Dict(_)) { Self::Opaque } else { self }
    }

    fn depth(&self) -> usize {
        if let Self::Tuple(_, depth) = self { *depth } else { 0 }
    }
}

/// A description as Dask reads it: a dict of texts, integers and tuples, in version 2 of Python's pickles.
pub(super) fn write(dtype: &str, axis: usize, chunks: &[Vec<u64>]) -> Vec<u8> {
    fn text(out: &mut Vec<u8>, text: &str) {
        out.push(b'X');
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.as_bytes());
    }
    fn integer(out: &mut Vec<u8>, integer: u64) {
        // Nine bytes, the last for the sign.
        out.extend(b"\x8a\x09");
        out.extend(integer.to_le_bytes());
        out.push(0);
    }
    let mut out = b"\x80\x02}(".to_vec();
    text(&mut out, "chunks");
    out.push(b'(');
    for lengths in chunks {
        out.push(b'(');
        lengths.iter().for_each(|length| integer(&mut out, *length));
        out.push(b't');
    }
    out.push(b't');
    text(&mut out, "dtype");
    text(&mut out, dtype);
    text(&mut out, "axis");
    integer(&mut out, axis as u64);
    out.extend(b"u.");
    out
}

#[cfg(test)]
mod tests;
