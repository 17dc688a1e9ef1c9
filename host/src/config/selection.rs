//! Selects the bridge: a stored one, or one that the layers describe.

use hue_bridge::Identity;

use super::{
    BridgeConfig, DefaultPaths,
    bridges::{Bridges, StoredBridge},
    error::{ConfigError, Located, Location},
    layers::Layer,
    validate::{bridge_host, bridge_id, bridge_key, pinned_identity},
};

/// The keys that describe a bridge which is not stored, or replace parts of a stored one.
const BRIDGE_PARTS: [&str; 4] = ["bridge.host", "bridge.id", "bridge.key", "bridge.certificate_sha256"];

/// Determines the bridge: a stored one that was named, or one that was described, or else the stored default. Parts that
/// were written replace those of a stored bridge. Half a bridge is an error that says what is missing.
pub(super) fn select_bridge(
    layer: &Layer,
    rediscover: Option<bool>,
    bridges: &Bridges,
    defaults: &DefaultPaths,
) -> Result<Option<BridgeConfig>, ConfigError> {
    let first_part = BRIDGE_PARTS.iter().find_map(|key| layer.location(key));
    let id = layer.validated("bridge.id", bridge_id)?;
    let stored = match (layer.text("bridge.name")?, &id, first_part) {
        (Some(name), id, _) => {
            let named = bridges.find(&name.value).map_err(|error| name.location.error(error))?;
            Some(check_id_matches(named, id.as_ref())?)
        }
        (None, Some(id), _) => bridges.find(&id.value).ok(),
        (None, None, Some(_)) => None,
        (None, None, None) => find_default(bridges, defaults)?,
    };
    let host = layer.validated("bridge.host", bridge_host)?.map(|host| host.value);
    let key = layer.validated("bridge.key", bridge_key)?.map(|key| key.value);
    let identity = layer.validated("bridge.certificate_sha256", pinned_identity)?.map(|identity| identity.value);
    let host = host.or_else(|| Some(stored?.host.clone()));
    let key = key.or_else(|| Some(stored?.key.clone()));
    let id = id.map(|id| id.value).or_else(|| Some(stored?.id.clone()));
    let identity = identity.or_else(|| Some(stored?.identity)).unwrap_or(Identity::Signify);
    let missing = missing(host.is_none(), id.is_none(), key.is_none());
    let (Some(host), Some(id), Some(key)) = (host, id, key) else {
        let error = |first: &Location| Err(first.error(format!("is set, but the bridge also needs {missing}")));
        return first_part.map_or(Ok(None), error);
    };
    let (stored, rediscover) = (stored.is_some(), rediscover.unwrap_or(stored.is_some()));
    Ok(Some(BridgeConfig { host, id, key, identity, stored, rediscover }))
}

/// Checks that a written id, if there is one, is that of the bridge that was selected by name.
fn check_id_matches<'a>(
    selected: &'a StoredBridge,
    id: Option<&Located<String>>,
) -> Result<&'a StoredBridge, ConfigError> {
    match id {
        Some(id) if id.value != selected.id => Err(id.location.error(format!(
            "is not that of the selected bridge {}, which is {}; keep one of the two",
            selected.name, selected.id
        ))),
        _ => Ok(selected),
    }
}

fn missing(host: bool, id: bool, key: bool) -> String {
    let host = host.then_some("`host`, its address (LAMPLIGHTER_BRIDGE_HOST)");
    let id = id.then_some("`id`, the 16 digits of its identity (LAMPLIGHTER_BRIDGE_ID)");
    let key = key.then_some("`key`, the application key from pairing with it (LAMPLIGHTER_BRIDGE_KEY)");
    let missing: Vec<&str> = [host, id, key].into_iter().flatten().collect();
    format!(
        "{}; write it under [bridge] in config.toml or set the variable, or pair with it by `lamplighter pair`",
        missing.join(" and ")
    )
}

/// Finds the default bridge. Several bridges without a default are an error, as any of them would be a guess.
fn find_default<'a>(bridges: &'a Bridges, defaults: &DefaultPaths) -> Result<Option<&'a StoredBridge>, ConfigError> {
    match (bridges.default_bridge(), &defaults.bridges_file) {
        (None, Some(file)) if !bridges.is_empty() => {
            let location = Location::Line { file: file.clone(), line: 1, key: "default".to_owned() };
            let listing = bridges.listing();
            Err(location.error(format!("is not set: {listing}; choose one by `lamplighter bridge default ID`")))
        }
        (default, _) => Ok(default),
    }
}
