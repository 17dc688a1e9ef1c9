//! `lamplighter pair`: from a bridge in the house to a key in a file.

mod button;

use std::{process::ExitCode, time::Duration};

use clap::Args;
use hue_bridge::{
    ApplicationKey, Error, Identity, PublicConfig,
    discover::{CloudPolicy, FoundBridge},
    pair::{PairError, Pairing},
};

use super::{search, text};
use crate::config::{Places, Store, StoredBridge};

/// What the bridge lists the key under.
const APP: &str = "lamplighter";
/// How long to listen for bridges, if no address is given.
const LISTEN: Duration = Duration::from_secs(4);
/// How often a fresh key is tried, if the bridge does not answer at all.
const CHECKS: u32 = 3;

const HELP: &str = "\
Without HOST, the bridge is looked for as `lamplighter discover` does. The key is stored
for you alone, in bridges.toml beside config.toml, and is never printed. Pairing goes over
HTTPS only; the bridge has to show the same identity from then on.

Exit codes: 0 paired, 1 failed, 2 wrong usage.";

/// The flags of `pair`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct PairArgs {
    /// The address of the bridge, with a port if it is not 443
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// Wait so many seconds for the button
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Make it the default bridge, even if another one is
    #[arg(long)]
    default: bool,
}

/// Why there is no key in the file now, for people.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Because(String),
    /// All has been said.
    #[error("")]
    Told,
}

/// Pairs, and says what to do next.
pub(crate) async fn run(args: &PairArgs) -> ExitCode {
    match pair(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Told) => ExitCode::FAILURE,
        Err(failed) => text::report_failure("pair", failed),
    }
}

async fn pair(args: &PairArgs) -> Result<(), Failed> {
    let file = Places::of_user().bridges_file;
    let store = Store::at(file.ok_or_else(|| because("this user has no home folder to store the key in"))?);
    store.prepare().map_err(because)?;
    let host = match &args.host {
        Some(host) => host.clone(),
        None => choose(&search::everywhere(LISTEN, Some(CloudPolicy::WhenNothingFound)).await.bridges)?,
    };
    let pairing = Pairing::connect(&host, None).await.map_err(|error| because(unmet(&host, &error)))?;
    if args.host.is_some() {
        let config = pairing.public_config();
        note!("Found {} at {host}: {}", text::sanitize(&config.name), text::describe(config));
    }
    let key = button::wait(&pairing, APP, Duration::from_secs(args.timeout)).await.map_err(because)?;
    check(&pairing, &key).await.map_err(because)?;
    let bridge = stored(host, pairing.public_config(), &key);
    let is_default = keep(&store, &bridge, args.default)?;
    celebrate(&bridge, &store, is_default);
    Ok(())
}

/// The only bridge that can be paired with; several are for the person to choose among.
fn choose(found: &[FoundBridge]) -> Result<String, Failed> {
    for (bridge, problem) in found.iter().filter_map(|bridge| Some((bridge, search::too_old(bridge)?))) {
        note!("{}: {problem}", bridge.address);
    }
    let usable: Vec<_> = found.iter().filter(|bridge| search::too_old(bridge).is_none()).collect();
    match usable[..] {
        [bridge] => Ok(bridge.address.clone()),
        [] => {
            search::explain_nothing();
            Err(Failed::Told)
        }
        _ => {
            note!("\nThere are several bridges. Say which one by its address:");
            for bridge in usable {
                note!("  lamplighter pair {}    # {}", bridge.address, text::sanitize(&bridge.config.name));
            }
            Err(Failed::Told)
        }
    }
}

fn unmet(host: &str, error: &PairError) -> String {
    match error {
        PairError::Other(Error::Unavailable { reason, .. }) => {
            format!("{host} cannot be reached: {reason}; `lamplighter discover` shows which bridges there are")
        }
        PairError::Other(Error::Protocol(_)) => {
            format!("there is no Hue bridge at {host}; `lamplighter discover` shows which there are")
        }
        error => format!("{host}: {error}"),
    }
}

/// Uses the key once, on a connection as strict as all later ones.
async fn check(pairing: &Pairing, key: &ApplicationKey) -> Result<(), String> {
    let mut tries = 1;
    loop {
        match pairing.verify_key(key).await {
            Ok(()) => return Ok(()),
            Err(Error::Unavailable { .. }) if tries < CHECKS => tries += 1,
            Err(error) => {
                return Err(format!("the bridge gave a key that does not work, so nothing was stored: {error}"));
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn stored(host: String, config: &PublicConfig, key: &ApplicationKey) -> StoredBridge {
    StoredBridge {
        id: config.id.clone(),
        name: text::sanitize(&config.name),
        host,
        key: key.clone(),
        identity: config.identity,
    }
}

/// Stores the bridge; whether it is the default then.
fn keep(store: &Store, bridge: &StoredBridge, make_default: bool) -> Result<bool, Failed> {
    let put = store.change(|bridges| {
        bridges.put(bridge.clone());
        if make_default {
            bridges.set_default(&bridge.id)?;
        }
        Ok(bridges.default_bridge().is_some_and(|default| default.id == bridge.id))
    });
    put.map_err(because)
}

fn celebrate(bridge: &StoredBridge, store: &Store, is_default: bool) {
    out!("Paired with {} ({}) at {}.", bridge.name, bridge.id, bridge.host);
    match bridge.identity {
        Identity::Signify => {
            out!("Its certificate is issued by Signify; one for this bridge has to be shown from now on.")
        }
        Identity::Pinned(fingerprint) => out!(
            "Its certificate is its own making, not issued by Signify: only this very one is accepted from now on\n\
             (SHA-256 {fingerprint})."
        ),
    }
    out!("The key is stored in {}, for you alone.", store.path().display());
    if is_default {
        out!("\nNext: lamplighter serve    (an MCP client starts it: command `lamplighter`, argument `serve`)");
    } else {
        out!("It is not the default bridge; to use it: lamplighter serve --bridge {}", bridge.id);
        out!("To make it the default: lamplighter bridge default {}", bridge.id);
    }
}

fn because(reason: impl std::fmt::Display) -> Failed {
    Failed::Because(reason.to_string())
}
