//! Tests of hypotheses, as SciPy's: a statistic, and how likely one as extreme is by chance.

use gristmill_data::DType;
use gristmill_graph::Arg;

use super::call::{Call, aligned};
use super::unify::unify;
use super::{Array, Axes};
use crate::Error;

/// The result of a test along axes.
#[non_exhaustive]
#[derive(Debug, Clone)]
pub struct TestResult {
    /// What is compared with its distribution.
    pub statistic: Array,
    /// How likely it is that the statistic is as extreme when the hypothesis holds, as `float64`.
    pub pvalue: Array,
}

/// What is known of the variances of two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variances {
    /// They are the same: Student's test.
    Equal,
    /// They may differ: Welch's test.
    Unequal,
}

impl Array {
    /// Whether the mean along axes is this one: the t-test of one sample, on both sides.
    pub fn ttest_1samp(&self, mean: f64, axes: impl Into<Axes>) -> TestResult {
        let axes = axes.into();
        let n = self.count(axes.clone());
        let error = (self.var_ddof(axes.clone(), 1) / &n).sqrt();
        TestResult::student((self.mean(axes) - mean) / error, n - 1)
    }

    /// Whether two samples have the same mean along axes: the t-test of independent samples, on both sides.
    pub fn ttest_ind(&self, other: &Self, axes: impl Into<Axes>, variances: Variances) -> TestResult {
        let axes = axes.into();
        let apart = self.mean(axes.clone()) - other.mean(axes.clone());
        let [left, right] = [self, other].map(|sample| {
            (sample.count(axes.clone()).astype(DType::Float64), sample.var_ddof(axes.clone(), 1))
        });
        let ((n_left, var_left), (n_right, var_right)) = (left, right);
        let (error, degrees) = match variances {
            Variances::Equal => {
                let degrees = &n_left + &n_right - 2.0;
                let sum = (&n_left - 1.0) * var_left + (&n_right - 1.0) * var_right;
                (sum / &degrees * (n_left.reciprocal() + n_right.reciprocal()), degrees)
            }
            Variances::Unequal => {
                let (left, right) = (var_left / &n_left, var_right / &n_right);
                let sum = &left + &right;
                let parts = left.square() / (n_left - 1.0) + right.square() / (n_right - 1.0);
                let degrees = sum.square() / parts;
                (sum, degrees)
            }
        };
        TestResult::student(apart / error.sqrt(), degrees)
    }

    /// Whether the differences of two related samples have the mean 0 along axes: the t-test of pairs, on both sides.
    pub fn ttest_rel(&self, other: &Self, axes: impl Into<Axes>) -> TestResult {
        (self - other).ttest_1samp(0.0, axes)
    }

    /// Whether counts along axes are those that are expected: Pearson's chi-squared test. Without expected ones they are
    /// all the same. `ddof` degrees of freedom are taken off besides the one that the sum takes; that the sums agree is
    /// not checked.
    pub fn chisquare(&self, expected: Option<&Self>, ddof: u32, axes: impl Into<Axes>) -> TestResult {
        let axes = axes.into();
        let observed = self.astype(DType::Float64);
        let expected = match expected {
            Some(expected) => expected.astype(DType::Float64),
            None => observed.mean_kept(axes.clone()),
        };
        let statistic = ((&observed - &expected).square() / expected).sum(axes.clone());
        let degrees = observed.count(axes) - (1 + i64::from(ddof));
        let pvalue = survival("chi2_survival", &[degrees.astype(DType::Float64), statistic.clone()]);
        TestResult { statistic, pvalue }
    }

    /// Whether the elements along axes are of a normal distribution: D'Agostino and Pearson's test, of the skewness and
    /// the kurtosis. There must be 8 elements at least; with fewer it is NaN.
    pub fn normaltest(&self, axes: impl Into<Axes>) -> TestResult {
        let axes = axes.into();
        let n = self.count(axes.clone()).astype(DType::Float64);
        let skewness = normal_skewness(&self.skew(axes.clone()), &n);
        let kurtosis = normal_kurtosis(&(self.kurtosis(axes) + 3.0), &n);
        let statistic = skewness.square() + kurtosis.square();
        let statistic = statistic.where_else(&n.ge(8.0), f64::NAN);
        let degrees = &n * 0.0 + 2.0;
        let pvalue = survival("chi2_survival", &[degrees, statistic.clone()]);
        TestResult { statistic, pvalue }
    }

    fn mean_kept(&self, axes: Axes) -> Self {
        use gristmill_kernels::{Reduction, ReductionKind};
        self.reduce(Reduction::of(ReductionKind::Mean), axes, super::KeepDims::Yes)
    }
}

/// Whether samples have the same mean along axes: the analysis of variance in one way.
pub fn f_oneway(samples: &[Array], axes: impl Into<Axes>) -> TestResult {
    let axes = axes.into();
    let refused = Array::or_failed(Err(Error::array("f_oneway", "it takes two samples at least".to_owned())));
    let [first, rest @ ..] = samples else {
        return TestResult { statistic: refused.clone(), pvalue: refused };
    };
    if rest.is_empty() {
        return TestResult { statistic: refused.clone(), pvalue: refused };
    }
    let count = |sample: &Array| sample.count(axes.clone()).astype(DType::Float64);
    let sum_of = |of: &dyn Fn(&Array) -> Array| rest.iter().fold(of(first), |sum, sample| sum + of(sample));
    let n = sum_of(&count);
    let mean = sum_of(&|sample| sample.mean(axes.clone()) * count(sample)) / &n;
    let between = sum_of(&|sample| (sample.mean(axes.clone()) - &mean).square() * count(sample));
    let within = sum_of(&|sample| sample.var(axes.clone()) * count(sample));
    let (d1, d2) = (samples.len() as f64 - 1.0, &n - samples.len() as f64);
    let statistic = (between / d1) / (within / &d2);
    let pvalue = survival("f_survival", &[&n * 0.0 + d1, d2, statistic.clone()]);
    TestResult { statistic, pvalue }
}

impl TestResult {
    /// Of Student's t and its degrees of freedom, on both sides: its square is F distributed.
    fn student(statistic: Array, degrees: Array) -> Self {
        let degrees = degrees.astype(DType::Float64);
        let square = statistic.astype(DType::Float64).square();
        let pvalue = survival("f_survival", &[&degrees * 0.0 + 1.0, degrees, square]);
        Self { statistic, pvalue }
    }
}

/// The tail of a distribution beyond the last array, with parameters before it.
fn survival(kernel_name: &'static str, parameters: &[Array]) -> Array {
    let made = Array::all_checked(parameters).and_then(|()| {
        let unified = unify(parameters).map_err(|error| error.of(kernel_name))?;
        let wiring = aligned(&unified.grid, &unified.arrays);
        let args = (0..parameters.len() as u32).map(Arg::Input).collect();
        let call = Call::kernel(kernel_name, kernel_name, wiring, args)?;
        Ok(call.on(unified.arrays, DType::Float64, unified.grid).with_unknown(unified.unknown))
    });
    Array::or_failed(made)
}

/// The skewness of `n` elements as a standard normal number (D'Agostino, 1970).
fn normal_skewness(skewness: &Array, n: &Array) -> Array {
    let scale = ((n + 1.0) * (n + 3.0) / ((n - 2.0) * 6.0)).sqrt();
    let y = skewness * scale;
    let y = y.where_else(&y.ne(0.0), 1.0);
    let numerator = (n.square() + n * 27.0 - 70.0) * (n + 1.0) * (n + 3.0) * 3.0;
    let beta = numerator / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
    let square = ((beta - 1.0) * 2.0).sqrt() - 1.0;
    let delta = (square.log() * 0.5).sqrt().reciprocal();
    let part = y / (2.0 / (square - 1.0)).sqrt();
    delta * (&part + (part.square() + 1.0).sqrt()).log()
}

/// The kurtosis of `n` elements as a standard normal number (Anscombe and Glynn, 1983).
fn normal_kurtosis(kurtosis: &Array, n: &Array) -> Array {
    let expected = (n - 1.0) * 3.0 / (n + 1.0);
    let variance = n * (n - 2.0) * (n - 3.0) * 24.0 / ((n + 1.0).square() * (n + 3.0) * (n + 5.0));
    let x = (kurtosis - expected) / variance.sqrt();
    let root = ((n + 3.0) * (n + 5.0) * 6.0 / (n * (n - 2.0) * (n - 3.0))).sqrt();
    let beta = (n.square() - n * 5.0 + 2.0) * 6.0 / ((n + 7.0) * (n + 9.0)) * root;
    let inverse = beta.reciprocal();
    let a = &inverse * 8.0 * (&inverse * 2.0 + (inverse.square() * 4.0 + 1.0).sqrt()) + 6.0;
    let expected = 1.0 - 2.0 / (&a * 9.0);
    let denominator = x * (2.0 / (&a - 4.0)).sqrt() + 1.0;
    let ratio = (1.0 - 2.0 / &a) / &denominator;
    (expected - ratio.cbrt()) / (2.0 / (a * 9.0)).sqrt()
}

#[cfg(test)]
mod tests;
