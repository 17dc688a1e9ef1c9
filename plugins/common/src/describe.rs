//! Describes lights and the age of data, as JSON and as text for a model.

use lamplighter_plugin::home::{Light, how_fresh};
use lamplighter_plugin::{Error, StateView};
use schemars::JsonSchema;
use serde::Serialize;

/// Describes a light in a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LightEntry {
    /// CLIP v2 id.
    pub id: String,
    /// v1 number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Name.
    pub name: String,
    /// Name of the room it is in; null if it is in none.
    pub room: Option<String>,
    /// False if the bridge says that it cannot reach the light: no power, or out of range.
    pub reachable: bool,
    /// What it does, as far as the bridge knows.
    pub state: StateView,
}

impl From<Light> for LightEntry {
    fn from(light: Light) -> Self {
        Self {
            id: light.id,
            number: light.number,
            name: light.name,
            room: light.room,
            reachable: !light.reachability.is_unreachable(),
            state: StateView::from_state(&light.state),
        }
    }
}

impl LightEntry {
    /// Describes the light in one line: `Desk lamp: on, 50 %, 2700 K`.
    pub fn text(&self) -> String {
        format!("{}: {}", self.name, self.state_text())
    }

    fn state_text(&self) -> String {
        if self.reachable { self.state.text() } else { "unreachable (no power?)".to_owned() }
    }
}

/// Returns a line per room, where lights of equal state share it: `Office — Desk lamp, Spot: on, 50 %; Shelf: off`.
pub fn light_lines(lights: &[LightEntry]) -> Vec<String> {
    lines_by_room(shared_states(lights), "; ")
}

/// Returns each state with the lights of one room that share it: `Desk lamp, Spot: on, 50 %`.
pub fn shared_states(lights: &[LightEntry]) -> impl Iterator<Item = (Option<&str>, String)> {
    let mut shared: Vec<(Option<&str>, String, Vec<&str>)> = Vec::new();
    for light in lights {
        let (room, state) = (light.room.as_deref(), light.state_text());
        match shared.iter_mut().find(|(its_room, its_state, _)| *its_room == room && *its_state == state) {
            Some((_, _, names)) => names.push(&light.name),
            None => shared.push((room, state, vec![&light.name])),
        }
    }
    shared.into_iter().map(|(room, state, names)| (room, format!("{}: {state}", names.join(", "))))
}

/// Returns a line per room, in the order in which rooms first occur: `Office — Bright, Movie`.
pub fn lines_by_room<'a>(entries: impl IntoIterator<Item = (Option<&'a str>, String)>, separator: &str) -> Vec<String> {
    let mut rooms: Vec<(&str, String)> = Vec::new();
    for (room, text) in entries {
        let room = room.unwrap_or("In no room");
        match rooms.iter_mut().find(|(name, _)| *name == room) {
            Some((_, line)) => line.extend([separator, &text]),
            None => rooms.push((room, format!("{room} — {text}"))),
        }
    }
    rooms.into_iter().map(|(_, line)| line).collect()
}

/// Tells the age of a list of lights, rooms or scenes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DataAge {
    /// Seconds since the bridge last confirmed it.
    pub age_seconds: u64,
    /// True if the bridge cannot be reached, so that changes may have been missed.
    pub stale: bool,
}

impl DataAge {
    /// Returns the age of the snapshot that this call reads.
    pub fn now() -> Result<Self, Error> {
        let freshness = how_fresh()?;
        Ok(Self { age_seconds: freshness.age_ms / 1000, stale: freshness.stale })
    }

    /// Returns a warning for a model if the data may be outdated.
    pub fn warning(self) -> Option<String> {
        let seconds = self.age_seconds;
        self.stale.then(|| format!("The bridge is not connected: this is how things were {seconds} s ago."))
    }
}
