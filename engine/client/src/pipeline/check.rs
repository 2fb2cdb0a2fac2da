//! Fields of a task that make sense together.

use super::file::{OneOrMany, TaskEntry};

/// Fewest items that one call of a reduction combines.
const FAN_IN_MIN: usize = 2;

/// What is wrong with a task's fields, before any name is looked up; a field that would be ignored is a mistake.
pub(super) fn complaint(task: &TaskEntry) -> Option<String> {
    match (&task.call, &task.reduce) {
        (Some(_), None) => call_complaint(task),
        (None, Some(_)) => reduce_complaint(task),
        (None, None) => Some("needs either `call` or `reduce`".into()),
        (Some(_), Some(_)) => Some("has both `call` and `reduce`; make two tasks of it".into()),
    }
}

fn call_complaint(task: &TaskEntry) -> Option<String> {
    let of_reductions = [("of", task.of.is_some()), ("fan_in", task.fan_in.is_some())];
    if let Some(field) = given(&of_reductions) {
        return Some(format!("`{field}` belongs to `reduce`, and this is a `call`; leave it out"));
    }
    let of_each = [("window", task.window.is_some()), ("count_from", task.count_from.is_some())];
    match (&task.each, given(&of_each)) {
        (None, Some(field)) => Some(format!("`{field}` needs `each`")),
        (Some(OneOrMany::Many(names)), _) if names.is_empty() => {
            Some("`each` names nothing; name the source or task whose items are taken one by one".into())
        }
        _ => None,
    }
}

fn reduce_complaint(task: &TaskEntry) -> Option<String> {
    let of_calls = [
        ("args", task.args.is_some()),
        ("each", task.each.is_some()),
        ("window", task.window.is_some()),
        ("count_from", task.count_from.is_some()),
    ];
    if let Some(field) = given(&of_calls) {
        return Some(format!(
            "`{field}` belongs to `call`, and this is a `reduce`, which takes all items of `of`"
        ));
    }
    match (&task.of, task.fan_in) {
        (None, _) => Some("`reduce` needs `of`".into()),
        (_, Some(fan_in)) if fan_in < FAN_IN_MIN => {
            Some(format!("`fan_in` is {fan_in} and must be at least {FAN_IN_MIN}"))
        }
        _ => None,
    }
}

/// The first field that is given.
fn given<'a>(fields: &[(&'a str, bool)]) -> Option<&'a str> {
    fields.iter().find(|(_, given)| *given).map(|(name, _)| *name)
}
