//! Batches: what happens to one of them happens to no other.

use std::path::Path;
use std::time::Duration;

use gristmill_collections::{Component, Delayed, Program, args, delayed};
use gristmill_gpu::DevicesOptions;
use gristmill_sandbox::{Limits, Observer, Reuse, RuntimeConfig};
use gristmill_scheduling::{RunId, TaskId};

use super::*;
use crate::code::Code;
use crate::shaders::Shaders;

#[path = "../../../../sandbox/src/tests/guest.rs"]
#[expect(dead_code, reason = "the sandbox's tests need more of it")]
mod guest;

use guest::{Declared, Guest, Raw};

/// The trait, as the contract numbers it.
const PURE: u8 = 1;

fn shared(context: CallContext) -> Shared {
    let config = RuntimeConfig::new().epoch_tick_ms(2).cache_dir(crate::wasm_cache_dir().unwrap());
    let spill = SpillDir::create(&std::env::temp_dir(), None).unwrap();
    Shared::new(
        Core::new(&[1], 1 << 30),
        Runtime::new(config).unwrap(),
        spill,
        Devices::new(DevicesOptions::default()),
        Arc::new(Shaders::new(None)),
        context,
        true,
    )
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
    let code = Arc::new(Code {
        graph,
        table,
        plugins,
        natives: Default::default(),
        functions: Vec::new(),
        devices: Devices::new(DevicesOptions::default()),
        shaders: Vec::new(),
        plugin_shaders: Arc::new(Shaders::new(None)),
        queries: shared.queries.clone(),
        tenant: Default::default(),
        files: None,
    });
    let call = |row: u32| {
        Job::Call(Call {
            seat: crate::host::jobs::Seat { worker: 0, n_returns: 0 },
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
    // What was heard of the batch is forgotten: each call said it again.
    assert_eq!(shared.journal.take_new().lines.len(), 60 + 61 + 100 + 62);
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

/// A guest that counts its calls: what it returns tells whether calls shared an instance. It has no `call-many`.
fn counter(traits: u8) -> Component {
    let mut guest = Guest::new().functions(vec![Declared { traits, ..Declared::new("f") }]);
    let count = guest.result(&[Raw::Int(0)]);
    let body = format!(
        "(global.set $n (i64.add (global.get $n) (i64.const 1)))
         (i64.store (i32.add (i32.load (i32.const {})) (i32.const 8)) (global.get $n)) i32.const {count}",
        count + 4,
    );
    let guest = guest.extra("(global $n (mut i64) (i64.const 0))").call(&body);
    Component::from_bytes("counter", guest.build())
}

/// What is not pure must neither be repeated nor find what an earlier call has left.
#[test]
fn impure_calls_are_made_one_by_one_in_fresh_instances() {
    for (traits, together, counts) in [(PURE, true, [1i64, 2, 3]), (0, false, [1, 1, 1])] {
        let shared = shared(CallContext::new());
        let counter = counter(traits).function("f");
        let jobs = jobs(&shared, &[(); 3].map(|()| delayed(&counter, args![])));
        let first = jobs[0].as_call().unwrap();
        assert_eq!(first.code.may_cross_together(first.row, Reuse::ByTraits), together);
        let results: Vec<_> = run(&shared, &jobs).into_iter().map(Result::unwrap).collect();
        assert_eq!(results, counts.map(Value::Int));
    }
}

#[test]
fn a_batch_logs_each_line_once() {
    let shared = shared(CallContext::new());
    let flood = stats().function("log_flood");
    let jobs = jobs(&shared, &[2i64, 1].map(|lines| delayed(&flood, args![lines])));
    run(&shared, &jobs).into_iter().for_each(|result| assert!(result.is_ok()));
    let lines = shared.journal.take_new().lines;
    let told: Vec<_> = lines.iter().map(|line| (&*line.function, line.key, &*line.text)).collect();
    let texts = ["line 0 of 2", "line 1 of 2", "line 0 of 1"];
    assert_eq!(told, texts.map(|text| ("stats.log_flood", None, text)));
}

/// The call that fails is made again alone, and would have logged its line twice.
#[test]
fn a_batch_that_logs_and_fails_in_part_is_not_heard() {
    let declared = Declared { traits: PURE, ..Declared::new("f") };
    let mut guest = Guest::new().with_host().functions(vec![declared]);
    let text = guest.bytes(b"half way");
    let (good, bad) = (guest.result(&[Raw::Null]), guest.failure(0, "worn out", &[]));
    // The list of both results, 28 bytes each, and where the answer says that it lies.
    let (list, answer) = (guest.bytes(&[0; 56]), guest.bytes(&[0; 8]));
    let log = format!("(call $log (i32.const 2) (i32.const {text}) (i32.const 8))");
    let both = format!(
        "{log} (memory.copy (i32.const {list}) (i32.const {good}) (i32.const 28))
         (memory.copy (i32.const {}) (i32.const {bad}) (i32.const 28))
         (i32.store (i32.const {answer}) (i32.const {list})) (i32.store (i32.const {}) (i32.const 2)) i32.const {answer}",
        list + 28,
        answer + 4,
    );
    let guest = guest.call_many(&both).call(&format!("{log} i32.const {good}"));
    let shared = shared(CallContext::new());
    let f = Component::from_bytes("worn", guest.build()).function("f");
    let jobs = jobs(&shared, &[(); 2].map(|()| delayed(&f, args![])));
    let calls: Vec<_> = jobs.iter().map(|job| job.as_call().unwrap()).collect();
    let tasks: Vec<(u32, &[Value])> = calls.iter().map(|call| (call.row, &[][..])).collect();
    let results = calls[0].code.run_many(&tasks, &CallContext::new()).unwrap();
    assert!(results[0].is_ok() && results[1].as_ref().unwrap_err().message == "worn out", "{results:?}");
    run(&shared, &jobs);
    let keys: Vec<_> = shared.journal.take_new().lines.into_iter().map(|line| line.key).collect();
    assert_eq!(keys, [Some(calls[0].code.key_of(calls[0].row)); 2]);
}

/// The bar moves by what the running tasks say, and no further once they are gone.
#[test]
fn progress_is_summed_over_the_calls_that_run() {
    let shared = shared(CallContext::new());
    let jobs = jobs(&shared, &[1i64, 2].map(|x| delayed(stats().function("inc"), args![x])));
    let ears: Vec<_> = jobs.iter().map(|job| Ear::new(&shared.journal, job.as_call().unwrap())).collect();
    ears[0].on_progress(0.75);
    ears[1].on_progress(0.5);
    ears[0].on_progress(0.25);
    assert_eq!(shared.journal.running_permille(), 750);
    drop(ears);
    assert_eq!(shared.journal.running_permille(), 0);
}

#[test]
fn a_panic_of_the_engine_ends_one_job() {
    let shared = shared(CallContext::new());
    let error = shared.on_disk::<()>("write", || panic!("a bug")).unwrap_err();
    assert!(error.to_string().contains("please report"), "{error}");
}
