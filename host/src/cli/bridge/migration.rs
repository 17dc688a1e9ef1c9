//! `lamplighter bridge move`: follows a home that was moved to another bridge, such as a Bridge Pro.
//!
//! The move that the Hue app makes keeps the ids of all resources, and the application keys. The bridge's own id and its
//! certificate are new.

use std::{collections::HashSet, fs, path::Path, time::Duration};

use clap::Args;
use hue_bridge::{
    Bridge, Config, Error, Fingerprint, Id, Identity, discover::CloudPolicy, pair::Pairing, parse_bridge_id,
};

use crate::{
    cli::{search, text},
    config::{DefaultPaths, Store, StoreError, StoredBridge},
};

/// The time to listen for bridges, if the new one is named by its id.
const LISTEN_TIME: Duration = Duration::from_secs(4);
/// Limits reading the home of each of the two bridges.
const HOME_TIMEOUT: Duration = Duration::from_secs(10);

const MOVE_HELP: &str = "\
The new bridge must accept the key of the old one. While the old bridge still answers, the
two must have lights in common. Nothing is changed otherwise. The name and the default carry
over; settings, approvals and what plugins stored belong to no bridge, and stay.

Exit codes: 0 moved, 1 failed, 2 wrong usage.";

/// Defines the arguments of `bridge move`.
#[derive(Debug, Args)]
#[command(after_help = MOVE_HELP)]
pub(crate) struct MoveArgs {
    /// The stored bridge that the home was moved from
    #[arg(value_name = "OLD")]
    old: String,
    /// The bridge that has the home now: its address, with a port if it is not 443, or its id
    #[arg(value_name = "NEW")]
    new: String,
    /// Accept the certificate with this SHA-256, if Signify did not issue that of the new bridge
    #[arg(long, value_name = "FINGERPRINT")]
    certificate_sha256: Option<Fingerprint>,
}

/// Why the home was not moved.
#[derive(Debug, thiserror::Error)]
pub(super) enum MoveError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}; nothing was changed")]
    Because(String),
}

/// Checks both bridges, and stores the new one in the place of the old one.
pub(super) async fn move_home(store: &Store, args: &MoveArgs) -> Result<(), MoveError> {
    let bridges = store.read().map_err(StoreError::from)?;
    let old = bridges.lookup(&args.old)?;
    let host = find_address(&args.new).await?;
    let pairing = Pairing::connect(&host, None).await.map_err(|error| because(format!("{host}: {error}")))?;
    let config = pairing.public_config();
    if config.id == old.id {
        return Err(because(format!("{host} is the bridge {} itself", old.id)));
    }
    check_certificate(config.identity, args.certificate_sha256)?;
    pairing.verify_key(&old.key).await.map_err(|error| key_error(&old, &host, &error))?;
    let new = StoredBridge { id: config.id.clone(), host, identity: config.identity, ..old.clone() };
    check_same_home(&old, &new).await?;
    store.change(|bridges| {
        bridges.replace(&old.id, new.clone());
        Ok(())
    })?;
    report(&old, &new);
    Ok(())
}

/// Returns the address of the new bridge, which is searched for if it is named by its id.
async fn find_address(new: &str) -> Result<String, MoveError> {
    let Some(id) = parse_bridge_id(new) else { return Ok(new.to_owned()) };
    let found = search::everywhere(LISTEN_TIME, Some(CloudPolicy::WhenNothingFound)).await.bridges;
    let bridge = found.into_iter().find(|bridge| bridge.config.id == id);
    bridge.map(|bridge| bridge.address).ok_or_else(|| because(format!("{new} was not found; give its address")))
}

/// Refuses a certificate that nobody vouches for: the old bridge's key will be sent to its owner.
fn check_certificate(identity: Identity, accepted: Option<Fingerprint>) -> Result<(), MoveError> {
    match identity {
        Identity::Pinned(seen) if accepted != Some(seen) => Err(because(format!(
            "Signify did not issue the new bridge's certificate; if it is yours, add --certificate-sha256 {seen}"
        ))),
        _ => Ok(()),
    }
}

fn key_error(old: &StoredBridge, host: &str, error: &Error) -> MoveError {
    match error {
        Error::Unauthorized => because(format!(
            "the bridge at {host} does not know the key of {}: its home was not moved there, or without its keys. To get a \
             new key: lamplighter pair {host}",
            old.id
        )),
        error => because(format!("{host}: {error}")),
    }
}

/// Checks that the two bridges have a light in common, if the old one still answers.
async fn check_same_home(old: &StoredBridge, new: &StoredBridge) -> Result<(), MoveError> {
    let (old_lights, new_lights) = tokio::join!(read_lights(old), read_lights(new));
    let new_lights = new_lights.map_err(|error| because(format!("{}: {error}", new.host)))?;
    match old_lights {
        Ok(lights) if !lights.is_empty() && lights.is_disjoint(&new_lights) => {
            Err(because(format!("the bridge at {} has another home: no light is the same", new.host)))
        }
        Ok(_) => Ok(()),
        Err(error) => {
            note!("Note: the old bridge could not be compared: {error}");
            Ok(())
        }
    }
}

/// Reads the ids of a bridge's lights.
async fn read_lights(stored: &StoredBridge) -> Result<HashSet<Id>, Error> {
    let StoredBridge { id, host, key, identity, .. } = stored.clone();
    let bridge = Bridge::connect(Config::new(host, id, key, identity))?;
    let ready = bridge.ready(HOME_TIMEOUT).await;
    let lights = bridge.view().home.lights.iter().map(|light| light.id.clone()).collect();
    bridge.shutdown().await;
    ready.map(|()| lights)
}

fn report(old: &StoredBridge, new: &StoredBridge) {
    out!("{} is at the bridge {} now, and no longer at {}.", text::sanitize(&new.name), new.id, old.id);
    let file = DefaultPaths::of_user().config_file.filter(|file| names_id(file, &old.id));
    if let Some(file) = file {
        note!("{} names {}: write {} in its place.", file.display(), old.id, new.id);
    }
}

fn names_id(file: &Path, id: &str) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.to_lowercase().contains(id))
}

fn because(reason: String) -> MoveError {
    MoveError::Because(reason)
}
