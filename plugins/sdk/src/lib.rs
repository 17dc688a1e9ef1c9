//! The SDK for Lamplighter plugins in Rust. Tools, prompts and resources are functions with typed arguments and results.
//!
//! A plugin is a WebAssembly component that a Lamplighter host loads from a folder. This crate turns functions into the
//! component's exports and derives JSON Schemas from their types. It wraps the interfaces of the host: [`home`],
//! [`control`], [`scenes`], [`storage`], [`status`], [`settings`], [`clip`], [`log`] and [`call`].
//!
//! The crate does not know MCP, Hue's network API or the inside of the host. It compiles against the contract alone, the
//! WIT package `lamplighter:plugin`. The host resolves names, parses colours and paces requests.
//!
//! # A complete plugin
//! ```
//! use lamplighter_plugin::prelude::*;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Wink {
//!     /// Name of the light.
//!     light: String,
//! }
//!
//! fn wink(args: Wink) -> Result<String, ToolError> {
//!     let light = home::light(&args.light)?;
//!     control::apply(&[Command::light(&light.id, Change::toggle())])?;
//!     call::sleep(500);
//!     control::apply(&[Command::light(&light.id, Change::toggle())])?;
//!     Ok(format!("{} winked.", light.name))
//! }
//!
//! export_plugin! { tools: [Tool::new("wink", "Turns a light off and on again, or on and off.", wink)] }
//! # fn main() {}
//! ```
//! The crate of a plugin is a `cdylib` and depends on `lamplighter-plugin`, `serde` and `schemars`. The command
//! `cargo build --release --target wasm32-wasip2` builds the component.
//!
//! # Testing without a host
//! On every target but WebAssembly, a [`testing::FakeHost`] of the running thread takes the place of the host. `cargo test`
//! therefore checks what a plugin does to a home.

// Public because the macros of this crate name it in the plugin's crate.
#[doc(hidden)]
pub mod bindings;

#[cfg(any(test, all(target_arch = "wasm32", feature = "arena")))]
mod arena;
mod arguments;
mod changes;
mod error;
mod export;
mod metadata;
mod prompt;
mod report;
mod resource;
mod schema;
mod search;
mod tool;
mod tool_output;

pub mod call;
pub mod clip;
pub mod control;
pub mod home;
pub mod log;
pub mod prelude;
pub mod scenes;
pub mod settings;
pub mod status;
pub mod storage;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use bindings::exports::lamplighter::plugin::tools::ToolOutput;
pub use bindings::lamplighter::plugin::content::{
    Blob, ContentBlock, EmbeddedResource, Icon, ResourceContents, ResourceLink,
};
pub use bindings::lamplighter::plugin::types::{
    Candidate, Error, FieldError, Kind, NoMatch, ToolError, Unavailable, Xy,
};
pub use changes::{Changes, DeliveryKind, LightResult, Plan, PlanStep, StateView, count_noun};
pub use export::Plugin;
pub use lamplighter_report::{ErrorCode, ReportBody, ReportError, Status};
pub use prompt::{IntoPrompt, Messages, Prompt, PromptOutput, Role};
pub use report::Report;
pub use resource::{IntoResource, Resource, ResourceOutput, ResourcePart};
pub use tool::{StaticSchemas, Tool};
pub use tool_output::{IntoToolOutput, Json, NoArguments, Reply, TextWithData};

/// Selects the implementation behind [`home`] and its siblings: the host's imports, or the fake host of this thread.
mod backend {
    #[cfg(target_arch = "wasm32")]
    pub(crate) use crate::bindings::lamplighter::plugin::{
        call, clip, control, home, log, scenes, settings, status, storage,
    };
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) use crate::testing::backend::{call, clip, control, home, log, scenes, settings, status, storage};
}
