//! Plugins: components that are compiled, described and checked, and called in an instance for each call.
//!
//! Beside the bindings in `contract`, this is the only folder that names wasmtime. A module imports only those below it
//! in this list:
//! - [`loaded`], [`load`]: a [`Plugin`] with its exports as functions, and how bytes become one;
//! - [`lazy_component`], [`component`]: a component that is loaded when it is first needed, and makes instances;
//! - [`warm_pool`]: instances that are made before their call;
//! - [`engine`]: the parts that all plugins share: the compiler, the allocators and the metadata cache;
//! - [`instance`], [`ready_component`]: one call in one instance, of a component whose exports are known;
//! - [`allocator`]: instances from a pool or on demand, and the linking for either;
//! - [`store`], [`limits`], [`output`]: the state of an instance, with its memory, time and printed lines;
//! - [`metadata_cache`]: the catalogs of plugins that loaded in an earlier run;
//! - [`compile`]: bytes to machine code, in a process of its own;
//! - [`portability`]: what client families demand of tools, and how they are published;
//! - [`catalog`], [`schema`]: the tools, prompts and resources of a plugin, checked before they are served;
//! - [`toolchain`]: what built a component, and what is known to go wrong with it;
//! - [`bundle`]: the machine code of the first-party plugins, which was compiled when the host was built;
//! - [`component_source`], [`disk_cache`], [`engine_config`], [`code_settings`], [`circuit_breaker`], [`error`]: parts
//!   without parts.

mod allocator;
mod bundle;
mod catalog;
mod circuit_breaker;
mod code_settings;
pub(crate) mod compile;
mod component;
mod component_source;
mod disk_cache;
mod engine;
mod engine_config;
mod error;
mod exports;
mod instance;
mod lazy_component;
mod limits;
mod load;
mod loaded;
mod metadata_cache;
mod output;
pub(crate) mod portability;
mod ready_component;
pub(crate) mod schema;
mod store;
mod toolchain;
mod warm_pool;

pub(crate) use catalog::{Catalog, Prompt, Resource, Tool, Variables, absolute_uri, is_name, parse_uri};
pub(crate) use component_source::ComponentSource;
pub(crate) use engine::Engine;
pub(crate) use error::PluginError;
pub(crate) use load::PluginCandidate;
pub(crate) use loaded::{DEFAULT_CALL_TIMEOUT, Plugin};
