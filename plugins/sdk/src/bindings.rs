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

/// The prompts, exported by the plugins that have some; its types are those of the tools.
pub mod prompts {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "with-prompts",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_prompts",
        default_bindings_module: "lamplighter_plugin::bindings::prompts",
        with: {
            "lamplighter:plugin/types@0.1.0": crate::bindings::lamplighter::plugin::types,
            "lamplighter:plugin/content@0.1.0": crate::bindings::lamplighter::plugin::content,
        },
    });
}

/// The resources, exported by the plugins that have some; its types are those of the tools.
pub mod resources {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "with-resources",
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_resources",
        default_bindings_module: "lamplighter_plugin::bindings::resources",
        with: {
            "lamplighter:plugin/types@0.1.0": crate::bindings::lamplighter::plugin::types,
            "lamplighter:plugin/content@0.1.0": crate::bindings::lamplighter::plugin::content,
        },
    });
}
