//! Guests that mean harm, or go wrong: each costs its own task an error, and nobody else anything.

use gristmill_data::{TaskError, TaskErrorKind as Kind};

use super::guest::{Guest, Raw};
use super::{assert_neighbour_answers, brief, call_f, neighbour, runtime, tight};
use crate::{CallContext, CancelToken, Error, Limits, Reuse};

const SPIN: &str = "(loop $l (br $l)) unreachable";

/// The guest fails with this kind, which names what happened, and the neighbour answers.
fn check(what: &str, guest: Guest, kind: Kind, says: &str) -> TaskError {
    let limits = if kind == Kind::Deadline { brief() } else { tight() };
    let error = call_f(&guest.build(), limits).expect_err(what);
    assert_eq!(error.kind, kind, "{what}: {error}");
    assert!(error.to_string().contains(says), "{what}: {error}");
    assert_neighbour_answers();
    error
}

/// The guest is not even admitted, with a message that names what happened.
fn check_refused(what: &str, guest: Guest, says: &str) -> Error {
    let error = runtime().load(&guest.build()).expect_err(what);
    assert!(error.to_string().contains(says), "{what}: {error}");
    assert_neighbour_answers();
    error
}

#[test]
fn endless_loops_end_at_the_deadline() {
    check("call", Guest::new().call(SPIN), Kind::Deadline, "longer than 50ms");
    check("post-return", Guest::new().post_return("(loop $l (br $l))"), Kind::Deadline, "longer");
    let fill = "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x3f0000)) (br $l)) unreachable";
    check("memory.fill", Guest::new().memory("64").call(fill), Kind::Deadline, "longer");
    let call = "(func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))";
    let calls = Guest::new().extra(call).call("(loop $l (call $deep (i32.const 100)) (br $l)) unreachable");
    check("calls", calls, Kind::Deadline, "longer");
}

#[test]
fn endless_loops_in_realloc_end_too() {
    // Only a guest that is given something allocates.
    let plugin = runtime().load(&Guest::new().realloc(SPIN).build()).unwrap();
    let ctx = CallContext::new().limits(brief());
    let error = plugin.call("f", &["text".into()], &ctx).unwrap_err();
    assert_eq!(error.kind, Kind::Deadline, "{error}");
    for bad in ["i32.const -16", "i32.const 1", "i32.const 0x7fff0000"] {
        let plugin = runtime().load(&Guest::new().realloc(bad).build()).unwrap();
        let wide = gristmill_data::Value::list([1_i64, 2]);
        let error = plugin.call("f", &[wide], &ctx).unwrap_err();
        assert_eq!(error.kind, Kind::BadResult, "{bad}: {error}");
    }
    assert_neighbour_answers();
}

#[test]
fn a_start_function_is_bound_like_everything_else() {
    let start = Guest::new().extra("(func $start (loop $l (br $l))) (start $start)");
    // Descriptions have a deadline of their own; this one takes all of it.
    let error = check_refused("start", start, "starting an instance");
    assert!(matches!(&error, Error::Describe(task) if task.kind == Kind::Deadline), "{error}");
}

#[test]
fn memory_ends_at_its_limit() {
    let grow = "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable";
    check("grow", Guest::new().call(grow), Kind::MemoryLimit, "its limit is 64 MiB");
    check(
        "at once",
        Guest::new().call("(drop (memory.grow (i32.const 60000))) unreachable"),
        Kind::MemoryLimit,
        "limit",
    );
    check("declared", Guest::new().memory("2000"), Kind::MemoryLimit, "starting an instance");
    check_refused("4 GiB", Guest::new().memory("65536"), "more than an instance is given");
    let tables = "(table $t 1 funcref)";
    let grow = "(loop $l (br_if $l (i32.ne (i32.const -1) (table.grow $t (ref.null func) (i32.const 500))))) unreachable";
    check("table", Guest::new().extra(tables).call(grow), Kind::MemoryLimit, "table elements");
    check_refused(
        "big table",
        Guest::new().extra("(table 10000000 funcref)"),
        "more than an instance is given",
    );
    // What the guest was refused is not held: the next call has all of it again.
    check("again", Guest::new().call(&format!("(nop) {SPIN}")), Kind::Deadline, "");
}

#[test]
fn a_guest_that_copes_with_its_limit_lives() {
    let mut guest = Guest::new();
    let ok = guest.result(&[Raw::Int(1)]);
    let grow =
        format!("(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) i32.const {ok}");
    assert_eq!(call_f(&guest.call(&grow).build(), tight()).unwrap(), 1_i64.into());
}

#[test]
fn traps_name_their_cause_and_the_frames() {
    let inner = "(func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
                 (func $outer (result i32) (call $inner (i32.const 0)))";
    let error = check("divide", Guest::new().extra(inner).call("call $outer"), Kind::Trap, "divide by zero");
    let frames: Vec<_> = error.backtrace.iter().map(String::as_str).collect();
    assert!(matches!(frames[..], ["inner", "outer", "call", ..]), "{frames:?}");
    check("unreachable", Guest::new().call("unreachable"), Kind::Trap, "unreachable");
    check("load", Guest::new().call("(i32.load (i32.const -4))"), Kind::Trap, "out of bounds memory");
    check(
        "table",
        Guest::new().extra("(table 1 funcref)").call("(call_indirect (i32.const 7)) unreachable"),
        Kind::Trap,
        "table",
    );
    check(
        "null",
        Guest::new().extra("(table 1 funcref)").call("(call_indirect (i32.const 0)) unreachable"),
        Kind::Trap,
        "",
    );
    let recursion = Guest::new()
        .extra("(func $r (param i64) (call $r (local.get 0)))")
        .call("(call $r (i64.const 1)) unreachable");
    let error = check("recursion", recursion, Kind::StackOverflow, "recursion");
    assert!(error.backtrace.len() <= 24, "{}", error.backtrace.len());
}

#[test]
fn an_error_after_a_trap_is_not_the_next_calls() {
    let mut guest = Guest::new().extra("(global $n (mut i32) (i32.const 0))");
    let ok = guest.result(&[Raw::Int(5)]);
    let trap_first = format!(
        "(if (i32.eqz (i32.load (i32.const 0))) (then (i32.store (i32.const 0) (i32.const 1)) unreachable)) i32.const {ok}"
    );
    let plugin = runtime().load(&guest.call(&trap_first).build()).unwrap();
    let ctx = CallContext::new().limits(tight()).reuse(Reuse::Warm);
    // A trapped instance is thrown away: the second call meets a new one, which traps for the first time again.
    for _ in 0..3 {
        assert_eq!(plugin.call("f", &[], &ctx).unwrap_err().kind, Kind::Trap);
    }
}

#[test]
fn logs_are_cut_counted_and_cleaned() {
    let mut guest = Guest::new().with_host();
    let text = "\u{1b}[31mred\nsecond line";
    let at = guest.bytes(text.as_bytes());
    let body = format!(
        "(loop $l (call $log (i32.const 2) (i32.const {at}) (i32.const {}))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5000)))) unreachable",
        text.len()
    );
    let error = check("log", guest.call(&body), Kind::Trap, "lines were over the limit");
    assert_eq!(error.log.len(), 21);
    assert_eq!(error.log[19], "info: second line");
    assert_eq!(error.log[18], "info: \\u{1b}[31mred");
}

#[test]
fn calls_of_the_host_are_counted() {
    let flood = "(loop $l (call $progress (f64.const 0.5)) (br $l)) unreachable";
    check("progress", Guest::new().with_host().call(flood), Kind::HostcallLimit, "10000 times");
    let wide =
        "(loop $l (call $log (i32.const 0) (i32.const 0x100000) (i32.const 0x100000)) (br $l)) unreachable";
    check("bytes", Guest::new().with_host().memory("32").call(wide), Kind::HostcallLimit, "16 MiB");
    let at_once = "(call $log (i32.const 0) (i32.const 0) (i32.const 0x1100000)) unreachable";
    check("at once", Guest::new().with_host().memory("300").call(at_once), Kind::HostcallLimit, "16 MiB");
    let odd = "(call $log (i32.const 99) (i32.const 0) (i32.const 0)) unreachable";
    check("level", Guest::new().with_host().call(odd), Kind::BadResult, "calling convention");
    let wild = "(call $log (i32.const 1) (i32.const -9) (i32.const 100)) unreachable";
    check("pointer", Guest::new().with_host().call(wild), Kind::BadResult, "");
}

#[test]
fn results_are_bounded() {
    let big = Guest::new().memory("400").returns(&[Raw::Far(7, 0, 17 << 20)]);
    check("over what may cross", big, Kind::HostcallLimit, "16 MiB");
    let plugin =
        runtime().load(&Guest::new().memory("40").returns(&[Raw::Far(7, 0, 2 << 20)]).build()).unwrap();
    let limits = Limits { result_nbytes: 1 << 20, ..tight() };
    let error = plugin.call("f", &[], &CallContext::new().limits(limits)).unwrap_err();
    assert_eq!(error.kind, Kind::HostcallLimit, "{error}");
    let nodes: Vec<Raw> = [Raw::List((1..10).collect())].into_iter().chain((1..10).map(Raw::Int)).collect();
    let plugin = runtime().load(&Guest::new().returns(&nodes).build()).unwrap();
    let limits = Limits { result_nodes: 9, ..tight() };
    let error = plugin.call("f", &[], &CallContext::new().limits(limits)).unwrap_err();
    assert_eq!(error.kind, Kind::HostcallLimit, "{error}");
}

#[test]
fn a_running_call_is_cancelled() {
    let plugin = runtime().load(&Guest::new().call(SPIN).build()).unwrap();
    let token = CancelToken::new();
    let limits = Limits { deadline: std::time::Duration::from_secs(3600), ..tight() };
    let ctx = CallContext::new().limits(limits).cancel(token.clone());
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| plugin.call("f", &[], &ctx).unwrap_err());
        std::thread::sleep(std::time::Duration::from_millis(20));
        token.cancel();
        call.join().unwrap()
    });
    assert_eq!(error.kind, Kind::Cancelled, "{error}");
    // A token that is cancelled already stops a call before it starts.
    assert_eq!(neighbour().call("dot", &[], &ctx).unwrap_err().kind, Kind::Cancelled);
    let again = CallContext { cancel: None, limits: brief(), ..ctx };
    assert_eq!(plugin.call("f", &[], &again).unwrap_err().kind, Kind::Deadline);
    assert_neighbour_answers();
}

#[test]
fn hostile_calls_side_by_side_leave_the_neighbour_alone() {
    let grow = "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable";
    let guests = [SPIN, "unreachable", grow].map(|body| Guest::new().call(body).build());
    let plugins = guests.map(|component| runtime().load(&component).unwrap());
    std::thread::scope(|scope| {
        for plugin in &plugins {
            scope.spawn(move || {
                for tenant in 0..3 {
                    let ctx = CallContext::new().limits(brief()).tenant(tenant);
                    assert!(plugin.call("f", &[], &ctx).is_err());
                }
            });
        }
        for _ in 0..200 {
            assert_neighbour_answers();
        }
    });
}

#[test]
fn memory_of_all_instances_is_bounded_and_given_back() {
    let config = crate::RuntimeConfig::new().memory_max_nbytes(32 << 20).instances_max(8);
    let runtime = crate::Runtime::new(config).unwrap();
    let grow = "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 16))))) unreachable";
    let plugin = runtime.load(&Guest::new().call(grow).build()).unwrap();
    for _ in 0..3 {
        let error = plugin.call("f", &[], &CallContext::new().limits(tight())).unwrap_err();
        assert_eq!(error.kind, Kind::MemoryLimit, "{error}");
        assert!(error.message.contains("32 MiB"), "{error}");
        assert_eq!(runtime.stats().memory_nbytes, 0);
    }
}

#[test]
fn warm_instances_give_way_when_places_run_out() {
    let config = crate::RuntimeConfig::new().instances_max(2);
    let runtime = crate::Runtime::new(config).unwrap();
    let plugin = runtime.load(&Guest::new().returns(&[Raw::Int(1)]).build()).unwrap();
    // Each tenant leaves a warm instance behind; there are places for two.
    for tenant in 0..6 {
        let ctx = CallContext::new().limits(tight()).tenant(tenant).reuse(Reuse::Warm);
        assert_eq!(plugin.call("f", &[], &ctx).unwrap(), 1_i64.into());
    }
}

#[test]
fn tenants_never_share_an_instance() {
    // The guest returns what it finds in its memory, and leaves 42 there.
    let mut guest = Guest::new();
    let at = guest.result(&[Raw::Int(0)]);
    let body = format!(
        "(i64.store (i32.add (i32.load (i32.const {})) (i32.const 8)) (i64.load (i32.const 0)))
         (i64.store (i32.const 0) (i64.const 42)) i32.const {at}",
        at + 4
    );
    let plugin = runtime().load(&guest.call(&body).build()).unwrap();
    let call = |tenant, reuse| {
        plugin
            .call("f", &[], &CallContext::new().limits(tight()).tenant(tenant).reuse(reuse))
            .unwrap()
            .as_int()
            .unwrap()
    };
    let found = [
        (1, Reuse::Warm),
        (1, Reuse::Warm),
        (2, Reuse::Warm),
        (2, Reuse::Warm),
        (1, Reuse::Fresh),
        (1, Reuse::Warm),
    ]
    .map(|(tenant, reuse)| call(tenant, reuse));
    assert_eq!(found, [0, 42, 0, 42, 0, 42]);
    // A function that does not say `pure` gets a new instance each time.
    assert_eq!([call(1, Reuse::ByTraits), call(1, Reuse::ByTraits)], [0, 0]);
}

#[test]
fn fuel_bounds_the_deterministic_profile() {
    let profile = crate::Profile::Deterministic { fuel: 1_000_000 };
    let runtime = crate::Runtime::new(crate::RuntimeConfig::new().profile(profile)).unwrap();
    let spin = runtime.load(&Guest::new().call(SPIN).build()).unwrap();
    assert_eq!(spin.call("f", &[], &CallContext::new()).unwrap_err().kind, Kind::OutOfFuel);
    let start = Guest::new().extra("(func $start (loop $l (br $l))) (start $start)").build();
    assert!(matches!(runtime.load(&start), Err(Error::Describe(error)) if error.kind == Kind::OutOfFuel));
    let good = runtime.load(&super::prebuilt("carrier_score")).unwrap();
    let ones = gristmill_data::Value::Chunk(gristmill_data::Chunk::from_vec(vec![1.0; 8], &[8]).unwrap());
    assert_eq!(good.call("dot", &[ones.clone(), ones], &CallContext::new()).unwrap(), 8.0.into());
    let limits = Limits { fuel: Some(10), ..Limits::default() };
    let starved = good.call("dot", &[], &CallContext::new().limits(limits)).unwrap_err();
    assert_eq!(starved.kind, Kind::OutOfFuel);
}
