//! The look at a component before the compiler sees it: is it one, is it whole, how big, what does it import.
//!
//! wasmtime does not defend against components made to burn the compiler's time, so what goes in is bounded here.

use wasmparser::{ComponentExternalKind, Parser, Payload, Validator};

use crate::engine::FEATURES;
use crate::error::Error;

/// Bytes of a component.
pub(crate) const COMPONENT_NBYTES_MAX: usize = 64 << 20;
/// Components and modules inside each other.
const DEPTH_MAX: u64 = 16;
/// Imports and exports of the component.
const EXTERNS_MAX: u64 = 256;

/// The interfaces that a plugin may import. `types` holds no functions.
const IMPORTS: [&str; 4] =
    ["gristmill:plugin/host", "gristmill:plugin/storage", "gristmill:plugin/tasks", "gristmill:plugin/types"];
/// The interfaces that a plugin must export.
const EXPORTS: [&str; 2] = ["gristmill:plugin/describe", "gristmill:plugin/kernels"];
/// Exported by plugins that read files.
pub(crate) const READER: &str = "gristmill:plugin/reader";
/// The version of the contract, up to compatible changes.
const VERSION: &str = "0.1.";

/// How much code the compiler is given to chew.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Functions in all modules.
    pub(crate) functions: u64,
    /// Bytes of one function.
    pub(crate) body_nbytes: u64,
}

/// For a compiler in a child process, which has limits of its own.
pub(crate) const CHILD_BOUNDS: Bounds = Bounds { functions: 500_000, body_nbytes: 8 << 20 };
/// For a compiler in this process.
pub(crate) const IN_PROCESS_BOUNDS: Bounds = Bounds { functions: 60_000, body_nbytes: 1 << 20 };

/// What was seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Survey {
    /// Functions in all modules.
    n_functions: u64,
    /// Bytes of the largest function.
    pub(crate) body_nbytes_max: u64,
    /// Whether files can be read with it.
    has_reader: bool,
    describes: bool,
    has_kernels: bool,
    n_externs: u64,
}

/// Refuses by size and by the first bytes, before anything is read or hashed.
pub(crate) fn check_kind(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > COMPONENT_NBYTES_MAX {
        return Err(Error::TooLarge { nbytes: bytes.len(), max: COMPONENT_NBYTES_MAX });
    }
    if Parser::is_component(bytes) {
        return Ok(());
    }
    if Parser::is_core_wasm(bytes) {
        return Err(Error::CoreModule);
    }
    if wasmtime::Engine::detect_precompiled(bytes).is_some() {
        return Err(Error::Precompiled);
    }
    Err(Error::NotAComponent { start: start_of(bytes) })
}

/// Validates a component and holds it to the contract and to `bounds`.
pub(crate) fn survey(bytes: &[u8], bounds: Bounds) -> Result<Survey, Error> {
    let invalid = |error: wasmparser::BinaryReaderError| Error::Invalid { reason: error.to_string() };
    let mut seen = Survey::default();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                bounded("components inside each other", depth, DEPTH_MAX)?;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CodeSectionEntry(body) => {
                seen.n_functions += 1;
                bounded("functions", seen.n_functions, bounds.functions)?;
                seen.body_nbytes_max = seen.body_nbytes_max.max(body.range().len() as u64);
                bounded("bytes in one function", seen.body_nbytes_max, bounds.body_nbytes)?;
            }
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    seen.on_import(import.map_err(invalid)?.name.name)?;
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    let export = export.map_err(invalid)?;
                    seen.on_export(export.name.name, export.kind)?;
                }
            }
            _ => {}
        }
    }
    Validator::new_with_features(FEATURES).validate_all(bytes).map_err(invalid)?;
    seen.check_exports()?;
    Ok(seen)
}

impl Survey {
    fn on_import(&mut self, name: &str) -> Result<(), Error> {
        self.n_externs += 1;
        bounded("imports and exports", self.n_externs, EXTERNS_MAX)?;
        if IMPORTS.iter().any(|interface| is_interface(name, interface)) {
            return Ok(());
        }
        let allowed: Vec<_> = IMPORTS.iter().map(|interface| format!("{interface}@{VERSION}x")).collect();
        Err(Error::ForbiddenImport { name: crate::text::clean(name, 200), allowed: allowed.join(", ") })
    }

    fn on_export(&mut self, name: &str, kind: ComponentExternalKind) -> Result<(), Error> {
        self.n_externs += 1;
        bounded("imports and exports", self.n_externs, EXTERNS_MAX)?;
        if kind == ComponentExternalKind::Instance {
            let [describe, kernels] = EXPORTS;
            self.describes |= is_interface(name, describe);
            self.has_kernels |= is_interface(name, kernels);
            self.has_reader |= is_interface(name, READER);
        }
        Ok(())
    }

    fn check_exports(&self) -> Result<(), Error> {
        let found = [self.describes, self.has_kernels];
        match EXPORTS.iter().zip(found).find(|(_, found)| !found) {
            Some((interface, _)) => Err(Error::MissingExport { name: format!("{interface}@{VERSION}0") }),
            None => Ok(()),
        }
    }
}

/// Whether `name` is `interface` in a version that is compatible with ours.
fn is_interface(name: &str, interface: &str) -> bool {
    name.strip_prefix(interface)
        .and_then(|rest| rest.strip_prefix('@'))
        .is_some_and(|version| version.starts_with(VERSION))
}

fn bounded(what: &'static str, found: u64, max: u64) -> Result<(), Error> {
    if found > max { Err(Error::TooComplex { what, found, max }) } else { Ok(()) }
}

/// The first bytes of a file, for people.
pub(crate) fn start_of(bytes: &[u8]) -> String {
    const SHOWN_MAX: usize = 16;
    match bytes.get(..bytes.len().min(SHOWN_MAX)) {
        None | Some([]) => "nothing (it is empty)".to_owned(),
        Some(start) => format!("\"{}\"", start.escape_ascii()),
    }
}
