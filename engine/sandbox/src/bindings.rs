//! What wasmtime generates from `plugins/wit`: the host's side of the plugin contract.
//!
//! One world holds every interface; which of them a component must import and export is decided at admission.
//! Arguments are borrowed, so a chunk goes straight from its buffer into the guest's memory.
#![allow(missing_docs, reason = "generated code; the WIT file documents it")]
#![allow(clippy::all, clippy::restriction, unreachable_pub, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../../plugins/wit",
    inline: "
        package gristmill:engine@0.1.0;
        world plugins {
            import gristmill:plugin/host@0.1.0;
            import gristmill:plugin/storage@0.1.0;
            import gristmill:plugin/tasks@0.1.0;
            export gristmill:plugin/describe@0.1.0;
            export gristmill:plugin/kernels@0.1.0;
            export gristmill:plugin/reader@0.1.0;
        }
    ",
    world: "gristmill:engine/plugins@0.1.0",
    ownership: Borrowing { duplicate_if_necessary: true },
    imports: { default: trappable },
    with: {
        "gristmill:plugin/storage.blob": gristmill_storage::Blob,
        "gristmill:plugin/tasks.future": crate::tasks::Submitted,
    },
});
