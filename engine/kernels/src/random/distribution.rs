//! The distributions, their text form and what their parameters may be.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// How much of a text an error shows.
const TEXT_SHOWN_MAX: usize = 80;

macro_rules! distributions {
    ($(
        $(#[$doc:meta])*
        $variant:ident = $name:literal { $($(#[$param_doc:meta])* $param:ident: $ty:ty,)* }
    )*) => {
        /// How random numbers are distributed, with NumPy's names and parameters.
        ///
        /// The text form is a call, as `normal(0,1)`; printing and parsing are inverse, and equal distributions have
        /// equal texts.
        ///
        /// # Example
        /// ```
        /// use gristmill_kernels::Distribution;
        ///
        /// let normal: Distribution = "normal(0, 0.5)".parse()?;
        /// assert_eq!(normal, Distribution::Normal { mean: 0.0, std: 0.5 });
        /// assert_eq!(normal.to_string(), "normal(0,0.5)");
        /// # Ok::<(), gristmill_kernels::Error>(())
        /// ```
        #[non_exhaustive]
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub enum Distribution {
            $($(#[$doc])* $variant { $($(#[$param_doc])* $param: $ty,)* },)*
        }

        impl Distribution {
            /// The name, as it stands in the text form.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $name,)*
                }
            }

            fn params(&self) -> Vec<String> {
                match self {
                    $(Self::$variant { $($param,)* } => vec![$($param.to_text(),)*],)*
                }
            }

            /// The distribution of this name and these parameters, which are not looked at; or what is wrong.
            fn from_parts(name: &str, params: &[&str]) -> Result<Self, String> {
                match name {
                    $($name => match params {
                        [$($param,)*] => Ok(Self::$variant { $($param: Parameter::from_text($param)?,)* }),
                        _ => {
                            let expected: &[&str] = &[$(stringify!($param),)*];
                            let expected = expected.join(",");
                            Err(format!("it is {}({expected}), and {} parameters were given", $name, params.len()))
                        }
                    },)*
                    _ => Err(format!("there are {}", [$($name),*].join(", "))),
                }
            }
        }
    };
}

distributions! {
    /// Random bits: every value of an integer dtype is equally likely.
    Bits = "bits" {}
    /// Integers from `low` up to, and without, `high`; all equally likely.
    Integers = "integers" {
        /// The least.
        low: i128,
        /// One more than the greatest.
        high: i128,
    }
    /// Numbers from `low` up to `high`, which itself comes up by rounding only.
    Uniform = "uniform" {
        /// The least.
        low: f64,
        /// Where they end.
        high: f64,
    }
    /// The normal distribution.
    Normal = "normal" {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        std: f64,
    }
    /// Numbers whose logarithms are normal.
    LogNormal = "lognormal" {
        /// The logarithms' mean.
        mean: f64,
        /// The logarithms' standard deviation.
        sigma: f64,
    }
    /// Times between events.
    Exponential = "exponential" {
        /// The mean.
        scale: f64,
    }
    /// The Gamma distribution; its mean is `shape * scale`.
    Gamma = "gamma" {
        /// The shape.
        shape: f64,
        /// The scale.
        scale: f64,
    }
    /// The Beta distribution, between 0 and 1.
    Beta = "beta" {
        /// The exponent at 0, and one more.
        a: f64,
        /// The exponent at 1, and one more.
        b: f64,
    }
    /// Sums of squares of standard normal numbers.
    ChiSquare = "chisquare" {
        /// How many; need not be whole.
        df: f64,
    }
    /// Student's t distribution.
    StandardT = "standard_t" {
        /// The degrees of freedom.
        df: f64,
    }
    /// The Cauchy distribution.
    Cauchy = "cauchy" {
        /// The median.
        loc: f64,
        /// Half the distance between the quartiles.
        scale: f64,
    }
    /// The Laplace distribution: exponential on both sides.
    Laplace = "laplace" {
        /// The mean.
        loc: f64,
        /// The mean distance to it.
        scale: f64,
    }
    /// The logistic distribution.
    Logistic = "logistic" {
        /// The mean.
        loc: f64,
        /// The scale.
        scale: f64,
    }
    /// The Gumbel distribution of greatest values.
    Gumbel = "gumbel" {
        /// The mode.
        loc: f64,
        /// The scale.
        scale: f64,
    }
    /// The Weibull distribution of scale 1.
    Weibull = "weibull" {
        /// The shape.
        a: f64,
    }
    /// The Pareto distribution of the second kind, which begins at 0, also called Lomax.
    Pareto = "pareto" {
        /// The shape.
        a: f64,
    }
    /// The Rayleigh distribution.
    Rayleigh = "rayleigh" {
        /// The mode.
        scale: f64,
    }
    /// A density that rises in a line from `left` to `mode` and falls to `right`.
    Triangular = "triangular" {
        /// The least.
        left: f64,
        /// The likeliest.
        mode: f64,
        /// The greatest.
        right: f64,
    }
    /// 1 with probability `p`, else 0.
    Bernoulli = "bernoulli" {
        /// The probability.
        p: f64,
    }
    /// How many of `n` trials succeed.
    Binomial = "binomial" {
        /// How many trials.
        n: u64,
        /// The probability of success.
        p: f64,
    }
    /// How many trials it takes to succeed once.
    Geometric = "geometric" {
        /// The probability of success.
        p: f64,
    }
    /// How many events there are in an interval.
    Poisson = "poisson" {
        /// The mean.
        lam: f64,
    }
}

/// A parameter as text and back, exactly.
trait Parameter: Sized {
    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Result<Self, String>;
}

impl Parameter for f64 {
    fn to_text(&self) -> String {
        // The shortest text that is read back as the same number, with a power of ten where zeros would pile up.
        let whole = self.fract() == 0.0 && self.abs() < 1e15;
        if whole { self.to_string() } else { format!("{self:?}") }
    }

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("`{text}` is no number"))
    }
}

macro_rules! integer_parameters {
    ($($ty:ty),*) => {$(
        impl Parameter for $ty {
            fn to_text(&self) -> String {
                self.to_string()
            }

            fn from_text(text: &str) -> Result<Self, String> {
                text.parse().map_err(|_| format!("`{text}` is no integer in range"))
            }
        }
    )*};
}

integer_parameters!(i128, u64);

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name(), self.params().join(","))
    }
}

impl FromStr for Distribution {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |reason: String| {
            let end = text.floor_char_boundary(TEXT_SHOWN_MAX);
            Error::NoDistribution { text: text.get(..end).unwrap_or_default().to_owned(), reason }
        };
        let call = text.trim().strip_suffix(')').and_then(|call| call.split_once('('));
        let (name, params) =
            call.ok_or_else(|| wrong("it is not a name with parameters in parentheses".to_owned()))?;
        let params: Vec<_> = match params.trim() {
            "" => Vec::new(),
            params => params.split(',').map(str::trim).collect(),
        };
        let distribution = Self::from_parts(name.trim(), &params).map_err(wrong)?;
        distribution.check()?;
        Ok(distribution)
    }
}

/// The greatest mean of a Poisson distribution, as NumPy has it: ten deviations above it there are 64-bit integers.
const POISSON_MEAN_MAX: f64 = 9.223_372_006_484_771e18;
/// How many integers can be equally likely.
const INTEGERS_MAX: u128 = 1 << 64;

impl Distribution {
    /// Whether there is such a distribution.
    ///
    /// # Errors
    /// [`Error::Parameter`] when a parameter is not what it must be.
    pub fn check(&self) -> Result<(), Error> {
        match *self {
            Self::Bits {} => Ok(()),
            Self::Integers { low, high } => {
                let fits = high > low && high.abs_diff(low) <= INTEGERS_MAX;
                self.must("high", high, fits, "above low, by at most 2^64")
            }
            Self::Uniform { low, high } => {
                self.finite("low", low)?;
                self.must("high", high, high >= low && (high - low).is_finite(), "finite and not below low")
            }
            Self::Normal { mean, std: scale } => self.finite("mean", mean).and(self.scale("std", scale)),
            Self::LogNormal { mean, sigma } => self.finite("mean", mean).and(self.scale("sigma", sigma)),
            Self::Exponential { scale } | Self::Rayleigh { scale } => self.scale("scale", scale),
            Self::Gamma { shape, scale } => self.above_0("shape", shape).and(self.scale("scale", scale)),
            Self::Beta { a, b } => self.above_0("a", a).and(self.above_0("b", b)),
            Self::ChiSquare { df } | Self::StandardT { df } => self.above_0("df", df),
            Self::Cauchy { loc, scale }
            | Self::Laplace { loc, scale }
            | Self::Logistic { loc, scale }
            | Self::Gumbel { loc, scale } => self.finite("loc", loc).and(self.scale("scale", scale)),
            Self::Weibull { a } | Self::Pareto { a } => self.above_0("a", a),
            Self::Triangular { left, mode, right } => {
                self.finite("left", left)?;
                self.must("mode", mode, mode >= left, "not below left")?;
                let fits = right >= mode && right > left && (right - left).is_finite();
                self.must("right", right, fits, "finite, above left and not below mode")
            }
            Self::Bernoulli { p } => self.probability(p),
            Self::Binomial { n, p } => {
                self.must("n", n, i64::try_from(n).is_ok(), "at most 2^63 - 1")?;
                self.probability(p)
            }
            Self::Geometric { p } => self.must("p", p, p > 0.0 && p <= 1.0, "above 0 and at most 1"),
            Self::Poisson { lam } => {
                let fits = (0.0..=POISSON_MEAN_MAX).contains(&lam);
                self.must("lam", lam, fits, "not negative, and at most 9.2e18")
            }
        }
    }

    fn finite(&self, param: &'static str, given: f64) -> Result<(), Error> {
        self.must(param, given, given.is_finite(), "finite")
    }

    fn scale(&self, param: &'static str, given: f64) -> Result<(), Error> {
        let fits = given.is_finite() && given >= 0.0;
        self.must(param, given, fits, "finite and not negative")
    }

    fn above_0(&self, param: &'static str, given: f64) -> Result<(), Error> {
        self.must(param, given, given.is_finite() && given > 0.0, "finite and above 0")
    }

    fn probability(&self, p: f64) -> Result<(), Error> {
        self.must("p", p, (0.0..=1.0).contains(&p), "between 0 and 1")
    }

    fn must(
        &self,
        param: &'static str,
        given: impl Parameter,
        fits: bool,
        must_be: &'static str,
    ) -> Result<(), Error> {
        let wrong = || Error::Parameter { distribution: self.name(), param, given: given.to_text(), must_be };
        if fits { Ok(()) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests;
