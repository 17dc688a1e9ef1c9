//! `lamplighter pair`: gets an application key from a bridge and stores it.

mod button;

use std::{process::ExitCode, time::Duration};

use clap::Args;
use hue_bridge::{
    ApplicationKey, Error, Identity, PublicConfig,
    discover::{CloudPolicy, FoundBridge},
    pair::{PairError, Pairing},
};

use super::{search, text};
use crate::config::{DefaultPaths, Store, StoredBridge};

/// The application name that the bridge lists the key under.
const APP_NAME: &str = "lamplighter";
/// The time to listen for bridges, if no address is given.
const LISTEN_TIME: Duration = Duration::from_secs(4);
/// The number of times that a new key is tried, if the bridge does not answer.
const MAX_KEY_CHECKS: u32 = 3;
/// The time that passes between two tries of a new key.
const KEY_CHECK_DELAY: Duration = Duration::from_secs(1);

const PAIR_HELP: &str = "\
Without HOST, the bridge is searched for as `lamplighter discover` does. The key is stored
in bridges.toml beside config.toml, readable by you alone, and is never printed. Pairing
goes over HTTPS only, and the bridge must show the same identity from then on.

Exit codes: 0 paired, 1 failed, 2 wrong usage.";

/// Defines the flags of `pair`.
#[derive(Debug, Args)]
#[command(after_help = PAIR_HELP)]
pub(crate) struct PairArgs {
    /// The address of the bridge, with a port if it is not 443
    #[arg(value_name = "HOST")]
    host: Option<String>,
    /// Wait this many seconds for the button
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Make it the default bridge, even if another one is
    #[arg(long)]
    default: bool,
}

/// Why no key was stored.
#[derive(Debug, thiserror::Error)]
enum PairFailure {
    #[error("{0}")]
    Because(String),
    /// The reason is already printed.
    #[error("")]
    Reported,
}

/// Pairs and says what to do next.
pub(crate) async fn run(args: &PairArgs) -> ExitCode {
    match pair(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(PairFailure::Reported) => ExitCode::FAILURE,
        Err(failure) => text::report_failure("pair", failure),
    }
}

async fn pair(args: &PairArgs) -> Result<(), PairFailure> {
    let file = DefaultPaths::of_user().bridges_file;
    let store = Store::at(file.ok_or_else(|| because("this user has no home folder to store the key in"))?);
    store.prepare().map_err(because)?;
    let host = match &args.host {
        Some(host) => host.clone(),
        None => choose(&search::everywhere(LISTEN_TIME, Some(CloudPolicy::WhenNothingFound)).await.bridges)?,
    };
    let pairing = Pairing::connect(&host, None).await.map_err(|error| because(connection_error(&host, &error)))?;
    if args.host.is_some() {
        let config = pairing.public_config();
        note!("Found {} at {host}: {}", text::sanitize(&config.name), text::describe(config));
    }
    let key = button::wait_for_key(&pairing, APP_NAME, Duration::from_secs(args.timeout)).await.map_err(because)?;
    check_key(&pairing, &key).await.map_err(because)?;
    let bridge = to_stored(host, pairing.public_config(), &key);
    let is_default = store_bridge(&store, &bridge, args.default)?;
    report_success(&bridge, &store, is_default);
    Ok(())
}

/// Returns the address of the only usable bridge; of several, the person has to choose one.
fn choose(found: &[FoundBridge]) -> Result<String, PairFailure> {
    for (bridge, problem) in found.iter().filter_map(|bridge| Some((bridge, search::too_old(bridge)?))) {
        note!("{}: {problem}", bridge.address);
    }
    let usable: Vec<_> = found.iter().filter(|bridge| search::too_old(bridge).is_none()).collect();
    match usable[..] {
        [bridge] => Ok(bridge.address.clone()),
        [] => {
            search::explain_nothing();
            Err(PairFailure::Reported)
        }
        _ => {
            note!("\nThere are several bridges. Say which one by its address:");
            for bridge in usable {
                note!("  lamplighter pair {}    # {}", bridge.address, text::sanitize(&bridge.config.name));
            }
            Err(PairFailure::Reported)
        }
    }
}

fn connection_error(host: &str, error: &PairError) -> String {
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

/// Tries the key on a connection that is as strict as all later ones.
async fn check_key(pairing: &Pairing, key: &ApplicationKey) -> Result<(), String> {
    let mut tries = 1;
    loop {
        match pairing.verify_key(key).await {
            Ok(()) => return Ok(()),
            Err(Error::Unavailable { .. } | Error::Throttled { .. }) if tries < MAX_KEY_CHECKS => tries += 1,
            Err(error) => {
                return Err(format!("the bridge gave a key that does not work, so nothing was stored: {error}"));
            }
        }
        tokio::time::sleep(KEY_CHECK_DELAY).await;
    }
}

fn to_stored(host: String, config: &PublicConfig, key: &ApplicationKey) -> StoredBridge {
    StoredBridge {
        id: config.id.clone(),
        name: text::sanitize(&config.name),
        host,
        key: key.clone(),
        identity: config.identity,
    }
}

/// Stores the bridge; returns whether it is the default now.
fn store_bridge(store: &Store, bridge: &StoredBridge, make_default: bool) -> Result<bool, PairFailure> {
    let put = store.change(|bridges| {
        bridges.put(bridge.clone());
        if make_default {
            bridges.set_default(&bridge.id)?;
        }
        Ok(bridges.default_bridge().is_some_and(|default| default.id == bridge.id))
    });
    put.map_err(because)
}

fn report_success(bridge: &StoredBridge, store: &Store, is_default: bool) {
    out!("Paired with {} ({}) at {}.", bridge.name, bridge.id, bridge.host);
    match bridge.identity {
        Identity::Signify => {
            out!("Its certificate is issued by Signify; one for this bridge has to be shown from now on.");
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
        out!("If the home of another bridge was moved to it: lamplighter bridge move OLD {}", bridge.host);
    }
}

fn because(reason: impl std::fmt::Display) -> PairFailure {
    PairFailure::Because(reason.to_string())
}
