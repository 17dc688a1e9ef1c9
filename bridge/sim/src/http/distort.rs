//! Makes resources that newer or older firmware would send, for the faults
//! [`OmittedLists`](crate::Fault::OmittedLists), [`MissingId`](crate::Fault::MissingId) and
//! [`UnknownWords`](crate::Fault::UnknownWords).

use serde_json::{Map, Value};

/// The word that no client knows.
const UNKNOWN_WORD: &str = "unheard_of";
/// The members whose texts are no enumerations: ids, names, versions and times.
const FREE_TEXT_MEMBERS: [&str; 22] = [
    "$ref",
    "bridge_id",
    "changed",
    "description",
    "estimated_end",
    "hardware_platform_type",
    "id",
    "id_v1",
    "last_error",
    "last_recall",
    "mac_address",
    "manufacturer_name",
    "model_id",
    "name",
    "product_name",
    "rid",
    "rtype",
    "script_id",
    "software_version",
    "time_zone",
    "type",
    "updated",
];

/// Leaves out every list of every resource, of an answer or of a frame's data.
pub(super) fn omit_lists(body: &Value) -> Value {
    with_each_resource(body, remove_lists)
}

fn remove_lists(value: &mut Value) {
    let Value::Object(members) = value else { return };
    members.retain(|_, member| !member.is_array());
    members.values_mut().for_each(remove_lists);
}

/// Leaves out the id of the last resource, of an answer or of each event.
pub(super) fn omit_id(body: &Value) -> Value {
    let mut body = body.clone();
    for resource in resource_lists(&mut body).into_iter().filter_map(|list| list.last_mut()) {
        resource.as_object_mut().map(|members| members.remove("id"));
    }
    body
}

/// Replaces the word in every enumerated member of every resource by one that no client knows.
pub(super) fn replace_words(body: &Value) -> Value {
    with_each_resource(body, replace_words_in)
}

fn replace_words_in(value: &mut Value) {
    match value {
        Value::String(word) => UNKNOWN_WORD.clone_into(word),
        Value::Array(elements) => elements.iter_mut().for_each(replace_words_in),
        Value::Object(members) => enumerated(members).for_each(replace_words_in),
        _ => {}
    }
}

fn enumerated(members: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    members.iter_mut().filter(|(name, _)| !FREE_TEXT_MEMBERS.contains(&name.as_str())).map(|(_, member)| member)
}

/// Returns the body with each of its resources changed.
fn with_each_resource(body: &Value, change: impl FnMut(&mut Value)) -> Value {
    let mut body = body.clone();
    resource_lists(&mut body).into_iter().flatten().for_each(change);
    body
}

/// Finds the lists of resources: the `data` of an answer, or that of each event of a frame.
fn resource_lists(body: &mut Value) -> Vec<&mut Vec<Value>> {
    let holders = match body {
        Value::Array(events) => events.iter_mut().collect(),
        answer => vec![answer],
    };
    holders.into_iter().filter_map(|holder| holder.get_mut("data")?.as_array_mut()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_ids_and_words_are_changed_and_nothing_else() {
        let light = json!({"id": "a", "type": "light", "mode": "normal", "metadata": {"name": "Lamp", "archetype": "plug"},
            "effects": {"status": "fire", "status_values": ["fire"]}, "owner": {"rid": "b", "rtype": "device"}});
        let answer = json!({"errors": [], "data": [{"id": "b", "type": "device"}, light]});
        let lists = omit_lists(&answer);
        assert_eq!((&lists["data"][1]["effects"], &lists["errors"]), (&json!({"status": "fire"}), &json!([])));
        let ids = omit_id(&json!([{"type": "update", "id": "e", "data": [light]}]));
        assert_eq!((ids[0]["id"].as_str(), ids[0]["data"][0].get("id")), (Some("e"), None));
        let words = replace_words(&answer);
        let mut expected = light;
        for path in ["/mode", "/metadata/archetype", "/effects/status", "/effects/status_values/0"] {
            *expected.pointer_mut(path).expect("a member") = json!(UNKNOWN_WORD);
        }
        assert_eq!(words["data"][1], expected);
    }
}
