//! Plugins: components that are compiled, described, checked and run, each call in an instance of its own.
//!
//! The only folder that names wasmtime. Files in the order of a plugin's life:
//! - [`source`]: where a component's bytes come from;
//! - [`compile`]: bytes → machine code, in a process of its own, kept in a cache;
//! - [`engine`]: one linker, one clock for all plugins, and where their instances find room;
//! - [`component`]: machine code that is linked and exports what it must;
//! - [`load`]: bytes → a [`Plugin`] that is known to be good, or the reason why not;
//! - [`offer`]: the tools, prompts and resources it says it has, checked;
//! - [`memory`]: what plugins said of themselves in an earlier run;
//! - [`lazy`]: a component that is loaded when it is first needed;
//! - [`contract`]: what it asks for and offers, read before it runs;
//! - [`schema`]: what a plugin says about its arguments, checked before it is believed;
//! - [`instance`]: one call in one instance, within its limits;
//! - [`standby`]: instances that are made before they are called;
//! - [`limits`], [`output`]: what an instance may use and print;
//! - [`breaker`]: what crashes again and again is put aside.

mod breaker;
pub(crate) mod compile;
mod component;
mod contract;
mod engine;
mod instance;
mod lazy;
mod limits;
mod load;
mod memory;
mod offer;
mod output;
pub(crate) mod schema;
mod source;
mod standby;
pub(crate) mod wit;

pub(crate) use engine::Engine;
pub(crate) use instance::Failure;
pub(crate) use load::{Candidate, LoadError, Plugin};
pub(crate) use offer::{Offer, Prompt, Resource, Tool, Variables, absolute, read_uri};
pub(crate) use source::Source;
