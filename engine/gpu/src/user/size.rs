//! How large a kernel may be: drivers put a copy of every function wherever it is called, and every array of every copy
//! into the memory of each invocation.

use naga::valid::{FunctionInfo, ModuleInfo};
use naga::{ArraySize, Block, Expression, Function, Handle, Module, Statement, Type, TypeInner};

use super::check::blocks;

/// How many functions there may be.
const FUNCTIONS_MAX: usize = 256;
/// How many expressions and statements there may be, in all functions: naga takes more than linear time for them.
const STEPS_MAX: u64 = 4 << 10;
/// How many of them there may be with every call replaced by what it calls.
const COPIED_STEPS_MAX: u64 = 64 << 10;
/// How deep calls may go.
const CALL_DEPTH_MAX: usize = 16;
/// How large a value may be, in bytes, and all variables of a function that have arrays in them.
const ARRAYS_NBYTES_MAX: u64 = 4 << 10;
/// How large these may be with every call replaced by what it calls.
const COPIED_ARRAYS_NBYTES_MAX: u64 = 64 << 10;

/// What a function comes to, with what it calls.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    steps: u64,
    arrays_nbytes: u64,
    call_depth: usize,
}

/// Fails when a kernel is too large.
pub(super) fn check(module: &Module, info: &ModuleInfo) -> Result<(), String> {
    let n_functions = module.functions.len();
    if n_functions > FUNCTIONS_MAX {
        return Err(format!("{n_functions} functions, of at most {FUNCTIONS_MAX}"));
    }
    let mut n_steps = module.global_expressions.len() as u64;
    let mut costs: Vec<Cost> = Vec::with_capacity(n_functions);
    // Functions come after those that they call.
    for (handle, function) in module.functions.iter() {
        let own = function.expressions.len() as u64 + n_statements(&function.body);
        n_steps += own;
        let arrays_nbytes = arrays_nbytes(module, function, &info[handle]);
        let name = function.name.as_deref().unwrap_or_default();
        if arrays_nbytes > ARRAYS_NBYTES_MAX {
            return Err(format!(
                "`{name}` has {arrays_nbytes} B of arrays, of at most {ARRAYS_NBYTES_MAX} B"
            ));
        }
        let cost = with_calls(Cost { steps: own, arrays_nbytes, call_depth: 0 }, &function.body, &costs);
        check_cost(name, cost)?;
        costs.push(cost);
    }
    if n_steps > STEPS_MAX {
        return Err(format!("{n_steps} expressions and statements, of at most {STEPS_MAX}"));
    }
    Ok(())
}

fn check_cost(name: &str, cost: Cost) -> Result<(), String> {
    let Cost { steps, arrays_nbytes, call_depth } = cost;
    if call_depth > CALL_DEPTH_MAX {
        return Err(format!("`{name}` calls functions {call_depth} deep, of at most {CALL_DEPTH_MAX}"));
    }
    if steps > COPIED_STEPS_MAX {
        return Err(format!(
            "`{name}` has {steps} expressions and statements in all that it calls, of at most {COPIED_STEPS_MAX}"
        ));
    }
    if arrays_nbytes > COPIED_ARRAYS_NBYTES_MAX {
        return Err(format!(
            "`{name}` has {arrays_nbytes} B of arrays in all that it calls, of at most {COPIED_ARRAYS_NBYTES_MAX} B"
        ));
    }
    Ok(())
}

fn n_statements(block: &Block) -> u64 {
    block.iter().map(|statement| 1 + blocks(statement).into_iter().map(n_statements).sum::<u64>()).sum()
}

fn with_calls(cost: Cost, block: &Block, costs: &[Cost]) -> Cost {
    block.iter().fold(cost, |mut cost, statement| {
        if let Statement::Call { function, .. } = statement {
            let called = costs.get(function.index()).copied().unwrap_or_default();
            cost.steps = cost.steps.saturating_add(called.steps);
            cost.arrays_nbytes = cost.arrays_nbytes.saturating_add(called.arrays_nbytes);
            cost.call_depth = cost.call_depth.max(called.call_depth + 1);
        }
        blocks(statement).into_iter().fold(cost, |cost, inner| with_calls(cost, inner, costs))
    })
}

/// What a function's arrays take: those of its variables, and those that are no variables and become some, as an index
/// that is no constant asks for memory.
fn arrays_nbytes(module: &Module, function: &Function, info: &FunctionInfo) -> u64 {
    let variables = function.local_variables.iter().map(|(_, variable)| &module.types[variable.ty].inner);
    let indexed = function.expressions.iter().filter_map(|(_, expression)| match *expression {
        Expression::Access { base, .. } => Some(info[base].ty.inner_with(&module.types)),
        _ => None,
    });
    let with_arrays = variables.chain(indexed).filter(|ty| has_arrays(module, ty));
    with_arrays.map(|ty| nbytes(module, ty)).fold(0, u64::saturating_add)
}

fn has_arrays(module: &Module, ty: &TypeInner) -> bool {
    let within = |ty: Handle<Type>| has_arrays(module, &module.types[ty].inner);
    match ty {
        TypeInner::Array { .. } => true,
        TypeInner::Struct { members, .. } => members.iter().any(|member| within(member.ty)),
        _ => false,
    }
}

/// Fails when values of a type would be too large.
pub(super) fn check_type(module: &Module, ty: &TypeInner) -> Result<(), String> {
    match nbytes(module, ty) {
        0..=ARRAYS_NBYTES_MAX => Ok(()),
        nbytes => Err(format!("a type of {nbytes} B, of at most {ARRAYS_NBYTES_MAX} B")),
    }
}

/// What a value of a type takes: at least, as alignment comes on top.
fn nbytes(module: &Module, ty: &TypeInner) -> u64 {
    let of = |ty: Handle<Type>| nbytes(module, &module.types[ty].inner);
    match *ty {
        TypeInner::Scalar(scalar) => scalar.width.max(4).into(),
        TypeInner::Vector { size, scalar } => u64::from(size as u32) * u64::from(scalar.width.max(4)),
        TypeInner::Matrix { columns, rows, scalar } => {
            u64::from(columns as u32) * u64::from(rows as u32) * u64::from(scalar.width)
        }
        TypeInner::Array { base, size: ArraySize::Constant(n), .. } => {
            of(base).saturating_mul(n.get().into())
        }
        TypeInner::Struct { ref members, .. } => {
            members.iter().map(|member| of(member.ty)).fold(0, u64::saturating_add)
        }
        _ => 0,
    }
}
