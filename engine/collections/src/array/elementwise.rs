//! Operations on elements: NumPy's functions and Rust's operators, arrays that broadcast, numbers beside arrays.

use std::ops;

use gristmill_data::DType;
use gristmill_data::number::Complex64;
use gristmill_kernels::expr::{Constant, ExprBuilder, Number, Op as ElementOp};

use super::unify::unify;
use super::{Array, Op};
use crate::Error;

/// An array, or a number that takes the dtype of the arrays beside it where it can.
#[derive(Debug, Clone)]
pub enum Operand {
    /// An array.
    Array(Array),
    /// A number.
    Number(Number),
}

impl Operand {
    /// The array, or the number as one without axes.
    pub(super) fn array(self) -> Array {
        match self {
            Self::Array(array) => array,
            Self::Number(number) => Array::scalar(number),
        }
    }

    /// The same, of a dtype.
    pub(super) fn array_of(self, dtype: DType) -> Array {
        match self {
            Self::Array(array) => array.astype(dtype),
            Self::Number(number) => Array::single(dtype, number),
        }
    }
}

impl From<Array> for Operand {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

impl From<&Array> for Operand {
    fn from(array: &Array) -> Self {
        Self::Array(array.clone())
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Operand {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}

from_numbers!(bool, i32, i64, u64, f32, f64, Complex64, Number);

impl Array {
    /// An element-wise operation on arrays and numbers, by NumPy's rules of dtypes and broadcasting.
    ///
    /// The methods and operators are short for this.
    pub fn apply(op: ElementOp, operands: &[Operand]) -> Self {
        Self::or_failed(apply(op, operands))
    }

    /// The elements as another dtype: towards 0, around where an integer does not fit, to the nearest where a float does
    /// not, and 0 of NaN.
    pub fn astype(&self, dtype: DType) -> Self {
        if self.dtype() == dtype {
            return self.clone();
        }
        let mut builder = ExprBuilder::new();
        let cast = builder.input(self.dtype()).and_then(|input| builder.cast(input, dtype));
        let made = Self::all_checked([self]).and_then(|()| {
            let expr = builder.finish(cast.map_err(Error::kernel("astype"))?);
            let cast = Self::new(Op::Elementwise(expr), vec![self.clone()], dtype, self.grid().clone());
            Ok(cast.with_unknown(self.unknown().clone()))
        });
        Self::or_failed(made)
    }

    /// The elements of this array where they are true in `condition`, else those of `other`.
    pub fn where_else(&self, condition: &Self, other: impl Into<Operand>) -> Self {
        Self::apply(ElementOp::Where, &[condition.astype(DType::Boolean).into(), self.into(), other.into()])
    }

    /// The elements, not below `low` and not above `high`.
    pub fn clip(&self, low: impl Into<Operand>, high: impl Into<Operand>) -> Self {
        self.maximum(low).minimum(high)
    }

    /// The elements rounded to so many decimals, halves to even.
    pub fn round(&self, decimals: i32) -> Self {
        if decimals == 0 && !self.dtype().is_integer() {
            return self.rint();
        }
        if self.dtype().is_integer() && decimals >= 0 {
            return self.clone();
        }
        let scale = 10_f64.powi(decimals.abs());
        if decimals >= 0 { (self * scale).rint() / scale } else { (self / scale).rint() * scale }
    }
}

fn apply(op: ElementOp, operands: &[Operand]) -> Result<Array, Error> {
    let arrays = || {
        operands.iter().filter_map(|operand| match operand {
            Operand::Array(array) => Some(array),
            Operand::Number(_) => None,
        })
    };
    Array::all_checked(arrays())?;
    let kernel = || Error::kernel(op.name());
    if arrays().next().is_none() {
        let arrays = operands.iter().cloned().map(Operand::array);
        return apply(op, &arrays.map(Operand::Array).collect::<Vec<_>>());
    }
    let unified = unify(&arrays().cloned().collect::<Vec<_>>()).map_err(|error| error.of(op.name()))?;
    let dtypes = arrays().map(Array::dtype);
    let beside =
        dtypes.reduce(|all, next| DType::promote(all, next).unwrap_or(all)).unwrap_or(DType::Float64);
    let mut builder = ExprBuilder::new();
    let (mut inputs, mut places): (Vec<Array>, Vec<_>) = (Vec::new(), Vec::new());
    let unknown = unified.unknown;
    let (mut unified, grid) = (unified.arrays.into_iter(), unified.grid);
    for operand in operands {
        places.push(match operand {
            Operand::Number(number) => {
                let constant = Constant::beside(beside, *number).map_err(kernel())?;
                gristmill_kernels::expr::Operand::Constant(constant)
            }
            Operand::Array(_) => {
                let Some(array) = unified.next() else { continue };
                match inputs.iter().position(|input| input.id() == array.id()) {
                    Some(n) => gristmill_kernels::expr::Operand::Input(n as u32),
                    None => {
                        let place = builder.input(array.dtype()).map_err(kernel())?;
                        inputs.push(array);
                        place
                    }
                }
            }
        });
    }
    let result = builder.apply(op, &places).map_err(kernel())?;
    let expr = builder.finish(result);
    let dtype = expr.dtype();
    Ok(Array::new(Op::Elementwise(expr), inputs, dtype, grid).with_unknown(unknown))
}

macro_rules! unary {
    ($($name:ident $op:ident $doc:literal;)*) => {
        impl Array {
            $(#[doc = $doc]
            pub fn $name(&self) -> Self {
                Self::apply(ElementOp::$op, &[self.into()])
            })*
        }
    };
}

unary! {
    logical_not LogicalNot "Whether each element is 0.";
    invert Invert "Not, bit by bit.";
    abs Absolute "The absolute value, of a complex number its modulus.";
    sign Sign "-1, 0 or 1.";
    square Square "The square.";
    reciprocal Reciprocal "1 over it.";
    conj Conjugate "The complex conjugate.";
    real Real "The real part.";
    imag Imag "The imaginary part.";
    sqrt Sqrt "The square root.";
    cbrt Cbrt "The cube root.";
    exp Exp "e to it.";
    exp2 Exp2 "2 to it.";
    expm1 Expm1 "exp(x) - 1, also near 0.";
    log Log "The natural logarithm.";
    log2 Log2 "The logarithm of base 2.";
    log10 Log10 "The logarithm of base 10.";
    log1p Log1p "log(1 + x), also near 0.";
    sin Sin "The sine of an angle in radians.";
    cos Cos "The cosine of an angle in radians.";
    tan Tan "The tangent of an angle in radians.";
    arcsin Arcsin "The angle of this sine, in radians.";
    arccos Arccos "The angle of this cosine, in radians.";
    arctan Arctan "The angle of this tangent, in radians.";
    sinh Sinh "The hyperbolic sine.";
    cosh Cosh "The hyperbolic cosine.";
    tanh Tanh "The hyperbolic tangent.";
    arcsinh Arcsinh "The inverse hyperbolic sine.";
    arccosh Arccosh "The inverse hyperbolic cosine.";
    arctanh Arctanh "The inverse hyperbolic tangent.";
    deg2rad Deg2rad "Degrees as radians.";
    rad2deg Rad2deg "Radians as degrees.";
    floor Floor "The largest whole number not above it.";
    ceil Ceil "The smallest whole number not below it.";
    trunc Trunc "Without its fraction.";
    rint Rint "The nearest whole number, of two the even one.";
    spacing Spacing "How far the next float away from 0 is.";
    isnan Isnan "Whether each element is NaN, or no time.";
    isinf Isinf "Whether each element is infinite.";
    isfinite Isfinite "Whether each element is a finite number, or a time.";
    signbit Signbit "Whether each element is negative, also of -0.";
}

macro_rules! binary {
    ($($name:ident $op:ident $doc:literal;)*) => {
        impl Array {
            $(#[doc = $doc]
            pub fn $name(&self, other: impl Into<Operand>) -> Self {
                Self::apply(ElementOp::$op, &[self.into(), other.into()])
            })*
        }
    };
}

binary! {
    floor_divide FloorDivide "The largest whole number not above the quotient.";
    remainder Remainder "What floor division leaves, with the divisor's sign.";
    fmod Fmod "What division towards 0 leaves, with the dividend's sign.";
    power Power "The power; negative exponents of integers are refused when it is computed.";
    maximum Maximum "The greater of two, NaN if there is one.";
    minimum Minimum "The lesser of two, NaN if there is one.";
    fmax Fmax "The greater of two, no NaN if there is another.";
    fmin Fmin "The lesser of two, no NaN if there is another.";
    arctan2 Arctan2 "The angle of the point (other, self).";
    hypot Hypot "The length of the hypotenuse.";
    copysign Copysign "With the sign of the other.";
    nextafter Nextafter "The next float towards the other.";
    logaddexp Logaddexp "log(exp(a) + exp(b)).";
    logaddexp2 Logaddexp2 "log2(2**a + 2**b).";
    heaviside Heaviside "0 below 0, 1 above, the other at 0.";
    bitwise_and BitwiseAnd "And, bit by bit.";
    bitwise_or BitwiseOr "Or, bit by bit.";
    bitwise_xor BitwiseXor "Exclusive or, bit by bit.";
    left_shift LeftShift "Bits moved up.";
    right_shift RightShift "Bits moved down, keeping the sign.";
    gcd Gcd "The greatest common divisor.";
    lcm Lcm "The least common multiple.";
    eq Equal "Whether both are equal.";
    ne NotEqual "Whether they differ.";
    lt Less "Whether it is less than the other.";
    le LessEqual "Whether it is not greater than the other.";
    gt Greater "Whether it is greater than the other.";
    ge GreaterEqual "Whether it is not less than the other.";
    logical_and LogicalAnd "Whether neither is 0.";
    logical_or LogicalOr "Whether one is not 0.";
    logical_xor LogicalXor "Whether exactly one is not 0.";
}

macro_rules! operators {
    ($($trait:ident $method:ident $op:ident;)*) => {$(
        impl<T: Into<Operand>> ops::$trait<T> for &Array {
            type Output = Array;

            fn $method(self, other: T) -> Array {
                Array::apply(ElementOp::$op, &[self.into(), other.into()])
            }
        }

        impl<T: Into<Operand>> ops::$trait<T> for Array {
            type Output = Array;

            fn $method(self, other: T) -> Array {
                Array::apply(ElementOp::$op, &[self.into(), other.into()])
            }
        }

        operators!(@numbers $trait $method $op; i32, i64, f64, Complex64);
    )*};
    (@numbers $trait:ident $method:ident $op:ident; $($number:ty),*) => {$(
        impl ops::$trait<&Array> for $number {
            type Output = Array;

            fn $method(self, other: &Array) -> Array {
                Array::apply(ElementOp::$op, &[self.into(), other.into()])
            }
        }

        impl ops::$trait<Array> for $number {
            type Output = Array;

            fn $method(self, other: Array) -> Array {
                Array::apply(ElementOp::$op, &[self.into(), other.into()])
            }
        }
    )*};
}

operators! {
    Add add Add;
    Sub sub Subtract;
    Mul mul Multiply;
    Div div Divide;
    Rem rem Remainder;
    BitAnd bitand BitwiseAnd;
    BitOr bitor BitwiseOr;
    BitXor bitxor BitwiseXor;
    Shl shl LeftShift;
    Shr shr RightShift;
}

macro_rules! prefix_operators {
    ($($trait:ident $method:ident $op:ident;)*) => {$(
        impl ops::$trait for &Array {
            type Output = Array;

            fn $method(self) -> Array {
                Array::apply(ElementOp::$op, &[self.into()])
            }
        }

        impl ops::$trait for Array {
            type Output = Array;

            fn $method(self) -> Array {
                Array::apply(ElementOp::$op, &[self.into()])
            }
        }
    )*};
}

prefix_operators! {
    Neg neg Negative;
    Not not Invert;
}
