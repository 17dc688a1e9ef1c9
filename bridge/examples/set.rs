//! Changes a light, a room or everything, and tells what each lamp did.
//!
//! ```sh
//! cargo run --example set -- --demo "living room" on 40% orange
//! ```

mod common;

use std::{io::Write, process::ExitCode, time::Duration};

use hue_bridge::{
    Adjustment, ApplyOptions, Brightness, Change, Color, Command, FindError, Home, Kind, Kinds, Power, Target,
};

const USAGE: &str = "\
Usage: set [--host HOST ...|--demo] [--dry-run] NAME CHANGE...
Changes a light, a room, a zone, or `all`.

Changes:
  on, off, toggle
  40%, +10%, -10%      brightness
  orange, '#ff8800', 2700K, '370 mirek', 'warm white'
  in:5s                takes so long
";

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
    let dry_run = common::take_flag(&mut arguments, "--dry-run");
    let connected = common::connect(&mut arguments).await?;
    let bridge = &connected.bridge;
    let [name, words @ ..] = arguments.as_slice() else { return Err(USAGE.into()) };
    if words.is_empty() {
        return Err(format!("what shall become of {name}?\n\n{USAGE}").into());
    }
    let target = find(&bridge.view().home, name)?;
    let mut change = Change::default();
    words.iter().try_for_each(|word| read(word, &mut change))?;
    let commands = [Command::Set { target, change }];
    if dry_run {
        let plan = bridge.plan(&commands)?;
        for step in &plan.steps {
            writeln!(out, "{:?} {}: {}", step.kind, step.name, step.body)?;
        }
        return Ok(writeln!(out, "{} requests in {:?}", plan.steps.len(), plan.estimated)?);
    }
    for outcome in bridge.apply(&commands, ApplyOptions::default()).await? {
        let adjustments: String = outcome.adjustments.iter().map(in_words).collect();
        writeln!(out, "{}: {:?}{adjustments}", outcome.name, outcome.delivery)?;
    }
    bridge.shutdown().await;
    Ok(())
}

fn find(home: &Home, name: &str) -> Result<Target, common::Failure> {
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

fn read(word: &str, change: &mut Change) -> Result<(), common::Failure> {
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

fn in_words(adjustment: &Adjustment) -> String {
    match adjustment {
        Adjustment::Clamped { attribute, asked, given } => format!("; {attribute} {given} instead of {asked}"),
        Adjustment::Unsupported(attribute) => format!("; has no {attribute}"),
        Adjustment::Other(text) => format!("; {text}"),
    }
}
