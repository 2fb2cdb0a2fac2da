//! The element-wise operations: names, arity, and what NumPy 2 says of their dtypes.

use std::fmt;
use std::str::FromStr;

use gristmill_data::DType;

use crate::Error;

/// How an operation goes from the dtypes of its operands to the dtype it computes in, and to that of its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// In the promoted dtype, which is also the result's; what is not taken is refused.
    Same(Takes),
    /// As `Same`, but that booleans become the smallest integer.
    SameOrInt8(Takes),
    /// Integers become floats: the smallest whose precision NumPy deems enough.
    Float(Takes),
    /// Integers become `float64`.
    Divide,
    /// In the promoted dtype; the result is a boolean.
    Predicate(Takes),
    /// The real dtype of a complex one, or the same.
    Part,
    /// A condition, and two of one dtype.
    Where,
}

/// Which dtypes an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Booleans, integers, floats, complex numbers and times.
    All,
    /// All but times.
    Numbers,
    /// Integers, floats and complex numbers, and for sums times.
    NoBooleans,
    /// Booleans, integers and floats.
    Real,
    /// Booleans and integers.
    Exact,
    /// Integers.
    Integers,
}

macro_rules! ops {
    ($($variant:ident $name:literal $arity:literal $rule:expr, $doc:literal;)*) => {
        /// An operation on elements, by NumPy's name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Op {
            $(#[doc = $doc] $variant,)*
        }

        impl Op {
            /// Every operation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// NumPy's name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How many operands it has.
            #[must_use]
            pub const fn arity(self) -> usize {
                match self { $(Self::$variant => $arity),* }
            }

            const fn rule(self) -> Rule {
                use Rule::*;
                use Takes::*;
                match self { $(Self::$variant => $rule),* }
            }
        }
    };
}

ops! {
    Cast "astype" 1 Same(All), "Conversion to another dtype, as C does it.";
    Add "add" 2 Same(All), "The sum; of booleans, or.";
    Subtract "subtract" 2 Same(NoBooleans), "The difference.";
    Multiply "multiply" 2 Same(Numbers), "The product; of booleans, and.";
    Divide "divide" 2 Divide, "The quotient, of integers as floats.";
    FloorDivide "floor_divide" 2 SameOrInt8(Real), "The largest whole number not above the quotient; 0 where an integer is divided by 0.";
    Remainder "remainder" 2 SameOrInt8(Real), "What floor division leaves, with the divisor's sign.";
    Fmod "fmod" 2 SameOrInt8(Real), "What division towards 0 leaves, with the dividend's sign.";
    Power "power" 2 SameOrInt8(Numbers), "The power; negative exponents of integers are refused.";
    Maximum "maximum" 2 Same(All), "The greater one, NaN if there is one.";
    Minimum "minimum" 2 Same(All), "The lesser one, NaN if there is one.";
    Fmax "fmax" 2 Same(All), "The greater one, no NaN if there is another.";
    Fmin "fmin" 2 Same(All), "The lesser one, no NaN if there is another.";
    Arctan2 "arctan2" 2 Float(Real), "The angle of the point (second, first).";
    Hypot "hypot" 2 Float(Real), "The length of the hypotenuse.";
    Copysign "copysign" 2 Float(Real), "The first with the second's sign.";
    Nextafter "nextafter" 2 Float(Real), "The next float from the first towards the second.";
    Logaddexp "logaddexp" 2 Float(Real), "log(exp(a) + exp(b)).";
    Logaddexp2 "logaddexp2" 2 Float(Real), "log2(2**a + 2**b).";
    Heaviside "heaviside" 2 Float(Real), "0 below 0, 1 above, the second at 0.";
    BitwiseAnd "bitwise_and" 2 Same(Exact), "And, bit by bit.";
    BitwiseOr "bitwise_or" 2 Same(Exact), "Or, bit by bit.";
    BitwiseXor "bitwise_xor" 2 Same(Exact), "Exclusive or, bit by bit.";
    LeftShift "left_shift" 2 SameOrInt8(Exact), "Bits moved up; 0 where that is beyond the last bit.";
    RightShift "right_shift" 2 SameOrInt8(Exact), "Bits moved down, keeping the sign.";
    Gcd "gcd" 2 Same(Integers), "The greatest common divisor.";
    Lcm "lcm" 2 Same(Integers), "The least common multiple.";
    Equal "equal" 2 Predicate(All), "Whether both are equal.";
    NotEqual "not_equal" 2 Predicate(All), "Whether they differ.";
    Less "less" 2 Predicate(All), "Whether the first is less.";
    LessEqual "less_equal" 2 Predicate(All), "Whether the first is not greater.";
    Greater "greater" 2 Predicate(All), "Whether the first is greater.";
    GreaterEqual "greater_equal" 2 Predicate(All), "Whether the first is not less.";
    LogicalAnd "logical_and" 2 Predicate(Numbers), "Whether neither is 0.";
    LogicalOr "logical_or" 2 Predicate(Numbers), "Whether one is not 0.";
    LogicalXor "logical_xor" 2 Predicate(Numbers), "Whether exactly one is not 0.";
    LogicalNot "logical_not" 1 Predicate(Numbers), "Whether it is 0.";
    Negative "negative" 1 Same(NoBooleans), "The other sign; integers wrap around.";
    Positive "positive" 1 Same(NoBooleans), "The same.";
    Invert "invert" 1 Same(Exact), "Not, bit by bit.";
    Absolute "absolute" 1 Part, "The absolute value, of a complex number its modulus.";
    Sign "sign" 1 Same(NoBooleans), "-1, 0 or 1; of a complex number x / |x|.";
    Square "square" 1 SameOrInt8(Numbers), "The square.";
    Reciprocal "reciprocal" 1 SameOrInt8(Numbers), "1 over it.";
    Conjugate "conjugate" 1 SameOrInt8(Numbers), "The complex conjugate.";
    Real "real" 1 Part, "The real part.";
    Imag "imag" 1 Part, "The imaginary part.";
    Sqrt "sqrt" 1 Float(Numbers), "The square root.";
    Cbrt "cbrt" 1 Float(Real), "The cube root.";
    Exp "exp" 1 Float(Numbers), "e to it.";
    Exp2 "exp2" 1 Float(Numbers), "2 to it.";
    Expm1 "expm1" 1 Float(Numbers), "exp(x) - 1, also near 0.";
    Log "log" 1 Float(Numbers), "The natural logarithm.";
    Log2 "log2" 1 Float(Numbers), "The logarithm of base 2.";
    Log10 "log10" 1 Float(Numbers), "The logarithm of base 10.";
    Log1p "log1p" 1 Float(Numbers), "log(1 + x), also near 0.";
    Sin "sin" 1 Float(Numbers), "The sine of an angle in radians.";
    Cos "cos" 1 Float(Numbers), "The cosine of an angle in radians.";
    Tan "tan" 1 Float(Numbers), "The tangent of an angle in radians.";
    Arcsin "arcsin" 1 Float(Numbers), "The angle of this sine, in radians.";
    Arccos "arccos" 1 Float(Numbers), "The angle of this cosine, in radians.";
    Arctan "arctan" 1 Float(Numbers), "The angle of this tangent, in radians.";
    Sinh "sinh" 1 Float(Numbers), "The hyperbolic sine.";
    Cosh "cosh" 1 Float(Numbers), "The hyperbolic cosine.";
    Tanh "tanh" 1 Float(Numbers), "The hyperbolic tangent.";
    Arcsinh "arcsinh" 1 Float(Numbers), "The inverse hyperbolic sine.";
    Arccosh "arccosh" 1 Float(Numbers), "The inverse hyperbolic cosine.";
    Arctanh "arctanh" 1 Float(Numbers), "The inverse hyperbolic tangent.";
    Deg2rad "deg2rad" 1 Float(Real), "Degrees as radians.";
    Rad2deg "rad2deg" 1 Float(Real), "Radians as degrees.";
    Floor "floor" 1 Same(Real), "The largest whole number not above it.";
    Ceil "ceil" 1 Same(Real), "The smallest whole number not below it.";
    Trunc "trunc" 1 Same(Real), "Without its fraction.";
    Rint "rint" 1 Float(Numbers), "The nearest whole number, of two the even one.";
    Spacing "spacing" 1 Float(Real), "How far the next float away from 0 is.";
    Isnan "isnan" 1 Predicate(All), "Whether it is NaN, or no time.";
    Isinf "isinf" 1 Predicate(All), "Whether it is infinite.";
    Isfinite "isfinite" 1 Predicate(All), "Whether it is a finite number, or a time.";
    Signbit "signbit" 1 Predicate(Real), "Whether it is negative, also of -0.";
    Where "where" 3 Where, "The second where the first is true, else the third.";
}

/// The dtype an operation computes in, and the dtype of its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    /// What every operand is converted to first; the condition of [`Op::Where`] is a boolean instead.
    pub compute: DType,
    /// What comes out.
    pub result: DType,
}

impl Op {
    /// The dtypes of the operation on operands of these dtypes, by NumPy's rules.
    ///
    /// # Errors
    /// [`Error::Arity`], [`Error::NoLoop`] when NumPy refuses the operation, or [`Error::Data`] when two dtypes have
    /// none in common.
    pub fn signature(self, operands: &[DType]) -> Result<Signature, Error> {
        if operands.len() != self.arity() {
            let expected = format!("{} operands", self.arity());
            return Err(Error::Arity { kernel: self.name(), expected, given: operands.len() });
        }
        let refused = || Error::NoLoop { op: self.name(), dtypes: operands.to_vec() };
        let values = if self == Self::Where { operands.get(1..).unwrap_or_default() } else { operands };
        if let Some(signature) = self.of_times(values) {
            return signature.ok_or_else(refused);
        }
        let first = values.first().copied().ok_or_else(refused)?;
        let promoted = values
            .iter()
            .skip(1)
            .try_fold(first, |all, &next| DType::promote(all, next))
            .map_err(Error::data(self.name()))?;
        let same = |compute| Signature { compute, result: compute };
        let taken = |takes: Takes| if takes.takes(promoted) { Ok(promoted) } else { Err(refused()) };
        Ok(match self.rule() {
            Rule::Same(takes) => same(taken(takes)?),
            Rule::SameOrInt8(takes) => match taken(takes)? {
                DType::Boolean => same(DType::Int8),
                dtype => same(dtype),
            },
            Rule::Float(takes) => same(float_of(taken(takes)?)),
            Rule::Divide if promoted.is_float() || promoted.is_complex() => same(promoted),
            Rule::Divide => same(DType::Float64),
            Rule::Predicate(takes) => Signature { compute: taken(takes)?, result: DType::Boolean },
            Rule::Part => Signature { compute: promoted, result: part_of(promoted) },
            Rule::Where => same(promoted),
        })
    }

    /// The dtypes of an operation on times: `None` when there are none, `Some(None)` when it is not possible with them.
    fn of_times(self, operands: &[DType]) -> Option<Option<Signature>> {
        use DType::{Datetime64Ns as Moment, Timedelta64Ns as Span};
        if !operands.iter().any(|dtype| dtype.is_time()) {
            return None;
        }
        let both = |compute, result| Some(Signature { compute, result });
        Some(match (self, operands) {
            (Self::Subtract, [Moment, Moment]) => both(Moment, Span),
            (Self::Add, [Moment, Span] | [Span, Moment]) | (Self::Subtract, [Moment, Span]) => {
                both(Moment, Moment)
            }
            (Self::Add | Self::Subtract, [Span, Span]) => both(Span, Span),
            (Self::Maximum | Self::Minimum | Self::Fmax | Self::Fmin | Self::Where, [a, b]) if a == b => {
                both(*a, *a)
            }
            (Self::Negative | Self::Positive | Self::Absolute, [Span]) => both(Span, Span),
            (Self::Isnan | Self::Isfinite | Self::Isinf, [time]) => both(*time, DType::Boolean),
            (op, [a, b]) if a == b && op.is_comparison() => both(*a, DType::Boolean),
            _ => None,
        })
    }

    /// Whether it compares two elements.
    #[must_use]
    pub const fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal | Self::NotEqual | Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual
        )
    }
}

impl Takes {
    fn takes(self, dtype: DType) -> bool {
        match self {
            Self::All => true,
            Self::Numbers => !dtype.is_time(),
            Self::NoBooleans => dtype != DType::Boolean && !dtype.is_time(),
            Self::Real => !dtype.is_complex() && !dtype.is_time(),
            Self::Exact => dtype == DType::Boolean || dtype.is_integer(),
            Self::Integers => dtype.is_integer(),
        }
    }
}

/// The float that NumPy computes functions of this dtype in.
fn float_of(dtype: DType) -> DType {
    match dtype {
        DType::Boolean | DType::Int8 | DType::UInt8 => DType::Float16,
        DType::Int16 | DType::UInt16 => DType::Float32,
        dtype if dtype.is_integer() => DType::Float64,
        dtype => dtype,
    }
}

/// The dtype of the parts of a complex number; others are their own.
pub(crate) fn part_of(dtype: DType) -> DType {
    match dtype {
        DType::Complex64 => DType::Float32,
        DType::Complex128 => DType::Float64,
        dtype => dtype,
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Op {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let named = Self::ALL.iter().copied().find(|op| op.name() == name);
        named.ok_or_else(|| Error::NoSuchOp { name: name.to_owned() })
    }
}
