//! Returns an error from `start`.

use lamplighter_plugin::prelude::*;
use lamplighter_test_guests::text_tool;

fn start() -> Result<(), String> {
    Err("no".to_owned())
}

export_plugin! { tools: [text_tool("refuses_start_tool", "You should not see this.")], start: start }
