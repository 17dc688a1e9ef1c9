//! Tells what changes in a home, as it happens, until it is interrupted.
//!
//! ```sh
//! cargo run --example watch -- --host 192.168.1.2
//! ```

mod common;

use std::{io::Write, process::ExitCode, sync::Arc};

use hue_bridge::{Home, Light, Sensor};

const USAGE: &str = "Usage: watch [--host HOST ...|--demo]\nTells what changes in a home, until it is interrupted.\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut out = std::io::stdout();
    let result = tokio::select! {
        _ = tokio::signal::ctrl_c() => Ok(()),
        result = run(std::env::args().skip(1).collect(), &mut out) => result,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What the program does.
pub(crate) async fn run(mut arguments: Vec<String>, out: &mut impl Write) -> Result<(), common::Failure> {
    if common::take_flag(&mut arguments, "--help") {
        return Ok(writeln!(out, "{USAGE}\n{}", common::WHICH)?);
    }
    let connected = common::connect(&mut arguments).await?;
    if let Some(unknown) = arguments.first() {
        return Err(format!("what is {unknown}?\n\n{USAGE}").into());
    }
    let mut changes = connected.bridge.changes();
    let mut before = connected.bridge.view();
    writeln!(out, "watching {} lights", before.home.lights.len())?;
    while changes.changed().await.is_ok() {
        let now = connected.bridge.view();
        if before.freshness.stale != now.freshness.stale {
            writeln!(out, "{}", if now.freshness.stale { "the bridge is gone" } else { "the bridge is there" })?;
        }
        tell(&before.home, &now.home, out)?;
        before = now;
    }
    Ok(())
}

/// The mirror gives whole homes: what changed is what differs.
fn tell(before: &Arc<Home>, now: &Arc<Home>, out: &mut impl Write) -> std::io::Result<()> {
    for light in now.lights.iter().filter(|light| before.light(&light.id) != Some(*light)) {
        writeln!(out, "{}: {}", light.name, in_words(light))?;
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

fn in_words(light: &Light) -> String {
    let on = if light.state.on { "on" } else { "off" };
    let brightness = light.state.brightness.map(|percent| format!(", {percent:.0} %")).unwrap_or_default();
    format!("{on}{brightness}, {:?}", light.reachability)
}
