//! The first-party plugin `lights`, which lists, shows, changes and identifies single lights.
#![allow(clippy::needless_pass_by_value, reason = "a tool takes its arguments by value")]

mod control;
mod get;
mod identify;
mod list;
mod reference;

use lamplighter_common::TurnOnDefaults;
use lamplighter_plugin::prelude::*;

export_plugin! {
    tools: [list::tool(), get::tool(), control::tool(), identify::tool()],
    start: TurnOnDefaults::check_settings,
}
