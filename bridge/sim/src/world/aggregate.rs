//! The aggregates of grouped lights: on if any light is on, and the mean brightness of those that are on.

use std::collections::{BTreeSet, HashMap};

use serde_json::json;

use super::change::Change;
use super::store::Store;
use super::topology;

/// An index of the lights in each grouped light. It makes a change of one light cheap in a home with many groups.
#[derive(Debug)]
pub(super) struct Aggregates {
    /// Holds the id of each grouped light, and the ids of its lights.
    groups: Vec<(String, Vec<String>)>,
    /// Maps each light to its groups, which are given as indices into `groups`.
    by_light: HashMap<String, Vec<usize>>,
}

/// Computes all grouped lights anew.
pub(crate) fn recompute(store: &mut Store) {
    Aggregates::new(store).update_all(store);
}

impl Aggregates {
    pub(super) fn new(store: &Store) -> Self {
        let groups: Vec<_> = topology::all_members(store);
        let mut by_light: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, (_, lights)) in groups.iter().enumerate() {
            for light in lights {
                by_light.entry(light.clone()).or_default().push(index);
            }
        }
        Self { groups, by_light }
    }

    /// False if one of these changes may have moved a light into or out of a group.
    pub(super) fn remain_valid(changes: &[Change]) -> bool {
        let may_move_lights = |change: &Change| match change.rtype() {
            "room" | "zone" | "bridge_home" | "device" | "grouped_light" => true,
            "light" => change.property().is_none(),
            _ => false,
        };
        !changes.iter().any(may_move_lights)
    }

    /// Computes all grouped lights.
    pub(super) fn update_all(&self, store: &mut Store) {
        for (group, lights) in &self.groups {
            update_group(store, group, lights);
        }
    }

    /// Computes the grouped lights of the lights that have changed.
    pub(super) fn update(&self, store: &mut Store, changes: &[Change]) {
        let lights = changes.iter().filter(|change| change.rtype() == "light");
        let indices = lights.filter_map(|light| self.by_light.get(light.id())).flatten();
        for index in indices.copied().collect::<BTreeSet<_>>() {
            let (group, lights) = &self.groups[index];
            update_group(store, group, lights);
        }
    }
}

fn update_group(store: &mut Store, group: &str, lights: &[String]) {
    let (on, brightness) = aggregate(store, lights);
    store.edit("grouped_light", group, |group| {
        group["on"] = json!({"on": on});
        // A group without dimmable lights has no `dimming`.
        if let Some(brightness) = brightness {
            group["dimming"]["brightness"] = json!(brightness);
        }
    });
}

/// Returns whether any light is on, and the mean brightness of the lights that are on, if any light can be dimmed.
fn aggregate(store: &Store, lights: &[String]) -> (bool, Option<f64>) {
    let (mut on, mut dimmable, mut count, mut total) = (false, false, 0.0_f64, 0.0);
    for light in lights.iter().filter_map(|id| store.get("light", id)) {
        let (is_on, brightness) = (light["on"]["on"] == true, light["dimming"]["brightness"].as_f64());
        on |= is_on;
        dimmable |= brightness.is_some();
        if let Some(brightness) = brightness.filter(|_| is_on) {
            count += 1.0;
            total += brightness;
        }
    }
    (on, dimmable.then(|| (total / count.max(1.0) * 100.0).round() / 100.0))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::world::Home;
    use crate::world::store::resource_id;

    fn brightness(store: &Store) -> Vec<Value> {
        store.of_type("grouped_light").map(|group| group["dimming"]["brightness"].clone()).collect()
    }

    #[test]
    fn a_change_of_one_light_leads_to_the_same_sums_as_working_out_all() {
        let mut store = Store::new(Home::demo().into_resources());
        let aggregates = Aggregates::new(&store);
        let lights: Vec<_> = store.of_type("light").map(resource_id).collect();
        for (number, light) in lights.iter().enumerate() {
            store.edit("light", light, |light| {
                light["on"]["on"] = json!(number % 3 > 0);
                if light.get("dimming").is_some() {
                    light["dimming"]["brightness"] = json!(number);
                }
            });
            let changes = store.take_changes();
            assert!(Aggregates::remain_valid(&changes));
            aggregates.update(&mut store, &changes);
            let updated = brightness(&store);
            recompute(&mut store);
            assert!(store.take_changes().iter().all(|change| change.rtype() == "grouped_light"));
            assert_eq!(updated, brightness(&store));
        }
    }
}
