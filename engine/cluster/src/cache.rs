//! Results kept on disk: which are worth it, what is noted of them, and where a graph can begin with them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::{SystemTime, UNIX_EPOCH};

use gristmill_collections::file_kernel;
use gristmill_data::{TaskError, Value};
use gristmill_dataframe::{PURE_ARGS, WRITE, runs_plans};
use gristmill_graph::{Arg, Export, Function, Key, Spec, TaskTable};
use gristmill_storage::{CallNote, ResultCache, ResultNote, SpillDir, Written};

use crate::code::Code;

/// Calls that took less are made again sooner than their results are found.
const DURATION_NS_MIN: u64 = 20_000_000;
/// Time that a call must have taken for each byte of its result: at 100 MB/s, writing takes no longer than it did.
const NS_PER_BYTE: u64 = 10;
/// Calls before a result that are noted with it.
const BEFORE_MAX: usize = 256;
/// Characters of an argument that are noted.
const ARGUMENT_LEN_MAX: usize = 200;

/// Whether a result is kept that has taken so long to make.
pub(crate) fn is_worth(duration_ns: u64, nbytes: u64) -> bool {
    duration_ns >= DURATION_NS_MIN && duration_ns >= nbytes.saturating_mul(NS_PER_BYTE)
}

impl Code {
    /// Whether the result of the row's task depends on nothing but its key, and making it does nothing else.
    pub(crate) fn may_keep(&self, row: u32) -> bool {
        let steps = self.table.steps(row);
        !steps.is_empty()
            && steps.iter().all(|&task| {
                self.graph.spec(task).is_ok_and(|spec| match spec.function {
                    Function::Kernel { name, version } => {
                        !(runs_plans(name, *version) && (&**name == WRITE || spec.args.len() > PURE_ARGS))
                            && file_kernel(name, *version).is_none_or(|kernel| kernel.is_pure)
                    }
                    Function::Component { digest, export: Export::Call(name) } => {
                        let signature = self.plugins.get(digest).and_then(|plugin| plugin.signature(name));
                        signature.is_some_and(|signature| signature.traits.pure)
                    }
                    Function::Component { export: Export::Read(_), .. } => true,
                    Function::Native { .. } => false,
                })
            })
    }

    /// What the row's task calls, with what.
    pub(crate) fn call_note(&self, row: u32) -> CallNote {
        let specs: Vec<Spec<'_>> =
            self.table.steps(row).iter().filter_map(|&task| self.graph.spec(task).ok()).collect();
        let function = specs.iter().map(|spec| spec.function.to_string()).collect::<Vec<_>>().join(", ");
        let arguments = specs.iter().flat_map(|spec| spec.args.iter().map(|arg| in_words(arg, &spec.params)));
        let inputs = self.table.inputs.row(row).iter();
        CallNote {
            name: self.name_of(row).to_string(),
            function,
            arguments: arguments.collect(),
            inputs: inputs
                .filter_map(|&input| Some(self.table.keys.get(input as usize)?.to_string()))
                .collect(),
        }
    }

    /// The calls that the row's inputs are results of, and so on.
    pub(crate) fn calls_before(&self, row: u32) -> BTreeMap<String, CallNote> {
        let mut left: VecDeque<u32> = self.table.inputs.row(row).iter().copied().collect();
        let mut before = BTreeMap::new();
        while let Some(input) = left.pop_front() {
            if before.len() >= BEFORE_MAX {
                break;
            }
            let is_held = self.table.family_of(input).is_some_and(|family| family.held);
            let key = self.key_of(input).to_string();
            if !is_held && !before.contains_key(&key) {
                before.insert(key, self.call_note(input));
                left.extend(self.table.inputs.row(input));
            }
        }
        before
    }
}

/// An argument as people may recognise it.
fn in_words(arg: &Arg, params: &[Arg]) -> String {
    let mut text = match arg {
        Arg::Null => "null".to_owned(),
        Arg::Boolean(boolean) => boolean.to_string(),
        Arg::Int(int) => int.to_string(),
        Arg::UInt(uint) => uint.to_string(),
        Arg::Float(float) => format!("{float:?}"),
        Arg::Text(text) => format!("{text:?}"),
        Arg::Bytes(bytes) => format!("bytes {}", gristmill_graph::Digest::of(bytes).short()),
        // Which results these are is said by the inputs.
        Arg::Input(_) => "(a result)".to_owned(),
        Arg::Inputs => "(all results)".to_owned(),
        Arg::Param(n) => params.get(*n as usize).map_or_else(String::new, |param| in_words(param, &[])),
        Arg::List(items) => {
            let items: Vec<String> = items.iter().map(|item| in_words(item, params)).collect();
            format!("[{}]", items.join(", "))
        }
        Arg::Map(items) => {
            let items: Vec<String> =
                items.iter().map(|(name, item)| format!("{name}: {}", in_words(item, params))).collect();
            format!("{{{}}}", items.join(", "))
        }
    };
    if let Some((end, _)) = text.char_indices().nth(ARGUMENT_LEN_MAX) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Writes a result; the note of it, without what its inputs are.
pub(crate) fn write(
    cache: &ResultCache,
    spill: &SpillDir,
    code: &Code,
    row: u32,
    value: &Value,
    duration_ns: u64,
) -> Result<ResultNote, TaskError> {
    let failed = |error: gristmill_storage::Error| {
        TaskError::new(gristmill_data::TaskErrorKind::Io, error.to_string())
    };
    let value = value.clone().landed()?;
    let file = spill.spill(&value).map_err(failed)?;
    let Written { nbytes: file_nbytes, checksum } = cache.put(code.key_of(row), &file).map_err(failed)?;
    let made = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(ResultNote {
        call: code.call_note(row),
        before: BTreeMap::new(),
        nbytes: value.nbytes(),
        file_nbytes,
        checksum,
        duration_ns,
        made_s: made.as_secs(),
    })
}

/// The results that the wanted tasks of a table can begin with, with their bytes: of each way from a wanted task to what
/// it needs, the first that is kept.
pub(crate) fn beginnings(cache: &ResultCache, table: &TaskTable) -> Vec<(Key, u64)> {
    // What others have written since is missed this once.
    if cache.look().is_err() || cache.is_empty() {
        return Vec::new();
    }
    let mut left: Vec<u32> = table.wanted.clone();
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    while let Some(row) = left.pop() {
        let Some(&key) = table.keys.get(row as usize).filter(|_| seen.insert(row)) else { continue };
        match cache.nbytes_of(key) {
            Some(nbytes) => found.push((key, nbytes)),
            None => left.extend(table.inputs.row(row)),
        }
    }
    found
}
