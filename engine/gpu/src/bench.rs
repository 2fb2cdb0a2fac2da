//! How fast each kernel is on a device, beside what the device can do at most: what `gristmill bench gpu` prints.
//!
//! Times are those of the device: by its own clock, of several runs in a row.

use gristmill_data::{Chunk, DType};
use gristmill_kernels::expr::{Expr, ExprBuilder, Op, Operand as Place};
use gristmill_kernels::{Distribution, Reduction};
use serde::Serialize;

use crate::Error;
use crate::array::DeviceArray;
use crate::device::Device;
use crate::kernels::{
    Draw, Operand, argsort, bincount, compress, convolve, elementwise, group_by, histogram, matmul, random,
    reduce, scan, sort, take, transpose,
};

/// One kernel, measured.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Measured {
    /// What was run.
    pub case: String,
    /// On how many elements.
    pub n_elements: u64,
    /// Seconds for each run.
    pub seconds: f64,
    /// What was achieved, in `unit`.
    pub achieved: f64,
    /// `GB/s` of the bytes that must be read and written at least, `GFLOP/s`, or `Gkey/s`.
    pub unit: &'static str,
    /// What is possible, in the same unit, where that is known.
    pub ceiling: Option<f64>,
    /// The part of it that is wanted.
    pub target: Option<f64>,
    /// Why it was not run.
    pub skipped: Option<String>,
}

/// Sizes of what is measured.
#[derive(Debug, Clone, Copy)]
pub struct BenchOptions {
    /// Bytes of an array that is read or written once.
    pub array_nbytes: u64,
    /// Rows of matrices.
    pub matrix_rows: u64,
    /// Keys to sort.
    pub n_keys: u64,
    /// Runs in a row.
    pub n_runs: u32,
}

impl BenchOptions {
    /// Well above the caches of a device, or, of software, just large enough to see that it works.
    #[must_use]
    pub fn of(device: &Device) -> Self {
        match device.facts().is_software {
            true => Self { array_nbytes: 4 << 20, matrix_rows: 128, n_keys: 1 << 13, n_runs: 2 },
            false => Self { array_nbytes: 1 << 30, matrix_rows: 4096, n_keys: 1 << 27, n_runs: 10 },
        }
    }
}

/// Measures the ceilings, then every kernel; each is told as soon as it is measured.
///
/// # Errors
/// As the device fails when it is asked for the ceilings; a kernel that fails is told as skipped.
pub fn bench(device: &Device, options: BenchOptions, mut tell: impl FnMut(&Measured)) -> Result<(), Error> {
    let mut bench = Bench { device, options, copy: None, tell: &mut tell };
    bench.ceilings()?;
    bench.programs();
    bench.reductions();
    bench.along_axes();
    bench.counted();
    bench.products();
    bench.made();
    Ok(())
}

struct Bench<'a> {
    device: &'a Device,
    options: BenchOptions,
    /// Bytes per second that a copy reads and writes.
    copy: Option<f64>,
    tell: &'a mut dyn FnMut(&Measured),
}

/// What a run is measured by.
enum By {
    Bytes(u64),
    Operations(f64),
    Keys(u64),
}

impl Bench<'_> {
    fn case(
        &mut self,
        case: &str,
        n_elements: u64,
        by: By,
        target: Option<f64>,
        mut run: impl FnMut() -> Result<(), Error>,
    ) {
        let timed = self.device.least_seconds(self.options.n_runs, &mut run);
        let (seconds, skipped) = match timed {
            Ok(seconds) => (seconds, None),
            Err(error) => (0.0, Some(error.to_string())),
        };
        let per_s = |amount: f64| if seconds > 0.0 { amount / seconds / 1e9 } else { 0.0 };
        let (achieved, unit, ceiling) = match by {
            By::Bytes(nbytes) => (per_s(nbytes as f64), "GB/s", self.copy.map(|copy| copy / 1e9)),
            By::Operations(n) => (per_s(n), "GFLOP/s", None),
            By::Keys(n) => (per_s(n as f64), "Gkey/s", None),
        };
        (self.tell)(&Measured {
            case: case.to_owned(),
            n_elements,
            seconds,
            achieved,
            unit,
            ceiling,
            target,
            skipped,
        });
    }

    fn filled(&self, dtype: DType, shape: &[u64]) -> Result<DeviceArray, Error> {
        let distribution = match dtype.is_float() {
            true => Distribution::Uniform { low: 0.0, high: 1.0 },
            false => Distribution::Bits {},
        };
        let start = vec![0; shape.len()];
        let draw = Draw {
            distribution: &distribution,
            dtype,
            seed: 1,
            stream: 0,
            array_shape: shape,
            start: &start,
            shape,
        };
        random(self.device, &draw, 0)
    }

    /// Elements of 4 bytes that an array has.
    fn n(&self) -> u64 {
        self.options.array_nbytes / 4
    }

    fn ceilings(&mut self) -> Result<(), Error> {
        let nbytes = self.options.array_nbytes;
        let (from, to) = (
            self.device.array(DType::UInt32, &[nbytes / 4], 0)?,
            self.device.array(DType::UInt32, &[nbytes / 4], 0)?,
        );
        let device = self.device.clone();
        let mut run = || {
            let (from, to) = (from.buffer.clone(), to.buffer.clone());
            device.run(move |owner| owner.copy(&from, &to, nbytes))
        };
        let seconds = device.least_seconds(self.options.n_runs, &mut run)?;
        self.copy = Some(2.0 * nbytes as f64 / seconds);
        self.case("copy of a buffer", nbytes / 4, By::Bytes(2 * nbytes), None, run);
        Ok(())
    }

    fn program(&mut self, case: &str, n_inputs: usize, expr: &Expr) {
        let (device, n) = (self.device.clone(), self.n());
        let inputs: Result<Vec<Operand>, Error> =
            (0..n_inputs).map(|_| self.filled(DType::Float32, &[n]).map(Operand::Array)).collect();
        let by = By::Bytes(4 * n * (n_inputs as u64 + 1));
        self.case(case, n, by, Some(0.85), || {
            elementwise(&device, expr, inputs.as_ref().map_err(Clone::clone)?, 0).map(drop)
        });
    }

    fn programs(&mut self) {
        if let Ok(expr) = written(&["negative"], 1) {
            self.program("-a", 1, &expr);
        }
        if let Ok(expr) = written(&["multiply", "add"], 3) {
            self.program("a * b + c", 3, &expr);
        }
        for function in ["exp", "log", "sin", "tanh"] {
            if let Ok(expr) = written(&[function], 1) {
                self.program(&format!("{function}(a)"), 1, &expr);
            }
        }
    }

    fn reduction(&mut self, case: &str, shape: &[u64], reduction: &str, axes: &[u32], expr: &Expr) {
        let n: u64 = shape.iter().product();
        let device = self.device.clone();
        let inputs: Result<Vec<Operand>, Error> =
            expr.inputs().iter().map(|&dtype| self.filled(dtype, shape).map(Operand::Array)).collect();
        let by = By::Bytes(4 * n * expr.inputs().len() as u64);
        self.case(case, n, by, Some(0.85), || {
            let reduction: Reduction = reduction.parse()?;
            reduce(&device, reduction, expr, axes, inputs.as_ref().map_err(Clone::clone)?, 0).map(drop)
        });
    }

    fn reductions(&mut self) {
        let (n, rows) = (self.n(), 1 << (self.n().max(2).ilog2() / 2));
        let square = [rows, n / rows];
        if let Ok(itself) = written(&[], 1) {
            self.reduction("a.sum()", &[n], "sum", &[0], &itself);
            self.reduction("a.max()", &[n], "max", &[0], &itself);
            self.reduction("a.sum(0)", &square, "sum", &[0], &itself);
            self.reduction("a.sum(1)", &square, "sum", &[1], &itself);
            self.reduction("a.sum(1), rows of 64", &[n / 64, 64], "sum", &[1], &itself);
        }
        if let Ok(chain) = written(&["multiply", "add", "exp"], 3) {
            self.reduction("((a * b + c).exp()).sum(0)", &square, "sum", &[0], &chain);
        }
    }

    fn along_axes(&mut self) {
        let (device, n) = (self.device.clone(), self.n());
        let rows = 1 << (n.max(2).ilog2() / 2);
        let vector = self.filled(DType::Float32, &[n]);
        let vector = || vector.as_ref().map_err(Clone::clone);
        self.case("a.cumsum()", n, By::Bytes(8 * n), Some(0.6), || {
            scan(&device, "cumsum".parse()?, 0, vector()?, 0).map(drop)
        });
        let square = self.filled(DType::Float32, &[rows, n / rows]);
        self.case("a.T", n, By::Bytes(8 * n), Some(0.7), || {
            transpose(&device, &[1, 0], square.as_ref().map_err(Clone::clone)?, 0).map(drop)
        });
        let n_keys = self.options.n_keys;
        for dtype in [DType::UInt32, DType::Float32, DType::Int64] {
            let keys = self.filled(dtype, &[n_keys]);
            let target = (dtype == DType::UInt32).then_some(15.0);
            self.case(&format!("sort of {dtype}"), n_keys, By::Keys(n_keys), target, || {
                sort(&device, 0, keys.as_ref().map_err(Clone::clone)?, 0).map(drop)
            });
        }
        let keys = self.filled(DType::Float32, &[n_keys]);
        self.case("argsort of float32", n_keys, By::Keys(n_keys), None, || {
            argsort(&device, 0, keys.as_ref().map_err(Clone::clone)?, 0).map(drop)
        });
    }

    fn counted(&mut self) {
        let (device, n) = (self.device.clone(), self.n());
        let vector = self.filled(DType::Float32, &[n]);
        let vector = || vector.as_ref().map_err(Clone::clone);
        let edges = Chunk::from_vec((0..=100).map(|edge| edge as f32 / 100.0).collect(), &[101]);
        self.case("histogram of 100 bins", n, By::Bytes(4 * n), Some(0.6), || {
            histogram(
                &device,
                edges.as_ref().map_err(|error| Error::unsupported(error.to_string()))?,
                vector()?,
                0,
            )
            .map(drop)
        });
        let codes = self.filled(DType::UInt8, &[n]);
        self.case("bincount of uint8", n, By::Bytes(n), Some(0.6), || {
            bincount(&device, codes.as_ref().map_err(Clone::clone)?, 256, 0).map(drop)
        });
        let mask = written(&["greater"], 2).and_then(|expr| {
            let half = Operand::Element(Chunk::from_vec(vec![0.5_f32], &[1])?);
            elementwise(&device, &expr, &[Operand::Array(vector()?.clone()), half], 0)
        });
        self.case("a[a > 0.5]", n, By::Bytes(n + 6 * n), Some(0.6), || {
            compress(&device, None, mask.as_ref().map_err(Clone::clone)?, vector()?, 0).map(drop)
        });
        let places = Chunk::from_vec((0..n as i64).map(|place| place * 7919 % n as i64).collect(), &[n]);
        let places = places.map_err(Error::from).and_then(|places| device.copy_in(&places, 0));
        self.case("take at random", n, By::Bytes(16 * n), None, || {
            take(&device, 0, places.as_ref().map_err(Clone::clone)?, vector()?, 0).map(drop)
        });
        for n_groups in [100_u64, 1000, 1 << 20] {
            let codes = Distribution::Integers { low: 0, high: n_groups.into() };
            let draw = Draw {
                distribution: &codes,
                dtype: DType::UInt32,
                seed: 2,
                stream: 0,
                array_shape: &[n],
                start: &[0],
                shape: &[n],
            };
            let codes = random(&device, &draw, 0);
            let target = (n_groups <= 1024).then_some(0.6);
            self.case(&format!("sums of {n_groups} groups"), n, By::Bytes(8 * n), target, || {
                let codes = codes.as_ref().map_err(Clone::clone)?;
                group_by(&device, "sum".parse()?, codes, n_groups, vector()?, 0).map(drop)
            });
        }
        let side = (n as f64).sqrt() as u64;
        let image = self.filled(DType::Float32, &[side, side]);
        let weights = self.filled(DType::Float32, &[3, 3]);
        self.case("stencil 3 x 3", side * side, By::Bytes(8 * side * side), Some(0.75), || {
            let (image, weights) =
                (image.as_ref().map_err(Clone::clone)?, weights.as_ref().map_err(Clone::clone)?);
            convolve(&device, image, weights, 0).map(drop)
        });
    }

    fn products(&mut self) {
        let (device, rows) = (self.device.clone(), self.options.matrix_rows);
        for dtype in [DType::Float32, DType::Float64] {
            let [a, b] = [self.filled(dtype, &[rows, rows]), self.filled(dtype, &[rows, rows])];
            let by = By::Operations(2.0 * (rows as f64).powi(3));
            self.case(&format!("matmul of {dtype}"), rows * rows, by, None, || {
                let (a, b) = (a.as_ref().map_err(Clone::clone)?, b.as_ref().map_err(Clone::clone)?);
                matmul(&device, a, b, None, 0).map(drop)
            });
        }
    }

    fn made(&mut self) {
        let (device, n) = (self.device.clone(), self.n());
        let (uniform, normal) =
            (Distribution::Uniform { low: 0.0, high: 1.0 }, Distribution::Normal { mean: 0.0, std: 1.0 });
        for (case, distribution) in [("uniform", &uniform), ("normal", &normal)] {
            // Nothing is read: half of what a copy moves.
            self.case(case, n, By::Bytes(4 * n), Some(0.3), || {
                let draw = Draw {
                    distribution,
                    dtype: DType::Float32,
                    seed: 1,
                    stream: 0,
                    array_shape: &[n],
                    start: &[0],
                    shape: &[n],
                };
                random(&device, &draw, 0).map(drop)
            });
        }
    }
}

/// A program of these operations, one on the result of the other; those of two operands take the next input, too.
fn written(ops: &[&str], n_inputs: usize) -> Result<Expr, Error> {
    let mut builder = ExprBuilder::new();
    let inputs: Vec<Place> =
        (0..n_inputs).map(|_| builder.input(DType::Float32)).collect::<Result<_, _>>()?;
    let mut rest = inputs.into_iter();
    let none = || Error::unsupported("too few inputs");
    let mut result = rest.next().ok_or_else(none)?;
    for op in ops {
        let op: Op = op.parse()?;
        result = match op.arity() {
            1 => builder.apply(op, &[result])?,
            _ => builder.apply(op, &[result, rest.next().ok_or_else(none)?])?,
        };
    }
    Ok(builder.finish(result))
}
