//! How fast this machine and a device of it are, measured in a fraction of a second and kept for the next time.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use gristmill_data::{Chunk, DType};
use gristmill_kernels::expr::{Expr, ExprBuilder, Op};
use gristmill_kernels::{Distribution, Reduction, evaluate, generate, matmul, reduce, sort};
use serde::{Deserialize, Serialize};

use crate::array::DeviceArray;
use crate::calls::Unit;
use crate::device::Device;
use crate::kernels::{self, Operand, elementwise};
use crate::{AdapterFacts, Error};

/// Elements of what is measured on the CPU: they fit into its caches, as blocks of programs do.
const CPU_ELEMENTS: u64 = 1 << 16;
/// Bytes of what is measured on a device: more than its caches have.
const DEVICE_NBYTES: u64 = 256 << 20;
/// Rows of the matrices whose product is measured on a device.
const MATRIX_ROWS: u64 = 1024;
/// Bytes of what is moved to it and back.
const MOVED_NBYTES: u64 = 32 << 20;
/// Raised when what is measured changes.
const VERSION: u32 = 2;

/// What was measured of a machine and one of its devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rates {
    version: u32,
    /// The adapter, its driver, and how many cores it is beside.
    pub adapter: String,
    /// Bytes from the host to the device, for each second.
    pub up_nbytes_per_s: f64,
    /// Bytes from the device to the host, for each second.
    pub down_nbytes_per_s: f64,
    /// Bytes that the device reads and writes, for each second.
    pub device_nbytes_per_s: f64,
    /// Multiplications with additions in single precision that the device makes in each second.
    pub products_per_s: f64,
    /// Seconds that a dispatch takes at least.
    pub dispatch_s: f64,
    /// Seconds from a request to its answer at least.
    pub submit_s: f64,
    /// Nanoseconds of each unit of work on one thread of the CPU.
    cpu_ns: Vec<(Unit, f64)>,
}

impl Rates {
    /// As kept in this file, if it has this adapter's and they are of this version; otherwise measured now, and kept there.
    ///
    /// # Errors
    /// As the device fails.
    pub fn of(device: &Device, file: Option<&Path>) -> Result<Self, Error> {
        let n_cores = std::thread::available_parallelism().map_or(1, usize::from);
        let adapter = format!("{}, {n_cores} cores", device.facts());
        let kept: Vec<Self> = file
            .and_then(|file| std::fs::read(file).ok())
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        if let Some(rates) = kept.iter().find(|rates| rates.adapter == adapter && rates.version == VERSION) {
            return Ok(rates.clone());
        }
        let rates = Self { adapter: adapter.clone(), ..Self::measure(device)? };
        // Of a device that may use little memory nothing is measured that holds for others.
        if let Some(file) = file.filter(|_| device.budget_nbytes() >= 8 * DEVICE_NBYTES) {
            let others = kept.into_iter().filter(|other| other.adapter != adapter);
            keep(file, &others.chain([rates.clone()]).collect::<Vec<_>>());
        }
        Ok(rates)
    }

    /// Measured now.
    ///
    /// # Errors
    /// As the device fails.
    pub fn measure(device: &Device) -> Result<Self, Error> {
        let facts: &AdapterFacts = device.facts();
        let room = facts.buffer_nbytes_max.min(facts.binding_nbytes_max).min(device.budget_nbytes() / 4);
        let nbytes = DEVICE_NBYTES.min(room / 2).next_multiple_of(4);
        // Software is known to be slow: no need to find out for how long.
        let nbytes = if facts.is_software { nbytes.min(4 << 20) } else { nbytes };
        let n_moved = MOVED_NBYTES.min(nbytes) / 4;
        let host = Chunk::from_vec(vec![1.0_f32; n_moved as usize], &[n_moved])?;
        let moved = device.copy_in(&host, 0)?;
        let up = best_of(3, || device.copy_in(&host, 0).and_then(|_| device.wait()))?;
        let down = best_of(3, || device.copy_out(&moved).map(drop))?;
        let tiny = device.copy_in(&Chunk::from_vec(vec![1.0_f32; 4], &[4])?, 0)?;
        let submit_s = best_of(5, || device.copy_out(&tiny).map(drop))?;
        let expr = program(Op::Negative)?;
        let pass = |array: DeviceArray, n_runs: u32| {
            let operands = [Operand::Array(array)];
            device.least_seconds(n_runs, || elementwise(device, &expr, &operands, 0).map(drop))
        };
        let device_s = pass(device.array(DType::Float32, &[nbytes / 4], 0)?, 4)?;
        let dispatch_s = pass(tiny, 32)?;
        let rows = if facts.is_software { 64 } else { MATRIX_ROWS };
        let square = device.zeros(DType::Float32, &[rows, rows], 0)?;
        let product_s =
            device.least_seconds(2, || kernels::matmul(device, &square, &square, None, 0).map(drop))?;
        let per = |nbytes: u64, seconds: f64| nbytes as f64 / seconds.max(1e-9);
        let moved_nbytes = host.nbytes();
        Ok(Self {
            version: VERSION,
            adapter: facts.to_string(),
            up_nbytes_per_s: per(moved_nbytes, up),
            down_nbytes_per_s: per(moved_nbytes, down),
            device_nbytes_per_s: per(2 * nbytes, device_s),
            products_per_s: (rows as f64).powi(3) / product_s,
            dispatch_s: dispatch_s.max(1e-7),
            submit_s,
            cpu_ns: cpu_ns()?,
        })
    }

    /// Of a machine that is not there.
    #[cfg(test)]
    pub(crate) fn made_up(moved: f64, device: f64, cpu_ns: Vec<(Unit, f64)>) -> Self {
        Self {
            version: VERSION,
            adapter: "made up".to_owned(),
            up_nbytes_per_s: moved,
            down_nbytes_per_s: moved,
            device_nbytes_per_s: device,
            products_per_s: 10.0 * device,
            dispatch_s: 10e-6,
            submit_s: 50e-6,
            cpu_ns,
        }
    }

    /// Nanoseconds of a unit of work on one thread of the CPU.
    pub(crate) fn cpu_ns(&self, unit: Unit) -> f64 {
        self.cpu_ns.iter().find(|(known, _)| *known == unit).map_or(1.0, |(_, ns)| *ns)
    }
}

/// Written whole or not at all; without it the next process measures again.
fn keep(file: &Path, rates: &[Rates]) {
    let Ok(text) = serde_json::to_vec_pretty(rates) else { return };
    let Some(folder) = file.parent() else { return };
    let unfinished = file.with_extension(format!("{}.part", std::process::id()));
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&unfinished, text))
        .and_then(|()| std::fs::rename(&unfinished, file));
    if written.is_err() {
        // Nothing is lost: it is measured again.
        let _gone = std::fs::remove_file(&unfinished);
    }
}

fn program(op: Op) -> Result<Expr, Error> {
    let mut builder = ExprBuilder::new();
    let input = builder.input(DType::Float32)?;
    let operands = vec![input; op.arity()];
    let result = builder.apply(op, &operands)?;
    Ok(builder.finish(result))
}

/// The least time of some runs, in seconds, by the host's clock.
fn best_of<E>(n: usize, mut work: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut best = f64::INFINITY;
    for _ in 0..n {
        let start = Instant::now();
        work()?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(best)
}

fn cpu_ns() -> Result<Vec<(Unit, f64)>, Error> {
    let n = CPU_ELEMENTS;
    let normal = Distribution::Normal { mean: 0.0, std: 1.0 };
    let uniform = Distribution::Uniform { low: 0.0, high: 1.0 };
    let made = |of: &Distribution| generate(of, DType::Float32, 1, 0, &[n], &[0], &[n]).map(drop);
    let block = generate(&uniform, DType::Float32, 1, 0, &[n], &[0], &[n])?;
    let square = generate(&uniform, DType::Float32, 1, 0, &[128, 128], &[0, 0], &[128, 128])?;
    let computed = |op: Op| {
        let expr = program(op)?;
        best_of(3, || evaluate(&expr, std::slice::from_ref(&block)).map(|chunk| drop(black_box(chunk))))
            .map_err(Error::from)
    };
    let fold: Reduction = "sum".parse()?;
    let identity = program(Op::Positive)?;
    let folded = || {
        reduce(fold, &identity, &[0], std::slice::from_ref(&block)).map(|partial| drop(black_box(partial)))
    };
    let each = |seconds: f64| seconds * 1e9 / n as f64;
    let comparisons = (n as f64).log2();
    let cheap = each(computed(Op::Add)?);
    Ok(vec![
        (Unit::Cheap, cheap),
        (Unit::Function, each(computed(Op::Exp)?)),
        (Unit::Fold, each(best_of(3, folded)?)),
        (Unit::Uniform, each(best_of(3, || made(&uniform))?)),
        (Unit::Normal, each(best_of(3, || made(&normal))?)),
        (Unit::Product, best_of(3, || matmul(&square, &square, None).map(drop))? * 1e9 / 128_f64.powi(3)),
        (Unit::Compare, each(best_of(2, || sort(0, &block).map(drop))?) / comparisons),
        (Unit::Move, 4.0 * cheap),
    ])
}
