//! Shortens the schema of a result to an outline. Every list of tools carries it, and some clients hand it to a model.
//!
//! An outline describes the fields of a result, and those of its `data`. Of what lies deeper it describes the entries of a
//! list, if the result has one such list. Other objects are described by their type and the number of their fields.
//!
//! An object is described with all of its fields or with none: programs that derive types from a schema would lose the
//! others. An outline accepts every value that the whole schema accepts.

use serde_json::{Map, Value, json};

/// The bytes up to which a schema stays whole.
const MAX_WHOLE_BYTES: usize = 320;

/// The depth down to which objects are described: `data` lies at 1.
const MAX_DEPTH: usize = 1;

/// Returns the schema, or its outline if it is long. A schema that refers to itself stays whole.
pub(super) fn outline(whole: Value) -> Value {
    if whole.to_string().len() <= MAX_WHOLE_BYTES || whole.get("$defs").is_some() {
        return whole;
    }
    outline_at(&whole, 0)
}

/// The shapes that a schema may describe in parts.
enum Shape<'s> {
    /// An object with these fields.
    Object(&'s Map<String, Value>),
    /// Any number of elements, which this keyword describes.
    List(&'static str, &'s Value),
    /// Anything else, described in one piece.
    Single,
}

impl<'s> Shape<'s> {
    fn of(schema: &'s Value) -> Self {
        let may_be = |name: &str| match &schema["type"] {
            Value::Array(types) => types.iter().any(|it| it == name),
            only => only == name,
        };
        let list = |keyword: &'static str| match schema.get(keyword) {
            Some(element @ Value::Object(_)) => Self::List(keyword, element),
            _ => Self::Single,
        };
        match schema.get("properties").and_then(Value::as_object) {
            Some(properties) if may_be("object") => Self::Object(properties),
            None if may_be("array") => list("items"),
            None if may_be("object") => list("additionalProperties"),
            _ => Self::Single,
        }
    }

    fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

fn outline_at(schema: &Value, depth: usize) -> Value {
    match Shape::of(schema) {
        Shape::Object(fields) if depth <= MAX_DEPTH => {
            let only = only_list(fields);
            describe_object(schema, fields, |name, field| {
                outline_at(field, if only == Some(name) { MAX_DEPTH } else { depth + 1 })
            })
        }
        Shape::Object(_) => count_fields(schema),
        Shape::List(keyword, entry) => with(schema, keyword, outline_entry(entry, depth)),
        Shape::Single => schema.clone(),
    }
}

/// Describes the entry of a list. What lies within an entry is not described further.
fn outline_entry(entry: &Value, depth: usize) -> Value {
    match Shape::of(entry) {
        Shape::Object(fields) if depth <= MAX_DEPTH => {
            describe_object(entry, fields, |_, field| outline_at(field, MAX_DEPTH + 1))
        }
        _ => outline_at(entry, depth),
    }
}

/// Returns the name of the field that is a list of objects, if there is exactly one.
fn only_list(fields: &Map<String, Value>) -> Option<&str> {
    let is_list = |field: &Value| matches!(Shape::of(field), Shape::List(_, entry) if Shape::of(entry).is_object());
    let mut lists = fields.iter().filter(|(_, field)| is_list(field)).map(|(name, _)| name.as_str());
    lists.next().filter(|_| lists.next().is_none())
}

/// Describes an object with its fields. If it always has all of them, their number says so in fewer bytes than their names.
fn describe_object(schema: &Value, fields: &Map<String, Value>, field: impl Fn(&str, &Value) -> Value) -> Value {
    let outlined: Map<_, _> = fields.iter().map(|(name, it)| (name.clone(), field(name, it))).collect();
    let mut described = with(schema, "properties", outlined.into());
    let required = schema["required"].as_array().map_or(0, Vec::len);
    let is_closed = ["additionalProperties", "patternProperties"].iter().all(|keyword| schema.get(*keyword).is_none());
    if let Some(object) = described.as_object_mut().filter(|_| is_closed && required > 1 && required == fields.len()) {
        object.remove("required");
        object.insert("minProperties".to_owned(), required.into());
    }
    described
}

/// Describes an object by its type and the number of fields that it always has.
fn count_fields(schema: &Value) -> Value {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    match required {
        [] => json!({"type": schema["type"]}),
        [_] => json!({"type": schema["type"], "required": required}),
        _ => json!({"type": schema["type"], "minProperties": required.len()}),
    }
}

fn with(schema: &Value, keyword: &str, value: Value) -> Value {
    let mut schema = schema.clone();
    schema[keyword] = value;
    schema
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value, reason = "schemas are nested more readably by value")]
mod tests {
    use super::*;

    fn object(fields: Value, required: &[&str]) -> Value {
        json!({"type": "object", "properties": fields, "required": required})
    }

    fn list(entry: Value) -> Value {
        json!({"type": ["array", "null"], "items": entry, "maxItems": 9})
    }

    fn lamp() -> Value {
        let state = object(json!({"on": {"type": "boolean"}}), &["on"]);
        let level = object(json!({"percent": {"type": "number"}, "step": {"type": "number"}}), &["percent", "step"]);
        let fields = json!({"name": {"type": "string"}, "number": {"type": "integer"}, "state": state, "level": level});
        object(fields, &["name", "state", "level"])
    }

    fn lamp_outline() -> Value {
        let state = json!({"type": "object", "required": ["on"]});
        let level = json!({"type": "object", "minProperties": 2});
        let fields = json!({"name": {"type": "string"}, "number": {"type": "integer"}, "state": state, "level": level});
        object(fields, &["name", "state", "level"])
    }

    fn report(data: Value) -> Value {
        object(json!({"message": {"type": "string"}, "data": data}), &["message", "data"])
    }

    #[test]
    fn a_short_schema_stays_as_it_is_and_so_does_one_that_refers_to_itself() {
        let nested = report(report(json!({"type": "string"})));
        assert!(nested.to_string().len() <= MAX_WHOLE_BYTES);
        assert_eq!(outline(nested.clone()), nested);
        let node =
            object(json!({"next": {"$ref": "#/$defs/node"}, "lamp": lamp(), "other": lamp()}), &["lamp", "other"]);
        let circle = json!({"$ref": "#/$defs/node", "$defs": {"node": node}});
        assert_eq!(outline(circle.clone()), circle);
    }

    #[test]
    fn the_fields_of_data_and_the_entries_of_its_list_are_described() {
        let data =
            object(json!({"lamp": lamp(), "lamps": list(lamp()), "names": list(json!({"type": "string"}))}), &[]);
        let outlined = outline(report(data));
        assert_eq!(outlined["minProperties"], 2);
        assert_eq!(outlined["properties"]["message"], json!({"type": "string"}));
        let fields = &outlined["properties"]["data"]["properties"];
        assert_eq!(fields["lamp"], json!({"type": "object", "minProperties": 3}));
        assert_eq!(fields["lamps"], list(lamp_outline()));
        assert_eq!(fields["names"], list(json!({"type": "string"})));
    }

    #[test]
    fn the_entries_of_several_lists_are_counted() {
        let data = object(json!({"lamps": list(lamp()), "spare": list(lamp())}), &["lamps", "spare"]);
        let outlined = outline(report(data));
        let entry = &outlined["properties"]["data"]["properties"]["lamps"]["items"];
        assert_eq!(*entry, json!({"type": "object", "minProperties": 3}));
    }

    #[test]
    fn a_list_within_an_entry_is_not_described_further() {
        let room = object(json!({"name": {"type": "string"}, "lamps": list(lamp())}), &["name", "lamps"]);
        let home = object(json!({"rooms": list(room)}), &["rooms"]);
        let entry = &outline(report(home))["properties"]["data"]["properties"]["rooms"]["items"];
        assert_eq!(entry["properties"]["lamps"]["items"], json!({"type": "object", "minProperties": 3}));
    }

    #[test]
    fn a_result_that_is_a_list_or_a_map_has_its_entries_described() {
        let long = json!({"type": "string", "pattern": "x".repeat(MAX_WHOLE_BYTES)});
        let with_long = |mut lamp: Value| {
            lamp["properties"]["long"] = long.clone();
            lamp
        };
        assert_eq!(outline(list(with_long(lamp()))), list(with_long(lamp_outline())));
        let map = |entry: Value| json!({"type": "object", "additionalProperties": entry});
        assert_eq!(outline(map(with_long(lamp()))), map(with_long(lamp_outline())));
    }

    #[test]
    fn what_has_no_parts_is_described_in_one_piece() {
        let either = json!({"anyOf": [lamp(), {"type": "null"}]});
        let outlined = outline(report(object(json!({"either": either, "lamp": lamp()}), &["either"])));
        assert_eq!(outlined["properties"]["data"]["properties"]["either"], either);
    }

    #[test]
    fn fields_are_named_where_their_number_could_not_tell_that_one_is_missing() {
        let mut open = report(lamp());
        open["properties"]["other"] = lamp();
        assert_eq!(outline(open.clone())["required"], json!(["message", "data"]), "`other` may take the place of one");
        let mut map = report(list(lamp()));
        map["additionalProperties"] = lamp();
        assert_eq!(outline(map)["required"], json!(["message", "data"]), "any field may take the place of one");
    }
}
