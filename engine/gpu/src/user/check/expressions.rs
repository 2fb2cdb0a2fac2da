//! Expressions that kernels may have, and which built-in functions of which numbers.

use naga::valid::FunctionInfo;
use naga::{
    Arena, Expression, Handle, MathFunction, Module, RelationalFunction, Scalar, ScalarKind, TypeInner,
};

use super::types;

/// Fails with what is not for kernels, given the expression's type and, in a function, what it refers to.
pub(super) fn check(
    module: &Module,
    expression: &Expression,
    ty: &TypeInner,
    within: Option<(&FunctionInfo, &Arena<Expression>)>,
) -> Result<(), String> {
    // The type of whatever else is refused may be as strange: this says better what it is.
    check_kind(expression)?;
    types::check(module, ty)?;
    match (expression, within) {
        (&Expression::Math { fun, arg, .. }, Some((info, _))) => check_math(fun, scalar(module, info, arg)),
        // Constants were computed when they were read.
        _ => Ok(()),
    }
}

fn check_kind(expression: &Expression) -> Result<(), String> {
    let what = match expression {
        Expression::Literal(_)
        | Expression::Constant(_)
        | Expression::ZeroValue(_)
        | Expression::Compose { .. }
        | Expression::Access { .. }
        | Expression::AccessIndex { .. }
        | Expression::Splat { .. }
        | Expression::Swizzle { .. }
        | Expression::FunctionArgument(_)
        | Expression::LocalVariable(_)
        | Expression::Load { .. }
        | Expression::Unary { .. }
        | Expression::Binary { .. }
        | Expression::Select { .. }
        | Expression::Relational { fun: RelationalFunction::All | RelationalFunction::Any, .. }
        | Expression::Math { .. }
        | Expression::As { .. }
        | Expression::CallResult(_) => return Ok(()),
        Expression::Relational { .. } => "tests for NaN and infinity",
        Expression::Override(_) => "overrides",
        Expression::GlobalVariable(_) => "variables of the module",
        Expression::ImageSample { .. } | Expression::ImageLoad { .. } | Expression::ImageQuery { .. } => {
            "textures"
        }
        Expression::Derivative { .. } => "derivatives",
        Expression::AtomicResult { .. } => "atomics",
        Expression::WorkGroupUniformLoadResult { .. } => "workgroup memory",
        Expression::ArrayLength(_) => "arrays without a length",
        Expression::RayQueryVertexPositions { .. }
        | Expression::RayQueryProceedResult
        | Expression::RayQueryGetIntersection { .. } => "rays",
        Expression::SubgroupBallotResult | Expression::SubgroupOperationResult { .. } => {
            "subgroup operations"
        }
        Expression::CooperativeLoad { .. } | Expression::CooperativeMultiplyAdd { .. } => {
            "cooperative matrices"
        }
    };
    Err(format!("{what} are not for kernels"))
}

fn scalar(module: &Module, info: &FunctionInfo, argument: Handle<Expression>) -> Option<Scalar> {
    info[argument].ty.inner_with(&module.types).scalar()
}

/// Of f64, drivers compute garbage for what Vulkan lacks, and naga does not know.
fn check_math(fun: MathFunction, of: Option<Scalar>) -> Result<(), String> {
    use MathFunction as M;
    let is_allowed = match (fun, of.map(|scalar| (scalar.kind, scalar.width))) {
        (M::Modf | M::Frexp | M::Outer | M::Inverse | M::Dot4I8Packed | M::Dot4U8Packed, _) => false,
        (M::Abs | M::Min | M::Max | M::Clamp | M::Sign | M::Dot, Some(_)) => true,
        (_, Some((ScalarKind::Float, 4) | (ScalarKind::Sint | ScalarKind::Uint, 4))) => true,
        (
            M::Saturate
            | M::Ceil
            | M::Floor
            | M::Round
            | M::Fract
            | M::Trunc
            | M::Ldexp
            | M::Fma
            | M::Mix
            | M::Step
            | M::Sqrt
            | M::InverseSqrt,
            Some((ScalarKind::Float, 8)),
        ) => true,
        _ => false,
    };
    if is_allowed {
        return Ok(());
    }
    let of = match of.map(|scalar| (scalar.kind, scalar.width)) {
        Some((ScalarKind::Float, 8)) => " of f64",
        Some((ScalarKind::Sint | ScalarKind::Uint, 8)) => " of integers of 64 bits",
        _ => "",
    };
    let name = format!("{fun:?}");
    let name =
        name.chars().next().map(|first| first.to_ascii_lowercase()).into_iter().chain(name.chars().skip(1));
    Err(format!("`{}`{of} is not for kernels", name.collect::<String>()))
}
