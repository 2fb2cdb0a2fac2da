//! Covariances, weighted means and moments.

use gristmill_data::DType;
use gristmill_kernels::{Reduction, ReductionKind};

use super::{Array, Axes, KeepDims};
use crate::Error;

impl Array {
    /// The covariance of the rows of a matrix, each a variable whose observations are the columns: NumPy's `cov`, in
    /// `float64` or `complex128`. Of one variable it is the variance, a single number.
    pub fn cov(&self) -> Self {
        self.cov_ddof(1)
    }

    /// The covariance with `ddof` degrees of freedom taken off.
    pub fn cov_ddof(&self, ddof: u32) -> Self {
        Self::or_failed(self.try_cov("cov", ddof))
    }

    /// The correlation of the rows of a matrix: their covariance by their standard deviations.
    pub fn corrcoef(&self) -> Self {
        let made = self.try_cov("corrcoef", 1).map(|cov| {
            if cov.ndim() == 0 {
                return &cov / cov.clone();
            }
            let deviations = self.variables().var_ddof(1, 1).sqrt();
            let scaled = cov / deviations.expand_dims(1) / deviations.expand_dims(0);
            if !scaled.dtype().is_complex() {
                return scaled.clip(-1.0, 1.0);
            }
            let i = gristmill_data::number::Complex64::new(0.0, 1.0);
            scaled.real().clip(-1.0, 1.0) + scaled.imag().clip(-1.0, 1.0) * i
        });
        Self::or_failed(made)
    }

    fn try_cov(&self, name: &'static str, ddof: u32) -> Result<Self, Error> {
        Self::all_known(name, [self])?;
        if !(1..=2).contains(&self.ndim()) || self.dtype().is_time() {
            let (dtype, ndim) = (self.dtype(), self.ndim());
            return Err(Error::array(
                name,
                format!("it takes a matrix of numbers, and not {ndim} axes of {dtype}"),
            ));
        }
        let rows = self.variables();
        let apart = &rows - rows.reduce(Reduction::of(ReductionKind::Mean), 1, KeepDims::Yes);
        let conjugate = if apart.dtype().is_complex() { apart.conj() } else { apart.clone() };
        let n = rows.shape().last().map_or(0.0, |&n| n as f64);
        let cov = apart.matmul(&conjugate.t()) / (n - f64::from(ddof)).max(0.0);
        let is_one = cov.shape().first() == Some(&1);
        Ok(if is_one { cov.squeeze(0).squeeze(0) } else { cov })
    }

    /// A row for each variable, in double precision.
    fn variables(&self) -> Self {
        let rows = if self.ndim() == 1 { self.expand_dims(0) } else { self.clone() };
        rows.astype(DType::promote(self.dtype(), DType::Float64).unwrap_or(DType::Float64))
    }

    /// The mean with weights, along axes: the sum of the elements times their weights by the sum of these. Weights are of
    /// the array's shape, or one for each place along the only axis. Where they add up to 0 there is no mean but infinity
    /// or NaN. An absent element has no weight.
    pub fn average(&self, axes: impl Into<Axes>, weights: &Self) -> Self {
        Self::or_failed(self.try_average(&axes.into(), weights))
    }

    fn try_average(&self, axes: &Axes, weights: &Self) -> Result<Self, Error> {
        const NAME: &str = "average";
        Self::all_checked([self, weights])?;
        let weights = self.weights_along(NAME, axes, weights)?;
        let refused = Error::data(NAME);
        let mut dtype = DType::promote(self.dtype(), weights.dtype()).map_err(refused)?;
        if self.dtype().is_integer() || self.dtype() == DType::Boolean {
            dtype = DType::promote(dtype, DType::Float64).map_err(refused)?;
        }
        let (elements, weights) = (self.astype(dtype), weights.astype(dtype));
        let weights = weights.masked_like(&elements);
        Ok((elements * &weights).sum(axes.clone()) / weights.sum(axes.clone()))
    }

    /// Weights that broadcast to the array.
    fn weights_along(&self, name: &'static str, axes: &Axes, weights: &Self) -> Result<Self, Error> {
        if weights.grid().shape() == self.grid().shape() {
            return Ok(weights.clone());
        }
        let (own, given) = (self.shape(), weights.shape());
        let axis = match axes.of(name, self.ndim())?[..] {
            [axis] if own.get(axis as usize).is_some_and(|&length| given == [length]) => axis as usize,
            _ => {
                let reason = format!(
                    "weights of shape {given:?} for {own:?}: they are of the same shape, or as many as there are \
                     places along the only axis"
                );
                return Err(Error::array(name, reason));
            }
        };
        Ok(weights.with_new_axes(axis, self.ndim() - axis - 1))
    }

    /// The central moment of this order along axes: the mean of the powers of differences from the mean.
    pub fn moment(&self, order: u32, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        self.apart(&axes).powered(order).mean(axes)
    }

    /// The skewness along axes: the third central moment by the variance to 3/2. NaN where all elements are the same.
    pub fn skew(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let (apart, variance) = (self.apart(&axes), self.moment(2, axes.clone()));
        let skew = apart.powered(3).mean(axes.clone()) / (&variance * variance.sqrt());
        self.nan_where_equal(skew, &variance, axes)
    }

    /// The kurtosis along axes, which is 0 of a normal distribution: the fourth central moment by the variance squared,
    /// less 3. NaN where all elements are the same.
    pub fn kurtosis(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let (apart, variance) = (self.apart(&axes), self.moment(2, axes.clone()));
        let kurtosis = apart.powered(4).mean(axes.clone()) / variance.square() - 3.0;
        self.nan_where_equal(kurtosis, &variance, axes)
    }

    /// Differences from the mean along axes.
    fn apart(&self, axes: &Axes) -> Self {
        self - self.reduce(Reduction::of(ReductionKind::Mean), axes.clone(), KeepDims::Yes)
    }

    /// A whole power, of few multiplications.
    fn powered(&self, order: u32) -> Self {
        match order {
            0 => self * 0.0 + 1.0,
            1 => self.clone(),
            order if order % 2 == 1 => self * self.powered(order - 1),
            order => self.powered(order / 2).square(),
        }
    }

    /// NaN where the variance is nothing but rounding.
    fn nan_where_equal(&self, of: Self, variance: &Self, axes: Axes) -> Self {
        let epsilon = match variance.dtype() {
            DType::Float16 => 1e-3,
            DType::Float32 => f64::from(f32::EPSILON),
            _ => f64::EPSILON,
        };
        let is_rounding = variance.le((self.mean(axes) * epsilon).square());
        of.where_else(&is_rounding.logical_not(), f64::NAN)
    }
}

#[cfg(test)]
mod tests;
