//! What wit-bindgen generates from `plugins/wit`: the contract's types, imports and export macros.
#![allow(missing_docs, reason = "generated code; the WIT file documents it")]
#![allow(unsafe_code, reason = "generated code crosses the canonical ABI with raw pointers")]
#![allow(clippy::all, clippy::restriction, unreachable_pub, reason = "generated code")]

/// World `task`: what every plugin exports.
pub mod task {
    wit_bindgen::generate!({
        path: "../wit",
        world: "task",
        pub_export_macro: true,
        export_macro_name: "export_task",
        default_bindings_module: "gristmill_plugin::bindings::task",
        additional_derives: [PartialEq, Clone],
    });
}

/// What world `nested` adds to world `task`.
pub mod nested {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package gristmill:sdk@0.1.0;
            world nesting {
                import gristmill:plugin/tasks@0.1.0;
            }
        ",
        world: "gristmill:sdk/nesting@0.1.0",
        generate_all,
        with: { "gristmill:plugin/types@0.1.0": crate::bindings::task::gristmill::plugin::types },
    });
}

/// What world `format` adds to world `task`; a component with both has exactly world `format`.
pub mod format {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "
            package gristmill:sdk@0.1.0;
            world reading {
                import gristmill:plugin/storage@0.1.0;
                export gristmill:plugin/reader@0.1.0;
            }
        ",
        world: "gristmill:sdk/reading@0.1.0",
        generate_all,
        with: { "gristmill:plugin/types@0.1.0": crate::bindings::task::gristmill::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_format",
        default_bindings_module: "gristmill_plugin::bindings::format",
        additional_derives: [PartialEq, Clone],
    });
}
