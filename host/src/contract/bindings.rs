//! The contract's Rust types, generated from `wit/`. No other file of the host declares a WIT type.

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
