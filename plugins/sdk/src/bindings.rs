//! Holds what wit-bindgen generates from the contract. The rest of the crate wraps it for plugin authors.
#![allow(missing_docs, unreachable_pub, dead_code, clippy::all, clippy::pedantic)]

// One world imports every interface of the package: a component imports only what its code uses.
wit_bindgen::generate!({
    path: "../../wit",
    world: "everything",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    export_macro_name: "export_tools",
    default_bindings_module: "lamplighter_plugin::bindings",
});

/// Generates the module of a world with one export. WIT has no optional exports, so each interface that a plugin may
/// leave out has a world of its own. `with` shares the types of the tools with it.
macro_rules! optional_export {
    ($module:ident, $world:tt, $macro:tt, $path:tt, { $($with:tt)* }) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit",
                world: $world,
                additional_derives: [PartialEq],
                pub_export_macro: true,
                export_macro_name: $macro,
                default_bindings_module: $path,
                with: { $($with)* },
            });
        }
    };
}

optional_export!(lifecycle, "with-lifecycle", "export_lifecycle", "lamplighter_plugin::bindings::lifecycle", {});
optional_export!(prompts, "with-prompts", "export_prompts", "lamplighter_plugin::bindings::prompts", {
    "lamplighter:plugin/types@0.1.0": crate::bindings::lamplighter::plugin::types,
    "lamplighter:plugin/content@0.1.0": crate::bindings::lamplighter::plugin::content,
});
optional_export!(resources, "with-resources", "export_resources", "lamplighter_plugin::bindings::resources", {
    "lamplighter:plugin/types@0.1.0": crate::bindings::lamplighter::plugin::types,
    "lamplighter:plugin/content@0.1.0": crate::bindings::lamplighter::plugin::content,
});
