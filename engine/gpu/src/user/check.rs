//! What a kernel may name: an allowed list, so that whatever comes to WGSL later is refused until it was looked at.
//!
//! # Layout
//! - this file: a whole module, its functions, its statements
//! - `types`, `expressions`: those alone

mod expressions;
mod types;

use naga::valid::{FunctionInfo, ModuleInfo};
use naga::{Block, Function, Handle, Module, Span, Statement};

/// How deep blocks lie in one another; an `else if` lies in the `else`.
const NESTING_MAX: usize = 32;

/// Fails when blocks lie too deep: before anything else recurses into them.
pub(super) fn nesting(module: &Module) -> Result<(), String> {
    for (_, function) in module.functions.iter() {
        let depth = depth(&function.body);
        if depth > NESTING_MAX {
            return Err(format!(
                "blocks lie {depth} deep in one another, of at most {NESTING_MAX}; each `else if` counts"
            ));
        }
    }
    Ok(())
}

fn depth(block: &Block) -> usize {
    block.iter().flat_map(blocks).map(|inner| 1 + depth(inner)).max().unwrap_or(0)
}

/// The blocks that a statement has.
pub(super) fn blocks(statement: &Statement) -> Vec<&Block> {
    match statement {
        Statement::Block(block) => vec![block],
        Statement::If { accept, reject, .. } => vec![accept, reject],
        Statement::Switch { cases, .. } => cases.iter().map(|case| &case.body).collect(),
        Statement::Loop { body, continuing, .. } => vec![body, continuing],
        _ => Vec::new(),
    }
}

/// Fails at the first thing that kernels may not name; the kernel's function.
pub(super) fn check(
    module: &Module,
    info: &ModuleInfo,
    source: &str,
    name: &str,
) -> Result<Handle<Function>, String> {
    let at = |span: Span| format!("line {}: ", span.location(source).line_number);
    if !module.entry_points.is_empty() {
        return Err("entry points are the engine's to write; a kernel is a plain function".to_owned());
    }
    if let Some((_, _)) = module.overrides.iter().next() {
        return Err("`override` is not for kernels; use `const`".to_owned());
    }
    if let Some((handle, variable)) = module.global_variables.iter().next() {
        let name = variable.name.as_deref().unwrap_or_default();
        let at = at(module.global_variables.get_span(handle));
        return Err(format!(
            "{at}`{name}` is a variable of the module; kernels have variables of functions alone, as no element may see another's"
        ));
    }
    if !module.special_types.predeclared_types.is_empty() {
        return Err("`modf`, `frexp` and atomics are not for kernels".to_owned());
    }
    for (handle, ty) in module.types.iter() {
        types::check(module, &ty.inner).map_err(|what| at(module.types.get_span(handle)) + &what)?;
    }
    for (handle, expression) in module.global_expressions.iter() {
        let ty = info[handle].inner_with(&module.types);
        expressions::check(module, expression, ty, None)
            .map_err(|what| at(module.global_expressions.get_span(handle)) + &what)?;
    }
    for (handle, function) in module.functions.iter() {
        check_function(module, function, &info[handle], &at)?;
    }
    let found = module.functions.iter().find(|(_, function)| function.name.as_deref() == Some(name));
    found.map(|(handle, _)| handle).ok_or_else(|| {
        let names: Vec<&str> =
            module.functions.iter().filter_map(|(_, function)| function.name.as_deref()).collect();
        format!("there is no function `{name}`; there are: {}", names.join(", "))
    })
}

fn check_function(
    module: &Module,
    function: &Function,
    info: &FunctionInfo,
    at: &dyn Fn(Span) -> String,
) -> Result<(), String> {
    let bindings = function.arguments.iter().map(|argument| &argument.binding);
    if bindings.chain(function.result.as_ref().map(|result| &result.binding)).any(Option::is_some) {
        let name = function.name.as_deref().unwrap_or_default();
        return Err(format!("`{name}` has attributes as entry points have"));
    }
    for (handle, expression) in function.expressions.iter() {
        let ty = info[handle].ty.inner_with(&module.types);
        expressions::check(module, expression, ty, Some((info, &function.expressions)))
            .map_err(|what| at(function.expressions.get_span(handle)) + &what)?;
    }
    check_block(&function.body, at)
}

fn check_block(block: &Block, at: &dyn Fn(Span) -> String) -> Result<(), String> {
    for (statement, span) in block.span_iter() {
        let refused = match statement {
            Statement::Emit(_)
            | Statement::Block(_)
            | Statement::If { .. }
            | Statement::Switch { .. }
            | Statement::Loop { .. }
            | Statement::Break
            | Statement::Continue
            | Statement::Return { .. }
            | Statement::Store { .. }
            | Statement::Call { .. } => None,
            Statement::Kill => Some("`discard`"),
            Statement::ControlBarrier(_) | Statement::MemoryBarrier(_) => Some("barriers"),
            Statement::Atomic { .. } | Statement::ImageAtomic { .. } => Some("atomics"),
            Statement::WorkGroupUniformLoad { .. } => Some("workgroup memory"),
            Statement::ImageStore { .. } => Some("textures"),
            Statement::RayQuery { .. } | Statement::RayPipelineFunction(_) => Some("rays"),
            Statement::SubgroupBallot { .. }
            | Statement::SubgroupGather { .. }
            | Statement::SubgroupCollectiveOperation { .. } => Some("subgroup operations"),
            Statement::CooperativeStore { .. } => Some("cooperative matrices"),
        };
        if let Some(what) = refused {
            return Err(format!("{}{what} are not for kernels", at(*span)));
        }
        for inner in blocks(statement) {
            check_block(inner, at)?;
        }
    }
    Ok(())
}
