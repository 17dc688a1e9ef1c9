//! What the examples share: which bridge.

use std::time::Duration;

use hue_bridge::{
    ApplicationKey, Bridge, Config, Identity,
    pair::{PairError, Pairing},
};
use hue_bridge_sim::Simulator;

pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

pub(crate) const WHICH: &str = "\
Which bridge:
  --demo                     a simulated one, inside this program
  --host HOST                its address, with a port if it is not 443 [or HUE_HOST]
  --id ID                    its 16 hexadecimal digits [or HUE_BRIDGE_ID]
  --key KEY                  the application key [or HUE_KEY]
  --certificate FINGERPRINT  SHA-256 of its certificate, if Signify did not issue it [or HUE_CERTIFICATE]
With a host and no key: asks the bridge for one, and prints what to set. Press its button first.";

/// A connection, and the simulator at its other end if there is one.
pub(crate) struct Connected {
    pub(crate) bridge: Bridge,
    _simulator: Option<Simulator>,
}

/// Takes from the arguments what says which bridge, and connects to it. What is left is the example's own.
pub(crate) async fn connect(arguments: &mut Vec<String>) -> Result<Connected, Failure> {
    let (config, simulator) =
        if take_flag(arguments, "--demo") { demo().await? } else { (config(arguments).await?, None) };
    let bridge = Bridge::connect(config)?;
    bridge.ready(Duration::from_secs(10)).await?;
    Ok(Connected { bridge, _simulator: simulator })
}

/// True, and it is taken, if the flag is there.
pub(crate) fn take_flag(arguments: &mut Vec<String>, flag: &str) -> bool {
    let place = arguments.iter().position(|argument| argument == flag);
    place.map(|place| arguments.remove(place)).is_some()
}

async fn config(arguments: &mut Vec<String>) -> Result<Config, Failure> {
    let host = take(arguments, "--host", "HUE_HOST")?.ok_or_else(|| format!("no bridge is given.\n\n{WHICH}"))?;
    let (id, key) = (take(arguments, "--id", "HUE_BRIDGE_ID")?, take(arguments, "--key", "HUE_KEY")?);
    let identity = match take(arguments, "--certificate", "HUE_CERTIFICATE")? {
        Some(fingerprint) => Identity::Pinned(fingerprint.parse()?),
        None => Identity::Signify,
    };
    match (id, key) {
        (Some(id), Some(key)) => Ok(Config::new(host, id, ApplicationKey::new(key), identity)),
        (None, Some(_)) => Err(format!("which bridge is {host}? Give its id.\n\n{WHICH}").into()),
        (id, None) => pair(host, id.as_deref()).await,
    }
}

async fn pair(host: String, id: Option<&str>) -> Result<Config, Failure> {
    let pairing = Pairing::with(&host, id).await?;
    let facts = pairing.facts().clone();
    let key = match pairing.ask("hue-bridge#example").await {
        Err(PairError::LinkButtonNotPressed) => {
            return Err(
                format!("press the button of {} at {host}, then run this again within 30 seconds", facts.name).into()
            );
        }
        key => key?,
    };
    eprintln!("export HUE_HOST={host} HUE_BRIDGE_ID={} HUE_KEY={}", facts.id, key.reveal());
    if let Identity::Pinned(fingerprint) = facts.identity {
        eprintln!("export HUE_CERTIFICATE={fingerprint}");
    }
    Ok(Config::new(host, facts.id, key, facts.identity))
}

async fn demo() -> Result<(Config, Option<Simulator>), Failure> {
    let simulator = Simulator::builder().application_key("demo").start().await?;
    let identity = Identity::Pinned(hue_bridge::Fingerprint::of(simulator.certificate_der()));
    let host = simulator.address().to_string();
    let config = Config::new(host, simulator.bridge_id(), ApplicationKey::new("demo"), identity);
    Ok((config, Some(simulator)))
}

/// The value of `--name VALUE`, or of the environment.
fn take(arguments: &mut Vec<String>, name: &str, variable: &str) -> Result<Option<String>, Failure> {
    let Some(place) = arguments.iter().position(|argument| argument == name) else {
        return Ok(std::env::var(variable).ok());
    };
    arguments.remove(place);
    if place == arguments.len() {
        return Err(format!("{name} needs a value").into());
    }
    Ok(Some(arguments.remove(place)))
}
