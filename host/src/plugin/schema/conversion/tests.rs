use proptest::prelude::*;
use serde_json::{Value, json};

use super::{super::Schema, Conversion};

/// Returns a schema with one argument `x`, and whether it must be given.
fn one_argument(rule: &Value, required: bool) -> Schema {
    let required = if required { json!(["x"]) } else { json!([]) };
    let schema =
        json!({"type": "object", "properties": {"x": rule}, "required": required, "additionalProperties": false});
    Schema::for_arguments(&schema.to_string()).unwrap()
}

fn convert(schema: &Schema, written: &Value) -> Value {
    let mut value = written.clone();
    schema.convert(&mut value);
    value
}

/// Converts the value of an optional argument and checks that the schema accepts it; `None` is absence.
#[track_caller]
fn assert_taken(rule: &Value, written: &Value, meant: Option<Value>) {
    let schema = one_argument(rule, false);
    let taken = convert(&schema, &json!({"x": written}));
    assert_eq!(taken, meant.map_or(json!({}), |meant| json!({"x": meant})), "{written} under {rule}");
    assert!(schema.accepts(&taken), "{taken} under {rule}");
}

#[track_caller]
fn assert_untouched(rule: &Value, written: &Value, required: bool) {
    let arguments = json!({"x": written});
    assert_eq!(convert(&one_argument(rule, required), &arguments), arguments, "{written} under {rule}");
}

#[test]
fn an_accepted_value_stays_as_it_is() {
    for (rule, written) in [
        (json!({"type": "string"}), json!("40")),
        (json!({"type": "string"}), json!("")),
        (json!({"type": ["string", "integer"]}), json!("40")),
        (json!({"type": ["integer", "null"]}), json!(null)),
        (json!({"type": "number"}), json!(40.0)),
        (json!({"anyOf": [{"type": "number"}, {"type": "integer"}]}), json!(40.0)),
        (json!({}), json!("[1]")),
        (json!({}), json!(40.0)),
    ] {
        assert_untouched(&rule, &written, false);
    }
}

#[test]
fn a_number_without_fraction_is_an_integer_where_the_schema_says_integer() {
    let bounded = json!({"type": "integer", "minimum": 1, "maximum": 100});
    assert_taken(&bounded, &json!(40.0), Some(json!(40)));
    assert_taken(&json!({"type": ["integer", "null"]}), &json!(-3.0), Some(json!(-3)));
    assert_taken(&json!({"anyOf": [bounded, {"type": "string"}]}), &json!(40.0), Some(json!(40)));
    let list = json!({"type": "array", "items": {"type": "integer"}});
    assert_taken(&list, &json!([1.0, 2, 3.0]), Some(json!([1, 2, 3])));
    let object = json!({"type": "object", "properties": {"a/b~c": {"type": "integer"}, "n": {"type": "number"}}});
    assert_taken(&object, &json!({"a/b~c": 5.0, "n": 5.0}), Some(json!({"a/b~c": 5, "n": 5.0})));
}

#[test]
fn a_number_with_a_fraction_is_refused_by_name_where_the_schema_says_integer() {
    for written in [json!(40.5), json!("40.5")] {
        let schema = one_argument(&json!({"type": "integer"}), false);
        let taken = convert(&schema, &json!({"x": written}));
        assert_eq!(taken, json!({"x": written}));
        assert_eq!(schema.violations(&taken)[0].field, "/x");
    }
}

#[test]
fn text_that_is_exactly_a_value_of_the_wanted_type_is_that_value() {
    for (rule, written, meant) in [
        (json!({"type": "integer"}), "40", json!(40)),
        (json!({"type": "integer"}), "40.0", json!(40)),
        (json!({"type": "number"}), "-1.5e3", json!(-1500.0)),
        (json!({"type": "boolean"}), "true", json!(true)),
        (json!({"type": "array", "items": {"type": "string"}}), "[\"red\", \"blue\"]", json!(["red", "blue"])),
        (json!({"type": "object"}), "{\"x\": 0.3}", json!({"x": 0.3})),
        (json!({"anyOf": [{"type": "integer"}, {"type": "null"}]}), "40", json!(40)),
    ] {
        assert_taken(&rule, &json!(written), Some(meant));
    }
}

#[test]
fn text_that_is_not_exactly_a_value_of_the_wanted_type_stays_refused() {
    for (rule, written) in [
        (json!({"type": "integer"}), " 40"),
        (json!({"type": "integer"}), "40 "),
        (json!({"type": "integer"}), "forty"),
        (json!({"type": "integer"}), "040"),
        (json!({"type": "integer"}), "true"),
        (json!({"type": "integer", "maximum": 30}), "40"),
        (json!({"type": "boolean"}), "True"),
        (json!({"type": "boolean"}), "yes"),
        (json!({"type": "boolean"}), "1"),
        (json!({"type": "array"}), "red, blue"),
        (json!({"type": "array", "items": {"type": "string"}}), "[1]"),
        (json!({"type": "object"}), "\"{}\""),
        (json!({"type": "null"}), "null"),
    ] {
        assert_untouched(&rule, &json!(written), true);
    }
}

#[test]
fn a_number_where_only_text_is_allowed_is_its_decimal_text() {
    let name = json!({"type": "string", "minLength": 1});
    assert_taken(&name, &json!(3), Some(json!("3")));
    assert_taken(&name, &json!(3.0), Some(json!("3")));
    assert_taken(&name, &json!(2.5), Some(json!("2.5")));
    assert_taken(&json!({"type": "array", "items": name}), &json!(["Desk", 3]), Some(json!(["Desk", "3"])));
    assert_untouched(&json!({"enum": ["on", "off"]}), &json!(1), true);
}

#[test]
fn null_and_empty_text_are_absence_where_a_property_may_be_absent() {
    for rule in [
        json!({"type": "integer"}),
        json!({"type": "string", "minLength": 1}),
        json!({"enum": ["on", "off"]}),
        json!({"type": "array", "items": {"type": "string"}}),
    ] {
        for written in [json!(null), json!("")] {
            assert_taken(&rule, &written, None);
            assert_untouched(&rule, &written, true);
        }
    }
    assert_untouched(&json!({"type": "array", "items": {"type": "integer"}}), &json!([null]), true);
}

#[test]
fn all_fields_of_a_call_are_converted_and_each_conversion_is_told_without_the_value() {
    let properties: serde_json::Map<_, _> =
        (0..20).map(|index| (format!("optional_{index}"), json!({"type": "integer"}))).collect();
    let schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    let schema = Schema::for_arguments(&schema.to_string()).unwrap();
    let mut written: Value = (0..20).map(|index| (format!("optional_{index}"), json!(null))).collect();
    written["optional_7"] = json!("40");
    let conversions = schema.convert(&mut written);
    assert_eq!(written, json!({"optional_7": 40}));
    assert_eq!(conversions.len(), 20);
    let told = Conversion { field: "/optional_7".to_owned(), from: "text", to: "number" };
    assert!(conversions.contains(&told), "{conversions:?}");
}

#[test]
fn what_cannot_be_mended_does_not_keep_the_rest_from_being_converted() {
    let schema = json!({
        "type": "object",
        "properties": {"light": {"type": "string"}, "brightness": {"type": "integer"}},
        "required": ["light"],
    });
    let schema = Schema::for_arguments(&schema.to_string()).unwrap();
    let taken = convert(&schema, &json!({"brightness": "40"}));
    assert_eq!(taken, json!({"brightness": 40}));
    assert!(schema.violations(&taken)[0].reason.contains("light"));
}

#[test]
fn a_name_with_the_signs_of_a_pointer_is_converted() {
    let schema = json!({"type": "object", "properties": {"a/b~1": {"type": "integer"}}});
    let schema = Schema::for_arguments(&schema.to_string()).unwrap();
    assert_eq!(convert(&schema, &json!({"a/b~1": "4"})), json!({"a/b~1": 4}));
    assert_eq!(convert(&schema, &json!({"a/b~1": null})), json!({}));
}

fn rules() -> impl Strategy<Value = Value> {
    let kinds = ["string", "integer", "number", "boolean", "array", "object", "null"];
    let one = proptest::sample::select(kinds.to_vec());
    prop_oneof![
        one.clone().prop_map(|kind| json!({"type": kind})),
        (one.clone(), one.clone()).prop_map(|(a, b)| json!({"anyOf": [{"type": a}, {"type": b}]})),
        (one.clone(), one).prop_map(|(kind, item)| json!({"type": kind, "items": {"type": item}, "minLength": 1})),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<i16>().prop_map(|number| json!(f64::from(number))),
        (-100.0..100.0).prop_map(|number: f64| json!(number)),
        proptest::sample::select(vec!["", "3", "3.0", "true", "null", "[1]", "{}", " 3", "red"]).prop_map(Value::from),
    ];
    leaf.clone().prop_recursive(2, 8, 4, move |inner| {
        prop_oneof![leaf.clone(), proptest::collection::vec(inner, 0..4).prop_map(Value::from)]
    })
}

/// Returns whether two values are equal as JSON Schema has it: 40.0 is 40.
fn equals_as_json(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equals_as_json(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equals_as_json(a, b)))
        }
        _ => a == b,
    }
}

proptest! {
    #[test]
    fn a_conversion_makes_a_value_valid_or_leaves_it_and_never_changes_a_valid_one(
        rule in rules(),
        written in values(),
        required: bool,
    ) {
        let (schema, arguments) = (one_argument(&rule, required), json!({"x": written}));
        let taken = convert(&schema, &arguments);
        if schema.accepts(&arguments) {
            prop_assert!(equals_as_json(&taken, &arguments), "{arguments} became {taken}");
        }
        prop_assert!(schema.accepts(&taken) || taken == arguments || written.is_array(), "{arguments} became {taken}");
        prop_assert_eq!(convert(&schema, &taken), taken.clone(), "a second conversion changes nothing");
    }
}
