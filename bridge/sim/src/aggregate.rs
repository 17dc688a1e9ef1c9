//! What the lights of a group add up to, which its `grouped_light` shows.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use crate::change::Change;
use crate::group;
use crate::store::Store;

/// Who is in which grouped light: known beforehand, since a large home has many groups, and most changes are of one
/// light.
#[derive(Debug)]
pub(crate) struct Aggregates {
    /// The id of each grouped light, and the ids of its lights.
    groups: Vec<(String, Vec<String>)>,
    /// The places in `groups` of each light.
    by_light: HashMap<String, Vec<usize>>,
}

/// Works out all grouped lights anew.
pub(crate) fn refresh(store: &mut Store) {
    Aggregates::new(store).sum_up_all(store);
}

impl Aggregates {
    pub(crate) fn new(store: &Store) -> Self {
        let groups: Vec<_> = group::all_members(store);
        let mut by_light: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, (_, lights)) in groups.iter().enumerate() {
            for light in lights {
                by_light.entry(light.clone()).or_default().push(place);
            }
        }
        Self { groups, by_light }
    }

    /// False if a change may have moved a light into a group or out of it.
    pub(crate) fn survive(changes: &[Change]) -> bool {
        let moves = |change: &Change| match change.rtype() {
            "room" | "zone" | "bridge_home" | "device" | "grouped_light" => true,
            "light" => change.property().is_none(),
            _ => false,
        };
        !changes.iter().any(moves)
    }

    pub(crate) fn sum_up_all(&self, store: &mut Store) {
        for (group, lights) in &self.groups {
            sum_up(store, group, lights);
        }
    }

    /// Works out the groups of the lights that have changed.
    pub(crate) fn sum_up(&self, store: &mut Store, changes: &[Change]) {
        let lights = changes.iter().filter(|change| change.rtype() == "light");
        let places = lights.filter_map(|light| self.by_light.get(light.id())).flatten();
        for place in places.copied().collect::<BTreeSet<_>>() {
            let (group, lights) = &self.groups[place];
            sum_up(store, group, lights);
        }
    }
}

fn sum_up(store: &mut Store, group: &str, lights: &[String]) {
    let (on, brightness) = sum(store, lights);
    store.edit("grouped_light", group, |group| {
        group["on"] = json!({"on": on});
        // Only what some light of the group can do is there.
        if let Some(brightness) = brightness {
            group["dimming"]["brightness"] = json!(brightness);
        }
    });
}

/// Whether any light is on, and the mean brightness of those that are, if any can be dimmed.
fn sum(store: &Store, lights: &[String]) -> (bool, Option<f64>) {
    let (mut on, mut dimmable, mut lit, mut total) = (false, false, 0.0_f64, 0.0);
    for light in lights.iter().filter_map(|id| store.get("light", id)) {
        let (shines, brightness) = (light["on"]["on"] == true, light["dimming"]["brightness"].as_f64());
        on |= shines;
        dimmable |= brightness.is_some();
        if let Some(brightness) = brightness.filter(|_| shines) {
            lit += 1.0;
            total += brightness;
        }
    }
    (on, dimmable.then(|| (total / lit.max(1.0) * 100.0).round() / 100.0))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::home::Home;
    use crate::store;

    fn brightness(store: &Store) -> Vec<Value> {
        store.of_type("grouped_light").map(|group| group["dimming"]["brightness"].clone()).collect()
    }

    #[test]
    fn a_change_of_one_light_leads_to_the_same_sums_as_working_out_all() {
        let mut store = Store::new(Home::demo().into_resources());
        let aggregates = Aggregates::new(&store);
        let lights: Vec<_> = store.of_type("light").map(store::id).collect();
        for (number, light) in lights.iter().enumerate() {
            store.edit("light", light, |light| {
                light["on"]["on"] = json!(number % 3 > 0);
                if light.get("dimming").is_some() {
                    light["dimming"]["brightness"] = json!(number);
                }
            });
            let changes = store.take_changes();
            assert!(Aggregates::survive(&changes));
            aggregates.sum_up(&mut store, &changes);
            let told = brightness(&store);
            refresh(&mut store);
            assert!(store.take_changes().iter().all(|change| change.rtype() == "grouped_light"));
            assert_eq!(told, brightness(&store));
        }
    }
}
