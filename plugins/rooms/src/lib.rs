//! The first-party plugin `rooms`, which lists, shows, changes and paints rooms, zones and the whole home.
#![allow(clippy::needless_pass_by_value, reason = "a tool takes its arguments by value")]

mod control;
mod get;
mod list;
mod paint;
mod palette;

use lamplighter_common::TurnOnDefaults;
use lamplighter_plugin::prelude::*;

export_plugin! {
    tools: [list::tool(), get::tool(), control::tool(), paint::tool()],
    start: TurnOnDefaults::check_settings,
}
