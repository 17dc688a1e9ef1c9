//! Behaves well: returns its text as often as it is asked to.

use lamplighter_plugin::prelude::*;

/// What to say, and how often.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Echo {
    /// What to say.
    text: String,
    /// How often.
    #[schemars(range(min = 1, max = 5))]
    count: u8,
}

/// What was said.
#[derive(Serialize, JsonSchema)]
struct Echoed {
    /// The text, as often as it was asked for.
    said: Vec<String>,
}

fn echo(args: Echo) -> Json<Echoed> {
    Json(Echoed { said: vec![args.text; usize::from(args.count)] })
}

export_plugin! { tools: [Tool::new("echo", "Says again what it is told.", echo).title("Echo").read_only()] }
