//! What a call takes: bytes to move, and units of work on either side.

use gristmill_data::{DType, Value};
use gristmill_kernels::expr::{Expr, Op};
use serde::{Deserialize, Serialize};

use crate::resident::{Elements, Planned, elements, planned};
use crate::session::LAND_NBYTES_MAX;

/// What takes time on the CPU, in nanoseconds for each element unless said otherwise. What costs a device little more than
/// the bytes is not told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Unit {
    /// A step that a vector instruction does: addition, comparison, choice.
    Cheap,
    /// A function of the mathematical library.
    Function,
    /// Folding.
    Fold,
    /// A uniform random number.
    Uniform,
    /// A normal one.
    Normal,
    /// A multiplication and an addition of a product of matrices.
    Product,
    /// A comparison of a sort.
    Compare,
    /// An element moved to where it does not lie next to its neighbours.
    Move,
}

#[cfg(test)]
impl Unit {
    pub(crate) const ALL: [Self; 8] = [
        Self::Cheap,
        Self::Function,
        Self::Fold,
        Self::Uniform,
        Self::Normal,
        Self::Product,
        Self::Compare,
        Self::Move,
    ];
}

/// What a call takes, wherever it runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Work {
    /// Bytes of arguments on the host, in a device's memory, and of results of earlier steps of the same task.
    pub(crate) host_nbytes: u64,
    pub(crate) device_nbytes: u64,
    pub(crate) planned_nbytes: u64,
    /// Bytes of the result.
    pub(crate) out_nbytes: u64,
    /// Bytes that a device reads and writes.
    pub(crate) traffic_nbytes: u64,
    /// Units of work on the CPU.
    pub(crate) units: Vec<(Unit, f64)>,
    /// Multiplications and additions that a device makes beyond what hides behind its traffic.
    pub(crate) n_products: f64,
    pub(crate) n_dispatches: u32,
    /// The result, for those who take it.
    pub(crate) result: Value,
}

impl Work {
    /// Of a call with these arguments: what they have in bytes.
    pub(crate) fn new(args: &[Value]) -> Self {
        let mut work = Self { n_dispatches: 1, ..Self::default() };
        args.iter().for_each(|arg| work.take(arg));
        work.traffic_nbytes = work.host_nbytes + work.device_nbytes + work.planned_nbytes;
        work
    }

    fn take(&mut self, arg: &Value) {
        match arg {
            Value::Chunk(chunk) if chunk.n_elements() > 1 => self.host_nbytes += chunk.nbytes(),
            Value::DeviceChunk(chunk) => {
                *match elements(chunk) {
                    Elements::Planned(Planned::Step) => &mut self.planned_nbytes,
                    Elements::Planned(Planned::Host) => &mut self.host_nbytes,
                    _ => &mut self.device_nbytes,
                } += chunk.nbytes();
            }
            Value::List(items) => items.iter().for_each(|item| self.take(item)),
            _ => {}
        }
    }

    /// The steps of a program on so many elements.
    pub(crate) fn program(mut self, expr: &Expr, shape: &[u64]) -> Self {
        let n = n_elements(shape);
        let n_functions = expr.steps().iter().filter(|step| is_function(step.op)).count();
        let n_cheap = expr.steps().len() - n_functions;
        self.units.push((Unit::Cheap, n * (n_cheap as f64 + 1.0)));
        self.units.push((Unit::Function, n * n_functions as f64));
        self
    }

    /// One more unit for each element.
    pub(crate) fn also(mut self, unit: Unit, shape: &[u64]) -> Self {
        self.units.push((unit, n_elements(shape)));
        self
    }

    /// What is written.
    pub(crate) fn written(mut self, dtype: DType, shape: &[u64]) -> Self {
        let nbytes = n_elements(shape) as u64 * dtype.itemsize() as u64;
        self.traffic_nbytes += nbytes;
        self.out_nbytes += nbytes;
        self
    }

    /// One chunk as the result.
    pub(crate) fn result(self, dtype: DType, shape: &[u64]) -> Self {
        let mut work = self.written(dtype, shape);
        work.result = Value::DeviceChunk(planned(dtype, shape, Planned::Step));
        work
    }

    /// Bytes that have yet to come back from a device: small results come at once.
    pub(crate) fn back_nbytes(&self) -> u64 {
        if self.out_nbytes <= LAND_NBYTES_MAX { 0 } else { self.out_nbytes }
    }
}

fn n_elements(shape: &[u64]) -> f64 {
    shape.iter().map(|&length| length as f64).product()
}

/// Whether the CPU needs a function for it, and not an instruction or two.
fn is_function(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        Power
            | Fmod
            | Remainder
            | FloorDivide
            | Arctan2
            | Hypot
            | Logaddexp
            | Logaddexp2
            | Cbrt
            | Exp
            | Exp2
            | Expm1
            | Log
            | Log2
            | Log10
            | Log1p
            | Sin
            | Cos
            | Tan
            | Arcsin
            | Arccos
            | Arctan
            | Sinh
            | Cosh
            | Tanh
            | Arcsinh
            | Arccosh
            | Arctanh
            | Gcd
            | Lcm
    )
}
