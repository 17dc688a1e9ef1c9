//! Plugins: components that are compiled, described, checked and run, each call in an instance of its own.
//!
//! The only folder that names wasmtime. Files in the order of a plugin's life:
//! - [`engine`]: one compiler, one linker, one clock for all plugins;
//! - [`load`]: bytes → a [`Plugin`] that is known to be good, or the reason why not;
//! - [`schema`]: what a plugin says about its arguments, checked before it is believed;
//! - [`instance`]: one call in one instance, within its limits;
//! - [`limits`], [`output`]: what an instance may use and print.

mod engine;
mod instance;
mod limits;
mod load;
mod output;
pub(crate) mod schema;
pub(crate) mod wit;

pub(crate) use engine::Engine;
pub(crate) use instance::Failure;
pub(crate) use load::{LoadError, Plugin, Tool};
