//! Compilation in a child process: what it makes, and what it is stopped at.

use std::path::PathBuf;
use std::time::Duration;

use crate::compile::child::Job;
use crate::tests::guest::Guest;
use crate::tests::prebuilt;
use crate::{CallContext, Compile, Error, Runtime, RuntimeConfig};

/// `examples/compile_child.rs`, which cargo builds with the tests.
fn child() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let exe = test.ancestors().nth(2).unwrap().join("examples/compile_child");
    assert!(exe.is_file(), "{} is missing: cargo build -p gristmill-sandbox --examples", exe.display());
    exe
}

fn in_child(cpu_s: u64, memory_nbytes: u64) -> RuntimeConfig {
    RuntimeConfig::new()
        .compile(Compile::Child(child()))
        .compile_limits(Duration::from_secs(cpu_s), memory_nbytes)
}

fn refusal(config: RuntimeConfig, component: &[u8]) -> Error {
    Runtime::new(config).unwrap().load(component).expect_err("admitted")
}

/// A function of 20,000 values that are all alive at its end: small, and hard on the register allocator.
fn register_bomb() -> Vec<u8> {
    const N: usize = 20_000;
    let made = (0..N).map(|n| format!("(i64.load offset={} (local.get 0))", n * 8));
    let body: String = made.chain((1..N).map(|_| " i64.add".to_owned())).collect();
    Guest::new().extra(&format!("(func (param i32) (result i64) {body})")).build()
}

#[test]
fn a_child_compiles_what_runs_here() {
    let runtime = Runtime::new(in_child(60, 4 << 30)).unwrap();
    let plugin = runtime.load(&prebuilt("stats")).unwrap();
    let sum = plugin.call("add", &[2.0.into(), 3.0.into()], &CallContext::new()).unwrap();
    assert_eq!(sum, 5.0.into());
}

#[test]
fn a_bomb_is_defused_by_the_second_try() {
    // One second is too little for the usual register allocator, and plenty for the one that takes a single pass.
    let runtime = Runtime::new(in_child(2, 4 << 30)).unwrap();
    let plugin = runtime.load(&register_bomb()).unwrap();
    assert_eq!(plugin.call("f", &[], &CallContext::new()).unwrap(), gristmill_data::Value::Null);
}

#[test]
fn memory_of_the_child_is_limited() {
    let error = refusal(in_child(60, 24 << 20), &prebuilt("stats"));
    assert!(matches!(&error, Error::CompileLimit { limit } if limit.contains("24 MiB")), "{error:?}");
}

#[test]
fn cpu_time_of_the_child_is_limited() {
    // 60,000 functions take the compiler more than a second, whichever way it allocates registers.
    let work = "(func (param i32) (result i32) ".to_owned()
        + &"(i32.mul (local.get 0) ".repeat(20)
        + "(local.get 0)"
        + &")".repeat(21);
    let error = refusal(in_child(1, 4 << 30), &Guest::new().extra(&work.repeat(60_000)).build());
    assert!(matches!(&error, Error::CompileLimit { limit } if limit.contains("1 s of CPU")), "{error:?}");
}

#[test]
fn a_child_that_is_none_is_named() {
    let missing = RuntimeConfig::new().compile(Compile::Child("/nowhere/gristmill".into()));
    let error = refusal(missing, &prebuilt("carrier_score"));
    assert!(matches!(&error, Error::CompileChild { exe, .. } if exe == "/nowhere/gristmill"), "{error:?}");
    let other = RuntimeConfig::new().compile(Compile::Child("/bin/false".into()));
    assert!(matches!(refusal(other, &prebuilt("carrier_score")), Error::CompileChild { .. }));
    // A program that ends well and says nothing has not compiled anything.
    let quiet = RuntimeConfig::new().compile(Compile::Child("/bin/true".into()));
    assert!(matches!(refusal(quiet, &prebuilt("carrier_score")), Error::CompileChild { .. }));
}

#[test]
fn what_the_compiler_refuses_is_told() {
    // Sound WebAssembly that asks for more memory than an instance can have: compiled, and refused when loaded.
    let error = refusal(in_child(60, 4 << 30), &Guest::new().memory("65536").build());
    assert!(matches!(error, Error::TooDemanding { .. }), "{error:?}");
}

#[test]
fn jobs_are_read_as_they_are_written() {
    let job = Job { deterministic: true, single_pass: false, cpu_s: 60, memory_nbytes: u64::MAX };
    assert_eq!(Job::parse(&job.header()), Some(job));
    for bad in [
        "",
        "gristmill-compile 2 0 0 1 1",
        "gristmill-compile 1 0 0 1",
        "gristmill-compile 1 0 0 1 1 1",
        "gristmill-compile 1 a 0 1 1",
    ] {
        assert_eq!(Job::parse(bad), None, "{bad}");
    }
}
