//! The code that all examples share: arguments, the connection to a bridge, and the exit code.

use std::{io::Write, process::ExitCode, time::Duration};

use hue_bridge::{
    ApplicationKey, Bridge, Config, Identity,
    pair::{PairError, Pairing},
};
use hue_bridge_sim::Simulator;

pub(crate) type AnyError = Box<dyn std::error::Error + Send + Sync>;

const BRIDGE_USAGE: &str = "\
Which bridge:
  --demo                     a simulated one, inside this program
  --host HOST                its address, with a port if it is not 443 [or HUE_HOST]
  --id ID                    its 16 hexadecimal digits [or HUE_BRIDGE_ID]
  --key KEY                  the application key [or HUE_KEY]
  --certificate FINGERPRINT  SHA-256 of its certificate, if Signify did not issue it [or HUE_CERTIFICATE]
With a host and no key: asks the bridge for one, and prints what to set. Press its button first.";

/// Says how an example is used.
pub(crate) struct Usage {
    pub(crate) text: &'static str,
    /// Is set when the example takes words beside the options.
    pub(crate) takes_words: bool,
}

/// A connection, and the simulator at its other end if `--demo` asked for one.
pub(crate) struct Connected {
    pub(crate) bridge: Bridge,
    _simulator: Option<Simulator>,
}

/// Returns the arguments of the program.
pub(crate) fn arguments() -> Vec<String> {
    std::env::args().skip(1).collect()
}

/// Prints the error of an example that failed, and converts its result.
pub(crate) fn exit_code(result: Result<(), AnyError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes the arguments that say which bridge, and connects to it. An example that takes words finds them in what is left
/// of the arguments. With `--help`, prints the usage and returns `None`.
pub(crate) async fn connect(
    arguments: &mut Vec<String>,
    usage: &Usage,
    out: &mut impl Write,
) -> Result<Option<Connected>, AnyError> {
    if take_flag(arguments, "--help") {
        writeln!(out, "{}\n{BRIDGE_USAGE}", usage.text)?;
        return Ok(None);
    }
    let (config, simulator) =
        if take_flag(arguments, "--demo") { demo().await? } else { (config(arguments).await?, None) };
    if let Some(unknown) = arguments.first().filter(|_| !usage.takes_words) {
        return Err(format!("what is {unknown}?\n\n{}", usage.text).into());
    }
    let bridge = Bridge::connect(config)?;
    bridge.ready(Duration::from_secs(10)).await?;
    Ok(Some(Connected { bridge, _simulator: simulator }))
}

/// Takes the flag out of the arguments. Returns whether it was there.
pub(crate) fn take_flag(arguments: &mut Vec<String>, flag: &str) -> bool {
    let place = arguments.iter().position(|argument| argument == flag);
    place.map(|place| arguments.remove(place)).is_some()
}

async fn config(arguments: &mut Vec<String>) -> Result<Config, AnyError> {
    let host =
        take(arguments, "--host", "HUE_HOST")?.ok_or_else(|| format!("no bridge is given.\n\n{BRIDGE_USAGE}"))?;
    let (id, key) = (take(arguments, "--id", "HUE_BRIDGE_ID")?, take(arguments, "--key", "HUE_KEY")?);
    let identity = match take(arguments, "--certificate", "HUE_CERTIFICATE")? {
        Some(fingerprint) => Identity::Pinned(fingerprint.parse()?),
        None => Identity::Signify,
    };
    match (id, key) {
        (Some(id), Some(key)) => Ok(Config::new(host, id, ApplicationKey::new(key), identity)),
        (None, Some(_)) => Err(format!("which bridge is {host}? Give its id.\n\n{BRIDGE_USAGE}").into()),
        (id, None) => pair(host, id.as_deref()).await,
    }
}

async fn pair(host: String, id: Option<&str>) -> Result<Config, AnyError> {
    let pairing = Pairing::connect(&host, id).await?;
    let config = pairing.public_config().clone();
    let key = match pairing.request_key("hue-bridge#example").await {
        Err(PairError::LinkButtonNotPressed) => {
            return Err(format!(
                "press the button of {} at {host}, then run this again within 30 seconds",
                config.name
            )
            .into());
        }
        key => key?,
    };
    eprintln!("export HUE_HOST={host} HUE_BRIDGE_ID={} HUE_KEY={}", config.id, key.reveal());
    if let Identity::Pinned(fingerprint) = config.identity {
        eprintln!("export HUE_CERTIFICATE={fingerprint}");
    }
    Ok(Config::new(host, config.id, key, config.identity))
}

async fn demo() -> Result<(Config, Option<Simulator>), AnyError> {
    let simulator = Simulator::builder().application_key("demo").start().await?;
    let identity = Identity::Pinned(hue_bridge::Fingerprint::of(simulator.certificate_der()));
    let host = simulator.address().to_string();
    let config = Config::new(host, simulator.bridge_id(), ApplicationKey::new("demo"), identity);
    Ok((config, Some(simulator)))
}

/// Takes the value of `--name VALUE` out of the arguments, or reads it from the environment.
fn take(arguments: &mut Vec<String>, name: &str, variable: &str) -> Result<Option<String>, AnyError> {
    let Some(place) = arguments.iter().position(|argument| argument == name) else {
        return Ok(std::env::var(variable).ok());
    };
    arguments.remove(place);
    if place == arguments.len() {
        return Err(format!("{name} needs a value").into());
    }
    Ok(Some(arguments.remove(place)))
}
