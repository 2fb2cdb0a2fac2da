//! Whether the numbers are distributed as they should be: against the cumulative functions, by the greatest
//! difference (Kolmogorov and Smirnov), and against the means and deviations. Seeds are fixed, so nothing is up to luck.

use super::*;
use crate::special;

/// The cumulative functions of distributions that have no formula.
fn normal(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

fn gamma(shape: f64, x: f64) -> f64 {
    special::gamma(shape, x)[0]
}

fn beta(a: f64, b: f64, x: f64) -> f64 {
    special::beta(a, b, x, 1.0 - x)
}

const N: u64 = 40_000;
/// The greatest difference is above this over √n for one sample of a thousand.
const DIFFERENCE_MAX: f64 = 1.95;

fn numbers(distribution: &Distribution, dtype: DType) -> Vec<f64> {
    let chunk = row(distribution, dtype, N);
    match dtype {
        DType::Float64 => chunk.as_slice::<f64>().unwrap().to_vec(),
        DType::Float32 => chunk.as_slice::<f32>().unwrap().iter().map(|&x| f64::from(x)).collect(),
        DType::Int64 => chunk.as_slice::<i64>().unwrap().iter().map(|&x| x as f64).collect(),
        DType::UInt64 => chunk.as_slice::<u64>().unwrap().iter().map(|&x| x as f64).collect(),
        DType::UInt8 => chunk.as_slice::<u8>().unwrap().iter().map(|&x| f64::from(x)).collect(),
        DType::Boolean => chunk.as_slice::<bool>().unwrap().iter().map(|&x| f64::from(u8::from(x))).collect(),
        other => panic!("no {other} here"),
    }
}

/// The greatest difference between how many numbers are at most `x` and how many should be, times √n.
///
/// Where several are equal, as counts are, they are looked at together.
fn difference(mut numbers: Vec<f64>, below: &dyn Fn(f64) -> f64, is_discrete: bool) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let n = numbers.len() as f64;
    let mut greatest = 0.0_f64;
    let mut first = 0;
    for equal in numbers.chunk_by(|a, b| a == b) {
        let (expect, last) = (below(equal[0]), first + equal.len());
        greatest = greatest.max((last as f64 / n - expect).abs());
        if !is_discrete {
            greatest = greatest.max((first as f64 / n - expect).abs());
        }
        first = last;
    }
    greatest * n.sqrt()
}

#[track_caller]
fn check(text: &str, dtypes: &[DType], below: &dyn Fn(f64) -> f64) {
    let distribution: Distribution = text.parse().unwrap();
    for &dtype in dtypes {
        let is_discrete = !dtype.is_float();
        let found = difference(numbers(&distribution, dtype), below, is_discrete);
        assert!(found < DIFFERENCE_MAX, "{text} {dtype}: {found}");
    }
}

const FLOATS: [DType; 2] = [DType::Float64, DType::Float32];
const COUNTS: [DType; 2] = [DType::Int64, DType::UInt64];

#[test]
fn inverted_distributions() {
    check("uniform(-1,2.5)", &FLOATS, &|x| (x + 1.0) / 3.5);
    check("normal(1,2)", &FLOATS, &|x| normal((x - 1.0) / 2.0));
    check("lognormal(0.5,0.5)", &FLOATS, &|x| normal((x.ln() - 0.5) / 0.5));
    check("exponential(2)", &FLOATS, &|x| -(-x / 2.0).exp_m1());
    check("cauchy(1,2)", &FLOATS, &|x| 0.5 + ((x - 1.0) / 2.0).atan() / std::f64::consts::PI);
    check("laplace(1,2)", &FLOATS, &|x| {
        let tail = 0.5 * (-(x - 1.0).abs() / 2.0).exp();
        if x < 1.0 { tail } else { 1.0 - tail }
    });
    check("logistic(1,2)", &FLOATS, &|x| 1.0 / (1.0 + (-(x - 1.0) / 2.0).exp()));
    check("gumbel(1,2)", &FLOATS, &|x| (-(-(x - 1.0) / 2.0).exp()).exp());
    check("weibull(1.5)", &FLOATS, &|x| -(-x.powf(1.5)).exp_m1());
    check("pareto(3)", &FLOATS, &|x| 1.0 - (1.0 + x).powi(-3));
    check("rayleigh(2)", &FLOATS, &|x| -(-x * x / 8.0).exp_m1());
    let triangular =
        |x: f64| if x < 0.0 { (x + 1.0) * (x + 1.0) / 4.0 } else { 1.0 - (3.0 - x) * (3.0 - x) / 12.0 };
    check("triangular(-1,0,3)", &FLOATS, &triangular);
}

#[test]
fn proposed_distributions() {
    // In single precision, a good part of such small numbers is 0.
    check("gamma(0.05,2)", &[DType::Float64], &|x| gamma(0.05, x / 2.0));
    for shape in [0.3, 1.0, 1.7, 4.5, 200.0] {
        check(&format!("gamma({shape},2)"), &FLOATS, &|x| gamma(shape, x / 2.0));
        check(&format!("chisquare({shape})"), &FLOATS, &|x| gamma(shape / 2.0, x / 2.0));
    }
    for (a, b) in [(2.0, 0.5), (0.3, 0.2), (1.0, 1.0), (30.0, 4.0)] {
        check(&format!("beta({a},{b})"), &[DType::Float64], &|x| beta(a, b, x));
    }
    for df in [0.7, 3.0, 50.0] {
        check(&format!("standard_t({df})"), &FLOATS, &|x| {
            let tail = 0.5 * beta(df / 2.0, 0.5, df / (df + x * x));
            if x < 0.0 { tail } else { 1.0 - tail }
        });
    }
}

#[test]
fn discrete_distributions() {
    check("integers(-3,100)", &[DType::Int64], &|x| (x + 4.0) / 103.0);
    check("integers(0,256)", &[DType::UInt8], &|x| (x + 1.0) / 256.0);
    check("integers(0,2)", &[DType::Boolean], &|x| (x + 1.0) / 2.0);
    check("bits()", &[DType::UInt8], &|x| (x + 1.0) / 256.0);
    check("bits()", &[DType::UInt64], &|x| x / 2.0_f64.powi(64));
    check("bernoulli(0.3)", &[DType::Boolean, DType::Int64], &|x| if x < 1.0 { 0.7 } else { 1.0 });
    for p in [0.001_f64, 0.2, 0.9, 1.0] {
        check(&format!("geometric({p})"), &COUNTS, &|x| 1.0 - (1.0 - p).powf(x));
    }
    for mean in [0.2, 4.0, 9.99, 10.0, 50.0, 1234.5] {
        check(&format!("poisson({mean})"), &COUNTS, &|x| 1.0 - gamma(x + 1.0, mean));
    }
    for (n, p) in [(1.0, 0.5), (20.0, 0.3), (20.0, 0.97), (100.0, 0.1), (400.0, 0.8), (1e5, 0.5), (1e7, 1e-6)]
    {
        check(&format!("binomial({n},{p})"), &COUNTS, &|x| {
            if x < n { beta(n - x, x + 1.0, 1.0 - p) } else { 1.0 }
        });
    }
}

/// Half a word is multiplied by three quarters of its range: without drawing again, every third integer would come up
/// twice as often as the others.
#[test]
fn integers_are_not_biased() {
    for (text, dtype) in
        [("integers(0,3221225472)", DType::Int64), ("integers(0,13835058055282163712)", DType::UInt64)]
    {
        let chunk = row(&text.parse().unwrap(), dtype, N);
        let numbers = chunk.view(DType::UInt64).unwrap();
        let mut counts = [0.0; 3];
        numbers.as_slice::<u64>().unwrap().iter().for_each(|number| counts[(number % 3) as usize] += 1.0);
        for count in counts {
            assert!((count / N as f64 - 1.0 / 3.0).abs() < 0.01, "{text}: {counts:?}");
        }
    }
}

/// Means and deviations, to five of their own errors.
#[test]
fn moments() {
    let check = |text: &str, dtype: DType, mean: f64, deviation: f64| {
        let numbers = numbers(&text.parse().unwrap(), dtype);
        let n = numbers.len() as f64;
        let found_mean = numbers.iter().map(|x| x - mean).sum::<f64>() / n;
        let variance = numbers.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        assert!(found_mean.abs() <= 5.0 * deviation / n.sqrt(), "{text}: mean off by {found_mean}");
        let ratio = variance.sqrt() / deviation;
        assert!((ratio - 1.0).abs() < 0.05, "{text}: deviation {ratio} of what it should be");
    };
    check("uniform(0,1)", DType::Float64, 0.5, (1.0_f64 / 12.0).sqrt());
    check("normal(-5,3)", DType::Float32, -5.0, 3.0);
    check("exponential(4)", DType::Float64, 4.0, 4.0);
    check("gamma(3,2)", DType::Float64, 6.0, 12.0_f64.sqrt());
    check("gamma(1e15,1)", DType::Float64, 1e15, 1e15_f64.sqrt());
    check("beta(2,3)", DType::Float64, 0.4, 0.2);
    check("beta(0.001,0.001)", DType::Float64, 0.5, 0.499_5);
    check("laplace(1,2)", DType::Float64, 1.0, 8.0_f64.sqrt());
    check("logistic(1,2)", DType::Float64, 1.0, 2.0 * std::f64::consts::PI / 3.0_f64.sqrt());
    check("gumbel(0,1)", DType::Float64, 0.577_215_664_9, std::f64::consts::PI / 6.0_f64.sqrt());
    check("rayleigh(1)", DType::Float64, 1.253_314_137_3, 0.655_136_377_6);
    check("triangular(0,0,1)", DType::Float64, 1.0 / 3.0, (1.0_f64 / 18.0).sqrt());
    check("poisson(1e15)", DType::Int64, 1e15, 1e15_f64.sqrt());
    check("poisson(9e18)", DType::Int64, 9e18, 3e9);
    check("binomial(1000000000000000,0.25)", DType::Int64, 2.5e14, 1.875e14_f64.sqrt());
    check("binomial(9000000000000000000,0.5)", DType::Int64, 4.5e18, 1.5e9);
    check("geometric(0.1)", DType::Int64, 10.0, 90.0_f64.sqrt());
}

#[test]
fn degenerate_distributions() {
    let check = |text: &str, dtype: DType, expect: f64| {
        let numbers = numbers(&text.parse().unwrap(), dtype);
        assert!(numbers.iter().all(|&number| number == expect), "{text}: {:?}", &numbers[..5]);
    };
    check("uniform(2,2)", DType::Float64, 2.0);
    check("normal(3,0)", DType::Float32, 3.0);
    check("exponential(0)", DType::Float64, 0.0);
    check("gamma(1e-300,1)", DType::Float64, 0.0);
    check("integers(7,8)", DType::Int64, 7.0);
    check("bernoulli(0)", DType::Boolean, 0.0);
    check("bernoulli(1)", DType::Boolean, 1.0);
    check("binomial(0,0.5)", DType::Int64, 0.0);
    check("binomial(5,0)", DType::Int64, 0.0);
    check("binomial(5,1)", DType::Int64, 5.0);
    check("binomial(9223372036854775807,1)", DType::Int64, i64::MAX as f64);
    check("geometric(1)", DType::Int64, 1.0);
    check("geometric(1e-300)", DType::Int64, i64::MAX as f64);
    check("poisson(0)", DType::Int64, 0.0);
}
