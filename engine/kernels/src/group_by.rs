//! Values reduced by groups.
//!
//! Groups are numbered from 0 on, and each row has the number of its own, its code. Sums, products and means of floats are
//! made in double precision.

use gristmill_data::arrow::buffer::Buffer;
use gristmill_data::{Chunk, DType, Element, Type, Value};

use crate::blocks::{
    Args, Kind, array_kernel, buffer_of, cast, check_size, elements, present, validity, with_kind,
};
use crate::registry::{Kernel, param};
use crate::{Error, Reduction, ReductionKind};

const KERNEL: &str = "group_by";

/// What a reduction makes of the values of each of `n_groups` groups, by the code that each value has.
///
/// A value that is absent, or whose code is, belongs to no group. Of a group without values the count and the sum are 0
/// and the product is 1; everything else is absent.
///
/// # Shapes
/// Codes and values of one shape, of any number of axes; the result is `[n_groups]`.
///
/// # Errors
/// [`Error::Invalid`] when codes and values differ in shape, [`Error::NoLoop`] when codes are no integers, or the dtype of
/// the values has no such reduction; [`Error::NoSuchPosition`] for a code of no group, or too many groups for one chunk.
pub fn group_by(reduction: Reduction, codes: &Chunk, n_groups: u64, values: &Chunk) -> Result<Chunk, Error> {
    let dtype = reduction.dtype(values.dtype())?;
    let n = check_size(KERNEL, &[n_groups])?;
    let groups = Groups { of: groups(codes, n, values, reduction.skip_nan)?, n };
    let counts = groups.counts();
    let refused = || Error::NoLoop { op: reduction.kind.name(), dtypes: vec![values.dtype()] };
    if values.dtype().is_time() && !matches!(reduction.kind, ReductionKind::Min | ReductionKind::Max) {
        return if reduction.kind == ReductionKind::Count {
            groups.chunk(counts, None)
        } else {
            Err(refused())
        };
    }
    match (reduction.kind, dtype) {
        (ReductionKind::Count, _) => groups.chunk(counts, None),
        (ReductionKind::Min | ReductionKind::Max, _) => {
            let is_max = reduction.kind == ReductionKind::Max;
            let data = with_kind!(dtype, K => groups.extremes::<K>(elements(values), is_max));
            let validity = marks(&counts, 0).as_deref().map(validity);
            Chunk::try_new(dtype, &[n_groups], data, validity).map_err(Error::data(KERNEL))
        }
        (ReductionKind::Sum, DType::Int64) => groups.folded(values, 0, i64::wrapping_add),
        (ReductionKind::Sum, DType::UInt64) => groups.folded(values, 0, u64::wrapping_add),
        (ReductionKind::Prod, DType::Int64) => groups.folded(values, 1, i64::wrapping_mul),
        (ReductionKind::Prod, DType::UInt64) => groups.folded(values, 1, u64::wrapping_mul),
        (kind, _) if dtype.is_float() && !values.dtype().is_complex() => {
            let values = cast(values, DType::Float64)?;
            let (floats, n_least) = groups.floats(kind, elements(&values), &counts);
            cast(&groups.chunk(floats, marks(&counts, n_least))?, dtype)
        }
        _ => Err(refused()),
    }
}

/// For each value the number of its group, or that of no group.
fn groups(codes: &Chunk, n: usize, values: &Chunk, skip_nan: bool) -> Result<Vec<usize>, Error> {
    if codes.shape() != values.shape() {
        return Err(Error::Invalid { kernel: KERNEL, reason: "each value needs a code" });
    }
    if !codes.dtype().is_integer() {
        return Err(Error::NoLoop { op: KERNEL, dtypes: vec![codes.dtype()] });
    }
    let wide = cast(codes, DType::Int64)?;
    let is_nan: Vec<bool> = match skip_nan {
        true => {
            with_kind!(values.dtype(), K => elements(values).iter().map(|&value| K::is_nan(value)).collect())
        }
        false => Vec::new(),
    };
    let (known, there) = (present(codes), present(values));
    let is_marked =
        |marks: &Option<Vec<u8>>, at: usize| marks.as_ref().is_none_or(|marks| marks.get(at) == Some(&1));
    let group = |(at, &code): (usize, &i64)| {
        if !is_marked(&known, at) {
            return Ok(usize::MAX);
        }
        let group = usize::try_from(code).ok().filter(|&group| group < n);
        let group = group.ok_or(Error::NoSuchPosition { kernel: KERNEL, index: code, length: n })?;
        Ok(if is_marked(&there, at) && is_nan.get(at) != Some(&true) { group } else { usize::MAX })
    };
    elements::<i64>(&wide).iter().enumerate().map(group).collect()
}

/// A byte for each group, 1 of those that have more values than so many.
fn marks(counts: &[i64], n_least: i64) -> Option<Vec<u8>> {
    Some(counts.iter().map(|&count| u8::from(count > n_least)).collect())
}

/// Which group each value is in.
struct Groups {
    of: Vec<usize>,
    n: usize,
}

impl Groups {
    fn chunk<T: Element>(&self, of_groups: Vec<T>, present: Option<Vec<u8>>) -> Result<Chunk, Error> {
        let chunk = Chunk::from_vec(of_groups, &[self.n as u64]).map_err(Error::data(KERNEL))?;
        let present = present.filter(|marks| marks.contains(&0)).as_deref().map(validity);
        Chunk::try_new(chunk.dtype(), chunk.shape(), chunk.data().clone(), present)
            .map_err(Error::data(KERNEL))
    }

    fn counts(&self) -> Vec<i64> {
        self.fold(&vec![1; self.of.len()], 0, |count, one| count + one)
    }

    /// The values of each group merged, from the first on.
    fn fold<T: Copy, A: Copy>(&self, values: &[T], start: A, merge: impl Fn(A, T) -> A) -> Vec<A> {
        let mut totals = vec![start; self.n];
        for (&group, &value) in self.of.iter().zip(values) {
            if let Some(total) = totals.get_mut(group) {
                *total = merge(*total, value);
            }
        }
        totals
    }

    fn folded<T>(&self, values: &Chunk, start: T, merge: fn(T, T) -> T) -> Result<Chunk, Error>
    where
        T: Element + bytemuck::Pod,
    {
        let values = cast(values, T::DTYPE)?;
        self.chunk(self.fold(elements(&values), start, merge), None)
    }

    /// Results in double precision, and how many values a group must have more than.
    fn floats(&self, kind: ReductionKind, values: &[f64], counts: &[i64]) -> (Vec<f64>, i64) {
        let divided = |totals: Vec<f64>, off: i64| {
            totals.iter().zip(counts).map(|(total, &count)| total / (count - off) as f64).collect()
        };
        let sums = self.fold(values, 0.0, |sum, value| sum + value);
        let ddof = match kind {
            ReductionKind::Prod => return (self.fold(values, 1.0, |product, value| product * value), -1),
            ReductionKind::Mean => return (divided(sums, 0), 0),
            ReductionKind::Var { ddof } | ReductionKind::Std { ddof } => i64::from(ddof),
            _ => return (sums, -1),
        };
        let means: Vec<f64> = divided(sums, 0);
        let mean = |group: &usize| means.get(*group).copied().unwrap_or_default();
        let squares: Vec<f64> =
            self.of.iter().zip(values).map(|(group, value)| (value - mean(group)).powi(2)).collect();
        let variances: Vec<f64> = divided(self.fold(&squares, 0.0, |sum, square| sum + square), ddof);
        match kind {
            ReductionKind::Std { .. } => (variances.iter().map(|variance| variance.sqrt()).collect(), ddof),
            _ => (variances, ddof),
        }
    }

    /// The least or the greatest of each group, the first of equal ones; NaN when there is one.
    fn extremes<K: Kind>(&self, values: &[K::Element], is_max: bool) -> Buffer {
        let first = |best: Option<K::Element>, value| match best {
            Some(best) if K::is_nan(best) => Some(best),
            Some(best) if !K::is_nan(value) => {
                let is_better =
                    if is_max { K::key(value) > K::key(best) } else { K::key(value) < K::key(best) };
                Some(if is_better { value } else { best })
            }
            _ => Some(value),
        };
        let best = self.fold(values, None, first);
        let zero = bytemuck::Zeroable::zeroed();
        buffer_of(&best.iter().map(|best| best.unwrap_or(zero)).collect::<Vec<K::Element>>())
    }
}

pub(crate) fn kernels() -> [Kernel; 1] {
    let chunk = |name| param(name, Type::ANY_ARRAY);
    [array_kernel(
        KERNEL,
        "What a reduction makes of the values of each group, by the code that each value has.",
        vec![param("reduction", Type::Text), chunk("codes"), param("n_groups", Type::Int), chunk("values")],
        |args| {
            let args = Args::new(KERNEL, args);
            group_by(args.parsed(0)?, args.chunk(1)?, args.size(2)?, args.chunk(3)?).map(Value::Chunk)
        },
    )]
}

#[cfg(test)]
mod tests;
