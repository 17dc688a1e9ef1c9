//! Builds the fake host and holds its state.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::Value;

use super::FakeLight;
use crate::clip::{Request, Response};
use crate::control::Command;
use crate::home::{BridgeInfo, Device, Freshness, Group, Light, Scene, SceneStatus, Sensor};
use crate::log::Level;
use crate::status::{HealthReport, MetricsReport};
use crate::storage::Entry;
use crate::{Error, Kind};

/// A host with its own home in memory. A test builds it and then [installs](Self::install) it on its thread.
#[derive(Debug)]
#[must_use = "a fake host does nothing until it is installed"]
pub struct FakeHost(pub(super) State);

/// Holds the state of a fake host.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) home: Home,
    pub(super) failures: HashMap<String, Error>,
    pub(super) settings: Option<Value>,
    pub(super) health: Option<HealthReport>,
    pub(super) metrics: Option<MetricsReport>,
    pub(super) cancelled: bool,
    pub(super) scenes_denied: bool,
    pub(super) commands: Vec<Command>,
    pub(super) log: Vec<(Level, String)>,
    pub(super) progress: Vec<(f64, Option<f64>, Option<String>)>,
    pub(super) stored: BTreeMap<String, Entry>,
    pub(super) versions: u64,
    pub(super) clip_answers: VecDeque<Response>,
    pub(super) clip_requests: Vec<Request>,
}

/// Holds the home of a fake host.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) lights: Vec<Light>,
    pub(super) groups: Vec<Group>,
    pub(super) scenes: Vec<Scene>,
    pub(super) devices: Vec<Device>,
    pub(super) sensors: Vec<Sensor>,
    pub(super) how_fresh: Freshness,
    pub(super) bridge: BridgeInfo,
}

impl FakeHost {
    /// Grants `clip`, and answers one request with this status and body. Further calls prepare further responses.
    pub fn clip_answer(mut self, status: u16, body: &Value) -> Self {
        self.0.clip_answers.push_back(Response { status, body: body.to_string() });
        self
    }

    /// Makes a host with an empty home: a bridge and the group `all`.
    pub fn new() -> Self {
        Self(State::default())
    }

    /// Adds a light, and its room if that is new.
    pub fn light(mut self, light: FakeLight) -> Self {
        let FakeLight { mut light, failure } = light;
        let namesakes = self.0.home.lights.iter().filter(|it| id_of("light", &it.name) == light.id).count();
        if namesakes > 0 {
            light.id = format!("{}-{}", light.id, namesakes + 1);
        }
        if let Some(failure) = failure {
            self.0.failures.insert(light.id.clone(), failure);
        }
        self.group_mut("all", Kind::Home).lights.push(light.id.clone());
        if let Some(room) = light.room.clone() {
            let room = self.group_mut(&room, Kind::Room);
            room.lights.push(light.id.clone());
            light.room_id = Some(room.id.clone());
        }
        self.0.home.lights.push(light);
        self.0.home.update_groups();
        self
    }

    /// Adds a room without lights.
    pub fn empty_room(mut self, name: &str) -> Self {
        self.group_mut(name, Kind::Room);
        self
    }

    /// Adds a zone of lights that were added before.
    pub fn zone(mut self, name: &str, lights: &[&str]) -> Self {
        let ids = self.light_ids(lights);
        for light in self.0.home.lights.iter_mut().filter(|light| ids.contains(&light.id)) {
            light.zones.push(name.to_owned());
        }
        self.group_mut(name, Kind::Zone).lights = ids;
        self.0.home.update_groups();
        self
    }

    /// Adds a scene of a room or zone that was added before.
    ///
    /// # Panics
    /// If there is no such room or zone.
    pub fn scene(mut self, name: &str, group: &str) -> Self {
        let group = self.0.home.groups.iter().find(|each| each.name == group);
        let group = group.unwrap_or_else(|| panic!("the scene {name} belongs to a group that is not there")).clone();
        self.0.home.scenes.push(scene(name, &group));
        self
    }

    /// Adds a device.
    pub fn device(mut self, device: Device) -> Self {
        self.0.home.devices.push(device);
        self
    }

    /// Adds a sensor.
    pub fn sensor(mut self, sensor: Sensor) -> Self {
        self.0.home.sensors.push(sensor);
        self
    }

    /// Sets the age of the home in milliseconds, and whether the bridge is lost.
    pub fn freshness(mut self, age_ms: u64, stale: bool) -> Self {
        self.0.home.how_fresh = Freshness { age_ms, stale };
        self
    }

    /// Sets the plugin's settings, a JSON object.
    pub fn settings(mut self, settings: Value) -> Self {
        self.0.settings = Some(settings);
        self
    }

    /// Sets what `status::health` returns; without it, the function fails with `other`.
    pub fn health(mut self, health: HealthReport) -> Self {
        self.0.health = Some(health);
        self
    }

    /// Sets what `status::metrics` returns; without it, the function fails with `other`.
    pub fn metrics(mut self, metrics: MetricsReport) -> Self {
        self.0.metrics = Some(metrics);
        self
    }

    /// Makes every call cancelled.
    pub fn cancelled(mut self) -> Self {
        self.0.cancelled = true;
        self
    }

    /// Denies the plugin to change scenes.
    pub fn without_scenes(mut self) -> Self {
        self.0.scenes_denied = true;
        self
    }

    fn group_mut(&mut self, name: &str, kind: Kind) -> &mut Group {
        let groups = &mut self.0.home.groups;
        let place = groups.iter().position(|group| group.name == name && group.kind == kind).unwrap_or_else(|| {
            groups.push(group(name, kind));
            groups.len() - 1
        });
        &mut groups[place]
    }

    fn light_ids(&self, lights: &[&str]) -> Vec<String> {
        let lights = self.0.home.lights.iter().filter(|light| lights.contains(&light.name.as_str()));
        lights.map(|light| light.id.clone()).collect()
    }
}

impl Default for FakeHost {
    fn default() -> Self {
        Self::new()
    }
}

/// A home without lights: a bridge and the group `all`.
impl Default for Home {
    fn default() -> Self {
        Self {
            lights: Vec::new(),
            groups: vec![group("all", Kind::Home)],
            scenes: Vec::new(),
            devices: Vec::new(),
            sensors: Vec::new(),
            how_fresh: Freshness { age_ms: 0, stale: false },
            bridge: BridgeInfo {
                id: "001788fffe000000".to_owned(),
                name: "Hue Bridge".to_owned(),
                model_id: Some("BSB002".to_owned()),
                firmware: None,
            },
        }
    }
}

impl Home {
    /// Computes the state of the groups from their lights.
    pub(super) fn update_groups(&mut self) {
        for group in &mut self.groups {
            let on: Vec<_> =
                self.lights.iter().filter(|light| light.state.on && group.lights.contains(&light.id)).collect();
            let levels: Vec<_> = on.iter().filter_map(|light| light.state.brightness).collect();
            group.on = !on.is_empty();
            #[expect(clippy::cast_precision_loss, reason = "no test has 2^52 lights")]
            let mean = levels.iter().sum::<f64>() / levels.len() as f64;
            group.brightness = (!levels.is_empty()).then_some(mean);
        }
    }
}

/// Makes a scene of all lights of a group.
pub(super) fn scene(name: &str, group: &Group) -> Scene {
    Scene {
        id: id_of("scene", &format!("{} {name}", group.name)),
        name: name.to_owned(),
        group_id: group.id.clone(),
        group: Some(group.name.clone()),
        status: SceneStatus::Inactive,
        smart: false,
        lights: group.lights.clone(),
        last_recall: None,
    }
}

/// Makes an id that is readable in a failed test: `light-desk-lamp`.
pub(super) fn id_of(kind: &str, name: &str) -> String {
    format!("{kind}-{}", name.to_lowercase().replace(' ', "-"))
}

fn group(name: &str, kind: Kind) -> Group {
    Group {
        id: id_of(kind.name(), name),
        number: None,
        name: name.to_owned(),
        kind,
        archetype: None,
        lights: Vec::new(),
        on: false,
        brightness: None,
    }
}
