//! Inputs of generated shaders: how each is bound, and how its elements are read.

use std::fmt::Write as _;

use gristmill_data::{Chunk, DType};
use gristmill_kernels::expr::Expr;

use crate::Error;
use crate::adapter::AdapterFacts;
use crate::array::DeviceArray;
use crate::device::Shader;
use crate::wgsl::index::Axes;
use crate::wgsl::repr::Repr;
use crate::wgsl::{IMMEDIATES_MAX, program};

/// What a program is given.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    /// An array.
    Array(DeviceArray),
    /// One element, which goes with the call.
    Element(Chunk),
    /// Of each element of the result its position in C order, as `uint32`.
    Position,
}

impl Operand {
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Self::Array(array) => array.dtype,
            Self::Element(chunk) => chunk.dtype(),
            Self::Position => DType::UInt32,
        }
    }

    pub(crate) fn shape(&self) -> &[u64] {
        match self {
            Self::Array(array) => &array.shape,
            Self::Element(chunk) => chunk.shape(),
            Self::Position => &[],
        }
    }
}

/// Words of immediates, in the making: fixed ones come first.
pub(crate) struct Immediates {
    words: Vec<u32>,
}

impl Immediates {
    pub(crate) fn new(fixed: &[u32]) -> Self {
        Self { words: fixed.to_vec() }
    }

    /// Adds a word; the expression that it has in the shader.
    pub(crate) fn push(&mut self, word: u32) -> String {
        self.words.push(word);
        format!("imm.words[{}]", self.words.len() - 1)
    }

    pub(crate) fn words(&self) -> &[u32] {
        &self.words
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.words.len() <= IMMEDIATES_MAX {
            true => Ok(()),
            false => Err(Error::unsupported("inputs that broadcast along too many axes")),
        }
    }
}

/// How an input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Its elements lie as the result's: four at once.
    Group,
    /// Wherever they lie, or made of where they would: one by one.
    Single,
    /// It is in the immediates.
    Immediate,
}

/// The program of a shader and its inputs.
pub(crate) struct Source {
    /// Declarations of bindings and functions: `program`, and `input_n` for each input that is read one by one.
    pub(crate) text: String,
    /// Of each input.
    pub(crate) accesses: Vec<Access>,
    /// How many of them are bound.
    n_bound: usize,
    pub(crate) reprs: Vec<Repr>,
}

impl Source {
    /// A program's inputs for a result whose elements are counted in C order; `may_group` of inputs of the result's shape.
    pub(crate) fn new(
        expr: &Expr,
        operands: &[Operand],
        axes: &Axes,
        may_group: bool,
        immediates: &mut Immediates,
        facts: &AdapterFacts,
    ) -> Result<Self, Error> {
        Self::of(program::function(expr, facts)?, operands, axes, may_group, immediates, facts)
    }

    /// The same of declarations, among them a function `program`.
    pub(crate) fn of(
        mut text: String,
        operands: &[Operand],
        axes: &Axes,
        may_group: bool,
        immediates: &mut Immediates,
        facts: &AdapterFacts,
    ) -> Result<Self, Error> {
        let (mut accesses, mut reprs) = (Vec::new(), Vec::new());
        let lengths: Vec<String> = match needs_index(operands, axes, may_group) {
            true => axes.lengths.iter().map(|&length| immediates.push(length)).collect(),
            false => Vec::new(),
        };
        let mut n_bound = 0;
        for (n, operand) in operands.iter().enumerate() {
            let repr = Repr::of(operand.dtype(), facts)?;
            reprs.push(repr);
            let ty = repr.register();
            match operand {
                Operand::Element(chunk) => {
                    if chunk.dtype() == DType::Float64 && !facts.has_i64 {
                        return Err(Error::unsupported("an element of float64 without int64"));
                    }
                    let value = element(chunk, immediates)?;
                    _ = writeln!(text, "fn input_{n}(e: u32) -> {ty} {{ return {value}; }}");
                    accesses.push(Access::Immediate);
                }
                Operand::Position => {
                    _ = writeln!(text, "fn input_{n}(e: u32) -> u32 {{ return e; }}");
                    accesses.push(Access::Single);
                }
                Operand::Array(_) => {
                    let group = may_group && axes.is_contiguous(n);
                    let unit = if group { repr.group() } else { repr.unit().to_owned() };
                    _ = writeln!(
                        text,
                        "@group(0) @binding({n_bound}) var<storage, read> in{n}: array<{unit}>;"
                    );
                    if !group {
                        let strides = axes.strides.get(n).map(Vec::as_slice).unwrap_or_default();
                        let along: Vec<_> = lengths.iter().cloned().zip(strides.iter().copied()).collect();
                        text.push_str(&locator(&format!("at_{n}"), &along, immediates));
                        let load = repr.load(&format!("in{n}"), "at");
                        _ = writeln!(
                            text,
                            "fn input_{n}(e: u32) -> {ty} {{\nlet at = at_{n}(e);\nreturn {load};\n}}"
                        );
                    }
                    accesses.push(if group { Access::Group } else { Access::Single });
                    n_bound += 1;
                }
            }
        }
        immediates.check()?;
        if n_bound + 1 > facts.n_bindings_max {
            return Err(Error::unsupported(format!(
                "{n_bound} inputs and a result, of at most {} buffers",
                facts.n_bindings_max
            )));
        }
        Ok(Self { text, accesses, n_bound, reprs })
    }

    /// How many buffers are bound.
    pub(crate) fn n_bound(&self) -> usize {
        self.n_bound
    }
}

/// A shader of `shaders/`: the text, after what tells it its types (`alias Element = f32;`) and what it names of the
/// library; for each binding whether it is written.
pub(crate) fn named(name: &'static str, text: &str, types: &str, writes: &[bool]) -> Shader {
    Shader { name, text: format!("{types}\n{text}").into(), writes: writes.into() }
}

fn needs_index(operands: &[Operand], axes: &Axes, may_group: bool) -> bool {
    let is_single = |(n, operand): (usize, &Operand)| {
        matches!(operand, Operand::Array(_)) && !(may_group && axes.is_contiguous(n))
    };
    operands.iter().enumerate().any(is_single)
}

/// `fn name(i: u32) -> u32`: how far along axes the i-th of their places lies, counted in C order. Of each axis the length,
/// as an expression, and how far its places are apart.
pub(crate) fn locator(name: &str, axes: &[(String, u32)], immediates: &mut Immediates) -> String {
    let mut text = format!("fn {name}(i: u32) -> u32 {{\nvar rest = i;\nvar at = 0u;\n");
    for (axis, (length, stride)) in axes.iter().enumerate().rev() {
        let index = if axis == 0 { "rest".to_owned() } else { format!("(rest % {length})") };
        match stride {
            0 => {}
            1 => _ = writeln!(text, "at = at + {index};"),
            stride => _ = writeln!(text, "at = at + {index} * {};", immediates.push(*stride)),
        }
        if axis > 0 {
            _ = writeln!(text, "rest = rest / {length};");
        }
    }
    text + "return at;\n}\n"
}

/// An element of the immediates.
fn element(chunk: &Chunk, immediates: &mut Immediates) -> Result<String, Error> {
    let dtype = chunk.dtype();
    let mut words = chunk.data().chunks(4).map(|word| {
        let mut padded = [0; 4];
        padded.iter_mut().zip(word).for_each(|(to, from)| *to = *from);
        u32::from_le_bytes(padded)
    });
    let low = words.next().unwrap_or(0);
    let mut push = |word: u32| immediates.push(word);
    Ok(match dtype {
        DType::Boolean => format!("({} != 0u)", push(low)),
        DType::Float32 => format!("bitcast<f32>({})", push(low)),
        DType::Float16 => format!("np_from_half({})", push(low)),
        DType::UInt8 | DType::UInt16 | DType::UInt32 => push(low),
        DType::Int32 => format!("bitcast<i32>({})", push(low)),
        DType::Int16 => format!("(bitcast<i32>({} << 16u) >> 16u)", push(low)),
        DType::Int8 => format!("(bitcast<i32>({} << 24u) >> 24u)", push(low)),
        DType::Float64 | DType::Int64 | DType::UInt64 => {
            let ty = match dtype {
                DType::Float64 => "f64",
                DType::Int64 => "i64",
                _ => "u64",
            };
            let (low, high) = (push(low), push(words.next().unwrap_or(0)));
            format!("bitcast<{ty}>(u64({low}) | (u64({high}) << 32u))")
        }
        _ => return Err(Error::unsupported(format!("{dtype} has no shaders"))),
    })
}
