//! The child process that compiles one component and ends.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use wasmtime::error::OutOfMemory;

use crate::admission::COMPONENT_NBYTES_MAX;
use crate::engine;

/// The compiler refused the component; the reason is on standard error.
pub(super) const EXIT_REFUSED: i32 = 3;
/// The wall clock ran out.
pub(super) const EXIT_SLOW: i32 = 4;
/// Memory ran out, and the process noticed.
pub(super) const EXIT_MEMORY: i32 = 5;
/// What Rust exits with after a panic.
pub(super) const EXIT_PANIC: i32 = 101;

/// Bytes of the line that stands before the component.
const HEADER_NBYTES_MAX: u64 = 256;
/// Wall time, as a multiple of the CPU time: the processors may be busy with others.
const WALL_PER_CPU: u64 = 10;

/// What the child is told, in one line before the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) deterministic: bool,
    pub(super) single_pass: bool,
    pub(super) cpu_s: u64,
    pub(super) memory_nbytes: u64,
}

impl Job {
    /// The line, with its end.
    pub(super) fn header(&self) -> String {
        let mut line = String::from("gristmill-compile 1");
        let numbers =
            [u64::from(self.deterministic), u64::from(self.single_pass), self.cpu_s, self.memory_nbytes];
        for number in numbers {
            let _ = write!(line, " {number}");
        }
        line + "\n"
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let rest = line.trim_end().strip_prefix("gristmill-compile 1 ")?;
        let numbers: Result<Vec<u64>, _> = rest.split(' ').map(str::parse).collect();
        let [deterministic, single_pass, cpu_s, memory_nbytes] = numbers.ok()?.try_into().ok()?;
        Some(Self { deterministic: deterministic != 0, single_pass: single_pass != 0, cpu_s, memory_nbytes })
    }
}

/// The whole of a compiling child process: a component on standard input, machine code on standard output.
///
/// A program that sets [`Compile::Child`](crate::Compile::Child) calls this, and nothing else, when its first argument
/// is `compile-child`.
pub fn compile_child_main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, reason)) => {
            let _ = std::io::stderr().write_all(reason.as_bytes());
            u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

fn run() -> Result<(), (i32, String)> {
    let broken = |reason: String| (1, reason);
    let mut stdin = BufReader::new(std::io::stdin().lock());
    let mut line = String::new();
    stdin.by_ref().take(HEADER_NBYTES_MAX).read_line(&mut line).map_err(|error| broken(error.to_string()))?;
    let job = Job::parse(&line).ok_or_else(|| {
        broken("started without work; this command is for `gristmill` itself, not for people".to_owned())
    })?;
    limit(&job).map_err(|error| broken(format!("no limits: {error}")))?;
    let mut component = Vec::new();
    let read = stdin.take(COMPONENT_NBYTES_MAX as u64).read_to_end(&mut component);
    read.map_err(|error| match error.kind() {
        ErrorKind::OutOfMemory => (EXIT_MEMORY, error.to_string()),
        _ => broken(error.to_string()),
    })?;
    let code = engine::for_compiling(job.deterministic, job.single_pass)
        .and_then(|engine| engine.precompile_component(&component))
        .map_err(|error| {
            let code = if error.is::<OutOfMemory>() { EXIT_MEMORY } else { EXIT_REFUSED };
            (code, format!("{error:#}"))
        })?;
    std::io::stdout().lock().write_all(&code).map_err(|error| broken(error.to_string()))
}

/// Takes CPU time, memory and files away from this process, for good.
fn limit(job: &Job) -> std::io::Result<()> {
    let wall = Duration::from_secs(job.cpu_s.saturating_mul(WALL_PER_CPU));
    std::thread::Builder::new().name("wall clock".into()).spawn(move || {
        std::thread::sleep(wall);
        std::process::exit(EXIT_SLOW);
    })?;
    let set = |resource, max| setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) });
    set(Resource::Cpu, job.cpu_s)?;
    set(Resource::As, job.memory_nbytes)?;
    set(Resource::Core, 0)?;
    set(Resource::Fsize, 0)?;
    Ok(())
}
