//! What is taken away from a GPU host before it reads anything that a user wrote.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// How many files it may have open: drivers open some dozens for each device.
const FILES_MAX: u64 = 1024;
/// How much memory reading a kernel may take, in bytes: the stack, and what a kernel is worth.
const CHECK_NBYTES_MAX: u64 = super::STACK_NBYTES as u64 + (256 << 20);
/// What it ends with when a call has taken too long, and nobody has ended it.
const EXIT_SLOW: i32 = 4;

/// Sets the limits that drivers bear: no core dump, and not too many files.
///
/// Not limited are address space, as drivers reserve more of it than a machine has memory; how large files become, as some
/// software drivers keep a device's memory in one; and CPU time, as the process lives on from call to call. For each of
/// these it has a [deadline](Watch).
pub(super) fn confine() -> std::io::Result<()> {
    let set = |resource, max: u64| {
        // Never more than there was.
        let max = getrlimit(resource).maximum.map_or(max, |before| before.min(max));
        setrlimit(resource, Rlimit { current: Some(max), maximum: Some(max) })
    };
    set(Resource::Core, 0)?;
    set(Resource::Nofile, FILES_MAX)?;
    Ok(())
}

/// Does this with little more memory than the process has by now; asking for more ends the process.
pub(super) fn with_little_memory<T>(work: impl FnOnce() -> T) -> T {
    let before = getrlimit(Resource::As);
    let limit = address_space().map(|nbytes| nbytes + CHECK_NBYTES_MAX);
    let limit = limit.map(|limit| before.current.map_or(limit, |before| before.min(limit)));
    let is_set = limit.is_some_and(|limit| {
        setrlimit(Resource::As, Rlimit { current: Some(limit), maximum: before.maximum }).is_ok()
    });
    let done = work();
    if is_set {
        // It was so before.
        let _ = setrlimit(Resource::As, before);
    }
    done
}

/// Bytes of address space that this process has.
fn address_space() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib << 10)
}

/// Ends this process when a call takes too long: whoever asked for it may be gone.
#[derive(Clone)]
pub(super) struct Watch(Arc<AtomicU64>);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Watch {
    /// Starts to watch; nothing is running yet.
    pub(super) fn new(deadline: Duration) -> std::io::Result<Self> {
        let since = Arc::new(AtomicU64::new(u64::MAX));
        let watched = since.clone();
        let deadline_ms = deadline.as_millis() as u64;
        std::thread::Builder::new().name("deadline".to_owned()).spawn(move || {
            loop {
                std::thread::sleep(deadline.clamp(Duration::from_millis(10), Duration::from_secs(1)));
                if now_ms().saturating_sub(watched.load(Ordering::Relaxed)) > deadline_ms {
                    std::process::exit(EXIT_SLOW);
                }
            }
        })?;
        Ok(Self(since))
    }

    /// A call begins, or has ended.
    pub(super) fn set(&self, is_running: bool) {
        self.0.store(if is_running { now_ms() } else { u64::MAX }, Ordering::Relaxed);
    }
}

fn now_ms() -> u64 {
    START.elapsed().as_millis() as u64
}
