//! Holds the resources of the bridge in order, and records what changes in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::change::{self, Change};

/// All resources of the bridge.
///
/// Every mutation goes through [`edit`](Store::edit), [`insert`](Store::insert) or [`remove`](Store::remove), which
/// record the change for the event stream. So no change can be silent.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// Maps positions in the document to resources.
    resources: BTreeMap<u64, Value>,
    /// The index by type. A large home has thousands of resources, and most queries concern a few.
    types: HashMap<String, TypeIndex>,
    next_position: u64,
    changes: Vec<Change>,
}

/// The positions that the resources of one type have.
#[derive(Debug, Default)]
struct TypeIndex {
    positions: BTreeSet<u64>,
    by_id: HashMap<String, u64>,
}

impl Store {
    /// Makes a store with these resources, without recording them as changes.
    pub(crate) fn new(resources: Vec<Value>) -> Self {
        let mut store = Self::default();
        for resource in resources {
            store.append(resource);
        }
        store
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Value> {
        self.resources.values()
    }

    pub(crate) fn of_type(&self, rtype: &str) -> impl Iterator<Item = &Value> {
        let positions = self.types.get(rtype).into_iter().flat_map(|index| &index.positions);
        positions.filter_map(|position| self.resources.get(position))
    }

    pub(crate) fn get(&self, rtype: &str, id: &str) -> Option<&Value> {
        self.resources.get(&self.position(rtype, id)?)
    }

    /// Returns the first light that has this `metadata.name`.
    pub(crate) fn light_named(&self, name: &str) -> Option<&Value> {
        self.of_type("light").find(|light| light["metadata"]["name"] == name)
    }

    /// Follows a reference `{"rid": .., "rtype": ..}` to the resource that it names.
    pub(super) fn follow(&self, reference: &Value) -> Option<&Value> {
        self.get(reference["rtype"].as_str()?, reference["rid"].as_str()?)
    }

    /// Changes a resource and records the difference; `None` if there is no such resource.
    pub(super) fn edit<T>(&mut self, rtype: &str, id: &str, edit: impl FnOnce(&mut Value) -> T) -> Option<T> {
        let resource = self.resources.get_mut(&self.position(rtype, id)?)?;
        let before = resource.clone();
        let result = edit(resource);
        self.changes.extend(change::diff(&before, resource));
        Some(result)
    }

    /// Adds a resource, or replaces the one with the same type and id.
    pub(super) fn insert(&mut self, resource: Value) {
        let (rtype, id) = type_and_id(&resource);
        if self.edit(&rtype, &id, |old| old.clone_from(&resource)).is_none() {
            self.changes.push(Change::Add(resource.clone()));
            self.append(resource);
        }
    }

    /// Removes a resource and returns it.
    pub(super) fn remove(&mut self, rtype: &str, id: &str) -> Option<Value> {
        let index = self.types.get_mut(rtype)?;
        let position = index.by_id.remove(id)?;
        index.positions.remove(&position);
        let resource = self.resources.remove(&position)?;
        self.changes.push(Change::Delete(change::identity(&resource)));
        Some(resource)
    }

    /// Takes the changes that were made since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn position(&self, rtype: &str, id: &str) -> Option<u64> {
        self.types.get(rtype)?.by_id.get(id).copied()
    }

    /// Adds a new resource at the end.
    fn append(&mut self, resource: Value) {
        let (rtype, id) = type_and_id(&resource);
        let index = self.types.entry(rtype).or_default();
        index.positions.insert(self.next_position);
        index.by_id.insert(id, self.next_position);
        self.resources.insert(self.next_position, resource);
        self.next_position += 1;
    }
}

fn type_and_id(resource: &Value) -> (String, String) {
    let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
    (text("type"), text("id"))
}

/// Returns the `id` that a resource has.
pub(crate) fn resource_id(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_default().to_owned()
}

/// Returns the ids of one type in a list of references.
pub(super) fn references(list: &Value, rtype: &str) -> Vec<String> {
    let references = list.as_array().into_iter().flatten();
    references.filter(|it| it["rtype"] == rtype).filter_map(|it| it["rid"].as_str().map(str::to_owned)).collect()
}

/// Merges `patch` into `target`, member by member. Members that the patch does not have stay.
pub(super) fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name.as_str()).or_insert(Value::Null), value);
            }
        }
        (target, patch) => target.clone_from(patch),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn store() -> Store {
        Store::new(vec![json!({"id": "b", "type": "light", "on": {"on": false}}), json!({"id": "a", "type": "light"})])
    }

    #[test]
    fn order_is_that_of_the_document() {
        let ids: Vec<_> = store().of_type("light").map(resource_id).collect();
        assert_eq!(ids, ["b", "a"]);
    }

    #[test]
    fn an_edit_without_effect_is_no_change() {
        let mut store = store();
        store.edit("light", "b", |light| light["on"]["on"] = json!(false));
        assert!(store.take_changes().is_empty());
    }

    #[test]
    fn a_removed_resource_is_reported_and_gone() {
        let mut store = store();
        assert!(store.remove("light", "b").is_some());
        assert!(store.get("light", "b").is_none());
        assert!(matches!(store.take_changes()[..], [Change::Delete(_)]));
    }
}
