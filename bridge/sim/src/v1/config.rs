//! `/config` and `/capabilities`.

use serde_json::{Value, json};

use super::About;
use super::call::Call;
use super::document::Document;
use super::error::{Error, success};
use crate::pairing;
use crate::store::{self, Store};

/// How much a bridge of this model takes, as Signify gives its maximum settings.
const MOST: [(&str, usize); 7] = [
    ("lights", 63),
    ("sensors", 63),
    ("groups", 64),
    ("scenes", 200),
    ("schedules", 100),
    ("rules", 250),
    ("resourcelinks", 100),
];
/// How many states of single lights all scenes together may hold.
const LIGHT_STATES: usize = 2048;

pub(super) fn answer(document: &mut Document<'_>, about: &About<'_>, call: &Call<'_>) -> Result<Value, Error> {
    match (call.method, &call.path[1..]) {
        ("GET", []) => Ok(full(document, about)),
        ("PUT", []) => change(document, call),
        ("GET", _) => Err(call.not_found()),
        _ => Err(call.not_available()),
    }
}

/// What everybody may know.
pub(crate) fn public(store: &Store, bridge_id: &str) -> Value {
    let name = device(store).and_then(|device| device["metadata"]["name"].as_str()).unwrap_or("Hue Bridge");
    pairing::config(bridge_id, name)
}

/// What an application that has paired may know.
pub(super) fn full(document: &Document<'_>, about: &About<'_>) -> Value {
    let (store, now) = (document.store(), document.now());
    let zone = store.of_type("bridge").next().map_or(&Value::Null, |bridge| &bridge["time_zone"]["time_zone"]);
    let known = about.applications.iter().map(|application| {
        let entry = json!({"last use date": now, "create date": "2026-01-05T07:30:00", "name": application.name});
        (application.key.clone(), entry)
    });
    let mut config = public(store, about.bridge_id);
    let more = json!({
        "whitelist": Value::Object(known.collect()),
        "UTC": now, "localtime": now, "timezone": zone, "zigbeechannel": 25, "linkbutton": false, "touchlink": false,
        "dhcp": true, "ipaddress": "127.0.0.1", "netmask": "255.0.0.0", "gateway": "127.0.0.1",
        "proxyaddress": "none", "proxyport": 0,
        "portalservices": false, "portalconnection": "disconnected",
        "portalstate": {"signedon": false, "incoming": false, "outgoing": false, "communication": "disconnected"},
        "internetservices": {
            "internet": "disconnected", "remoteaccess": "disconnected", "time": "disconnected",
            "swupdate": "disconnected",
        },
        "backup": {"status": "idle", "errorcode": 0},
        "swupdate2": {
            "checkforupdate": false, "lastchange": "2026-01-05T07:30:00", "state": "noupdates",
            "bridge": {"state": "noupdates", "lastinstall": "2026-01-05T07:30:00"},
            "autoinstall": {"updatetime": "T14:00:00", "on": true},
        },
    });
    store::merge(&mut config, &more);
    config
}

/// The device that is the bridge.
fn device(store: &Store) -> Option<&Value> {
    store.of_type("device").find(|device| device["product_data"]["product_archetype"] == "bridge_v2")
}

/// Of the configuration, only the name is in the document.
fn change(document: &mut Document<'_>, call: &Call<'_>) -> Result<Value, Error> {
    let (address, body) = (call.address(), call.object()?);
    let bridge = device(document.store()).map(store::id).unwrap_or_default();
    let mut report = Vec::new();
    for (name, value) in &body {
        report.push(match name.as_str() {
            "name" => match document.put("device", &bridge, &json!({"metadata": {"name": value}})) {
                Ok(_) => success(&address, name, value),
                Err(_) => Error::invalid(&address, name, value).to_json(),
            },
            _ => Error::fixed(&address, name).to_json(),
        });
    }
    Ok(json!(report))
}

/// How much of everything there may be, and how much more.
pub(super) fn capabilities(store: &Store) -> Value {
    let mut capabilities = json!({
        "streaming": {"available": 1, "total": 1, "channels": 20},
        "timezones": {"values": ["Europe/Amsterdam", "Europe/Berlin", "Europe/London", "UTC"]},
    });
    for (name, total) in MOST {
        capabilities[name] = room(count(store, name), total);
    }
    let states = store.of_type("scene").filter_map(|scene| scene["actions"].as_array()).map(Vec::len).sum();
    capabilities["scenes"]["lightstates"] = room(states, LIGHT_STATES);
    let sensors = capabilities["sensors"].clone();
    for kind in ["clip", "zll", "zgp"] {
        capabilities["sensors"][kind] = sensors.clone();
    }
    for (kind, total) in [("conditions", 1500), ("actions", 1000)] {
        capabilities["rules"][kind] = room(0, total);
    }
    capabilities
}

fn count(store: &Store, collection: &str) -> usize {
    let types: &[&str] = match collection {
        "lights" => &["light"],
        "sensors" => &["motion", "light_level", "temperature"],
        "groups" => &["room", "zone"],
        "scenes" => &["scene"],
        _ => &[],
    };
    types.iter().map(|rtype| store.of_type(rtype).count()).sum()
}

fn room(taken: usize, total: usize) -> Value {
    json!({"available": total.saturating_sub(taken), "total": total})
}
