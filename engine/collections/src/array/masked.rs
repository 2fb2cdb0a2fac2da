//! Arrays with absent elements: the words of `numpy.ma`, which calls them masked.
//!
//! What is made of an absent element is absent, and reductions leave it out; which ones are, the chunks say. There is no
//! `getdata`: what stands in the place of an absent element is of no meaning.

use gristmill_data::DType;
use gristmill_graph::Arg;
use gristmill_kernels::expr::Op as ElementOp;

use super::call::{Call, aligned};
use super::unify::unify;
use super::{Array, Operand, Tolerance};
use crate::Error;

impl Array {
    /// The array without the elements where a condition, which broadcasts to it, is not 0 or is absent.
    ///
    /// # Errors
    /// Told by [`Array::check`]: when the condition does not broadcast to the array.
    ///
    /// # Example
    /// ```
    /// use gristmill_collections::Array;
    ///
    /// let x = Array::arange(0, 10, 1, 4);
    /// let odd = x.masked_where(&(&x % 2).eq(0));
    /// // 5 elements are left, and their mean is 5.
    /// let (n, mean) = (odd.count(()), odd.mean(()));
    /// let all = odd.filled(-1);
    /// assert_eq!(all.shape(), [10]);
    /// # n.check()?;
    /// # mean.check()?;
    /// # all.check()?;
    /// # Ok::<(), gristmill_collections::Error>(())
    /// ```
    pub fn masked_where(&self, condition: &Self) -> Self {
        Self::or_failed(self.by_elements("masked_where", [condition, self], self.dtype()))
    }

    /// The array without NaN, infinite elements and what is no time.
    pub fn masked_invalid(&self) -> Self {
        self.masked_where(&self.isfinite().logical_not())
    }

    /// The array without the elements between two bounds, which go too, whichever is the greater.
    pub fn masked_inside(&self, low: impl Into<Operand>, high: impl Into<Operand>) -> Self {
        let (low, high) = (low.into(), high.into());
        let is_between =
            |low: &Operand, high: &Operand| self.ge(low.clone()).logical_and(self.le(high.clone()));
        self.masked_where(&is_between(&low, &high).logical_or(is_between(&high, &low)))
    }

    /// The array without the elements beyond two bounds, which stay, whichever is the greater.
    pub fn masked_outside(&self, low: impl Into<Operand>, high: impl Into<Operand>) -> Self {
        let (low, high) = (low.into(), high.into());
        let is_below = self.lt(low.clone()).logical_and(self.lt(high.clone()));
        let is_above = self.gt(low).logical_and(self.gt(high));
        self.masked_where(&is_below.logical_or(is_above))
    }

    /// The array without the elements that are close to a value; of dtypes without floats, equal to it.
    pub fn masked_values(&self, value: impl Into<Operand>, tolerance: Tolerance) -> Self {
        if !self.dtype().is_float() {
            return self.masked_equal(value);
        }
        self.masked_where(&self.isclose(value, tolerance))
    }

    /// Whether each element is absent. Whether any is: `x.getmaskarray().any(())`; how many are not: [`Array::count`].
    pub fn getmaskarray(&self) -> Self {
        Self::or_failed(self.by_elements("getmaskarray", [self], DType::Boolean))
    }

    /// The array with a value in the place of each absent element: a number, or an array that broadcasts to the array. It
    /// is converted to the array's dtype, which stays; what is absent in it stays absent.
    ///
    /// # Errors
    /// Told by [`Array::check`]: a number that the dtype cannot hold, or a value that does not broadcast to the array.
    pub fn filled(&self, value: impl Into<Operand>) -> Self {
        let value = value.into().array_of(self.dtype());
        Self::or_failed(self.by_elements("filled", [self, &value], self.dtype()))
    }

    /// The array stretched to another one of its dtype, and absent where that is.
    pub(super) fn masked_like(&self, other: &Self) -> Self {
        // The result of an operation is absent where any operand is, also one of which nothing is taken.
        Self::apply(ElementOp::Where, &[true.into(), self.into(), other.into()])
    }

    /// A kernel over blocks at the same place of arrays that broadcast to this one.
    fn by_elements<const N: usize>(
        &self,
        name: &'static str,
        inputs: [&Self; N],
        dtype: DType,
    ) -> Result<Self, Error> {
        Self::all_checked(inputs)?;
        let unified = unify(&inputs.map(Self::clone)).map_err(|error| error.of(name))?;
        if unified.grid.shape() != self.grid().shape() {
            let shapes = inputs.map(Self::shape);
            return Err(Error::array(name, format!("{shapes:?} do not broadcast to {:?}", self.shape())));
        }
        let args = (0..N as u32).map(Arg::Input).collect();
        let call = Call::kernel(name, name, aligned(&unified.grid, &unified.arrays), args)?;
        Ok(call.on(unified.arrays, dtype, unified.grid).with_unknown(unified.unknown))
    }
}

macro_rules! masked_by_comparison {
    ($($name:ident $condition:ident $doc:literal;)*) => {
        impl Array {
            $(#[doc = $doc]
            pub fn $name(&self, value: impl Into<Operand>) -> Self {
                self.masked_where(&self.$condition(value))
            })*
        }
    };
}

masked_by_comparison! {
    masked_equal eq "The array without the elements that are equal to a value.";
    masked_not_equal ne "The array without the elements that differ from a value.";
    masked_less lt "The array without the elements that are less than a value.";
    masked_less_equal le "The array without the elements that are not greater than a value.";
    masked_greater gt "The array without the elements that are greater than a value.";
    masked_greater_equal ge "The array without the elements that are not less than a value.";
}

#[cfg(test)]
mod tests;
