//! The first-party plugin `lights`, which lists, shows, changes and identifies single lights.
#![allow(clippy::needless_pass_by_value, reason = "a tool takes its arguments by value")]

mod control;
mod get;
mod identify;
mod list;
mod reference;
mod schemas;

use lamplighter_common::TurnOnDefaults;
use lamplighter_plugin::prelude::*;

export_plugin! {
    tools: [list::tool(), get::tool(), control::tool(), identify::tool()],
    start: TurnOnDefaults::check_settings,
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::testing::check_schemas;

    use super::*;

    #[test]
    fn the_written_schemas_follow_from_the_types() {
        check_schemas::<ThisPlugin>(concat!(env!("CARGO_MANIFEST_DIR"), "/src/schemas.rs"));
    }
}
