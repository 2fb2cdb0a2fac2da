//! The one unsafe step of the crate: machine code that this engine's own compiler wrote becomes a component.
//!
//! Benefit, measured: 0.1 ms to 3 ms to load, where compiling takes 40 ms to 11 s.

#![expect(unsafe_code, reason = "wasmtime cannot check that compiled code is its own")]

use wasmtime::Engine;
use wasmtime::component::Component;

/// Machine code that came from our own compiler.
///
/// It is made in two places only: from what the compiler just returned, and from a cache file whose code was found
/// to carry a MAC under this worker's key, which nothing but this worker writes.
pub(crate) struct TrustedCode(Vec<u8>);

impl TrustedCode {
    /// What `compile` returned, in this process or in its child.
    pub(crate) fn from_compiler(code: Vec<u8>) -> Self {
        Self(code)
    }

    /// What `cache` read, if the MAC over `name` and the code is right.
    pub(crate) fn from_cache(file: &[u8], mac: impl Fn(&[u8]) -> blake3::Hash) -> Option<Self> {
        let (found, code) = file.split_first_chunk::<{ blake3::OUT_LEN }>()?;
        // `Hash` compares in constant time.
        (mac(code) == blake3::Hash::from_bytes(*found)).then(|| Self(code.to_vec()))
    }

    /// The code, for the cache.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The component. wasmtime still checks that version, target and settings are those of `engine`.
    pub(crate) fn load(&self, engine: &Engine) -> wasmtime::Result<Component> {
        // SAFETY: `deserialize` asks for bytes that `Engine::precompile_component` wrote and nobody changed since.
        // `self.0` has no constructor but the two above: `from_compiler` is given what `precompile_component`
        // returned, and `from_cache` accepts only bytes with a MAC that `AotCache::store` made of such code under a
        // key readable by this worker's user alone. The bytes are in memory of this process, so nobody changes them
        // between that check and this call.
        unsafe { Component::deserialize(engine, &self.0) }
    }
}
