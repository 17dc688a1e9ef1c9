//! The first-party plugin `scenes`, which lists, activates, creates, changes and deletes scenes.
#![allow(clippy::needless_pass_by_value, reason = "a tool takes its arguments by value")]

mod activate;
mod create;
mod delete;
mod list;
mod reference;
mod schemas;
mod update;

use lamplighter_plugin::prelude::*;

export_plugin! {
    tools: [list::tool(), activate::tool(), create::tool(), update::tool(), delete::tool()],
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
