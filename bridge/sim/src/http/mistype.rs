//! Makes JSON in which values have wrong types, for the fault [`WrongTypes`](crate::Fault::WrongTypes).

use serde_json::{Map, Value, json};

/// The members that stay, so that the resource can still be identified.
const KEPT_MEMBERS: [&str; 2] = ["id", "type"];

/// Gives every value of an answer or of a frame's data a wrong type. The result is valid JSON.
pub(super) fn mistype(value: &Value) -> Value {
    match value {
        Value::Null => json!([]),
        Value::Bool(value) => json!(value.to_string()),
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) => json!(text.len()),
        Value::Array(elements) => elements.iter().map(mistype).collect(),
        Value::Object(members) => Value::Object(mistype_members(members)),
    }
}

/// Mistypes the members of an object, removes the reference to its owner, and adds an unknown member.
fn mistype_members(members: &Map<String, Value>) -> Map<String, Value> {
    let kept = |name: &str, value: &Value| KEPT_MEMBERS.contains(&name) && value.is_string();
    let mut mistyped: Map<_, _> = members
        .iter()
        .filter(|(name, _)| *name != "owner")
        .map(|(name, value)| (name.clone(), if kept(name, value) { value.clone() } else { mistype(value) }))
        .collect();
    mistyped.insert("unheard_of".to_owned(), json!({"deeper": [null, 1]}));
    mistyped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_types_stay_and_all_else_is_nonsense() {
        let light = json!({"id": "a", "type": "light", "on": {"on": true}, "dimming": {"brightness": 3.5},
            "owner": {"rid": "b", "rtype": "device"}, "points": [1]});
        let mistyped = mistype(&light);
        assert_eq!((&mistyped["id"], &mistyped["type"]), (&json!("a"), &json!("light")));
        assert_eq!((&mistyped["on"]["on"], &mistyped["dimming"]["brightness"]), (&json!("true"), &json!("3.5")));
        assert!(mistyped.get("owner").is_none() && mistyped.get("unheard_of").is_some());
    }
}
