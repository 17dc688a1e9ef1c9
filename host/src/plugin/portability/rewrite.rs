//! Rewrites the schema of a tool's arguments so that every client family takes it.
//!
//! The rewritten schema is for models alone: the host checks arguments against the declared one. It may therefore say
//! less (which combinations are allowed) or allow less (one type of several), and each value that it describes is close
//! to what the plugin takes.

use serde_json::{Map, Value, json};

use super::find::{COMBINATORS, DEFINITIONS, ROOT_COMBINATORS, in_arguments, is_argument_name};

/// Limits the references and combinators that are followed from the root.
const MAX_ROOT_DEPTH: usize = 8;

/// Returns the schema in portable words, or `None` if that is impossible.
pub(super) fn to_portable(declared: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut schema = merge_root(declared, declared, MAX_ROOT_DEPTH)?;
    schema.entry("properties").or_insert_with(|| json!({}));
    drop_unnameable(&mut schema);
    rewrite_parts(&mut schema);
    in_arguments("", &schema).is_empty().then_some(schema)
}

/// Merges the alternatives at the root into one list of arguments. An argument is required if every alternative requires
/// it.
fn merge_root(schema: &Map<String, Value>, document: &Map<String, Value>, depth: usize) -> Option<Map<String, Value>> {
    let depth = depth.checked_sub(1)?;
    let mut merged = schema.clone();
    for keyword in ROOT_COMBINATORS {
        merged.remove(keyword);
    }
    let is_closed = merged.remove("unevaluatedProperties").is_some_and(|rest| rest == false);
    if let Some(target) = merged.remove("$ref") {
        add_case(&mut merged, &merge_root(resolve(&target, document)?, document, depth)?);
    }
    for keyword in COMBINATORS {
        let Some(cases) = schema.get(keyword).and_then(Value::as_array) else { continue };
        let mut required: Option<Vec<Value>> = None;
        for case in cases {
            let Some(case) = case.as_object() else { continue };
            let mut case = merge_root(case, document, depth)?;
            let own = case.remove("required").and_then(|names| names.as_array().cloned()).unwrap_or_default();
            required = Some(match required {
                None => own,
                Some(all) if keyword == "allOf" => all.into_iter().chain(own).collect(),
                Some(all) => all.into_iter().filter(|name| own.contains(name)).collect(),
            });
            add_case(&mut merged, &case);
        }
        require(&mut merged, required.unwrap_or_default());
    }
    if is_closed {
        merged.insert("additionalProperties".to_owned(), false.into());
    }
    Some(merged)
}

/// Returns the schema that a local reference leads to.
fn resolve<'a>(target: &Value, document: &'a Map<String, Value>) -> Option<&'a Map<String, Value>> {
    let mut steps = target.as_str()?.strip_prefix("#/")?.split('/');
    let first = document.get(steps.next()?)?;
    steps.try_fold(first, |schema, step| schema.get(step))?.as_object()
}

/// Adds the arguments of an alternative. One that is there already takes what either allows.
fn add_case(merged: &mut Map<String, Value>, case: &Map<String, Value>) {
    let Some(arguments) = case.get("properties").and_then(Value::as_object) else {
        return require(merged, required_of(case));
    };
    let properties = merged.entry("properties").or_insert_with(|| json!({}));
    for (name, argument) in arguments {
        let either = match properties.get(name) {
            Some(earlier) if earlier != argument => join(earlier, argument),
            _ => argument.clone(),
        };
        properties[name] = either;
    }
    require(merged, required_of(case));
}

fn required_of(schema: &Map<String, Value>) -> Vec<Value> {
    schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn require(schema: &mut Map<String, Value>, names: Vec<Value>) {
    let mut required = required_of(schema);
    add_new(&mut required, names);
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
}

/// Adds the values that are not there yet.
fn add_new(all: &mut Vec<Value>, more: Vec<Value>) {
    for value in more {
        if !all.contains(&value) {
            all.push(value);
        }
    }
}

/// Returns a schema that takes what either takes: an enumeration if both are texts that are listed.
fn join(one: &Value, other: &Value) -> Value {
    let (Some(mut texts), Some(more)) = (listed_texts(one), listed_texts(other)) else {
        let mut cases = one["anyOf"].as_array().cloned().unwrap_or_else(|| vec![one.clone()]);
        cases.push(other.clone());
        return json!({ "anyOf": cases });
    };
    add_new(&mut texts, more);
    let mut joined = json!({"type": "string", "enum": texts});
    if let Some(description) = one.get("description").or(other.get("description")) {
        joined["description"] = description.clone();
    }
    joined
}

/// Returns the texts that a schema lists, if it takes nothing else.
fn listed_texts(schema: &Value) -> Option<Vec<Value>> {
    let constant = schema.get("const").map(|value| vec![value.clone()]);
    let values = constant.or_else(|| schema.get("enum")?.as_array().cloned())?;
    values.iter().all(Value::is_string).then_some(values)
}

/// Removes the arguments whose names some family refuses and that may be left out.
fn drop_unnameable(schema: &mut Map<String, Value>) {
    let required = required_of(schema);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| is_argument_name(name) || required.iter().any(|it| it == name));
    }
}

/// Rewrites the parts of a value: its properties, its elements, and the definitions that it refers to.
fn rewrite_parts(schema: &mut Map<String, Value>) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        // `false` allows no value, so there is nothing to describe.
        properties.retain(|_, property| *property != false);
    }
    for keyword in ["properties"].iter().chain(&DEFINITIONS) {
        let parts = schema.get_mut(*keyword).and_then(Value::as_object_mut);
        parts.into_iter().flatten().for_each(|(_, part)| rewrite_value(part, false));
    }
    let elements = schema.get_mut("prefixItems").and_then(Value::as_array_mut);
    elements.into_iter().flatten().for_each(|element| rewrite_value(element, false));
    for keyword in ["items", "additionalProperties"] {
        if let Some(part) = schema.get_mut(keyword).filter(|part| keyword == "items" || part.is_object()) {
            rewrite_value(part, false);
        }
    }
}

/// Rewrites the schema of a value. `is_typed` tells whether the schema around it has given the type.
fn rewrite_value(value: &mut Value, is_typed: bool) {
    if !value.is_object() {
        *value = json!({});
    }
    let Some(schema) = value.as_object_mut() else { return };
    let gives_type = is_typed || schema.contains_key("type");
    for keyword in COMBINATORS {
        let cases = schema.get_mut(keyword).and_then(Value::as_array_mut);
        cases.into_iter().flatten().for_each(|case| rewrite_value(case, gives_type));
    }
    drop_null_cases(schema);
    list_constant(schema);
    merge_listed_texts(schema);
    choose_type(schema, is_typed);
    list_texts_alone(schema);
    if schema.get("type").is_some_and(|name| name == "array") && !schema.contains_key("items") {
        schema.insert("items".to_owned(), element_of(schema));
    }
    rewrite_parts(schema);
}

/// Removes `null` from alternatives, and takes the only one that is left in their place.
fn drop_null_cases(schema: &mut Map<String, Value>) {
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(cases)) = schema.get_mut(keyword) else { continue };
        cases.retain(|case| case["type"] != "null");
        let only = match cases.as_slice() {
            [] => Map::new(),
            [Value::Object(only)] => only.clone(),
            _ => continue,
        };
        schema.remove(keyword);
        for (name, value) in only {
            schema.entry(name).or_insert(value);
        }
        return drop_null_cases(schema);
    }
}

/// Writes a constant as a list of one value.
fn list_constant(schema: &mut Map<String, Value>) {
    if let Some(value) = schema.remove("const") {
        schema.insert("enum".to_owned(), json!([value]));
    }
}

/// Turns alternatives that are texts into one list of texts.
fn merge_listed_texts(schema: &mut Map<String, Value>) {
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(cases)) = schema.get(keyword) else { continue };
        if let Some(listed) = cases.iter().map(listed_texts).collect::<Option<Vec<_>>>() {
            let mut texts = Vec::new();
            for more in listed {
                add_new(&mut texts, more);
            }
            schema.remove(keyword);
            schema.insert("type".to_owned(), "string".into());
            schema.insert("enum".to_owned(), texts.into());
        }
    }
}

/// Gives a value one type: text if it may be one, otherwise its first type, otherwise what its other keywords suggest.
fn choose_type(schema: &mut Map<String, Value>, is_typed: bool) {
    let listed = match schema.get("type") {
        Some(Value::Array(types)) => {
            let text = types.iter().find(|name| *name == "string");
            text.or_else(|| types.iter().find(|name| *name != "null")).cloned()
        }
        Some(_) => return,
        None if is_typed || schema.contains_key("$ref") => return,
        None if COMBINATORS.iter().any(|keyword| schema.contains_key(*keyword)) => return,
        None => None,
    };
    let name = listed.unwrap_or_else(|| suggested_type(schema).into());
    schema.insert("type".to_owned(), name);
}

fn suggested_type(schema: &Map<String, Value>) -> &'static str {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| schema.contains_key(*keyword));
    match schema.get("enum").and_then(Value::as_array).and_then(|values| values.iter().find(|value| !value.is_null())) {
        Some(Value::Number(_)) => return "number",
        Some(Value::Bool(_)) => return "boolean",
        Some(Value::Array(_)) => return "array",
        Some(Value::Object(_)) => return "object",
        _ => {}
    }
    if has(&["properties", "additionalProperties", "required"]) {
        "object"
    } else if has(&["items", "prefixItems", "minItems", "maxItems"]) {
        "array"
    } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        "number"
    } else {
        "string"
    }
}

/// Keeps an enumeration of texts alone. Other values are named in the description.
fn list_texts_alone(schema: &mut Map<String, Value>) {
    let Some(Value::Array(values)) = schema.get("enum").cloned() else { return };
    let texts: Vec<_> = values.iter().filter(|value| value.is_string()).cloned().collect();
    if schema.get("type").is_some_and(|name| name == "string") && !texts.is_empty() {
        schema.insert("enum".to_owned(), texts.into());
        return;
    }
    schema.remove("enum");
    let all = values.iter().filter(|value| !value.is_null()).map(Value::to_string).collect::<Vec<_>>().join(", ");
    let own = schema.get("description").and_then(Value::as_str).map(|text| format!("{text} ")).unwrap_or_default();
    schema.insert("description".to_owned(), format!("{own}One of: {all}.").into());
}

/// Returns the schema of an array's elements, where `items` is missing.
fn element_of(schema: &Map<String, Value>) -> Value {
    let elements = schema.get("prefixItems").and_then(Value::as_array).cloned().unwrap_or_default();
    match elements.split_first() {
        None => json!({"type": "string"}),
        Some((first, rest)) if rest.iter().all(|other| other == first) => first.clone(),
        Some(_) => json!({ "anyOf": elements }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn portable(schema: &Value) -> Option<Value> {
        to_portable(schema.as_object().unwrap()).map(Value::Object)
    }

    fn portable_argument(argument: &Value) -> Value {
        let schema = json!({"type": "object", "properties": {"x": argument}});
        portable(&schema).unwrap_or_else(|| panic!("{argument} is left out"))["properties"]["x"].clone()
    }

    #[test]
    fn an_argument_is_written_in_portable_words() {
        for (declared, expected) in [
            (json!({"type": ["integer", "null"], "minimum": 1}), json!({"type": "integer", "minimum": 1})),
            (json!({"type": ["integer", "string"]}), json!({"type": "string"})),
            (
                json!({"type": ["array", "null"], "items": {"type": ["object", "null"]}}),
                json!({"type": "array", "items": {"type": "object"}}),
            ),
            (json!({"type": "array"}), json!({"type": "array", "items": {"type": "string"}})),
            (json!({"description": "Any."}), json!({"type": "string", "description": "Any."})),
            (json!(true), json!({"type": "string"})),
            (json!({"enum": ["on", "off"]}), json!({"type": "string", "enum": ["on", "off"]})),
            (json!({"const": "on"}), json!({"type": "string", "enum": ["on"]})),
            (
                json!({"type": "integer", "enum": [0, 1], "description": "Phases."}),
                json!({"type": "integer", "description": "Phases. One of: 0, 1."}),
            ),
            (
                json!({"oneOf": [{"const": "on"}, {"enum": ["off", "dim"]}, {"type": "null"}]}),
                json!({"type": "string", "enum": ["on", "off", "dim"]}),
            ),
            (
                json!({"anyOf": [{"type": "string"}, {"type": "null"}], "default": "on"}),
                json!({"type": "string", "default": "on"}),
            ),
            (
                json!({"prefixItems": [{"type": "number"}, {"type": "number"}]}),
                json!({
                    "type": "array",
                    "prefixItems": [{"type": "number"}, {"type": "number"}],
                    "items": {"type": "number"},
                }),
            ),
        ] {
            assert_eq!(portable_argument(&declared), expected, "{declared}");
        }
    }

    #[test]
    fn alternatives_at_the_root_become_arguments() {
        let declared = json!({
            "type": "object",
            "properties": {"percent": {"type": "integer"}},
            "required": ["percent"],
            "unevaluatedProperties": false,
            "oneOf": [
                {"type": "object", "properties": {"light": {"type": "string"}}, "required": ["light"]},
                {"$ref": "#/$defs/room"},
            ],
            "$defs": {"room": {"type": "object", "properties": {"room": {"type": "string"}}, "required": ["room"]}},
        });
        let found = portable(&declared).unwrap();
        let names: Vec<_> = found["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["light", "percent", "room"]);
        assert_eq!(found["required"], json!(["percent"]), "either place will do");
        assert_eq!(found["additionalProperties"], false);
    }

    #[test]
    fn the_tag_of_alternatives_becomes_an_enumeration() {
        let case =
            |kind: &str| json!({"properties": {"kind": {"type": "string", "const": kind}}, "required": ["kind"]});
        let found = portable(&json!({"type": "object", "oneOf": [case("on"), case("off"), case("dim")]})).unwrap();
        assert_eq!(found["properties"]["kind"], json!({"type": "string", "enum": ["on", "off", "dim"]}));
        assert_eq!(found["required"], json!(["kind"]));
    }

    #[test]
    fn an_argument_without_a_name_for_all_is_left_out_if_it_may_be() {
        let schema = json!({"type": "object", "properties": {"a b": {"type": "string"}, "c": {"type": "string"}}});
        assert_eq!(portable(&schema).unwrap()["properties"], json!({"c": {"type": "string"}}));
        let schema = json!({"type": "object", "properties": {"a b": {"type": "string"}}, "required": ["a b"]});
        assert_eq!(portable(&schema), None);
    }

    #[test]
    fn a_schema_that_every_family_takes_stays_as_it_is() {
        let schema = json!({
            "type": "object",
            "properties": {
                "light": {"type": "string", "minLength": 1},
                "lights": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
                "mode": {"type": "string", "enum": ["on", "off"]},
                "spot": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
            },
            "required": ["light"],
            "additionalProperties": false,
        });
        assert_eq!(portable(&schema).unwrap(), schema);
    }

    #[test]
    fn a_root_that_refers_to_itself_is_left_out() {
        let schema = json!({"type": "object", "$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}});
        assert_eq!(portable(&schema), None);
    }

    /// Generates schemas of values from the keywords that the rules are about.
    fn any_schema() -> impl Strategy<Value = Value> {
        let kind = prop_oneof![
            Just(json!("string")),
            Just(json!("integer")),
            Just(json!("array")),
            Just(json!("object")),
            Just(json!(["array", "null"])),
            Just(json!(["string", "integer"])),
            Just(json!(["null"])),
        ];
        let values = prop_oneof![Just(json!(["a", "b"])), Just(json!([1, null])), Just(json!(["a", 1, true, {}]))];
        let leaf =
            (prop::option::of(kind), prop::option::of(values), any::<bool>()).prop_map(|(kind, values, constant)| {
                let mut schema = json!({});
                if let Some(kind) = kind {
                    schema["type"] = kind;
                }
                let keyword = if constant { "const" } else { "enum" };
                if let Some(all) = values {
                    schema[keyword] = if constant { all[0].clone() } else { all };
                }
                schema
            });
        let leaf = prop_oneof![leaf, any::<bool>().prop_map(Value::Bool), Just(json!({"$ref": "#/$defs/d"}))];
        leaf.prop_recursive(4, 32, 3, |inner| {
            let keyword = prop::sample::select(vec!["anyOf", "oneOf", "allOf", "prefixItems"]);
            let name = prop::sample::select(vec!["a", "b c", "d"]);
            prop_oneof![
                (keyword, prop::collection::vec(inner.clone(), 1..3)).prop_map(|(name, cases)| json!({name: cases})),
                inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
                (prop::collection::btree_map(name, inner, 0..3), any::<bool>()).prop_map(|(properties, all)| {
                    let required: Vec<_> = properties.keys().filter(|_| all).collect();
                    json!({"properties": properties, "required": required})
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_rewritten_breaks_no_rule(root in any_schema(), definition in any_schema()) {
            let mut schema = if root.is_object() { root } else { json!({}) };
            schema["type"] = json!("object");
            schema["$defs"] = json!({"d": definition});
            if let Some(found) = to_portable(schema.as_object().unwrap()) {
                prop_assert_eq!(in_arguments("", &found), []);
                prop_assert_eq!(&found["type"], "object");
                prop_assert_eq!(to_portable(&found), Some(found), "a second rewriting changes nothing");
            }
        }

        #[test]
        fn an_argument_with_a_good_name_never_costs_the_tool(argument in any_schema()) {
            let schema = json!({"type": "object", "properties": {"x": argument}, "$defs": {"d": {"type": "string"}}});
            prop_assert!(to_portable(schema.as_object().unwrap()).is_some());
        }
    }
}
