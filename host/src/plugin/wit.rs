//! The contract as Rust types, generated from `wit/`. Nothing else in the host names a WIT type by hand.

// What the macro writes is not ours to lint.
#![allow(clippy::all, clippy::pedantic, missing_docs, unreachable_pub)]

/// The imports of every interface and the export `tools`.
mod everything {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "everything",
        imports: {
            "lamplighter:plugin/control.apply": async,
            "lamplighter:plugin/scenes": async,
            "lamplighter:plugin/storage": async,
            "lamplighter:plugin/clip": async,
            "lamplighter:plugin/call.sleep": async,
        },
        exports: { default: async },
        // What a plugin says of itself is kept.
        additional_derives: [serde::Serialize, serde::Deserialize],
    });
}

/// The export `lifecycle`, which a plugin may have or not.
mod lifecycle_world {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "with-lifecycle",
        exports: { default: async },
    });
}

/// The export `prompts`, which a plugin may have or not.
mod prompts_world {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "with-prompts",
        exports: { default: async },
        additional_derives: [serde::Serialize, serde::Deserialize],
        with: {
            "lamplighter:plugin/types": super::everything::lamplighter::plugin::types,
            "lamplighter:plugin/content": super::everything::lamplighter::plugin::content,
        },
    });
}

/// The export `resources`, which a plugin may have or not.
mod resources_world {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "with-resources",
        exports: { default: async },
        additional_derives: [serde::Serialize, serde::Deserialize],
        with: {
            "lamplighter:plugin/types": super::everything::lamplighter::plugin::types,
            "lamplighter:plugin/content": super::everything::lamplighter::plugin::content,
        },
    });
}

pub(crate) use everything::exports::lamplighter::plugin::tools;
pub(crate) use everything::lamplighter::plugin::{
    call, clip, content, control, home, log, scenes, settings, status, storage, types,
};
pub(crate) use lifecycle_world::exports::lamplighter::plugin::lifecycle;
pub(crate) use prompts_world::exports::lamplighter::plugin::prompts;
pub(crate) use resources_world::exports::lamplighter::plugin::resources;

/// The interface `home` by its full name.
pub(super) const HOME: &str = "lamplighter:plugin/home@0.1.0";

/// Links all imports of the contract.
pub(super) fn add_to_linker<T, D>(
    linker: &mut wasmtime::component::Linker<T>,
    get: fn(&mut T) -> D::Data<'_>,
) -> wasmtime::Result<()>
where
    T: Send + 'static,
    D: wasmtime::component::HasData + Send,
    for<'a> D::Data<'a>: types::Host
        + content::Host
        + home::Host
        + control::Host
        + scenes::Host
        + log::Host
        + call::Host
        + settings::Host
        + status::Host
        + storage::Host
        + clip::Host
        + Send,
{
    everything::Everything::add_to_linker::<T, D>(linker, get)
}
