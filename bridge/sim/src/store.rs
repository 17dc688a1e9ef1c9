//! The bridge's document: every resource, in order, and a record of what changed in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use crate::change::{self, Change};

/// All resources of the bridge.
///
/// Every mutation goes through [`edit`](Store::edit), [`insert`](Store::insert) or [`remove`](Store::remove), which
/// note what the event stream has to tell; so no change can be silent.
#[derive(Debug, Default)]
pub(crate) struct Store {
    resources: BTreeMap<u64, Value>,
    /// By type: a large home has thousands of resources, of which most questions concern a few.
    types: HashMap<String, Places>,
    next: u64,
    changes: Vec<Change>,
}

/// Where the resources of one type are.
#[derive(Debug, Default)]
struct Places {
    order: BTreeSet<u64>,
    by_id: HashMap<String, u64>,
}

impl Store {
    /// Fills a store; what was there from the beginning is no change.
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
        let places = self.types.get(rtype).into_iter().flat_map(|places| &places.order);
        places.filter_map(|place| self.resources.get(place))
    }

    pub(crate) fn get(&self, rtype: &str, id: &str) -> Option<&Value> {
        self.resources.get(&self.place(rtype, id)?)
    }

    /// Follows a reference `{"rid": .., "rtype": ..}`.
    pub(crate) fn follow(&self, reference: &Value) -> Option<&Value> {
        self.get(reference["rtype"].as_str()?, reference["rid"].as_str()?)
    }

    /// Changes one resource and notes the difference; `None` if there is no such resource.
    pub(crate) fn edit<T>(&mut self, rtype: &str, id: &str, edit: impl FnOnce(&mut Value) -> T) -> Option<T> {
        let resource = self.resources.get_mut(&self.place(rtype, id)?)?;
        let before = resource.clone();
        let result = edit(resource);
        self.changes.extend(change::between(&before, resource));
        Some(result)
    }

    /// Adds a resource, or replaces the one with the same type and id.
    pub(crate) fn insert(&mut self, resource: Value) {
        let (rtype, id) = key(&resource);
        if self.edit(&rtype, &id, |old| old.clone_from(&resource)).is_none() {
            self.changes.push(Change::Add(resource.clone()));
            self.append(resource);
        }
    }

    pub(crate) fn remove(&mut self, rtype: &str, id: &str) -> Option<Value> {
        let places = self.types.get_mut(rtype)?;
        let place = places.by_id.remove(id)?;
        places.order.remove(&place);
        let resource = self.resources.remove(&place)?;
        self.changes.push(Change::Delete(change::identity(&resource)));
        Some(resource)
    }

    /// Hands over what changed since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn place(&self, rtype: &str, id: &str) -> Option<u64> {
        self.types.get(rtype)?.by_id.get(id).copied()
    }

    /// Puts a resource that is not there yet at the end.
    fn append(&mut self, resource: Value) {
        let (rtype, id) = key(&resource);
        let places = self.types.entry(rtype).or_default();
        places.order.insert(self.next);
        places.by_id.insert(id, self.next);
        self.resources.insert(self.next, resource);
        self.next += 1;
    }
}

fn key(resource: &Value) -> (String, String) {
    let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
    (text("type"), text("id"))
}

/// The `id` of a resource.
pub(crate) fn id(resource: &Value) -> String {
    resource["id"].as_str().unwrap_or_default().to_owned()
}

/// The ids that a list of references names, for one type.
pub(crate) fn references(list: &Value, rtype: &str) -> Vec<String> {
    let references = list.as_array().into_iter().flatten();
    references.filter(|it| it["rtype"] == rtype).filter_map(|it| it["rid"].as_str().map(str::to_owned)).collect()
}

/// Writes `patch` over `target`, member by member; what the patch does not name stays.
pub(crate) fn merge(target: &mut Value, patch: &Value) {
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
        let ids: Vec<_> = store().of_type("light").map(id).collect();
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
