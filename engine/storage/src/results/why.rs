//! Why a result is another than one before: the first calls, from the inputs on, that differ.

use std::collections::BTreeSet;

use super::{CallNote, ResultNote};

/// Differences that are told; more are counted.
const TOLD_MAX: usize = 20;

/// Why a result is none of the others.
pub(super) fn explain<'a>(note: &'a ResultNote, others: impl Iterator<Item = &'a ResultNote>) -> String {
    let is_before = |other: &&ResultNote| other.call.name == note.call.name && other.made_s <= note.made_s;
    let likeness = |other: &&ResultNote| {
        let common = other.before.keys().filter(|key| note.before.contains_key(*key)).count();
        (common, other.call.arguments == note.call.arguments, other.made_s)
    };
    let Some(other) = others.filter(is_before).max_by_key(likeness) else {
        return format!("it is the first result of `{}` that is known here", note.call.name);
    };
    let mut walk = Walk { new: note, old: other, seen: BTreeSet::new(), reasons: Vec::new() };
    walk.compare(&note.call, &other.call);
    let reasons = walk.reasons;
    if reasons.is_empty() {
        return "it differs from the last one in nothing that was noted".to_owned();
    }
    let more = reasons.len().saturating_sub(TOLD_MAX);
    let mut text = reasons.into_iter().take(TOLD_MAX).collect::<Vec<_>>().join("\n");
    if more > 0 {
        text.push_str(&format!("\nand {more} more"));
    }
    text
}

struct Walk<'a> {
    new: &'a ResultNote,
    old: &'a ResultNote,
    seen: BTreeSet<(String, String)>,
    reasons: Vec<String>,
}

impl Walk<'_> {
    fn compare(&mut self, new: &CallNote, old: &CallNote) {
        let name = &new.name;
        if new.function != old.function {
            self.tell(format!("the code of `{name}` has changed: {} -> {}", old.function, new.function));
        }
        let pairs = new.arguments.iter().zip(&old.arguments).enumerate();
        for (at, (new, old)) in pairs.filter(|(_, (new, old))| new != old) {
            self.tell(format!("argument {at} of `{name}` has changed: {old} -> {new}"));
        }
        if new.arguments.len() != old.arguments.len() {
            let (n_old, n_new) = (old.arguments.len(), new.arguments.len());
            self.tell(format!("`{name}` has another number of arguments: {n_old} -> {n_new}"));
        }
        if new.inputs.len() != old.inputs.len() {
            let (n_old, n_new) = (old.inputs.len(), new.inputs.len());
            return self.tell(format!("`{name}` has another number of inputs: {n_old} -> {n_new}"));
        }
        for (at, (new, old)) in new.inputs.iter().zip(&old.inputs).enumerate() {
            if new == old || !self.seen.insert((new.clone(), old.clone())) {
                continue;
            }
            match (self.new.before.get(new), self.old.before.get(old)) {
                (Some(new), Some(old)) => {
                    let (new, old) = (new.clone(), old.clone());
                    self.compare(&new, &old);
                }
                _ => self.tell(format!("input {at} of `{name}` is another value")),
            }
        }
    }

    fn tell(&mut self, reason: String) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}
