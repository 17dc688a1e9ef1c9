//! Reads the home from the simulator itself.

use std::time::Duration;

use hue_bridge_sim::Simulator;
use serde_json::Value;

/// The time limit for a lamp to change. It changes at once; this is for a busy machine.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// A room that has lamps.
pub(super) struct Room {
    pub(super) name: String,
    pub(super) lamps: Vec<Value>,
}

/// Returns all rooms.
pub(super) fn rooms(bridge: &Simulator) -> Vec<Room> {
    let rooms = bridge.resources("room");
    rooms.iter().map(|room| Room { name: name(room), lamps: lamps(bridge, room) }).collect()
}

/// Returns the lamps of the room with this name.
pub(super) fn room(bridge: &Simulator, wanted: &str) -> Vec<Value> {
    rooms(bridge).into_iter().find(|room| room.name == wanted).map(|room| room.lamps).unwrap_or_default()
}

/// Returns the lamps of a room: rooms have devices, and devices have lamps.
fn lamps(bridge: &Simulator, room: &Value) -> Vec<Value> {
    let children = room["children"].as_array().cloned().unwrap_or_default();
    let owned = |lamp: &Value| children.iter().any(|child| child["rid"] == lamp["owner"]["rid"]);
    bridge.resources("light").into_iter().filter(owned).collect()
}

/// Returns the name of a lamp or a room.
pub(in crate::cli) fn name(resource: &Value) -> String {
    resource["metadata"]["name"].as_str().unwrap_or("?").to_owned()
}

/// Returns whether a lamp is on.
pub(super) fn is_on(lamp: &Value) -> bool {
    lamp["on"]["on"] == true
}

/// Returns the brightness in percent, if the lamp has one.
pub(super) fn brightness(lamp: &Value) -> Option<f64> {
    lamp["dimming"]["brightness"].as_f64()
}

/// Returns the colour temperature in kelvin, while the lamp shows one.
pub(super) fn kelvin(lamp: &Value) -> Option<f64> {
    lamp["color_temperature"]["mirek"].as_f64().map(|mirek| (1_000_000.0 / mirek).round())
}

/// Describes the state of a lamp.
pub(in crate::cli) fn state(lamp: &Value) -> String {
    if !is_on(lamp) {
        return "off".into();
    }
    let mut words = vec!["on".to_owned()];
    words.extend(brightness(lamp).map(|percent| format!("{percent:.0} %")));
    let xy = &lamp["color"]["xy"];
    match (kelvin(lamp), xy["x"].as_f64(), xy["y"].as_f64()) {
        (Some(kelvin), ..) => words.push(format!("{kelvin:.0} K")),
        (None, Some(x), Some(y)) => words.push(format!("colour x {x:.2} y {y:.2}")),
        _ => {}
    }
    words.join(", ")
}

/// Waits until the claim holds; returns whether it does.
pub(super) async fn comes_true(holds: impl Fn() -> bool) -> bool {
    let waited = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(CHANGE_TIMEOUT, waited).await.is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::state;

    #[test]
    fn a_state_is_told_in_words() {
        let warm = json!({"on": {"on": true}, "dimming": {"brightness": 40.2}, "color_temperature": {"mirek": 370}});
        assert_eq!(state(&warm), "on, 40 %, 2703 K");
        let red = json!({"on": {"on": true}, "color": {"xy": {"x": 0.675, "y": 0.322}}});
        assert_eq!(state(&red), "on, colour x 0.68 y 0.32");
        assert_eq!(state(&json!({"on": {"on": false}, "dimming": {"brightness": 40.2}})), "off");
    }
}
