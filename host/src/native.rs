//! Tools of the program itself, beside those of plugins.
//!
//! The program has none: what an assistant can do comes from plugins. The benchmarks serve some, which tells what it
//! costs that a tool is a plugin's. Such a tool is not listed; it is counted and logged as others are, and its arguments
//! and results are held against the schemas of the plugin's tool that it does the same as.

use std::collections::BTreeMap;

/// What such a tool reads the bridge with.
pub use hue_bridge;
use hue_bridge::Bridge;
use serde_json::{Map, Value};

/// From arguments to what is said, and the same as JSON; or what is wrong with the arguments.
pub type Run = Box<dyn Fn(Map<String, Value>) -> Result<(String, Value), String> + Send + Sync>;

/// One tool.
pub struct Tool {
    /// Name of the plugin's tool whose schemas hold for this one.
    pub like: &'static str,
    /// What it does.
    pub run: Run,
}

/// By name.
pub type Tools = BTreeMap<&'static str, Tool>;

/// Makes the tools of a session, which may read the bridge, if there is one.
pub type Maker = fn(Option<&Bridge>) -> Tools;

/// The program's own.
pub(crate) fn none(_: Option<&Bridge>) -> Tools {
    Tools::new()
}
