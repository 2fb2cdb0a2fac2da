//! Whether a kernel's function takes and gives what the component's function does.

use std::fmt::Write as _;

use gristmill_data::DType;
use naga::{Function, Handle, Module, Scalar, Type, TypeInner};

use super::PARAMS_MAX;

/// The dtypes of arrays that kernels take and give: those that are types of WGSL.
const TYPES: [(DType, &str, Scalar); 7] = [
    (DType::Boolean, "bool", Scalar::BOOL),
    (DType::Int32, "i32", Scalar::I32),
    (DType::Int64, "i64", Scalar::I64),
    (DType::UInt32, "u32", Scalar::U32),
    (DType::UInt64, "u64", Scalar::U64),
    (DType::Float32, "f32", Scalar::F32),
    (DType::Float64, "f64", Scalar::F64),
];

/// Fails with both signatures, and where they differ.
pub(super) fn check(
    module: &Module,
    main: Handle<Function>,
    params: &[DType],
    result: DType,
) -> Result<(), String> {
    let function = &module.functions[main];
    let expected: Vec<&str> = params.iter().map(|&dtype| named(dtype)).collect::<Result<_, _>>()?;
    let gives = named(result)?;
    if params.is_empty() || params.len() > PARAMS_MAX {
        return Err(format!("it takes {} arrays, and kernels take 1 to {PARAMS_MAX}", params.len()));
    }
    let found: Vec<String> = function.arguments.iter().map(|argument| shown(module, argument.ty)).collect();
    let found_gives =
        function.result.as_ref().map_or("nothing".to_owned(), |result| shown(module, result.ty));
    if found == expected && found_gives == gives {
        return Ok(());
    }
    let name = function.name.as_deref().unwrap_or_default();
    let names: Vec<&str> =
        function.arguments.iter().map(|argument| argument.name.as_deref().unwrap_or("_")).collect();
    let written: Vec<String> = names.iter().zip(&found).map(|(name, ty)| format!("{name}: {ty}")).collect();
    let mut text = format!(
        "its types are not the component's\n  component: fn {name}({}) -> {gives}\n  WGSL:      fn {name}({}) -> {found_gives}",
        expected.join(", "),
        written.join(", ")
    );
    if found.len() != expected.len() {
        _ = write!(text, "\n  it takes {} arrays, and not {}", found.len(), expected.len());
    }
    for (name, (found, expected)) in names.iter().zip(found.iter().zip(&expected)) {
        if found != expected {
            _ = write!(text, "\n  `{name}` is {found}, and not {expected}");
        }
    }
    if found_gives != gives {
        _ = write!(text, "\n  it gives {found_gives}, and not {gives}");
    }
    Err(text)
}

fn named(dtype: DType) -> Result<&'static str, String> {
    let found = TYPES.iter().find(|(own, ..)| *own == dtype).map(|(_, name, _)| *name);
    found.ok_or_else(|| {
        let names: Vec<&str> = TYPES.iter().map(|(dtype, ..)| dtype.name()).collect();
        format!("{dtype} is no dtype of kernels; these are: {}", names.join(", "))
    })
}

fn shown(module: &Module, ty: Handle<Type>) -> String {
    let ty = &module.types[ty];
    let scalar = match ty.inner {
        TypeInner::Scalar(scalar) => TYPES.iter().find(|(.., own)| *own == scalar).map(|(_, name, _)| *name),
        _ => None,
    };
    match (scalar, &ty.inner, &ty.name) {
        (Some(name), ..) => name.to_owned(),
        (_, TypeInner::Vector { .. }, _) => "a vector".to_owned(),
        (_, TypeInner::Matrix { .. }, _) => "a matrix".to_owned(),
        (_, TypeInner::Array { .. }, _) => "an array".to_owned(),
        (_, TypeInner::Pointer { .. }, _) => "a pointer".to_owned(),
        (.., Some(name)) => format!("the struct {name}"),
        _ => "another type".to_owned(),
    }
}
