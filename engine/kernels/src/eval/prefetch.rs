//! Bytes asked for ahead of their use, so that memory works while a block is computed.

/// Starts to load these bytes into the first-level cache. Nothing but time depends on it.
#[cfg(target_arch = "x86_64")]
pub(super) fn prefetch(bytes: &[u8]) {
    const CACHE_LINE: usize = 64;
    /// Into every level.
    const NEAREST: i32 = std::arch::x86_64::_MM_HINT_T0;
    let Some(sse) = pulp::core_arch::x86::Sse::try_new() else { return };
    for line in bytes.chunks(CACHE_LINE) {
        sse._mm_prefetch::<NEAREST>(line.as_ptr().cast());
    }
}

/// Elsewhere the processor guesses.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn prefetch(_bytes: &[u8]) {}
