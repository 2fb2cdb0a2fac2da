//! Elements chosen among several arrays, or from each lane by places of its own.

use gristmill_data::{ChunkGrid, DType};
use gristmill_graph::Arg;
use gristmill_kernels::expr::{Constant, Op as ElementOp};

use super::indices::wrapped;
use crate::Error;
use crate::array::call::{Call, blocks, labelled};
use crate::array::create::number_dtype;
use crate::array::reduce::axis_of;
use crate::array::{Array, Operand};

impl Array {
    /// Of each lane along an axis the elements at the places that the same lane of `indices` has, as NumPy's
    /// `take_along_axis`: with [`Array::argsort`] it sorts. Negative places count from the end; those outside are refused
    /// when the array is computed.
    ///
    /// Both have as many axes, of which the others broadcast. They are cut as the array is, and along the axis as the
    /// indices are: each task reads all of the array's blocks along it, which must fit into memory together. All lengths
    /// must be known.
    pub fn take_along_axis(&self, indices: &Self, axis: i64) -> Self {
        Self::or_failed(self.try_take_along_axis(indices, axis))
    }

    fn try_take_along_axis(&self, indices: &Self, axis: i64) -> Result<Self, Error> {
        const NAME: &str = "take_along_axis";
        Self::all_known(NAME, [self, indices])?;
        let axis = axis_of(NAME, axis, self.ndim())?;
        let (shape, given) = (self.shape(), indices.shape());
        let fits =
            |at: usize, (own, given): (&u64, &u64)| at == axis || own == given || *own == 1 || *given == 1;
        let all_fit = shape.iter().zip(&given).enumerate().all(|(at, lengths)| fits(at, lengths));
        if shape.len() != given.len() || !all_fit {
            let reason = format!("indices of shape {given:?} do not fit an array of shape {shape:?}");
            return Err(Error::array(NAME, reason));
        }
        let indices = wrapped(NAME, indices, shape.get(axis).copied().unwrap_or(0))?;
        let chunks = |array: &Self, at: usize| array.grid().chunks(at).to_vec();
        let is_own = |at: usize| at != axis && shape.get(at) != Some(&1);
        // A length of 1 is stretched, whichever side has it.
        let cut = (0..self.ndim()).map(|at| match is_own(at) && given.get(at) != Some(&1) {
            true => chunks(self, at),
            false => chunks(&indices, at),
        });
        let indices = indices.rechunk(cut.collect::<Vec<_>>());
        let result = (0..self.ndim()).map(|at| chunks(if is_own(at) { self } else { &indices }, at));
        let grid = ChunkGrid::new(result.collect()).map_err(Error::data(NAME))?;
        let rank = self.ndim() as u32;
        let along = (0..rank).map(|at| if at == axis as u32 { rank } else { at });
        let labels = [(0..rank).collect(), along.collect()];
        let inputs = vec![indices, self.clone()];
        let wiring = labelled(&blocks(&grid), &inputs, &labels);
        let args = vec![Arg::UInt(axis as u64), Arg::Inputs];
        Ok(Call::kernel(NAME, NAME, wiring, args)?.on(inputs, self.dtype(), grid))
    }

    /// At each place the element of that of `choices` whose number stands there, as NumPy's `choose`: numbers and arrays
    /// broadcast together, and the result is of the dtype that all choices have in common. A number that is none of a
    /// choice, also a negative one, is refused when the array is computed.
    ///
    /// Lengths may be unknown where the same mask decides them.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::{Array, array::Operand};
    ///
    /// let which = Array::arange(0, 6, 1, 3) % 2;
    /// let chosen = which.choose(&[Operand::from(Array::arange(0, 6, 1, 3)), Operand::from(-1)]);
    /// assert_eq!(chosen.shape(), [6]);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn choose<T: Clone + Into<Operand>>(&self, choices: &[T]) -> Self {
        let made = self.check().and_then(|()| {
            let dtype = self.dtype();
            if !(dtype.is_integer() || dtype == DType::Boolean) {
                return Err(Error::array(
                    "choose",
                    format!("numbers of choices are integers, but these are {dtype}"),
                ));
            }
            let choices = common("choose", choices.iter().map(|choice| choice.clone().into()))?;
            // Numbers that are none are places outside of a range that has them all.
            let n = choices.len() as u64;
            let numbers = Self::arange(0, choices.len() as i64, 1, -1);
            let which = if dtype == DType::UInt64 { self.minimum(n) } else { self.clone() };
            let which = numbers.take_at(&which.astype(DType::Int64), 0)?;
            let last = choices.last().cloned();
            let pairs = (0_i64..).zip(choices).map(|(n, choice)| (which.eq(n), choice));
            first_true("choose", pairs.collect(), last)
        });
        Self::or_failed(made)
    }
}

/// At each place the element of the first choice whose condition is true there, else `default`, as NumPy's `select`: all
/// broadcast together, and the result is of the dtype that choices and default have in common.
///
/// Lengths may be unknown where the same mask decides them.
///
/// # Example
/// ```
/// use gristmill_collections::{Array, array::select};
///
/// let x = Array::arange(0, 10, 1, 5);
/// let y = select(&[x.lt(3), x.gt(6)], &[&x * -1, &x * &x], 42);
/// y.check()?;
/// # Ok::<(), gristmill_collections::Error>(())
/// ```
pub fn select<T: Clone + Into<Operand>>(
    conditions: &[Array],
    choices: &[T],
    default: impl Into<Operand>,
) -> Array {
    let refused = |reason: String| Err(Error::array("select", reason));
    let made = Array::all_checked(conditions).and_then(|()| {
        if conditions.len() != choices.len() {
            return refused(format!(
                "{} conditions and {} choices are given",
                conditions.len(),
                choices.len()
            ));
        }
        if let Some(other) = conditions.iter().find(|condition| condition.dtype() != DType::Boolean) {
            return refused(format!("conditions are booleans, but one is {}", other.dtype()));
        }
        let all = choices.iter().map(|choice| choice.clone().into()).chain([default.into()]);
        let mut choices = common("select", all)?;
        let last = choices.pop();
        first_true("select", conditions.iter().cloned().zip(choices).collect(), last)
    });
    Array::or_failed(made)
}

/// What stands beside the first condition that is true, else `last`.
fn first_true(name: &'static str, pairs: Vec<(Array, Array)>, last: Option<Array>) -> Result<Array, Error> {
    let (false, Some(last)) = (pairs.is_empty(), last) else {
        return Err(Error::array(name, "there is nothing to choose from".to_owned()));
    };
    let chosen = pairs.into_iter().rev().fold(last, |otherwise, (condition, choice)| {
        Array::apply(ElementOp::Where, &[condition.into(), choice.into(), otherwise.into()])
    });
    Ok(chosen)
}

/// Arrays of the dtype that all have in common, in which numbers take that of the arrays where they can.
fn common(name: &'static str, operands: impl Iterator<Item = Operand>) -> Result<Vec<Array>, Error> {
    let operands: Vec<Operand> = operands.collect();
    let promoted = |left, right| DType::promote(left, right).map_err(Error::data(name));
    let mut arrays = operands.iter().filter_map(|operand| match operand {
        Operand::Array(array) => Some(array.check().map(|()| array.dtype())),
        Operand::Number(_) => None,
    });
    let first = arrays.next().transpose()?;
    let of_arrays =
        first.map(|first| arrays.try_fold(first, |all, next| promoted(all, next?))).transpose()?;
    let mut dtype = of_arrays;
    for operand in &operands {
        let Operand::Number(number) = operand else { continue };
        let own = match of_arrays {
            Some(beside) => Constant::beside(beside, *number).map_err(Error::kernel(name))?.dtype,
            None => number_dtype(*number),
        };
        dtype = Some(dtype.map_or(Ok(own), |all| promoted(all, own))?);
    }
    let dtype = dtype.unwrap_or(DType::Float64);
    Ok(operands.into_iter().map(|operand| operand.array_of(dtype)).collect())
}
