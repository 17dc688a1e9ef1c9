//! Lists the lights of a bridge, by rooms.
//!
//! ```sh
//! cargo run --example list -- --demo
//! ```

mod common;

use std::{io::Write, process::ExitCode};

use hue_bridge::{Light, Reachability, color};

const USAGE: &str = "Usage: list [--host HOST ...|--demo]\nLists the lights of a bridge, by rooms.\n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect(), &mut std::io::stdout()).await {
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
    let home = connected.bridge.view().home;
    let mut room = None;
    // Lights come sorted by room and name.
    for light in &home.lights {
        if room != Some(&light.room) {
            writeln!(out, "{}", light.room.as_deref().unwrap_or("(in no room)"))?;
        }
        room = Some(&light.room);
        writeln!(out, "  {:<24} {}", light.name, state(light))?;
    }
    connected.bridge.shutdown().await;
    Ok(())
}

fn state(light: &Light) -> String {
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
