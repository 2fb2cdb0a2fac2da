//! Each operation as an expression on registers, with NumPy's rules: those of the loops in `kernels::eval`.

use gristmill_data::DType;
use gristmill_kernels::expr::Op;

/// What the operation is on these operands. `dtype` is what it is computed in, and `from` the dtype of the first operand.
pub(super) fn expression(op: Op, dtype: DType, from: DType, operands: &[String]) -> Option<String> {
    let a = operands.first()?.as_str();
    let b = operands.get(1).map_or("", String::as_str);
    match op {
        Op::Cast => return cast(from, dtype, a),
        Op::Where => return Some(format!("select({}, {b}, {a})", operands.get(2)?)),
        _ => {}
    }
    match dtype {
        DType::Boolean => boolean(op, a, b),
        DType::Float32 => float(op, &Float { np: "np", ty: "f32" }, a, b),
        DType::Float64 => float(op, &Float { np: "np64", ty: "f64" }, a, b),
        // In single precision, and rounded after each step, as on the CPU.
        DType::Float16 => match op {
            Op::Nextafter | Op::Spacing => None,
            _ => {
                let single = float(op, &Float { np: "np", ty: "f32" }, a, b)?;
                Some(if is_predicate(op) { single } else { format!("np_round_to_half({single})") })
            }
        },
        dtype if dtype.is_integer() => integer(op, dtype, a, b),
        _ => None,
    }
}

fn is_predicate(op: Op) -> bool {
    matches!(op.signature(&vec![DType::Float32; op.arity()]), Ok(signature) if signature.result == DType::Boolean)
}

struct Float {
    /// What functions of the library start with.
    np: &'static str,
    ty: &'static str,
}

fn float(op: Op, of: &Float, a: &str, b: &str) -> Option<String> {
    let Float { np, ty } = of;
    let zero = format!("{ty}(0.0)");
    let is_true = |x: &str| format!("!({x} == {zero})");
    Some(match op {
        Op::Add => format!("({a} + {b})"),
        Op::Subtract => format!("({a} - {b})"),
        Op::Multiply => format!("({a} * {b})"),
        Op::Divide => format!("({a} / {b})"),
        Op::Equal => format!("({a} == {b})"),
        // `!=` is false of NaN in Vulkan.
        Op::NotEqual => format!("(!({a} == {b}))"),
        Op::Less => format!("({a} < {b})"),
        Op::LessEqual => format!("({a} <= {b})"),
        Op::Greater => format!("({a} > {b})"),
        Op::GreaterEqual => format!("({a} >= {b})"),
        Op::LogicalAnd => format!("({} && {})", is_true(a), is_true(b)),
        Op::LogicalOr => format!("({} || {})", is_true(a), is_true(b)),
        Op::LogicalXor => format!("(({}) != ({}))", is_true(a), is_true(b)),
        Op::LogicalNot => format!("({a} == {zero})"),
        Op::Positive | Op::Conjugate | Op::Real => a.to_owned(),
        Op::Imag => zero,
        Op::Negative => format!("(-({a}))"),
        Op::Square => format!("({a} * {a})"),
        Op::Reciprocal => format!("({ty}(1.0) / {a})"),
        Op::Absolute => format!("abs({a})"),
        Op::Sqrt => format!("sqrt({a})"),
        Op::Floor => format!("floor({a})"),
        Op::Ceil => format!("ceil({a})"),
        Op::Trunc => format!("trunc({a})"),
        Op::Rint => format!("round({a})"),
        Op::Deg2rad => format!("({a} * {})", in_precision(std::f64::consts::PI / 180.0, ty)),
        Op::Rad2deg => format!("({a} * {})", in_precision(180.0 / std::f64::consts::PI, ty)),
        Op::Isnan | Op::Isinf | Op::Isfinite | Op::Signbit => format!("{np}_{}({a})", op.name()),
        Op::Sign | Op::Spacing => format!("{np}_{}({a})", op.name()),
        Op::Invert | Op::BitwiseAnd | Op::BitwiseOr | Op::BitwiseXor => return None,
        _ if op.arity() == 1 => format!("{np}_{}({a})", op.name()),
        _ if op.arity() == 2 => format!("{np}_{}({a}, {b})", op.name()),
        _ => return None,
    })
}

fn in_precision(number: f64, ty: &str) -> String {
    if ty == "f32" { format!("{:?}f", number as f32) } else { format!("{number:?}lf") }
}

fn boolean(op: Op, a: &str, b: &str) -> Option<String> {
    Some(match op {
        Op::Add | Op::Maximum | Op::Fmax | Op::BitwiseOr | Op::LogicalOr => format!("({a} || {b})"),
        Op::Multiply | Op::Minimum | Op::Fmin | Op::BitwiseAnd | Op::LogicalAnd => format!("({a} && {b})"),
        Op::BitwiseXor | Op::LogicalXor | Op::NotEqual => format!("({a} != {b})"),
        Op::Equal => format!("({a} == {b})"),
        Op::Less => format!("(!{a} && {b})"),
        Op::LessEqual => format!("(!{a} || {b})"),
        Op::Greater => format!("({a} && !{b})"),
        Op::GreaterEqual => format!("({a} || !{b})"),
        Op::LogicalNot | Op::Invert => format!("(!{a})"),
        Op::Absolute | Op::Real | Op::Positive | Op::Floor | Op::Ceil | Op::Trunc => a.to_owned(),
        Op::Isnan | Op::Isinf | Op::Imag | Op::Signbit => "false".to_owned(),
        Op::Isfinite => "true".to_owned(),
        _ => return None,
    })
}

fn integer(op: Op, dtype: DType, a: &str, b: &str) -> Option<String> {
    let ty = register(dtype);
    let zero = format!("{ty}(0)");
    let n_bits = 8 * dtype.itemsize();
    let is_true = |x: &str| format!("({x} != {zero})");
    let cut = |text: String| Some(cut(dtype, text));
    match op {
        Op::Add => cut(format!("({a} + {b})")),
        Op::Subtract => cut(format!("({a} - {b})")),
        Op::Multiply => cut(format!("({a} * {b})")),
        Op::Square => cut(format!("({a} * {a})")),
        Op::Negative => cut(format!("({zero} - {a})")),
        Op::Invert => cut(format!("(~{a})")),
        Op::FloorDivide | Op::Remainder | Op::Fmod | Op::Gcd | Op::Lcm | Op::Power => {
            cut(format!("np_{}_{ty}({a}, {b})", op.name()))
        }
        Op::LeftShift | Op::RightShift => cut(format!("np_{}_{ty}({a}, {b}, {n_bits}u)", op.name())),
        Op::Absolute | Op::Sign | Op::Reciprocal => cut(format!("np_{}_{ty}({a})", op.name())),
        Op::Maximum | Op::Fmax => Some(format!("max({a}, {b})")),
        Op::Minimum | Op::Fmin => Some(format!("min({a}, {b})")),
        Op::BitwiseAnd => Some(format!("({a} & {b})")),
        Op::BitwiseOr => Some(format!("({a} | {b})")),
        Op::BitwiseXor => Some(format!("({a} ^ {b})")),
        Op::Equal => Some(format!("({a} == {b})")),
        Op::NotEqual => Some(format!("({a} != {b})")),
        Op::Less => Some(format!("({a} < {b})")),
        Op::LessEqual => Some(format!("({a} <= {b})")),
        Op::Greater => Some(format!("({a} > {b})")),
        Op::GreaterEqual => Some(format!("({a} >= {b})")),
        Op::LogicalAnd => Some(format!("({} && {})", is_true(a), is_true(b))),
        Op::LogicalOr => Some(format!("({} || {})", is_true(a), is_true(b))),
        Op::LogicalXor => Some(format!("({} != {})", is_true(a), is_true(b))),
        Op::LogicalNot => Some(format!("({a} == {zero})")),
        Op::Positive | Op::Conjugate | Op::Real | Op::Floor | Op::Ceil | Op::Trunc => Some(a.to_owned()),
        Op::Imag => Some(zero),
        Op::Isnan | Op::Isinf => Some("false".to_owned()),
        Op::Isfinite => Some("true".to_owned()),
        Op::Signbit => Some(format!("({a} < {zero})")),
        _ => None,
    }
}

/// The type that a dtype is computed in.
fn register(dtype: DType) -> &'static str {
    match dtype {
        DType::Boolean => "bool",
        DType::Int8 | DType::Int16 | DType::Int32 => "i32",
        DType::UInt8 | DType::UInt16 | DType::UInt32 => "u32",
        DType::Int64 => "i64",
        DType::UInt64 => "u64",
        DType::Float64 => "f64",
        _ => "f32",
    }
}

/// What is left of a result in 32 bits in a smaller integer, which wraps around.
fn cut(dtype: DType, text: String) -> String {
    match dtype {
        DType::Int8 => format!("(({text} << 24u) >> 24u)"),
        DType::Int16 => format!("(({text} << 16u) >> 16u)"),
        DType::UInt8 => format!("({text} & 0xffu)"),
        DType::UInt16 => format!("({text} & 0xffffu)"),
        _ => text,
    }
}

/// As `kernels::eval` converts: integers wrap around, floats go towards 0 and stop at the ends.
/// An element of one dtype as another one, as `astype` makes it.
pub(crate) fn cast(from: DType, to: DType, a: &str) -> Option<String> {
    let (source, target) = (register(from), register(to));
    if to.is_complex() || to.is_time() || from.is_complex() || from.is_time() {
        return None;
    }
    let is_float = from.is_float();
    Some(match to {
        DType::Boolean if from == DType::Boolean => a.to_owned(),
        DType::Boolean => format!("(!({a} == {source}(0)))"),
        _ if from == DType::Boolean => format!("select({target}(0), {target}(1), {a})"),
        // From double to half precision in one step, which shaders have not.
        DType::Float16 if matches!(from, DType::Float64 | DType::Int64 | DType::UInt64) => return None,
        DType::Float16 => format!("np_round_to_half(f32({a}))"),
        DType::Float32 | DType::Float64 => format!("{target}({a})"),
        _ if is_float => {
            let np = if source == "f64" { "np64" } else { "np" };
            let whole = format!("{np}_to_{target}({a})");
            match to {
                DType::Int8 => format!("clamp({whole}, -128, 127)"),
                DType::Int16 => format!("clamp({whole}, -32768, 32767)"),
                DType::UInt8 => format!("min({whole}, 255u)"),
                DType::UInt16 => format!("min({whole}, 65535u)"),
                _ => whole,
            }
        }
        // Widened first, with the sign that it has: in one step it would be taken for the other kind.
        _ if target == "u64" && source == "i32" => format!("u64(i64({a}))"),
        _ if target == "i64" && source == "u32" => format!("i64(u64({a}))"),
        _ => cut(to, format!("{target}({a})")),
    })
}
