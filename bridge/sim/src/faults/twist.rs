//! Values of other types than they should be.

use serde_json::{Map, Value, json};

/// The names that stay, so that it is clear which resource the nonsense is about.
const KEPT: [&str; 2] = ["id", "type"];

/// Turns an answer, or the data of a frame, into valid JSON that makes no sense.
pub(super) fn twist(value: &Value) -> Value {
    match value {
        Value::Null => json!([]),
        Value::Bool(value) => json!(value.to_string()),
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) => json!(text.len()),
        Value::Array(elements) => elements.iter().map(twist).collect(),
        Value::Object(members) => Value::Object(twist_members(members)),
    }
}

/// The references between resources are gone, and there is something nobody has heard of.
fn twist_members(members: &Map<String, Value>) -> Map<String, Value> {
    let kept = |name: &str, value: &Value| KEPT.contains(&name) && value.is_string();
    let mut twisted: Map<_, _> = members
        .iter()
        .filter(|(name, _)| *name != "owner")
        .map(|(name, value)| (name.clone(), if kept(name, value) { value.clone() } else { twist(value) }))
        .collect();
    twisted.insert("unheard_of".to_owned(), json!({"deeper": [null, 1]}));
    twisted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_types_stay_and_all_else_is_nonsense() {
        let light = json!({"id": "a", "type": "light", "on": {"on": true}, "dimming": {"brightness": 3.5},
            "owner": {"rid": "b", "rtype": "device"}, "points": [1]});
        let twisted = twist(&light);
        assert_eq!((&twisted["id"], &twisted["type"]), (&json!("a"), &json!("light")));
        assert_eq!((&twisted["on"]["on"], &twisted["dimming"]["brightness"]), (&json!("true"), &json!("3.5")));
        assert!(twisted.get("owner").is_none() && twisted.get("unheard_of").is_some());
    }
}
