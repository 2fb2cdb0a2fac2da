//! A program made ready for the inputs of one task.

use gristmill_data::number::{Complex32, Complex64, f16};
use gristmill_data::{Chunk, DType};

use super::input::Input;
use super::loops::{Loop, find, half};
use super::prefetch::prefetch;
use super::with_capacity_for;
use crate::Error;
use crate::expr::{Constant, Expr, Number, Op, Operand, Step};

/// How many elements one turn of every loop takes.
pub(crate) const BLOCK: usize = 512;

/// Loops over registers, each of which holds one block.
pub(crate) struct Program<'a> {
    operands: Operands<'a>,
    steps: Vec<Compiled>,
    result: Slot,
    itemsize: usize,
}

/// What steps read and write.
struct Operands<'a> {
    inputs: Vec<Source<'a>>,
    /// Constants and inputs of one element, spread out once.
    uniform: Vec<Vec<u128>>,
    registers: Vec<Vec<u128>>,
}

struct Source<'a> {
    input: Input<'a>,
    itemsize: usize,
    /// Filled before a block when the elements do not lie as the result's do.
    block: Vec<u128>,
}

struct Compiled {
    run: Loop,
    operands: Vec<(Slot, usize)>,
    /// The register, and the size of its elements.
    out: usize,
    itemsize: usize,
}

/// Where an operand is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Slot {
    Input(usize),
    Uniform(usize),
    Register(usize),
}

impl<'a> Program<'a> {
    /// The program for these chunks, which are of its inputs' dtypes and broadcast to `shape`.
    ///
    /// # Errors
    /// [`Error::NoLoop`] when there is no loop for a step.
    pub(crate) fn new(expr: &Expr, chunks: &'a [Chunk], shape: &[u64]) -> Result<Self, Error> {
        let expr = expr.without_f16()?;
        let (mut inputs, mut uniform, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        for chunk in chunks {
            let (dtype, itemsize) = (chunk.dtype(), chunk.dtype().itemsize());
            let input = Input::new(chunk.data(), itemsize, chunk.shape(), shape);
            let mut block = with_capacity_for(dtype, BLOCK);
            if input.is_uniform() && chunk.n_elements() == 1 {
                input.copy(0, bytes_mut(&mut block));
                slots.push(Slot::Uniform(uniform.len()));
                uniform.push(block);
            } else {
                slots.push(Slot::Input(inputs.len()));
                inputs.push(Source { input, itemsize, block });
            }
        }
        let mut compiler =
            Compiler { expr: &expr, slots, uniform, places: Vec::new(), free: Vec::new(), n_registers: 0 };
        let steps = compiler.steps()?;
        let result = compiler.slot(&expr.result);
        let widest = expr.steps.iter().map(|step| step.result.itemsize()).max().unwrap_or(1);
        let registers = vec![vec![0; (BLOCK * widest).div_ceil(size_of::<u128>())]; compiler.n_registers];
        let operands = Operands { inputs, uniform: compiler.uniform, registers };
        Ok(Self { operands, steps, result, itemsize: expr.dtype().itemsize() })
    }

    /// The results from element `first` on, as many as `out` has room for: at most [`BLOCK`].
    ///
    /// # Errors
    /// [`Error::NegativePower`].
    pub(crate) fn run(&mut self, first: usize, out: &mut [u8]) -> Result<(), Error> {
        let n = (out.len() / self.itemsize).min(BLOCK);
        let operands = &mut self.operands;
        operands.fetch(first, n);
        let (last, before) = match self.steps.split_last() {
            Some((last, before)) if self.result == Slot::Register(last.out) => (Some(last), before),
            _ => (None, &*self.steps),
        };
        for step in before {
            // Taken out, so that the others can be read meanwhile.
            let mut register = operands.registers.get_mut(step.out).map(std::mem::take).unwrap_or_default();
            let to = bytes_mut(&mut register).get_mut(..n * step.itemsize).unwrap_or_default();
            step.run(operands, first, n, to)?;
            if let Some(place) = operands.registers.get_mut(step.out) {
                *place = register;
            }
        }
        match last {
            Some(last) => last.run(operands, first, n, out),
            None => {
                out.copy_from_slice(operands.get(self.result, first, out.len()));
                Ok(())
            }
        }
    }
}

impl Operands<'_> {
    /// Fills the blocks of inputs that do not lie as the result does, and asks for the next blocks of the others.
    fn fetch(&mut self, first: usize, n: usize) {
        for Source { input, itemsize, block } in &mut self.inputs {
            if let Some(next) = input.slice(first + n, n) {
                prefetch(next);
            }
            if input.slice(first, n).is_none()
                && let Some(block) = bytes_mut(block).get_mut(..n * *itemsize)
            {
                input.copy(first, block);
            }
        }
    }

    /// The first bytes of what is in a slot.
    fn get(&self, slot: Slot, first: usize, nbytes: usize) -> &[u8] {
        let block = match slot {
            Slot::Input(n) => {
                let Some(source) = self.inputs.get(n) else { return &[] };
                if let Some(slice) = source.input.slice(first, nbytes / source.itemsize) {
                    return slice;
                }
                Some(&source.block)
            }
            Slot::Uniform(n) => self.uniform.get(n),
            Slot::Register(n) => self.registers.get(n),
        };
        block.and_then(|block| bytemuck::cast_slice(block).get(..nbytes)).unwrap_or_default()
    }
}

impl Compiled {
    fn run(&self, from: &Operands<'_>, first: usize, n: usize, out: &mut [u8]) -> Result<(), Error> {
        let mut operands: [&[u8]; 3] = [&[]; 3];
        for (operand, &(slot, itemsize)) in operands.iter_mut().zip(&self.operands) {
            *operand = from.get(slot, first, n * itemsize);
        }
        (self.run)(operands, out)
    }
}

fn bytes_mut(block: &mut [u128]) -> &mut [u8] {
    bytemuck::cast_slice_mut(block)
}

struct Compiler<'e> {
    expr: &'e Expr,
    /// Of the inputs.
    slots: Vec<Slot>,
    uniform: Vec<Vec<u128>>,
    /// The register of each step so far.
    places: Vec<usize>,
    free: Vec<usize>,
    n_registers: usize,
}

impl Compiler<'_> {
    fn steps(&mut self) -> Result<Vec<Compiled>, Error> {
        let last_uses = self.expr.last_uses();
        let mut compiled = Vec::with_capacity(self.expr.steps.len());
        for (n, step) in self.expr.steps.iter().enumerate() {
            let operands: Vec<(Slot, usize)> = step
                .operands
                .iter()
                .map(|operand| (self.slot(operand), self.expr.dtype_of(operand).itemsize()))
                .collect();
            let run = self.loop_of(step)?;
            let out = self.free.pop().unwrap_or(self.n_registers);
            self.n_registers = self.n_registers.max(out + 1);
            self.places.push(out);
            // A step never writes over what it reads, so registers are free only after it.
            for (earlier, _) in last_uses.iter().enumerate().filter(|&(_, &last)| last == n) {
                self.free.extend(self.places.get(earlier));
            }
            compiled.push(Compiled { run, operands, out, itemsize: step.result.itemsize() });
        }
        Ok(compiled)
    }

    fn loop_of(&self, step: &Step) -> Result<Loop, Error> {
        let dtypes: Vec<DType> = step.operands.iter().map(|operand| self.expr.dtype_of(operand)).collect();
        find(step.op, &dtypes, step.result).ok_or(Error::NoLoop { op: step.op.name(), dtypes })
    }

    fn slot(&mut self, operand: &Operand) -> Slot {
        match *operand {
            Operand::Input(n) => self.slots.get(n as usize).copied().unwrap_or(Slot::Input(n as usize)),
            Operand::Step(n) => Slot::Register(self.places.get(n as usize).copied().unwrap_or(0)),
            Operand::Constant(constant) => {
                self.uniform.push(spread(constant));
                Slot::Uniform(self.uniform.len() - 1)
            }
        }
    }
}

/// A block full of a constant.
fn spread(constant: Constant) -> Vec<u128> {
    let mut block = with_capacity_for(constant.dtype, BLOCK);
    let element = bytes_of(constant);
    Input::new(&element, element.len(), &[], &[BLOCK as u64]).copy(0, bytes_mut(&mut block));
    block
}

/// The element as it lies in a chunk.
pub(crate) fn bytes_of(constant: Constant) -> Vec<u8> {
    match (constant.number, constant.dtype) {
        (Number::Int(int), dtype) => int.to_le_bytes().into_iter().take(dtype.itemsize()).collect(),
        (Number::Float(float), DType::Float16) => f16::from_f64(float).to_le_bytes().to_vec(),
        (Number::Float(float), DType::Float32) => (float as f32).to_le_bytes().to_vec(),
        (Number::Float(float), _) => float.to_le_bytes().to_vec(),
        (Number::Complex(Complex64 { re, im }), DType::Complex64) => {
            bytemuck::bytes_of(&Complex32::new(re as f32, im as f32)).to_vec()
        }
        (Number::Complex(complex), _) => bytemuck::bytes_of(&complex).to_vec(),
    }
}

impl Expr {
    /// For each step the one that reads it last; those that the result is are never over.
    fn last_uses(&self) -> Vec<usize> {
        let mut last_uses: Vec<usize> = (0..self.steps.len()).collect();
        let reads = self.steps.iter().enumerate();
        for (reader, operand) in reads.flat_map(|(n, step)| step.operands.iter().map(move |o| (n, o))) {
            if let Operand::Step(n) = *operand
                && let Some(last) = last_uses.get_mut(n as usize)
            {
                *last = reader;
            }
        }
        if let Operand::Step(n) = self.result
            && let Some(last) = last_uses.get_mut(n as usize)
        {
            *last = usize::MAX;
        }
        last_uses
    }

    /// The same program with half-precision steps made in single precision and rounded after each, as NumPy does.
    fn without_f16(&self) -> Result<Self, Error> {
        let is_half =
            |step: &Step| step.dtype == DType::Float16 && step.op != Op::Cast && !half::has_own(step.op);
        if !self.steps.iter().any(is_half) {
            return Ok(self.clone());
        }
        // New places of the old steps.
        let mut places: Vec<Operand> = Vec::with_capacity(self.steps.len());
        let mut program = Self { inputs: self.inputs.clone(), steps: Vec::new(), result: self.result };
        for step in &self.steps {
            let mut step = step.clone();
            for operand in &mut step.operands {
                *operand = moved(*operand, &places);
            }
            let is_half = is_half(&step);
            if is_half {
                for operand in &mut step.operands {
                    *operand = program.widened(*operand)?;
                }
                step.dtype = DType::Float32;
            }
            let narrow = is_half && step.result == DType::Float16;
            if narrow {
                step.result = DType::Float32;
            }
            let mut place = program.add(step);
            if narrow {
                place = program.add(cast(place, DType::Float16));
            }
            places.push(place);
        }
        program.result = moved(self.result, &places);
        Ok(program)
    }

    fn add(&mut self, step: Step) -> Operand {
        self.steps.push(step);
        Operand::Step(self.steps.len() as u32 - 1)
    }

    /// The operand in single precision, if it is in half.
    fn widened(&mut self, operand: Operand) -> Result<Operand, Error> {
        Ok(match operand {
            _ if self.dtype_of(&operand) != DType::Float16 => operand,
            Operand::Constant(half) => Operand::Constant(Constant::new(DType::Float32, half.number)?),
            operand => self.add(cast(operand, DType::Float32)),
        })
    }
}

fn cast(operand: Operand, dtype: DType) -> Step {
    Step { op: Op::Cast, dtype, operands: vec![operand], result: dtype }
}

fn moved(operand: Operand, places: &[Operand]) -> Operand {
    match operand {
        Operand::Step(n) => places.get(n as usize).copied().unwrap_or(operand),
        other => other,
    }
}
