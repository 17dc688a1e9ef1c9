//! Behaves well, with ten tools. Their names follow from a mark in the component's bytes: a benchmark changes the mark to
//! make a hundred plugins.

use std::hint::black_box;

use lamplighter_plugin::prelude::*;

/// The mark, which the bytes hold once. The benchmark changes its digits.
static NUMBER_MARK: &str = "ten-tools-of-number-0000";

/// How to change a lamp.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Change {
    /// Name of the lamp.
    #[schemars(length(min = 1, max = 128))]
    light: String,
    /// Percent.
    #[schemars(range(min = 1, max = 100))]
    brightness_pct: Option<u8>,
    /// How long the change takes, in seconds.
    #[schemars(range(min = 0, max = 60))]
    transition: Option<f64>,
    /// What to do.
    action: Option<Action>,
}

/// What is done with a lamp.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    On,
    Off,
    Toggle,
}

/// What was asked.
#[derive(Serialize, JsonSchema)]
struct Asked {
    /// Name of the lamp.
    light: String,
    /// Percent.
    brightness_pct: Option<u8>,
    /// Seconds.
    transition: Option<f64>,
    /// What to do.
    action: Option<Action>,
}

fn tool(number: u8) -> Tool {
    let mark = black_box(NUMBER_MARK);
    let plugin = mark.rsplit('-').next().unwrap_or_default();
    let answer = |change: Change| {
        let Change { light, brightness_pct, transition, action } = change;
        Report::success("Nothing was changed.", Asked { light, brightness_pct, transition, action })
    };
    let description = "Says what it was asked to do with a lamp, and does not do it. Use it where a hundred plugins are \
                       needed that are like those people write.";
    Tool::new(&format!("p{plugin}_change_{number}"), description, answer).title("Change nothing").read_only()
}

export_plugin! {
    tools: [tool(0), tool(1), tool(2), tool(3), tool(4), tool(5), tool(6), tool(7), tool(8), tool(9)]
}
