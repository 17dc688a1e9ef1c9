//! Write a Lamplighter plugin in Rust: a tool is a function with typed arguments and a typed result; so are prompts and
//! resources.
//!
//! A plugin is a WebAssembly component that a Lamplighter host loads from a folder. This crate turns functions into the
//! component's exports, derives the JSON Schemas of their arguments and results from their types, and gives access to
//! what the host offers: [`home`], [`control`], [`scenes`], [`storage`], [`status`], [`settings`], [`clip`], [`log`]
//! and
//! [`call`].
//!
//! It knows nothing of MCP, of Hue's network API and of the host's insides: the contract is the WIT package
//! `lamplighter:plugin`, and a plugin that compiles against it needs nothing else. Names are resolved, colours are
//! understood and requests are paced by the host.
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
//! The crate that holds it is a `cdylib` with `lamplighter-plugin`, `serde` and `schemars` among its dependencies, and
//! `cargo build --release --target wasm32-wasip2` makes the component.
//!
//! # Testing without a host
//! On every target but WebAssembly the host is a [`testing::FakeHost`] of the running thread, so that `cargo test`
//! tests what a plugin does to a home.

// The generated code hides what `macro_rules` of this crate need to name, behind `#[doc(hidden)]`.
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
pub use changes::{Changes, DeliveryKind, LightResult, Plan, PlanStep, StateView};
pub use export::Plugin;
pub use lamplighter_report::{ErrorCode, ReportBody, ReportError, Status};
pub use prompt::{IntoPrompt, Messages, Prompt, PromptOutput, Role};
pub use report::Report;
pub use resource::{IntoResource, Resource, ResourceOutput, ResourcePart};
pub use tool::Tool;
pub use tool_output::{IntoToolOutput, Json, NoArguments, Reply, TextWithData};

/// Where the functions of [`home`] and its siblings go: the host, or the fake host of this thread.
mod backend {
    #[cfg(target_arch = "wasm32")]
    pub(crate) use crate::bindings::lamplighter::plugin::{
        call, clip, control, home, log, scenes, settings, status, storage,
    };
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) use crate::testing::backend::{call, clip, control, home, log, scenes, settings, status, storage};
}
