//! Changes of resources, as the event stream reports them.

use serde_json::{Map, Value, json};

/// A change as it is reported in one entry of an event.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A property has a new value: the identity of the resource, the property's name, and the value as reported.
    Update(Value, String, Value),
    /// A resource was added.
    Add(Value),
    /// A resource was deleted; only its identity is left.
    Delete(Value),
}

/// Names a property of a resource by the type, the id and the name of the property.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Property([String; 3]);

impl Change {
    /// Returns the type that the event has: `update`, `add` or `delete`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Update(..) => "update",
            Self::Add(_) => "add",
            Self::Delete(_) => "delete",
        }
    }

    pub(crate) fn rtype(&self) -> &str {
        let (Self::Update(resource, ..) | Self::Add(resource) | Self::Delete(resource)) = self;
        resource["type"].as_str().unwrap_or_default()
    }

    pub(crate) fn id(&self) -> &str {
        let (Self::Update(resource, ..) | Self::Add(resource) | Self::Delete(resource)) = self;
        resource["id"].as_str().unwrap_or_default()
    }

    /// Returns the property that changed; `None` if the whole resource was added or deleted.
    pub(crate) fn property(&self) -> Option<Property> {
        let Self::Update(_, property, _) = self else { return None };
        Some(Property([self.rtype(), self.id(), property].map(str::to_owned)))
    }

    /// Returns the entry of the change in an event's `data`.
    pub(crate) fn entry(&self) -> Value {
        match self {
            Self::Update(identity, property, value) => {
                let mut entry = identity.clone();
                entry[property.as_str()] = value.clone();
                entry
            }
            Self::Add(resource) => resource.clone(),
            Self::Delete(identity) => identity.clone(),
        }
    }
}

/// Returns the members that identify a resource.
pub(super) fn identity(resource: &Value) -> Value {
    pick(resource, &["id", "id_v1", "type"])
}

/// Compares two states of a resource, and returns one change per property, as a bridge reports them.
pub(super) fn diff(before: &Value, after: &Value) -> Vec<Change> {
    let identity = pick(after, &["id", "id_v1", "owner", "service_id", "type"]);
    let empty = Map::new();
    let mut properties: Vec<_> = after.as_object().unwrap_or(&empty).iter().collect();
    // A bridge reports on/off before all else.
    properties.sort_by_key(|(name, _)| *name != "on");
    properties
        .into_iter()
        .filter(|(name, value)| before.get(name.as_str()) != Some(value))
        .map(|(name, value)| {
            Change::Update(identity.clone(), name.clone(), reported_value(name, &before[name.as_str()], value))
        })
        .collect()
}

/// Returns the part of a property that a bridge reports: the values without the abilities.
fn reported_value(property: &str, before: &Value, after: &Value) -> Value {
    match property {
        "dimming" => pick(after, &["brightness"]),
        "color" => pick(after, &["xy"]),
        "color_temperature" => pick(after, &["mirek", "mirek_valid"]),
        "gradient" => pick(after, &["mode", "points"]),
        "dynamics" => pick(after, &["speed", "speed_valid", "status"]),
        "effects" | "timed_effects" | "effects_v2" => without_abilities(after),
        // These are reported whole. A signal that has ended thereby leaves only the abilities.
        "metadata" | "owner" | "on" | "signaling" => after.clone(),
        _ => changed_members(before, after),
    }
}

fn pick(resource: &Value, names: &[&str]) -> Value {
    let members = names.iter().filter_map(|name| Some(((*name).to_owned(), resource.get(name)?.clone())));
    Value::Object(members.collect())
}

fn without_abilities(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| !name.ends_with("_values"));
            Value::Object(members.map(|(name, value)| (name.clone(), without_abilities(value))).collect())
        }
        other => other.clone(),
    }
}

fn changed_members(before: &Value, after: &Value) -> Value {
    match after {
        Value::Object(members) => {
            let changed = members.iter().filter(|(name, value)| before.get(name.as_str()) != Some(value));
            Value::Object(changed.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        other => json!(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn light(on: bool, brightness: f64) -> Value {
        json!({"id": "1", "type": "light", "id_v1": "/lights/1", "service_id": 0, "owner": {"rid": "2", "rtype": "device"},
            "on": {"on": on}, "dimming": {"brightness": brightness, "min_dim_level": 0.2}})
    }

    #[test]
    fn switch_and_brightness_are_two_entries_the_switch_first() {
        let entries: Vec<_> = diff(&light(false, 10.0), &light(true, 20.16)).iter().map(Change::entry).collect();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0]["on"], json!({"on": true}));
        assert_eq!(entries[1]["dimming"], json!({"brightness": 20.16}));
        assert_eq!(entries[0]["id"], entries[1]["id"]);
    }

    #[test]
    fn a_status_tells_only_what_changed() {
        let before = json!({"id": "s", "type": "scene", "status": {"active": "static", "last_recall": "x"}});
        let after = json!({"id": "s", "type": "scene", "status": {"active": "inactive", "last_recall": "x"}});
        assert_eq!(diff(&before, &after)[0].entry()["status"], json!({"active": "inactive"}));
    }
}
