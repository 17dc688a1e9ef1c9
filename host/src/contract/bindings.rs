//! The contract's Rust types, generated from `wit/` and `wit-draft/`. No other file of the host declares a WIT type.

// The generated code does not follow this project's lints.
#![allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub)]

// A world of the host's own has all imports and all exports. No component must implement it: exports are probed one by
// one, because WIT has no optional exports.
wasmtime::component::bindgen!({
    path: "../wit",
    inline: "
        package lamplighter:host;

        world contract {
            include lamplighter:plugin/everything@0.1.0;
            include lamplighter:plugin/with-lifecycle@0.1.0;
            include lamplighter:plugin/with-prompts@0.1.0;
            include lamplighter:plugin/with-resources@0.1.0;
        }
    ",
    world: "contract",
    // Only imports that wait are async.
    imports: {
        "lamplighter:plugin/control.apply": async,
        "lamplighter:plugin/scenes": async,
        "lamplighter:plugin/storage": async,
        "lamplighter:plugin/clip": async,
        "lamplighter:plugin/call.sleep": async,
    },
    exports: { default: async },
    // The metadata cache stores tools, prompts and resources as JSON.
    additional_derives: [serde::Serialize, serde::Deserialize],
});

/// The next version of the contract. What both versions declare alike has the Rust types, and the implementation, of the
/// first: the component model compares types by their structure.
pub(crate) mod draft {
    wasmtime::component::bindgen!({
        path: "../wit-draft",
        inline: "
            package lamplighter:host;

            world contract {
                include lamplighter:plugin/everything@0.2.0;
                include lamplighter:plugin/with-lifecycle@0.2.0;
                include lamplighter:plugin/with-prompts@0.2.0;
                include lamplighter:plugin/with-resources@0.2.0;
            }
        ",
        world: "contract",
        with: {
            "lamplighter:plugin/types@0.2.0": super::lamplighter::plugin::types,
            "lamplighter:plugin/content@0.2.0": super::shared::content,
            "lamplighter:plugin/outcomes@0.2.0": super::lamplighter::plugin::control,
            "lamplighter:plugin/log@0.2.0": super::lamplighter::plugin::log,
            "lamplighter:plugin/call@0.2.0": super::lamplighter::plugin::call,
            "lamplighter:plugin/settings@0.2.0": super::lamplighter::plugin::settings,
            "lamplighter:plugin/home@0.2.0": super::lamplighter::plugin::home,
            "lamplighter:plugin/status@0.2.0": super::lamplighter::plugin::status,
            "lamplighter:plugin/storage@0.2.0": super::lamplighter::plugin::storage,
            "lamplighter:plugin/clip@0.2.0": super::lamplighter::plugin::clip,
        },
        imports: {
            "lamplighter:plugin/control.apply": async,
            "lamplighter:plugin/scenes": async,
        },
        exports: { default: async },
    });
}

/// The interfaces of the draft that hold types of several interfaces of 0.1.0.
mod shared {
    pub mod content {
        pub use super::super::{
            exports::lamplighter::plugin::{prompts::*, resources::*, tools::*},
            lamplighter::plugin::content::*,
        };
    }
}
