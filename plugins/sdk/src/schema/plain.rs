//! Rewrites what schemars generates into the plain words that model interfaces take: one type a value, no `null` for what
//! may be left out, and enumerations instead of alternatives of constants.

use serde_json::{Map, Value};

/// Removes `null` from each property that is not required, at any depth.
pub(super) fn drop_optional_nulls(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            let required = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            let properties = object.get_mut("properties").and_then(Value::as_object_mut);
            let optional = properties.into_iter().flatten().filter(|(name, _)| !required.iter().any(|it| it == *name));
            optional.filter_map(|(_, property)| property.as_object_mut()).for_each(drop_null);
            object.values_mut().for_each(drop_optional_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_optional_nulls),
        _ => {}
    }
}

/// Removes `null` from the types, constants, alternatives and default of one value.
fn drop_null(schema: &mut Map<String, Value>) {
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
    retain(schema, "enum", |value| !value.is_null());
    retain(schema, "type", |name| name != "null");
    if let Some(Value::Array(types)) = schema.get("type")
        && let [only] = types.as_slice()
    {
        schema.insert("type".to_owned(), only.clone());
    }
    for keyword in ["anyOf", "oneOf"] {
        retain(schema, keyword, |case| case["type"] != "null");
        inline_only_case(schema, keyword);
    }
}

fn retain(schema: &mut Map<String, Value>, keyword: &str, keep: impl Fn(&Value) -> bool) {
    if let Some(Value::Array(values)) = schema.get_mut(keyword) {
        values.retain(keep);
    }
}

/// Replaces a list of one alternative by that alternative. The value's own words win, as schemars lets them.
fn inline_only_case(schema: &mut Map<String, Value>, keyword: &str) {
    let only = match schema.get(keyword).and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::Object(only)]) => only.clone(),
        _ => return,
    };
    schema.remove(keyword);
    for (name, value) in only {
        schema.entry(name).or_insert(value);
    }
}

/// Turns each `oneOf` of constants into an enumeration, which `write` adds to the schema.
pub(super) fn merge_constants(schema: &mut Value, write: fn(&mut Map<String, Value>, &[Constant])) {
    match schema {
        Value::Object(object) => {
            if let Some(constants) = object.get("oneOf").and_then(constants_of) {
                object.remove("oneOf");
                write(object, &constants);
            }
            object.values_mut().for_each(|value| merge_constants(value, write));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| merge_constants(item, write)),
        _ => {}
    }
}

/// A value of an enumeration, and its description.
pub(super) struct Constant {
    value: Value,
    description: Option<String>,
}

/// Returns the values of a `oneOf` that consists of constants and enumerations alone.
fn constants_of(cases: &Value) -> Option<Vec<Constant>> {
    let mut constants = Vec::new();
    for case in cases.as_array()? {
        let description = case.get("description").and_then(Value::as_str);
        let values = match (case.get("const"), case.get("enum").and_then(Value::as_array)) {
            (Some(value), _) => vec![value.clone()],
            (None, Some(values)) => values.clone(),
            (None, None) => return None,
        };
        let described = |value| Constant { value, description: description.map(str::to_owned) };
        constants.extend(values.into_iter().map(described));
    }
    Some(constants)
}

/// Writes the values alone: clients only check results with them.
pub(super) fn list_constants(schema: &mut Map<String, Value>, constants: &[Constant]) {
    schema.insert("enum".to_owned(), constants.iter().map(|constant| constant.value.clone()).collect());
}

/// Writes the values with their type, and each value's description after the schema's own: a model chooses one of them.
pub(super) fn describe_strings(schema: &mut Map<String, Value>, constants: &[Constant]) {
    if constants.iter().all(|constant| constant.value.is_string()) {
        schema.insert("type".to_owned(), "string".into());
    }
    list_constants(schema, constants);
    let own = schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let sentences: Vec<_> = own.into_iter().chain(constants.iter().filter_map(Constant::sentence)).collect();
    if !sentences.is_empty() {
        schema.insert("description".to_owned(), sentences.join(" ").into());
    }
}

impl Constant {
    fn sentence(&self) -> Option<String> {
        let description = self.description.as_ref()?;
        let value = self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned);
        Some(format!("`{value}`: {description}"))
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    use super::super::arguments_schema;
    use super::*;

    /// How fast a light changes.
    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[schemars(inline)]
    #[allow(dead_code)]
    enum Speed {
        /// Not fast.
        Slow,
        /// Not slow.
        Fast,
        Sudden,
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Spot {
        /// Name.
        name: Option<String>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Every {
        text: Option<String>,
        percent: Option<f64>,
        on: Option<bool>,
        lights: Option<Vec<String>>,
        xy: Option<[f64; 2]>,
        /// A speed.
        speed: Option<Speed>,
        /// A speed that must be given.
        required_speed: Speed,
        spot: Option<Spot>,
        spots: Vec<Spot>,
        #[serde(default)]
        boxed: Option<Box<Spot>>,
    }

    fn properties() -> Value {
        arguments_schema::<Every>()["properties"].clone()
    }

    #[test]
    fn an_optional_argument_has_one_type_whatever_it_holds() {
        let properties = properties();
        assert!(!properties.to_string().contains("null"), "{properties:#}");
        for (name, property) in properties.as_object().expect("there are arguments") {
            assert!(property["type"].is_string(), "{name}: {property:#}");
        }
    }

    #[test]
    fn a_value_of_an_enumeration_keeps_its_description() {
        let meanings = "`slow`: Not fast. `fast`: Not slow.";
        for (name, own) in [("speed", "A speed."), ("required_speed", "A speed that must be given.")] {
            let speed = properties()[name].clone();
            assert_eq!(speed["type"], "string", "{speed:#}");
            let mut values: Vec<_> = speed["enum"].as_array().expect("values").iter().map(Value::to_string).collect();
            values.sort();
            assert_eq!(values, [r#""fast""#, r#""slow""#, r#""sudden""#]);
            assert_eq!(speed["description"], format!("{own} {meanings}"));
            assert_eq!(speed.get("oneOf"), None);
        }
    }

    #[test]
    fn a_null_that_must_be_given_stays() {
        let mut schema = json!({"properties": {"x": {"type": ["string", "null"]}}, "required": ["x"]});
        let before = schema.clone();
        drop_optional_nulls(&mut schema);
        assert_eq!(schema, before);
    }

    #[test]
    fn alternatives_that_are_more_than_constants_stay() {
        let mut schema = json!({"oneOf": [{"const": "all"}, {"type": "string", "maxLength": 3}]});
        let before = schema.clone();
        merge_constants(&mut schema, describe_strings);
        assert_eq!(schema, before);
    }
}
