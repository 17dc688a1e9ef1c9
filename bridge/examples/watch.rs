//! Prints the changes in a home as they happen, until it is interrupted.
//!
//! ```sh
//! cargo run --example watch -- --host 192.168.1.2
//! ```

#[path = "common/connection.rs"]
mod common;

use std::{io::Write, process::ExitCode, sync::Arc};

use clap::Parser;
use common::BridgeArguments;
use hue_bridge::{Home, Light, Sensor};

/// Prints what changes in a home, until it is interrupted
#[derive(Parser)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bridge: BridgeArguments,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let result = tokio::select! {
        _ = tokio::signal::ctrl_c() => Ok(()),
        result = run(Arguments::parse(), &mut out) => result,
    };
    common::exit_code(result)
}

/// Runs the program, with its output to `out`.
pub(crate) async fn run(arguments: Arguments, out: &mut impl Write) -> Result<(), common::AnyError> {
    let connected = arguments.bridge.connect().await?;
    let mut changes = connected.bridge.changes();
    let mut before = connected.bridge.view();
    writeln!(out, "watching {} lights", before.home.lights.len())?;
    while changes.changed().await.is_ok() {
        let now = connected.bridge.view();
        if before.freshness.stale != now.freshness.stale {
            writeln!(out, "{}", if now.freshness.stale { "the bridge is gone" } else { "the bridge is there" })?;
        }
        print_changes(&before.home, &now.home, out)?;
        before = now;
    }
    Ok(())
}

/// Prints the differences between two homes: the mirror gives whole homes, not changes.
fn print_changes(before: &Arc<Home>, now: &Arc<Home>, out: &mut impl Write) -> std::io::Result<()> {
    for light in now.lights.iter().filter(|light| before.light(&light.id) != Some(*light)) {
        writeln!(out, "{}: {}", light.name, format_state(light))?;
    }
    for light in before.lights.iter().filter(|light| now.light(&light.id).is_none()) {
        writeln!(out, "{}: gone", light.name)?;
    }
    let is_news = |sensor: &&Sensor| !before.sensors.contains(*sensor);
    for sensor in now.sensors.iter().filter(is_news) {
        writeln!(out, "{}: {:?}", sensor.name, sensor.reading)?;
    }
    Ok(())
}

fn format_state(light: &Light) -> String {
    let on = if light.state.on { "on" } else { "off" };
    let brightness = light.state.brightness.map(|percent| format!(", {percent:.0} %")).unwrap_or_default();
    format!("{on}{brightness}, {:?}", light.reachability)
}
