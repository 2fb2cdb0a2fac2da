//! Map kernels in WGSL that a component brings beside its functions, for hosts that have GPUs.
//!
//! Each is a custom section `gristmill:wgsl/<function>` of the component, so that it is covered by the component's digest
//! and ships with it. What is in it is checked by whoever runs it; without a GPU it is never looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmparser::{Parser, Payload};

use crate::error::Error;

/// What the section of a kernel is called, before its function's name.
const SECTION: &str = "gristmill:wgsl/";
/// How many kernels a component may bring.
const SHADERS_MAX: usize = 64;
/// Bytes of one kernel.
const SHADER_NBYTES_MAX: usize = 64 << 10;

/// The kernels of a component, by the names of their functions.
pub(crate) fn shaders(bytes: &[u8]) -> Result<BTreeMap<String, Arc<str>>, Error> {
    let invalid = |reason: String| Error::Invalid { reason };
    let (mut found, mut depth) = (BTreeMap::new(), 0_u32);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| invalid(error.to_string()))? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if depth == 0 => {
                let Some(function) = section.name().strip_prefix(SECTION) else { continue };
                let data = section.data();
                if data.len() > SHADER_NBYTES_MAX || found.len() >= SHADERS_MAX {
                    let reason = format!(
                        "its kernel for `{}` is one too many of {SHADERS_MAX}, or larger than {SHADER_NBYTES_MAX} B",
                        crate::text::clean(function, 200),
                    );
                    return Err(invalid(reason));
                }
                let source = std::str::from_utf8(data).map_err(|error| invalid(error.to_string()))?;
                found.insert(function.to_owned(), source.into());
            }
            _ => {}
        }
    }
    Ok(found)
}

/// The component with a kernel in WGSL for one of its functions.
///
/// # Example
/// ```
/// let component = b"\0asm\x0d\0\x01\0";
/// let with = gristmill_sandbox::with_shader(component, "scale", "fn scale(x: f32) -> f32 { return 2.0 * x; }");
/// assert!(with.starts_with(component) && with.len() > component.len());
/// ```
#[must_use]
pub fn with_shader(component: &[u8], function: &str, source: &str) -> Vec<u8> {
    let name = format!("{SECTION}{function}");
    let mut section = leb128(name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(source.as_bytes());
    // A custom section has the number 0.
    [component, &[0], &leb128(section.len()), &section].concat()
}

/// A length as WebAssembly writes it: seven bits a byte, the lowest first.
fn leb128(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (length & 0x7f) as u8;
        length >>= 7;
        if length == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests;
