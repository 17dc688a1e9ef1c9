//! Tools of the program itself, beside those of plugins.
//!
//! The program has none: what an assistant can do comes from plugins. The benchmarks serve some, which tells what it
//! costs that a tool is a plugin. Such a tool is counted and logged as others are, but not listed, and its
//! arguments and results are not held against a schema.

use std::collections::BTreeMap;

pub use hue_bridge::Bridge;
use serde_json::{Map, Value};

/// From arguments to what is said, and the same as JSON; or what is wrong with the arguments.
pub type Tool = Box<dyn Fn(Map<String, Value>) -> Result<(String, Value), String> + Send + Sync>;

/// By name.
pub type Tools = BTreeMap<&'static str, Tool>;

/// Makes the tools of a session, which may read the bridge, if there is one.
pub type Maker = fn(Option<&Bridge>) -> Tools;

/// The program's own.
pub(crate) fn none(_: Option<&Bridge>) -> Tools {
    Tools::new()
}
