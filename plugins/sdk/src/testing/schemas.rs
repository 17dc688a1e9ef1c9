//! Checks that the schemas which a plugin wrote into a file follow from its types.

use std::fmt::Write as _;
use std::{env, fs};

use crate::{Plugin, Tool};

/// The environment variable with which [`check_schemas`] writes the file.
const UPDATE_VARIABLE: &str = "UPDATE_SCHEMAS";

/// The beginning of the file.
const HEAD: &str =
    "//! The schemas of this plugin's tools. The test that checks them writes them, with `UPDATE_SCHEMAS=1`.

use lamplighter_plugin::StaticSchemas;
";

/// Checks that a Rust file holds the schemas of the plugin's tools: for each a constant in capitals, for
/// [`Tool::with_schemas`]. With `UPDATE_SCHEMAS=1` in the environment it writes the file instead.
///
/// # Panics
/// If the file holds others, or cannot be read or written.
pub fn check_schemas<P: Plugin>(path: &str) {
    let expected = P::tools().iter().fold(HEAD.to_owned(), |file, tool| file + &constant(tool));
    if env::var_os(UPDATE_VARIABLE).is_some() {
        fs::write(path, expected).unwrap_or_else(|error| panic!("{path} cannot be written: {error}"));
        return;
    }
    let found = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"));
    let advice = format!("run this test with {UPDATE_VARIABLE}=1 to write it anew");
    assert!(found == expected, "{path} does not hold the schemas of the tools; {advice}");
}

fn constant(tool: &Tool) -> String {
    let name = tool.name().replace('-', "_").to_uppercase();
    let schemas = tool.derived_schemas();
    let mut text = format!("\npub(crate) const {name}: StaticSchemas = StaticSchemas {{\n");
    let _ = writeln!(text, "    arguments: {},", literal(&schemas.arguments()));
    let _ = writeln!(text, "    result: {},\n}};", literal(&schemas.result().unwrap_or_default()));
    text
}

/// Writes JSON text as a string of Rust.
fn literal(text: &str) -> String {
    let signs = |rest: &str| "#".repeat(1 + rest.chars().take_while(|char| *char == '#').count());
    match text.split('"').skip(1).map(signs).max() {
        Some(signs) => format!("r{signs}\"{text}\"{signs}"),
        None => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_quotation_marks_is_a_raw_string() {
        assert_eq!(literal(""), r#""""#);
        assert_eq!(literal(r#"{"a":1}"#), r##"r#"{"a":1}"#"##);
        assert_eq!(literal(r##"{"#a":"#"}"##), r###"r##"{"#a":"#"}"##"###);
    }
}
