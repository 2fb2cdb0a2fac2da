//! From what a compiler for WebAssembly makes, to what a worker admits.

use crate::error::Error;

/// Turns a core module with embedded WIT (what `cargo build --target wasm32-unknown-unknown` writes) into a component.
/// A component is returned as it is.
///
/// # Errors
/// When the bytes are neither, or the module imports what no component of this contract has.
pub fn componentize(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    if wasmparser::Parser::is_component(wasm) {
        return Ok(wasm.to_vec());
    }
    if !wasmparser::Parser::is_core_wasm(wasm) {
        return Err(Error::NotAComponent { start: crate::admission::start_of(wasm) });
    }
    let invalid = |error| Error::Invalid { reason: format!("{error:#}") };
    wit_component::ComponentEncoder::default()
        .validate(true)
        .module(wasm)
        .and_then(|mut encoder| encoder.encode())
        .map_err(invalid)
}
