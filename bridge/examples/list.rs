//! Lists the lights of a bridge, by rooms.
//!
//! ```sh
//! cargo run --example list -- --demo
//! ```

#[path = "common/connection.rs"]
mod common;

use std::{io::Write, process::ExitCode};

use clap::Parser;
use common::BridgeArguments;
use hue_bridge::{Light, Reachability, color};

/// Lists the lights of a bridge, by rooms
#[derive(Parser)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bridge: BridgeArguments,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    common::exit_code(run(Arguments::parse(), &mut std::io::stdout()).await)
}

/// Runs the program, with its output to `out`.
pub(crate) async fn run(arguments: Arguments, out: &mut impl Write) -> Result<(), common::AnyError> {
    let connected = arguments.bridge.connect().await?;
    let home = connected.bridge.view().home;
    let mut room = None;
    // Lights come sorted by room and name.
    for light in &home.lights {
        if room != Some(&light.room) {
            writeln!(out, "{}", light.room.as_deref().unwrap_or("(in no room)"))?;
        }
        room = Some(&light.room);
        writeln!(out, "  {:<24} {}", light.name, format_state(light))?;
    }
    connected.bridge.shutdown().await;
    Ok(())
}

fn format_state(light: &Light) -> String {
    if let Reachability::Unreachable(word) = &light.reachability {
        return format!("out of reach ({word})");
    }
    if !light.state.on {
        return "off".to_owned();
    }
    let brightness = light.state.brightness.map(|percent| format!(" {percent:.0} %"));
    let color = match (light.state.mirek, light.state.xy) {
        (Some(mirek), _) => Some(format!(" {mirek} mirek")),
        (None, xy) => xy.map(|xy| format!(" {}", color::hex(xy))),
    };
    format!("on{}{}", brightness.unwrap_or_default(), color.unwrap_or_default())
}
