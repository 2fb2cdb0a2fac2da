//! Batches: what happens to one of them happens to no other.

use std::path::Path;
use std::time::Duration;

use gristmill_collections::{Component, Delayed, Program, args, delayed};
use gristmill_sandbox::{Limits, Reuse, RuntimeConfig};
use gristmill_scheduling::{RunId, TaskId};

use super::*;
use crate::code::Code;

fn shared(context: CallContext) -> Shared {
    let config = RuntimeConfig::new().epoch_tick_ms(2).cache_dir(super::super::wasm_cache_dir().unwrap());
    let spill = SpillDir::create(&std::env::temp_dir(), None).unwrap();
    Shared::new(Core::new(&[1], 1 << 30), Runtime::new(config).unwrap(), spill, context, true)
}

fn stats() -> Component {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/prebuilt/stats.wasm");
    Component::open(path).unwrap()
}

/// One job for each row of the table that these make.
fn jobs(shared: &Shared, delayed: &[Delayed]) -> Vec<Job> {
    let Program { graph, wanted, components, .. } = Program::of(delayed).unwrap();
    let plugins = components
        .iter()
        .map(|component| (component.digest(), shared.runtime.load(component.bytes()).unwrap()));
    let plugins = Arc::new(plugins.collect());
    let table = graph.optimize(&wanted).unwrap();
    let rows = table.wanted.clone();
    let (graph, table) = (Arc::new(graph), Arc::new(table));
    let code = Arc::new(Code { graph, table, plugins, natives: Default::default(), functions: Vec::new() });
    let call = |row: u32| {
        Job::Call(Call {
            task: TaskId { slot: row, generation: 0 },
            run: RunId(0),
            code: code.clone(),
            row,
            inputs: Vec::new(),
            duration_ns: 0,
            cancel: CancelToken::new(),
        })
    };
    rows.into_iter().map(call).collect()
}

fn run(shared: &Shared, jobs: &[Job]) -> Vec<Result<Value, TaskError>> {
    let mut done = Vec::new();
    shared.run_jobs(jobs, &mut done);
    let result = |done| match done {
        Done::Called(called) => called.result,
        other => panic!("{other:?}"),
    };
    done.into_iter().map(result).collect()
}

/// Only the first call's token was looked at: whoever cancelled another waited for the whole batch.
#[test]
fn cancelling_any_call_stops_its_batch() {
    let shared = shared(CallContext::new());
    let spin = delayed(stats().function("spin"), args![]);
    let jobs = jobs(&shared, &[spin.clone(), spin]);
    let last = jobs[1].as_call().unwrap().cancel.clone();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            last.cancel();
        });
        assert!(!shared.run_together(&jobs, &mut Vec::new()));
    });
    assert!(!jobs[0].as_call().unwrap().cancel.is_cancelled());
}

/// A batch has the limits of one call, and a call that is well within them failed with the others of its batch.
#[test]
fn calls_that_exceed_a_limit_together_are_run_alone() {
    let mut limits = Limits::default();
    limits.hostcalls = 100;
    let shared = shared(CallContext::new().limits(limits));
    let flood = stats().function("log_flood");
    let lines = [60i64, 61, 200, 62];
    let jobs = jobs(&shared, &lines.map(|lines| delayed(&flood, args![lines])));
    let failed: Vec<_> =
        run(&shared, &jobs).into_iter().map(|result| result.err().map(|error| error.kind)).collect();
    assert_eq!(failed, [None, None, Some(TaskErrorKind::HostcallLimit), None]);
}

#[test]
fn calls_that_fail_have_errors_of_their_own() {
    let shared = shared(CallContext::new());
    let fail = stats().function("fail");
    let jobs = jobs(&shared, &["one", "two", "three"].map(|text| delayed(&fail, args![text])));
    assert!(shared.run_together(&jobs, &mut Vec::new()), "they should go together");
    let messages: Vec<_> =
        run(&shared, &jobs).into_iter().map(|result| result.unwrap_err().message).collect();
    assert_eq!(messages, ["one", "two", "three"]);
}

/// Whoever asks for fresh instances is promised that a call finds nothing of another.
#[test]
fn calls_that_want_fresh_instances_do_not_share_one() {
    let shared = shared(CallContext::new().reuse(Reuse::Fresh));
    let inc = stats().function("inc");
    let jobs = jobs(&shared, &[1i64, 2].map(|x| delayed(&inc, args![x])));
    assert!(!shared.run_together(&jobs, &mut Vec::new()));
}

#[test]
fn a_panic_of_the_engine_ends_one_job() {
    let shared = shared(CallContext::new());
    let error = shared.on_disk::<()>("write", || panic!("a bug")).unwrap_err();
    assert!(error.to_string().contains("please report"), "{error}");
}
