//! Merges changes that an event holds into a resource.

use serde_json::{Map, Value};

/// Whether the essential members of a resource have the right JSON types, where they are present.
pub(super) fn is_plausible(resource: &Value) -> bool {
    let on = resource.pointer("/on/on").is_none_or(Value::is_boolean);
    on && resource.pointer("/metadata/name").is_none_or(Value::is_string)
}

/// Merges a change into a resource. Returns false if part of the change made no sense.
///
/// A light that gets a colour without a colour temperature has no valid temperature any more.
pub(super) fn merge_update(resource: &mut Value, change: &Value) -> bool {
    let is_colored = change.pointer("/color/xy").is_some() && change.get("color_temperature").is_none();
    if let Some(temperature) = resource.get_mut("color_temperature").and_then(Value::as_object_mut)
        && is_colored
    {
        temperature.insert("mirek".to_owned(), Value::Null);
        temperature.insert("mirek_valid".to_owned(), Value::Bool(false));
    }
    let (Value::Object(resource), Value::Object(change)) = (resource, change) else { return false };
    merge_members(resource, change.iter().filter(|(key, _)| *key != "id" && *key != "type"))
}

/// Merges objects member by member and replaces any other value. A value of another JSON type is ignored, and makes the
/// result false; `null` has every type.
fn merge_value(into: &mut Value, from: &Value) -> bool {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => merge_members(into, from.iter()),
        (into, from) => {
            let is_same_type = is_same_type(into, from);
            if is_same_type {
                *into = from.clone();
            } else {
                tracing::debug!(%into, %from, "event holds a value of another JSON type");
            }
            is_same_type
        }
    }
}

fn merge_members<'a>(into: &mut Map<String, Value>, from: impl Iterator<Item = (&'a String, &'a Value)>) -> bool {
    let mut is_plausible = true;
    for (key, value) in from {
        match into.get_mut(key) {
            Some(existing) => is_plausible &= merge_value(existing, value),
            None => {
                into.insert(key.clone(), value.clone());
            }
        }
    }
    is_plausible
}

fn is_same_type(a: &Value, b: &Value) -> bool {
    use Value::{Array, Bool, Null, Number, String};
    match (a, b) {
        (Array(_), Array(_)) | (Bool(_), Bool(_)) | (Number(_), Number(_)) | (String(_), String(_)) | (Null, _) => true,
        (_, Null) => !a.is_object(),
        _ => false,
    }
}
