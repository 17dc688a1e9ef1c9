//! The first-party plugin `scenes`, which lists, activates, creates, changes and deletes scenes.
#![allow(clippy::needless_pass_by_value, reason = "a tool takes its arguments by value")]

mod activate;
mod create;
mod delete;
mod list;
mod reference;
mod update;

use lamplighter_plugin::prelude::*;

export_plugin! {
    tools: [list::tool(), activate::tool(), create::tool(), update::tool(), delete::tool()],
}
