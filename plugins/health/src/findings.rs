//! Finds problems of the home: unreachable lights, low batteries, waiting updates, equal names.

use std::collections::BTreeMap;

use lamplighter_plugin::Error;
use lamplighter_plugin::home::{self, Device, Light};
use lamplighter_plugin::prelude::*;

/// The charge in percent below which a battery of unknown state is low.
const LOW_BATTERY_PERCENT: u8 = 20;
const SAME_ROOM_NAME: &str = "Rooms or zones have the same name, or that of the whole home:";

/// Lists problems of the home that need a person.
#[derive(Debug, Default, PartialEq, Serialize, JsonSchema)]
pub(crate) struct HomeFindings {
    /// Lights that the bridge cannot reach.
    pub(crate) unreachable_lights: Vec<NamedDevice>,
    /// Other devices that the bridge cannot reach.
    pub(crate) unreachable_devices: Vec<NamedDevice>,
    /// Devices whose battery is low.
    pub(crate) low_batteries: Vec<LowBattery>,
    /// Devices with a firmware update that waits to be installed.
    pub(crate) pending_updates: Vec<NamedDevice>,
    /// Lights in no room: room tools do not reach them.
    pub(crate) lights_in_no_room: Vec<NamedDevice>,
    /// Names that more than one light in one room has, or in no room, so that none can be told from the other.
    pub(crate) duplicate_names: Vec<String>,
    /// Names that more than one room or zone has; the whole home counts as one that is called `all`.
    pub(crate) duplicate_rooms: Vec<String>,
    /// Names that more than one scene of one room or zone has.
    pub(crate) duplicate_scenes: Vec<String>,
}

/// Names a light or device.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct NamedDevice {
    /// CLIP v2 id.
    id: String,
    /// Name.
    name: String,
    /// Name of the room it is in.
    room: Option<String>,
}

/// A battery that is low.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct LowBattery {
    /// Name of the device.
    device: String,
    /// Name of the room it is in.
    room: Option<String>,
    /// 0 to 100, if the device says.
    percent: Option<u8>,
}

impl HomeFindings {
    /// Inspects the home as the host mirrors it.
    pub(crate) fn inspect() -> Result<Self, Error> {
        let (lights, devices) = (home::lights()?, home::devices()?);
        let (groups, scenes) = (home::groups()?, home::scenes()?);
        let of_lights =
            |wanted: &dyn Fn(&&Light) -> bool| lights.iter().filter(wanted).map(NamedDevice::light).collect();
        let of_devices =
            |wanted: &dyn Fn(&&Device) -> bool| devices.iter().filter(wanted).map(NamedDevice::device).collect();
        Ok(Self {
            unreachable_lights: of_lights(&|light| light.reachability.is_unreachable()),
            unreachable_devices: of_devices(&|device| device.reachability.is_unreachable() && device.lights.is_empty()),
            low_batteries: devices.iter().filter_map(LowBattery::if_low).collect(),
            pending_updates: of_devices(&|device| device.update_pending),
            lights_in_no_room: of_lights(&|light| light.room_id.is_none()),
            duplicate_names: duplicates(lights.iter().map(|light| (&*light.name, Some(place(light.room.as_ref()))))),
            duplicate_rooms: duplicates(groups.iter().map(|group| (&*group.name, None))),
            duplicate_scenes: duplicates(scenes.iter().map(|scene| (&*scene.name, Some(place(scene.group.as_ref()))))),
        })
    }

    /// Describes the problems in plain words, the worst first.
    pub(crate) fn problems(&self) -> Vec<String> {
        let problems = [
            list_devices(&self.unreachable_lights, "The bridge cannot reach", ": no power, or out of range."),
            list_devices(&self.unreachable_devices, "The bridge cannot reach the device", "."),
            self.describe_batteries(),
            list_names(&self.duplicate_names, "Lights have the same name:", ". Rename one."),
            list_names(
                &self.duplicate_rooms,
                SAME_ROOM_NAME,
                ". Rename one, or write \"zone:\" or \"room:\" before it.",
            ),
            list_names(&self.duplicate_scenes, "Scenes have the same name:", ". Rename one."),
            list_devices(&self.lights_in_no_room, "In no room, so that room tools do not reach them:", "."),
            list_devices(&self.pending_updates, "A firmware update waits for", "."),
        ];
        problems.into_iter().flatten().collect()
    }

    fn describe_batteries(&self) -> Option<String> {
        let text = |battery: &LowBattery| match battery.percent {
            Some(percent) => format!("{} ({percent} %)", battery.device),
            None => battery.device.clone(),
        };
        list_names(&self.low_batteries.iter().map(text).collect::<Vec<_>>(), "Low battery:", ".")
    }
}

impl NamedDevice {
    fn light(light: &Light) -> Self {
        Self { id: light.id.clone(), name: light.name.clone(), room: light.room.clone() }
    }

    fn device(device: &Device) -> Self {
        Self { id: device.id.clone(), name: device.name.clone(), room: device.room.clone() }
    }

    fn text(&self) -> String {
        match &self.room {
            Some(room) => format!("{} ({room})", self.name),
            None => self.name.clone(),
        }
    }
}

impl LowBattery {
    /// Returns the battery if it is low. The bridge's own verdict counts; without one that is known, the percentage does.
    fn if_low(device: &Device) -> Option<Self> {
        let battery = device.battery.as_ref()?;
        let low = match battery.state.as_deref() {
            Some("low" | "critical") => true,
            Some("normal") => false,
            _ => battery.percent.is_some_and(|percent| percent < LOW_BATTERY_PERCENT),
        };
        low.then(|| Self { device: device.name.clone(), room: device.room.clone(), percent: battery.percent })
    }
}

fn place(room: Option<&String>) -> &str {
    room.map_or("in no room", String::as_str)
}

/// Returns the names that several things in one place have, but for case and spaces at the ends: each as it is written.
fn duplicates<'a>(things: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> Vec<String> {
    let mut alike: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for (name, place) in things {
        alike.entry((name.trim().to_lowercase(), place)).or_default().push(name);
    }
    let text = |(_, place): (String, Option<&str>), mut names: Vec<&str>| {
        names.sort_unstable();
        names.dedup();
        let names = names.join(" and ");
        place.map_or_else(|| names.clone(), |place| format!("{names} ({place})"))
    };
    alike.into_iter().filter(|(_, names)| names.len() > 1).map(|(key, names)| text(key, names)).collect()
}

fn list_devices(things: &[NamedDevice], before: &str, after: &str) -> Option<String> {
    list_names(&things.iter().map(NamedDevice::text).collect::<Vec<_>>(), before, after)
}

fn list_names(names: &[String], before: &str, after: &str) -> Option<String> {
    (!names.is_empty()).then(|| format!("{before} {}{after}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::home::{Battery as Level, Reachability};
    use lamplighter_plugin::testing::{FakeHost, FakeLight};

    use super::*;

    fn switch(name: &str, percent: Option<u8>, state: Option<&str>) -> Device {
        Device {
            id: format!("device-{name}"),
            name: name.to_owned(),
            product_name: None,
            model_id: None,
            firmware: None,
            room: None,
            reachability: Reachability::Connected,
            battery: Some(Level { percent, state: state.map(str::to_owned) }),
            update_pending: name == "Old switch",
            lights: Vec::new(),
        }
    }

    #[test]
    fn what_needs_a_hand_is_found_and_told_worst_first() {
        let _host = FakeHost::new()
            .light(FakeLight::white("Hall").room("Hallway").unreachable())
            .light(FakeLight::white("Spot").room("Kitchen"))
            .light(FakeLight::white("spot").room("Kitchen"))
            .light(FakeLight::white("Stray"))
            .device(switch("Dimmer", Some(8), Some("low")))
            .device(switch("Tap", Some(8), Some("normal")))
            .device(switch("Old switch", Some(12), None))
            .device(switch("Front door", Some(95), Some("a word of new firmware")))
            .device(switch("Back door", Some(5), Some("a word of new firmware")))
            .install();
        let problems = HomeFindings::inspect().expect("the fake host has a house").problems();
        assert_eq!(
            problems,
            [
                "The bridge cannot reach Hall (Hallway): no power, or out of range.",
                "Low battery: Dimmer (8 %), Old switch (12 %), Back door (5 %).",
                "Lights have the same name: Spot and spot (Kitchen). Rename one.",
                "In no room, so that room tools do not reach them: Stray.",
                "A firmware update waits for Old switch.",
            ]
        );
    }

    #[test]
    fn names_that_cannot_be_told_apart_are_told() {
        let _host = FakeHost::new()
            .light(FakeLight::white("Hall").room("Hallway"))
            .light(FakeLight::white("Attic").room("Upstairs"))
            .zone("Upstairs", &["Hall"])
            .zone("All", &["Hall"])
            .scene("Relax", "Hallway")
            .scene("relax", "Hallway")
            .scene("Relax", "Upstairs")
            .install();
        assert_eq!(
            HomeFindings::inspect().expect("the fake host has a house").problems(),
            [
                "Rooms or zones have the same name, or that of the whole home: All and all, Upstairs. \
                 Rename one, or write \"zone:\" or \"room:\" before it.",
                "Scenes have the same name: Relax and relax (Hallway). Rename one.",
            ]
        );
    }

    #[test]
    fn lights_of_one_name_are_named_as_written_and_may_be_in_no_room() {
        let stray = |name: &str| FakeLight::white(name);
        let _host = FakeHost::new().light(stray("Ceiling")).light(stray("Ceiling ")).light(stray("Lamp")).install();
        let problems = HomeFindings::inspect().expect("the fake host has a house").problems();
        assert_eq!(problems[0], "Lights have the same name: Ceiling and Ceiling  (in no room). Rename one.");
    }

    #[test]
    fn a_house_in_order_has_no_problems() {
        let _host = FakeHost::new().light(FakeLight::white("Hall").room("Hallway")).install();
        assert!(HomeFindings::inspect().expect("the fake host has a house").problems().is_empty());
    }
}
