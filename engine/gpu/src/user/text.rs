//! The checked kernel as WGSL again, with names that are all ours, and what naga says in few words.

use std::fmt;

use naga::back::wgsl::{Writer, WriterFlags};
use naga::front::wgsl::ParseError;
use naga::valid::{FunctionInfo, ModuleInfo};
use naga::{Expression, Function, Handle, Module, Type, TypeInner};

use super::validator;

/// The name that the kernel's function gets.
pub(super) const MAIN: &str = "user_main";
/// How long the text may become, in bytes.
const TEXT_NBYTES_MAX: usize = 1 << 20;
/// Characters of a message that people are shown.
const MESSAGE_LEN_MAX: usize = 2_000;

/// The text of a module. Whatever it declares is called `user_...`, so that it may stand among the engine's own.
pub(super) fn rewritten(module: &mut Module, main: Handle<Function>) -> Result<String, String> {
    rename(module, main);
    let info = valid(module)?;
    for (handle, function) in module.functions.iter_mut() {
        name_values(function, &info[handle], &module.types);
    }
    let mut writer = Writer::new(Bounded(String::new()), WriterFlags::empty());
    writer.write(module, &info).map_err(|error| format!("it cannot be written anew: {error}"))?;
    let text = writer.finish().0;
    // What was written must mean something to those who read it next.
    let read = naga::front::wgsl::parse_str(&text)
        .map_err(|error| format!("rewritten, it is refused: {}", parse_error(&error, &text)))?;
    valid(&read)?;
    Ok(text)
}

fn valid(module: &Module) -> Result<ModuleInfo, String> {
    validator().validate(module).map_err(|error| format!("rewritten, it is refused: {error:?}"))
}

fn rename(module: &mut Module, main: Handle<Function>) {
    let types: Vec<(Handle<Type>, Type)> =
        module.types.iter().map(|(handle, ty)| (handle, ty.clone())).collect();
    // Names of other types are not written.
    for (n, (handle, mut ty)) in types.into_iter().enumerate() {
        if let TypeInner::Struct { members, .. } = &mut ty.inner {
            members.iter_mut().for_each(|member| member.name = None);
            // The number keeps types apart that have the same members.
            ty.name = Some(format!("user_type_{n}"));
            module.types.replace(handle, ty);
        }
    }
    for (_, constant) in module.constants.iter_mut() {
        constant.name = Some("user_const".to_owned());
    }
    for (handle, function) in module.functions.iter_mut() {
        function.name = Some(if handle == main { MAIN } else { "user_fn" }.to_owned());
        function.arguments.iter_mut().for_each(|argument| argument.name = Some("user_arg".to_owned()));
        function
            .local_variables
            .iter_mut()
            .for_each(|(_, variable)| variable.name = Some("user_var".to_owned()));
        function.named_expressions.clear();
    }
}

/// Gives every value a name, so that the text does not nest them, however long a sum is.
fn name_values(function: &mut Function, info: &FunctionInfo, types: &naga::UniqueArena<Type>) {
    for (handle, expression) in function.expressions.iter() {
        let ty = info[handle].ty.inner_with(types);
        if ty.pointer_space().is_none() && !matches!(expression, Expression::FunctionArgument(_)) {
            function.named_expressions.insert(handle, "user_let".to_owned());
        }
    }
}

/// Text that does not grow beyond its bound.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > TEXT_NBYTES_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// What is wrong with WGSL, and in which line.
pub(super) fn parse_error(error: &ParseError, source: &str) -> String {
    match error.location(source) {
        Some(at) => {
            let line = source.lines().nth(at.line_number as usize - 1).unwrap_or_default().trim();
            format!("line {}: {error}\n  {line}", at.line_number)
        }
        None => error.to_string(),
    }
}

/// The beginning of what is said, without what terminals obey.
pub(super) fn shortened(message: &str) -> String {
    let message = message.trim();
    let plain = |c: char| if c.is_control() && c != '\n' { ' ' } else { c };
    let mut text: String = message.chars().map(plain).take(MESSAGE_LEN_MAX).collect();
    if message.chars().nth(MESSAGE_LEN_MAX).is_some() {
        text.push_str(" ...");
    }
    text
}
