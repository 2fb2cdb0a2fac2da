//! From a component to machine code, within bounds of time and memory.
//!
//! The usual register allocator takes more than linear time: 148 KB of hostile code kept it busy for 25 seconds.
//! So compilation runs in a child process with limits, and when these are reached, once more with the allocator that
//! takes a single pass. In this process there is nothing to stop the compiler with, so large functions get the single
//! pass at once.

pub(crate) mod child;

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use wasmtime::{Engine, Precompiled};

use crate::admission::{self, Bounds, Survey};
use crate::config::{Compile, RuntimeConfig};
use crate::engine;
use crate::error::Error;
use crate::precompiled::TrustedCode;
use crate::text::clean_lines;
use child::Job;

/// Bytes of a function above which the compiler in this process takes the single pass.
const IN_PROCESS_BACKTRACKING_NBYTES_MAX: u64 = 32 << 10;
/// Threads of the compiler in a child.
const CHILD_THREADS_MAX: usize = 8;
/// Characters of a compiler's message that people are shown.
const REASON_LEN_MAX: usize = 2_000;

/// How one try ended.
enum Tried {
    Code(Vec<u8>),
    /// Stopped at a limit, or crashed: another allocator may do.
    Stopped(String),
}

/// The bounds that a component is held to before it is compiled there.
pub(crate) fn bounds(compile: &Compile) -> Bounds {
    match compile {
        Compile::Child(_) => admission::CHILD_BOUNDS,
        Compile::InProcess => admission::IN_PROCESS_BOUNDS,
    }
}

/// Compiles a component that was surveyed.
pub(crate) fn compile(
    config: &RuntimeConfig,
    component: &[u8],
    survey: &Survey,
) -> Result<TrustedCode, Error> {
    let deterministic = engine::is_deterministic(config.profile);
    let code = match &config.compile {
        Compile::InProcess => {
            in_process(component, deterministic, survey.body_nbytes_max > IN_PROCESS_BACKTRACKING_NBYTES_MAX)
        }
        Compile::Child(exe) => {
            let job = Job {
                deterministic,
                single_pass: false,
                cpu_s: config.compile_cpu.as_secs().max(1),
                memory_nbytes: config.compile_memory_nbytes,
            };
            in_child_twice(exe, job, component)
        }
    };
    code.map(TrustedCode::from_compiler)
}

fn in_process(component: &[u8], deterministic: bool, single_pass: bool) -> Result<Vec<u8>, Error> {
    let compiled = catch_unwind(AssertUnwindSafe(|| {
        engine::for_compiling(deterministic, single_pass)?.precompile_component(component)
    }));
    match compiled {
        Ok(result) => result
            .map_err(|error| Error::Compile { reason: clean_lines(&format!("{error:#}"), REASON_LEN_MAX) }),
        Err(_) => Err(Error::Compile {
            reason: "the compiler panicked; its message is on standard error".to_owned(),
        }),
    }
}

fn in_child_twice(exe: &Path, job: Job, component: &[u8]) -> Result<Vec<u8>, Error> {
    if let Tried::Code(code) = in_child(exe, &job, component)? {
        return Ok(code);
    }
    match in_child(exe, &Job { single_pass: true, ..job }, component)? {
        Tried::Code(code) => Ok(code),
        Tried::Stopped(limit) => Err(Error::CompileLimit { limit }),
    }
}

fn in_child(exe: &Path, job: &Job, component: &[u8]) -> Result<Tried, Error> {
    let failed = |reason: String| Error::CompileChild { exe: exe.display().to_string(), reason };
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from).min(CHILD_THREADS_MAX);
    let mut child = Command::new(exe)
        .arg("compile-child")
        .env_clear()
        // Each of glibc's arenas reserves address space, which is what the child's memory limit counts.
        .env("MALLOC_ARENA_MAX", "2")
        .env("RAYON_NUM_THREADS", n_threads.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    // The child reads everything before it writes anything. If it dies before, its status says why.
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(job.header().as_bytes()).and_then(|()| stdin.write_all(component));
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    let said = clean_lines(&String::from_utf8_lossy(&output.stderr), REASON_LEN_MAX);
    match output.status.code() {
        Some(0) if is_code(&output.stdout) => Ok(Tried::Code(output.stdout)),
        Some(0) => {
            Err(failed("it ended well and gave no code; does it call `compile_child_main`?".to_owned()))
        }
        Some(child::EXIT_REFUSED) => Err(Error::Compile { reason: said }),
        Some(child::EXIT_SLOW | child::EXIT_MEMORY | child::EXIT_PANIC) | None => {
            Ok(Tried::Stopped(stopped_by(output.status, job)))
        }
        Some(code) => Err(failed(format!("exit code {code}; {said}"))),
    }
}

fn is_code(output: &[u8]) -> bool {
    matches!(Engine::detect_precompiled(output), Some(Precompiled::Component))
}

fn stopped_by(status: ExitStatus, job: &Job) -> String {
    let (cpu, memory) =
        (format!("{} s of CPU time", job.cpu_s), format!("{} MiB of memory", job.memory_nbytes >> 20));
    // SIGKILL and SIGXCPU.
    match status.signal() {
        Some(9 | 24) => cpu,
        _ if status.code() == Some(child::EXIT_SLOW) => cpu,
        _ => format!("{memory}, or crashed the compiler ({status})"),
    }
}

#[cfg(test)]
mod tests;
