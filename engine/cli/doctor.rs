//! `gristmill doctor`: what this machine offers, and what to do about what is missing.

use clap::Args;
use gristmill::cluster::machine;
use gristmill::gpu::{Devices, DevicesOptions, Finding as GpuFinding};

use super::plugin::build::{COMPONENTIZE_PY, JCO, RUST_ADVICE, Tool, Toolchain, ZIGLANG, find_toolchain};
use super::quantity::format_nbytes;

/// Free disk space under which spilling is likely to fail, in bytes.
const DISK_NBYTES_LOW: u64 = 2 << 30;

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// One line of the doctor's report.
struct Finding {
    name: &'static str,
    good: bool,
    found: String,
    /// What to do; empty when nothing needs doing.
    advice: String,
}

pub(crate) fn run(args: &DoctorArgs) -> anyhow::Result<()> {
    let mut findings = vec![cores(), memory()];
    findings.extend(gpus());
    findings.extend([
        wasm_cache(),
        disk(),
        compile_child(),
        rust_toolchain(),
        tool("c plugins", "C", &ZIGLANG),
        tool("python plugins", "Python", &COMPONENTIZE_PY),
        tool("js plugins", "JavaScript", &JCO),
    ]);
    if args.json {
        let items: Vec<_> = findings
            .iter()
            .map(|finding| {
                serde_json::json!({
                    "name": finding.name, "good": finding.good, "found": finding.found, "advice": finding.advice,
                })
            })
            .collect();
        say!("{}", serde_json::Value::from(items));
        return Ok(());
    }
    for finding in &findings {
        let mark = if finding.good { "ok  " } else { "miss" };
        say!("{mark}  {:<16} {}", finding.name, finding.found);
        if !finding.advice.is_empty() {
            say!("      {:<16} -> {}", "", finding.advice);
        }
    }
    Ok(())
}

fn good(name: &'static str, found: impl Into<String>) -> Finding {
    Finding { name, good: true, found: found.into(), advice: String::new() }
}

fn missing(name: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Finding {
    Finding { name, good: false, found: found.into(), advice: advice.into() }
}

fn cores() -> Finding {
    good("cores", format!("{}", machine::n_cores()))
}

fn memory() -> Finding {
    let limit = machine::memory_nbytes();
    good("memory", format!("{} usable by this process; --limit-memory lowers it", format_nbytes(limit)))
}

/// Every GPU with what was measured of it; software that stands in for one is told apart.
fn gpus() -> Vec<Finding> {
    let mut options = DevicesOptions::default();
    options.software = true;
    options.n_threads = machine::n_cores();
    let devices = Devices::new(options);
    let found: Vec<Finding> = devices.findings().iter().map(gpu).collect();
    if !found.is_empty() {
        return found;
    }
    let advice = "kernels run on the CPU; for a GPU, install its Vulkan driver";
    vec![Finding { advice: advice.to_owned(), ..good("gpu", "no adapter with Vulkan was found") }]
}

fn gpu(found: &GpuFinding) -> Finding {
    let adapter = &found.adapter;
    let kind = if adapter.is_software { ", software: used only with --software-gpu" } else { "" };
    let dtypes = [("float64", adapter.has_f64), ("int64", adapter.has_i64)];
    let lacks: Vec<&str> = dtypes.into_iter().filter(|(_, has)| !has).map(|(name, _)| name).collect();
    let lacks = if lacks.is_empty() { String::new() } else { format!("; without {}", lacks.join(", ")) };
    let per_s = |rate: f64| format!("{}/s", format_nbytes(rate as u64));
    let rates = found.rates.as_ref().map_or_else(String::new, |rates| {
        format!(
            "; memory {}, to it {}, from it {}, {:.0} us a call",
            per_s(rates.device_nbytes_per_s),
            per_s(rates.up_nbytes_per_s),
            per_s(rates.down_nbytes_per_s),
            rates.submit_s * 1e6,
        )
    });
    let text = format!("{adapter}{kind}{rates}{lacks}");
    match found.disabled.is_empty() {
        true => good("gpu", text),
        false => missing("gpu", text, format!("disabled: {}", found.disabled.join("; "))),
    }
}

fn wasm_cache() -> Finding {
    let Some(folder) = gristmill::cluster::wasm_cache_dir() else {
        return missing(
            "wasm cache",
            "no cache folder: neither XDG_CACHE_HOME nor HOME is set",
            "set one of them, or components are compiled anew by every process",
        );
    };
    let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let sizes: Vec<u64> = files.filter_map(|file| file.metadata().ok()).map(|meta| meta.len()).collect();
    match std::fs::create_dir_all(&folder) {
        Ok(()) => {
            let total = format_nbytes(sizes.iter().sum());
            good("wasm cache", format!("{} ({} files, {total})", folder.display(), sizes.len()))
        }
        Err(error) => missing(
            "wasm cache",
            format!("{}: {error}", folder.display()),
            "make the folder writable, or set XDG_CACHE_HOME",
        ),
    }
}

fn disk() -> Finding {
    let folder = std::env::temp_dir();
    match gristmill::storage::available_nbytes(&folder) {
        Ok(nbytes) if nbytes >= DISK_NBYTES_LOW => {
            good("spill disk", format!("{} free in {}", format_nbytes(nbytes), folder.display()))
        }
        Ok(nbytes) => missing(
            "spill disk",
            format!("{} free in {}", format_nbytes(nbytes), folder.display()),
            "free some space, or point --spill-dir or TMPDIR at a larger disk",
        ),
        Err(error) => {
            missing("spill disk", error.to_string(), "point --spill-dir or TMPDIR at a writable folder")
        }
    }
}

fn compile_child() -> Finding {
    good("wasm compiler", "components are compiled in a child process with limits on time and memory")
}

fn rust_toolchain() -> Finding {
    match find_toolchain() {
        Ok(Toolchain::Rustup) => good("rust plugins", "target wasm32-unknown-unknown"),
        Ok(Toolchain::Debian) => good("rust plugins", "Debian's rustc-web with rust-web-src and lld"),
        Err(_) => missing(
            "rust plugins",
            "no Rust target for WebAssembly; needed only to write plugins in Rust",
            RUST_ADVICE,
        ),
    }
}

/// A tool of another language, for a plugin in the current folder.
fn tool(name: &'static str, language: &str, tool: &Tool) -> Finding {
    let here = std::env::current_dir().unwrap_or_default();
    if tool.is_here(&here) {
        return good(name, tool.name);
    }
    let found = format!("no {}; needed only to write plugins in {language}", tool.name);
    missing(name, found, tool.advice)
}
