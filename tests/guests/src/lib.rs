//! Plugins for the tests of the host, one per file of `examples/`. Most of them misbehave; `README.md` lists them.
//!
//! `cargo build --profile plugin --target wasm32-wasip2 -p lamplighter-test-guests --examples` makes each a component.
//! This library holds the code that several of them share, and functions that make a component larger.

mod code;
mod memories;
pub mod sections;

use lamplighter_plugin::prelude::*;
use serde_json::{Value, json};

pub use code::with_code;
pub use memories::with_memories;

/// Returns the tool `swap_version`, which tells the version of its plugin.
pub fn swap_version_tool(version: u32) -> Tool {
    Tool::new("swap_version", "Tells which version of this plugin answers.", move |_: NoArguments| {
        Reply::json(json!({ "version": version }))
    })
    .read_only()
}

/// Returns a tool without arguments that answers a fixed text.
pub fn text_tool(name: &str, text: &'static str) -> Tool {
    Tool::new(name, "Answers a fixed text.", move |_: NoArguments| text).read_only()
}

/// Returns the tool `lights_left_on`, which both versions of `bedtime` have.
pub fn lights_left_on_tool() -> Tool {
    let answer = |_: NoArguments| -> Result<String, ToolError> {
        let lit: Vec<_> = home::lights()?.into_iter().filter(|light| light.state.on).map(|light| light.name).collect();
        Ok(if lit.is_empty() { "Everything is off.".into() } else { format!("Still on: {}.", lit.join(", ")) })
    };
    Tool::new("lights_left_on", "Tells which lights are still on.", answer).read_only()
}

/// Returns the schema of an object with one property.
pub fn object_schema(property: &str, schema: &Value) -> Value {
    json!({"type": "object", "properties": {property: schema}})
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_readme_has_a_row_for_every_guest() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let readme = std::fs::read_to_string(package.join("README.md")).expect("there is a README");
        for file in package.join("examples").read_dir().expect("there are guests") {
            let path = file.expect("a file").path();
            let name = path.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
            assert!(readme.contains(&format!("`{name}`")), "{name} has no row in README.md");
        }
    }
}
