//! What wit-bindgen generates from the contract. The rest of the crate gives it its shape for plugin authors.
#![allow(missing_docs, unreachable_pub, dead_code, clippy::all, clippy::pedantic)]

// One set of imports for everything the package has: a component imports only what its code uses.
wit_bindgen::generate!({
    path: "../../wit",
    world: "everything",
    additional_derives: [PartialEq],
    pub_export_macro: true,
    export_macro_name: "export_tools",
    default_bindings_module: "lamplighter_plugin::bindings",
});

/// WIT has no optional exports, so the lifecycle is a world of its own, exported by the plugins that have one.
pub mod lifecycle {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "with-lifecycle",
        pub_export_macro: true,
        export_macro_name: "export_lifecycle",
        default_bindings_module: "lamplighter_plugin::bindings::lifecycle",
    });
}
