//! The first-party plugin `scenes`: list, activate, make, change and delete scenes.

mod activate;
mod create;
mod delete;
mod list;
mod update;

use lamplighter_plugin::prelude::*;

export_plugin! {
    tools: [list::tool(), activate::tool(), create::tool(), update::tool(), delete::tool()],
}
