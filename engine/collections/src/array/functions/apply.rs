//! Functions along an axis, and over several.

use gristmill_data::DType;

use super::Gufunc;
use crate::array::Array;
use crate::array::reduce::axis_of;
use crate::{Callee, Error};

impl Array {
    /// A function of one axis, called for all others, as NumPy's `apply_along_axis`.
    ///
    /// It is called once for a block, whose last axis is the one in question and in one piece, and gives a block without
    /// that axis, or with `length` elements there: so not once for each lane, which would cost more than most functions.
    /// [`vectorize`](super::vectorize) makes such a function of a closure for one lane. The axis of the result is where
    /// the array's was.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    /// use gristmill_collections::array::vectorize;
    /// use gristmill_data::DType;
    ///
    /// let first = vectorize("first", "(i)->()", &[DType::Int64], |args| {
    ///     Ok(args[0].as_chunk()?.as_slice::<i64>()?[0].into())
    /// })?;
    /// let x = Array::arange(0, 12, 1, 6).slice(gristmill_collections::s![.., gristmill_collections::array::NewAxis]);
    /// assert_eq!(x.apply_along_axis(first, 0, None, DType::Int64).shape(), [1]);
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn apply_along_axis(
        &self,
        callee: impl Into<Callee>,
        axis: i64,
        length: impl Into<Option<u64>>,
        dtype: DType,
    ) -> Self {
        let made = axis_of("apply_along_axis", axis, self.ndim()).map(|_| {
            let length = length.into();
            let signature = if length.is_some() { "(i)->(o)" } else { "(i)->()" };
            let function = Gufunc::new(callee, signature, &[dtype]).allow_rechunk();
            let function = length.into_iter().fold(function, |function, n| function.output_size("o", n));
            match (&function.call(&[self.moveaxis(axis, -1)])[..], length) {
                ([only], Some(_)) => only.moveaxis(-1, axis),
                ([only], None) => only.clone(),
                _ => self.clone(),
            }
        });
        Self::or_failed(self.check().and(made).map_err(|error| error.of("apply_along_axis")))
    }

    /// A function of arrays and an axis, called for one axis after the other, as NumPy's `apply_over_axes`: it may keep the
    /// axis or lose it, which is put back with length 1.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    /// use gristmill_data::DType;
    ///
    /// let x = Array::ones(DType::Float64, &[4, 5, 6], 2);
    /// assert_eq!(x.apply_over_axes(|x, axis| x.sum(axis), &[0, -1]).shape(), [1, 5, 1]);
    /// ```
    pub fn apply_over_axes(&self, function: impl Fn(&Self, i64) -> Self, axes: &[i64]) -> Self {
        let made = axes.iter().try_fold(self.clone(), |array, &axis| {
            let own = axis_of("apply_over_axes", axis, self.ndim())? as i64;
            let result = function(&array, own);
            result.check()?;
            let result = if result.ndim() + 1 == self.ndim() { result.expand_dims(own) } else { result };
            if result.ndim() == self.ndim() {
                return Ok(result);
            }
            let (n, given) = (self.ndim(), result.ndim());
            Err(Error::array(
                "apply_over_axes",
                format!("the function gives {given} axes of an array that has {n}"),
            ))
        });
        Self::or_failed(self.check().and(made))
    }
}
