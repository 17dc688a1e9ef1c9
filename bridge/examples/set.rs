//! Changes a light, a room or everything, and prints what each lamp did.
//!
//! ```sh
//! cargo run --example set -- --demo "living room" on 40% orange
//! ```

#[path = "common/connection.rs"]
mod common;

use std::{io::Write, process::ExitCode, time::Duration};

use clap::Parser;
use common::BridgeArguments;
use hue_bridge::{
    Adjustment, ApplyOptions, Brightness, Change, Color, Command, FindError, Home, Kind, Kinds, Power, Target,
};

/// Changes a light, a room, a zone, or `all`
#[derive(Parser)]
pub(crate) struct Arguments {
    #[command(flatten)]
    bridge: BridgeArguments,
    /// Print the plan and send nothing
    #[arg(long)]
    dry_run: bool,
    /// The light, room or zone; `all` is every light
    name: String,
    /// on, off, toggle; 40%, +10%, -10%; orange, '#ff8800', 2700K, '370 mirek', 'warm white'; in:5s takes 5 seconds
    #[arg(required = true, allow_hyphen_values = true)]
    changes: Vec<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    common::exit_code(run(Arguments::parse(), &mut std::io::stdout()).await)
}

/// Runs the program, with its output to `out`.
pub(crate) async fn run(arguments: Arguments, out: &mut impl Write) -> Result<(), common::AnyError> {
    let connected = arguments.bridge.connect().await?;
    let bridge = &connected.bridge;
    let target = find_target(&bridge.view().home, &arguments.name)?;
    let mut change = Change::default();
    arguments.changes.iter().try_for_each(|word| parse_word(word, &mut change))?;
    let commands = [Command::Set { target, change }];
    if arguments.dry_run {
        let plan = bridge.plan(&commands)?;
        for step in &plan.steps {
            writeln!(out, "{:?} {}: {}", step.kind, step.name, step.body)?;
        }
        return Ok(writeln!(out, "{} requests in {:?}", plan.steps.len(), plan.estimated)?);
    }
    for outcome in bridge.apply(&commands, ApplyOptions::default()).await? {
        let adjustments: String = outcome.adjustments.iter().map(format_adjustment).collect();
        writeln!(out, "{}: {:?}{adjustments}", outcome.name, outcome.delivery)?;
    }
    bridge.shutdown().await;
    Ok(())
}

fn find_target(home: &Home, name: &str) -> Result<Target, common::AnyError> {
    let kinds = Kinds { scene: false, ..Kinds::ALL };
    match home.find(name, kinds, None) {
        Ok(found) if found.kind == Kind::Light => Ok(Target::Light(found.id)),
        Ok(found) => Ok(Target::Group(found.id)),
        Err(error) => {
            let (FindError::NotFound(like) | FindError::Ambiguous(like)) = &error;
            let names: Vec<&str> = like.iter().map(|candidate| candidate.name.as_str()).collect();
            Err(format!("{name}: {error}. Did you mean one of these? {}", names.join(", ")).into())
        }
    }
}

fn parse_word(word: &str, change: &mut Change) -> Result<(), common::AnyError> {
    if let Some(percent) = word.strip_suffix('%') {
        let number: f64 = percent.parse().map_err(|_| format!("{word} is no brightness"))?;
        let delta = percent.starts_with(['+', '-']);
        change.brightness = Some(if delta { Brightness::Delta(number) } else { Brightness::Percent(number) });
        return Ok(());
    }
    if let Some(seconds) = word.strip_prefix("in:").and_then(|text| text.strip_suffix('s')) {
        let seconds = seconds.parse().map_err(|_| format!("{word} is no time"))?;
        change.transition = Some(Duration::try_from_secs_f64(seconds)?);
        return Ok(());
    }
    match word {
        "on" => change.power = Some(Power::On),
        "off" => change.power = Some(Power::Off),
        "toggle" => change.power = Some(Power::Toggle),
        color => change.color = Some(Color::Text(color.to_owned())),
    }
    Ok(())
}

fn format_adjustment(adjustment: &Adjustment) -> String {
    match adjustment {
        Adjustment::Clamped { attribute, asked, given } => format!("; {attribute} {given} instead of {asked}"),
        Adjustment::Unsupported(attribute) => format!("; has no {attribute}"),
        Adjustment::Other(text) => format!("; {text}"),
    }
}
