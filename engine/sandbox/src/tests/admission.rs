//! Components that are not admitted, and why.

use gristmill_data::TaskErrorKind;

use super::guest::{Declared, Guest, WIT, component};
use super::{assert_neighbour_answers, prebuilt, runtime};
use crate::{Error, Runtime, RuntimeConfig};

fn refusal(bytes: &[u8]) -> Error {
    let error = runtime().load(bytes).expect_err("admitted");
    assert_neighbour_answers();
    error
}

fn check_description(what: &str, guest: Guest, says: &str) {
    let error = refusal(&guest.build());
    assert!(matches!(&error, Error::BadDescription { .. }), "{what}: {error:?}");
    assert!(error.to_string().contains(says), "{what}: {error}");
}

#[test]
fn what_is_no_component_is_refused_by_what_it_is() {
    let core = wat::parse_str("(module (func (export \"f\")))").unwrap();
    assert!(matches!(refusal(&core), Error::CoreModule));
    let engine = wasmtime::Engine::default();
    let compiled = engine.precompile_component(&prebuilt("carrier_score")).unwrap();
    assert!(matches!(refusal(&compiled), Error::Precompiled));
    assert!(matches!(refusal(b""), Error::NotAComponent { start } if start.contains("empty")));
    assert!(
        matches!(refusal(b"(component)"), Error::NotAComponent { start } if start.contains("(component)"))
    );
    assert!(matches!(refusal(b"\x7fELF\x02\x01\x01"), Error::NotAComponent { .. }));
    let huge = [prebuilt("carrier_score"), vec![0; 64 << 20]].concat();
    assert!(matches!(refusal(&huge), Error::TooLarge { max: 67_108_864, .. }));
}

#[test]
fn cut_and_trailing_bytes_are_invalid() {
    let good = prebuilt("carrier_score");
    for len in [9, 100, good.len() / 2, good.len() - 1] {
        let error = refusal(&good[..len]);
        assert!(matches!(error, Error::Invalid { .. } | Error::MissingExport { .. }), "{len}: {error:?}");
    }
    let trailing = [good, vec![0xff; 3]].concat();
    assert!(matches!(refusal(&trailing), Error::Invalid { .. }));
}

#[test]
fn imports_outside_the_contract_are_refused_by_name() {
    let wasi = Guest::new()
        .wit("world task {", "interface clocks { now: func() -> u64; } world task { import clocks;")
        .import(r#"(import "gristmill:plugin/clocks@0.1.0" "now" (func $now (result i64)))"#)
        .call("(drop (call $now)) unreachable");
    let error = refusal(&wasi.build());
    assert!(
        matches!(&error, Error::ForbiddenImport { name, .. } if name == "gristmill:plugin/clocks@0.1.0"),
        "{error:?}"
    );
    assert!(error.to_string().contains("gristmill:plugin/host@0.1.x"), "{error}");
    let bare = wat::parse_str("(component (import \"environment\" (func)))").unwrap();
    assert!(matches!(refusal(&bare), Error::ForbiddenImport { name, .. } if name == "environment"));
    let wasi = wat::parse_str("(component (import \"wasi:cli/environment@0.2.0\" (instance)))").unwrap();
    assert!(
        matches!(refusal(&wasi), Error::ForbiddenImport { name, .. } if name == "wasi:cli/environment@0.2.0")
    );
    let newer = wat::parse_str("(component (import \"gristmill:plugin/host@0.2.0\" (instance)))").unwrap();
    assert!(matches!(refusal(&newer), Error::ForbiddenImport { .. }));
}

#[test]
fn imports_of_another_type_are_refused() {
    let guest = Guest::new()
        .wit("progress: func(fraction: f64);", "progress: func(fraction: f32);")
        .import(r#"(import "gristmill:plugin/host@0.1.0" "progress" (func $progress (param f32)))"#)
        .call("(call $progress (f32.const 1)) unreachable");
    let error = refusal(&guest.build());
    assert!(matches!(error, Error::WrongImport { .. }), "{error:?}");
}

#[test]
fn missing_and_wrong_exports_are_refused() {
    assert!(matches!(refusal(&wat::parse_str("(component)").unwrap()), Error::MissingExport { .. }));
    let world =
        "package gristmill:plugin@0.1.0; interface describe { f: func(); } world task { export describe; }";
    let module = r#"(module (func (export "gristmill:plugin/describe@0.1.0#f")))"#;
    let error = refusal(&component(module, world, "task"));
    assert!(matches!(&error, Error::MissingExport { name } if name.contains("kernels")), "{error:?}");
    let world = format!("{world} interface kernels {{ f: func(); }}")
        .replace("describe; }", "describe; export kernels; }");
    let module = r#"(module (func (export "gristmill:plugin/describe@0.1.0#f"))
                            (func (export "gristmill:plugin/kernels@0.1.0#f")))"#;
    let error = refusal(&component(module, &world, "task"));
    assert!(matches!(&error, Error::MissingExport { .. }), "{error:?}");
    // An integer of another width, in the middle of the contract.
    let guest = Guest::new().wit("int(s64),", "int(s32),");
    let error = refusal(&guest.build());
    assert!(matches!(&error, Error::WrongExport { .. }), "{error:?}");
    assert!(WIT.contains("int(s64),"));
}

#[test]
fn descriptions_are_checked() {
    let functions = |functions: Vec<Declared>| Guest::new().functions(functions);
    let f = || Declared::new("f");
    check_description("twice", functions(vec![f(), f()]), "two functions called `f`");
    check_description("name", functions(vec![Declared::new("a b")]), "`a b`");
    check_description("escape", functions(vec![Declared::new("\u{1b}[2J")]), "\\u{1b}[2J");
    check_description("no name", functions(vec![Declared::new("")]), "a function is called ``");
    check_description("long name", functions(vec![Declared::new(&"x".repeat(1000))]), "x…");
    check_description("plugin", Guest::new().named("../etc/passwd"), "../etc/passwd");
    let many = (0..2000).map(|n| Declared::new(&format!("f{n}"))).collect();
    check_description("many", functions(many), "2000 functions");
    let typed = |returns: &str| Declared { returns: returns.to_owned(), ..f() };
    check_description("type", functions(vec![typed("flaot")]), "function `f`: its result");
    check_description("deep type", functions(vec![typed(&"list<".repeat(5000))]), "its result");
    check_description("long type", functions(vec![typed(&"x".repeat(1 << 20))]), "bytes");
    let params = |params| functions(vec![Declared { params, ..f() }]);
    check_description("order", params(vec![("a", "int", true), ("b", "int", false)]), "`b` is required");
    check_description(
        "param twice",
        params(vec![("a", "int", false), ("a", "int", false)]),
        "two parameters",
    );
    check_description("param type", params(vec![("a", "list<", false)]), "parameter `a`");
    let part = |name: &str| Declared { kind: 3, ..Declared::new(name) };
    check_description("part", functions(vec![part("mean")]), "NAME.chunk");
    check_description(
        "parts",
        functions(vec![part("m.chunk"), part("m.combine")]),
        "lacks the function `m.aggregate`",
    );
}

/// A kind for records was written down and meant nothing: a filter that returns a text was admitted.
#[test]
fn record_functions_have_the_signature_of_their_kind() {
    let guest = |kind: u8, types: &[&'static str], returns: &str| {
        let params = ["a", "b", "c"].into_iter().zip(types).map(|(name, &ty)| (name, ty, false)).collect();
        Guest::new().functions(vec![Declared {
            kind,
            params,
            returns: returns.to_owned(),
            ..Declared::new("f")
        }])
    };
    let (map, filter, fold) = (4, 5, 6);
    for (kind, types, returns) in [
        (map, &["map<any>"][..], "map<any>"),
        (map, &["any", "float"], "map<float>"),
        (filter, &["map<int>"], "boolean"),
        (fold, &["float", "map<any>"], "float"),
        (fold, &["float", "map<any>", "text"], "int"),
    ] {
        let loaded = runtime().load(&guest(kind, types, returns).build());
        assert!(loaded.is_ok(), "{kind} {types:?} {returns}: {loaded:?}");
    }
    for (kind, types, returns, says) in [
        (map, &["map<any>"][..], "boolean", "no record map; declare `f(record: map<any>, ..) -> map<any>`"),
        (map, &["table"], "map<any>", "`f(a: table) -> map<any>` is no record map"),
        (map, &[], "map<any>", "record map"),
        (filter, &["map<any>"], "text", "`f(record: map<any>, ..) -> boolean`"),
        (filter, &["map<any>"], "any", "record filter"),
        (filter, &["int"], "boolean", "record filter"),
        (fold, &["float"], "float", "`f(acc: T, record: map<any>, ..) -> T`"),
        (fold, &["map<any>", "float"], "float", "record fold"),
        (fold, &["float", "map<any>"], "text", "record fold"),
    ] {
        check_description("record", guest(kind, types, returns), says);
    }
}

#[test]
fn descriptions_that_fail_are_refused() {
    let kind = |guest: Guest| match refusal(&guest.build()) {
        Error::Describe(error) => error.kind,
        other => panic!("{other:?}"),
    };
    assert_eq!(kind(Guest::new().plugin("unreachable")), TaskErrorKind::Trap);
    assert_eq!(kind(Guest::new().plugin("i32.const 1")), TaskErrorKind::BadResult);
    assert_eq!(kind(Guest::new().plugin("i32.const -8")), TaskErrorKind::BadResult);
    // 100 million functions, all over the same bytes.
    let claims = "(i32.store (i32.const 24) (i32.const 0)) (i32.store (i32.const 28) (i32.const 100000000)) i32.const 0";
    let many = kind(Guest::new().plugin(claims));
    assert!([TaskErrorKind::BadResult, TaskErrorKind::HostcallLimit].contains(&many), "{many}");
    // A description that says it is 30 MB of text.
    let wide =
        "(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 30000000)) i32.const 0";
    assert_eq!(kind(Guest::new().memory("500").plugin(wide)), TaskErrorKind::HostcallLimit);
}

#[test]
fn components_over_their_bounds_are_refused() {
    let functions = "(func (nop))".repeat(70_000);
    let error = refusal(&Guest::new().extra(&functions).build());
    assert!(matches!(error, Error::TooComplex { what: "functions", .. }), "{error:?}");
    let body = "(drop (i32.const 1000000))".repeat(250_000);
    let error = refusal(&Guest::new().extra(&format!("(func {body})")).build());
    assert!(matches!(error, Error::TooComplex { what: "bytes in one function", .. }), "{error:?}");
    let locals = format!("(component (core module (func (local{}))))", " i32".repeat(60_000));
    let error = refusal(&wat::parse_str(&locals).unwrap());
    assert!(matches!(&error, Error::Invalid { reason } if reason.contains("locals")), "{error:?}");
    let nested = format!("{}{}", "(component ".repeat(40), ")".repeat(40));
    let error = refusal(&wat::parse_str(&nested).unwrap());
    assert!(matches!(error, Error::TooComplex { .. }), "{error:?}");
}

#[test]
fn parts_of_webassembly_that_are_off_are_refused() {
    for (what, extra) in [
        ("threads", "(memory 1 1 shared)"),
        ("memory64", "(memory i64 1)"),
        ("tail call", "(func $t (return_call $t))"),
        ("exceptions", "(tag)"),
        ("gc", "(type $s (struct)) (func (drop (struct.new $s)))"),
        ("relaxed simd", "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))"),
    ] {
        let component = Guest::new().extra(extra).wat();
        let Ok(module) = wat::parse_str(&component) else { panic!("{what}") };
        let wrapped = format!(
            "(component (core module {}))",
            component.strip_prefix("(module").unwrap().strip_suffix(')').unwrap()
        );
        let error = refusal(&wat::parse_str(&wrapped).unwrap());
        assert!(matches!(error, Error::Invalid { .. }), "{what}: {error:?}");
        drop(module);
    }
}

#[test]
fn a_component_of_many_instances_is_refused_and_a_large_one_is_not() {
    // Behind the sections of a plugin: one more module, and instances of it.
    let good = Guest::new().build();
    let payloads = wasmparser::Parser::new(0).parse_all(&good);
    let n_modules =
        payloads.filter(|payload| matches!(payload, Ok(wasmparser::Payload::ModuleSection { .. }))).count();
    let around = |n: usize, module: &str| {
        let module = wat::parse_str(format!("(module {module})")).unwrap();
        let module = [&[1, module.len() as u8][..], &module].concat();
        let instance = [2, 4, 1, 0, n_modules as u8, 0];
        [good.clone(), module, instance.repeat(n)].concat()
    };
    let plain = "(func (export \"f\"))";
    // Guests of interpreted languages have dozens of small modules.
    runtime().load(&around(50, plain)).unwrap();
    assert!(matches!(refusal(&around(70, plain)), Error::TooDemanding { .. }));
    assert!(matches!(refusal(&around(40, "(memory 1)")), Error::TooDemanding { .. }));
}

#[test]
fn one_load_at_a_time_and_the_same_answer_for_all() {
    let runtime = Runtime::new(RuntimeConfig::new()).unwrap();
    let (good, bad) = (Guest::new().build(), Guest::new().plugin("unreachable").build());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| runtime.load(&good).unwrap().digest())).collect();
        let digests: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(digests.iter().all(|digest| *digest == gristmill_graph::Digest::of(&good)));
    });
    assert_eq!(runtime.stats().n_compiled, 1);
    assert!(runtime.load(&bad).is_err() && runtime.load(&bad).is_err());
    assert!(runtime.plugin(gristmill_graph::Digest::of(&bad)).is_none());
}

#[test]
fn plugins_not_asked_for_longest_are_let_go() {
    let runtime = Runtime::new(RuntimeConfig::new().plugins_max(2)).unwrap();
    let load = |name: &str| runtime.load(&Guest::new().named(name).build()).unwrap();
    let [a, b] = ["a", "b"].map(|name| load(name).digest());
    assert!(runtime.plugin(a).is_some());
    let c = load("c").digest();
    assert_eq!([a, b, c].map(|digest| runtime.plugin(digest).is_some()), [true, false, true]);
}
