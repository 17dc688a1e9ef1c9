//! The schemas of request bodies. A body that does not match is rejected with status 400 before anything changes.

use serde_json::Value;

use self::ValueSchema::{Any, Boolean, Integer, List, Number, Object, OneOf, Text};

/// The properties that a body or an object may have; all are optional.
pub(super) type BodySchema = &'static [(&'static str, ValueSchema)];

/// The values that a property may have.
#[derive(Debug)]
pub(super) enum ValueSchema {
    Any,
    Boolean,
    /// A number that lies between a minimum and a maximum.
    Number(f64, f64),
    /// An integer that lies between a minimum and a maximum.
    Integer(i64, i64),
    /// A text that has one to this many characters.
    Text(usize),
    /// A text that is one of these.
    OneOf(&'static [&'static str]),
    Object(BodySchema),
    /// A list that has a minimum and a maximum number of values.
    List(&'static ValueSchema, usize, usize),
}

const REFERENCE_VALUE: ValueSchema = Object(&[("rid", Text(64)), ("rtype", Text(64))]);
const XY_VALUE: ValueSchema = Object(&[("x", Number(0.0, 1.0)), ("y", Number(0.0, 1.0))]);
const COLOR_VALUE: ValueSchema = Object(&[("xy", XY_VALUE)]);
const ON_VALUE: ValueSchema = Object(&[("on", Boolean)]);
const DIMMING_VALUE: ValueSchema = Object(&[("brightness", Number(0.0, 100.0))]);
const COLOR_TEMPERATURE_VALUE: ValueSchema = Object(&[("mirek", Integer(50, 1000))]);
const DIRECTION_VALUE: ValueSchema = OneOf(&["up", "down", "stop"]);
const DIMMING_DELTA_VALUE: ValueSchema =
    Object(&[("action", DIRECTION_VALUE), ("brightness_delta", Number(0.0, 100.0))]);
const COLOR_TEMPERATURE_DELTA_VALUE: ValueSchema =
    Object(&[("action", DIRECTION_VALUE), ("mirek_delta", Integer(0, 950))]);
// The bridge checks the maximum of the duration after the schema, and answers with a soft error.
const DYNAMICS_VALUE: ValueSchema = Object(&[("duration", Integer(0, i64::MAX)), ("speed", Number(0.0, 1.0))]);
const ALERT_VALUE: ValueSchema = Object(&[("action", OneOf(&["breathe"]))]);
const SIGNALING_VALUE: ValueSchema = Object(&[
    ("signal", OneOf(&["no_signal", "on_off", "on_off_color", "alternating"])),
    ("duration", Integer(0, 65_534_000)),
    ("colors", List(&COLOR_VALUE, 1, 2)),
]);
const GRADIENT_VALUE: ValueSchema = Object(&[
    ("points", List(&Object(&[("color", COLOR_VALUE)]), 0, 5)),
    (
        "mode",
        OneOf(&["interpolated_palette", "interpolated_palette_mirrored", "random_pixelated", "segmented_palette"]),
    ),
]);
const EFFECT_ACTION_VALUE: ValueSchema = Object(&[
    ("effect", Text(32)),
    (
        "parameters",
        Object(&[("color", COLOR_VALUE), ("color_temperature", COLOR_TEMPERATURE_VALUE), ("speed", Number(0.0, 1.0))]),
    ),
]);
const EFFECTS_V2_VALUE: ValueSchema = Object(&[("action", EFFECT_ACTION_VALUE)]);
const METADATA_VALUE: ValueSchema = Object(&[
    ("name", Text(32)),
    ("archetype", Text(64)),
    ("function", Text(32)),
    ("image", REFERENCE_VALUE),
    ("appdata", Text(16)),
]);
const IDENTIFY_VALUE: ValueSchema = Object(&[("action", OneOf(&["identify"])), ("duration", Integer(0, 65_534_000))]);

pub(super) const LIGHT_UPDATE: BodySchema = &[
    ("type", Any),
    ("metadata", METADATA_VALUE),
    ("identify", IDENTIFY_VALUE),
    ("on", ON_VALUE),
    ("dimming", DIMMING_VALUE),
    ("dimming_delta", DIMMING_DELTA_VALUE),
    ("color_temperature", COLOR_TEMPERATURE_VALUE),
    ("color_temperature_delta", COLOR_TEMPERATURE_DELTA_VALUE),
    ("color", COLOR_VALUE),
    ("dynamics", DYNAMICS_VALUE),
    ("alert", ALERT_VALUE),
    ("signaling", SIGNALING_VALUE),
    ("gradient", GRADIENT_VALUE),
    ("effects", Object(&[("effect", Text(32))])),
    ("effects_v2", EFFECTS_V2_VALUE),
    ("timed_effects", Object(&[("effect", Text(32)), ("duration", Integer(0, 21_600_000))])),
    ("powerup", POWERUP_VALUE),
    ("content_configuration", Any),
];

const POWERUP_VALUE: ValueSchema = Object(&[
    ("preset", OneOf(&["safety", "powerfail", "last_on_state", "custom"])),
    ("on", Object(&[("mode", OneOf(&["on", "toggle", "previous"])), ("on", ON_VALUE)])),
    ("dimming", Object(&[("mode", OneOf(&["dimming", "previous"])), ("dimming", DIMMING_VALUE)])),
    (
        "color",
        Object(&[
            ("mode", OneOf(&["color_temperature", "color", "previous"])),
            ("color_temperature", COLOR_TEMPERATURE_VALUE),
            ("color", COLOR_VALUE),
        ]),
    ),
]);

pub(super) const GROUPED_LIGHT_UPDATE: BodySchema = &[
    ("type", Any),
    ("on", ON_VALUE),
    ("dimming", DIMMING_VALUE),
    ("dimming_delta", DIMMING_DELTA_VALUE),
    ("color_temperature", COLOR_TEMPERATURE_VALUE),
    ("color_temperature_delta", COLOR_TEMPERATURE_DELTA_VALUE),
    ("color", COLOR_VALUE),
    ("alert", ALERT_VALUE),
    ("signaling", SIGNALING_VALUE),
    ("dynamics", DYNAMICS_VALUE),
];

const SCENE_ACTION_VALUE: ValueSchema = Object(&[
    ("target", REFERENCE_VALUE),
    (
        "action",
        Object(&[
            ("on", ON_VALUE),
            ("dimming", DIMMING_VALUE),
            ("color", COLOR_VALUE),
            ("color_temperature", COLOR_TEMPERATURE_VALUE),
            ("gradient", GRADIENT_VALUE),
            ("effects", Object(&[("effect", Text(32))])),
            ("effects_v2", EFFECTS_V2_VALUE),
            ("dynamics", DYNAMICS_VALUE),
        ]),
    ),
]);
const PALETTE_VALUE: ValueSchema = Object(&[
    ("color", List(&Any, 0, 9)),
    ("dimming", List(&Any, 0, 1)),
    ("color_temperature", List(&Any, 0, 1)),
    ("effects", List(&Any, 0, 3)),
    ("effects_v2", List(&Any, 0, 3)),
]);
const SCENE_ACTIONS_VALUE: ValueSchema = List(&SCENE_ACTION_VALUE, 0, 150);

pub(super) const SCENE_CREATION: BodySchema = &[
    ("type", Any),
    ("actions", SCENE_ACTIONS_VALUE),
    ("metadata", METADATA_VALUE),
    ("group", REFERENCE_VALUE),
    ("palette", PALETTE_VALUE),
    ("speed", Number(0.0, 1.0)),
    ("auto_dynamic", Boolean),
];
pub(super) const SCENE_UPDATE: BodySchema = &[
    ("type", Any),
    ("actions", SCENE_ACTIONS_VALUE),
    ("metadata", METADATA_VALUE),
    ("palette", PALETTE_VALUE),
    ("speed", Number(0.0, 1.0)),
    ("auto_dynamic", Boolean),
    (
        "recall",
        Object(&[
            ("action", OneOf(&["active", "dynamic_palette", "static"])),
            ("duration", Integer(0, i64::MAX)),
            ("dimming", DIMMING_VALUE),
        ]),
    ),
];
pub(super) const SMART_SCENE_CREATION: BodySchema = &[
    ("type", Any),
    ("metadata", METADATA_VALUE),
    ("group", REFERENCE_VALUE),
    ("week_timeslots", List(&Any, 1, 7)),
    ("transition_duration", Integer(0, 6_000_000)),
];
pub(super) const SMART_SCENE_UPDATE: BodySchema = &[
    ("type", Any),
    ("metadata", METADATA_VALUE),
    ("recall", Object(&[("action", OneOf(&["activate", "deactivate"]))])),
    ("transition_duration", Integer(0, 6_000_000)),
];
pub(super) const GROUP_BODY: BodySchema =
    &[("type", Any), ("metadata", METADATA_VALUE), ("children", List(&REFERENCE_VALUE, 0, 500))];
pub(super) const DEVICE_UPDATE: BodySchema =
    &[("type", Any), ("metadata", METADATA_VALUE), ("identify", IDENTIFY_VALUE), ("usertest", Any)];
pub(super) const BRIDGE_UPDATE: BodySchema = &[("type", Any), ("time_zone", Object(&[("time_zone", Text(64))]))];
pub(super) const SENSOR_UPDATE: BodySchema =
    &[("type", Any), ("enabled", Boolean), ("sensitivity", Object(&[("sensitivity", Integer(0, 10))]))];
pub(super) const BEHAVIOR_INSTANCE_BODY: BodySchema = &[
    ("type", Any),
    ("script_id", Text(64)),
    ("enabled", Boolean),
    ("configuration", Any),
    ("trigger", Any),
    ("metadata", METADATA_VALUE),
];
pub(super) const GEOFENCE_CLIENT_BODY: BodySchema = &[("type", Any), ("name", Text(32)), ("is_at_home", Boolean)];

/// Checks a body; the error is the sentence for the client.
pub(super) fn check(schema: BodySchema, body: &Value) -> Result<(), String> {
    if !body.is_object() {
        return Err("Invalid Request: the body must be an object".to_owned());
    }
    check_object(schema, body, "")
}

/// Checks that a timed effect or a signal has a duration.
pub(super) fn check_durations(body: &Value) -> Result<(), String> {
    for (property, member, none) in [("timed_effects", "effect", "no_effect"), ("signaling", "signal", "no_signal")] {
        let value = &body[property];
        if value.get(member).is_some_and(|chosen| chosen != none) && value.get("duration").is_none() {
            return Err(format!("Invalid Request: required property (.{property}.duration) is missing"));
        }
    }
    Ok(())
}

fn check_object(schema: BodySchema, value: &Value, path: &str) -> Result<(), String> {
    let members = value.as_object().ok_or_else(|| mismatch(path))?;
    for (name, value) in members {
        let (_, schema) = schema
            .iter()
            .find(|(known, _)| known == name)
            .ok_or_else(|| format!("Invalid Request: Property [{name}] cannot be specified for this request type"))?;
        check_value(schema, value, &format!("{path}.{name}"))?;
    }
    Ok(())
}

fn check_value(schema: &ValueSchema, value: &Value, path: &str) -> Result<(), String> {
    let matches = match schema {
        Any => true,
        Boolean => value.is_boolean(),
        Number(min, max) => value.as_f64().is_some_and(|it| (*min..=*max).contains(&it)),
        Integer(min, max) => value.as_i64().is_some_and(|it| (*min..=*max).contains(&it)),
        Text(max) => value.as_str().is_some_and(|it| (1..=*max).contains(&it.chars().count())),
        OneOf(values) => value.as_str().is_some_and(|it| values.contains(&it)),
        Object(schema) => return check_object(schema, value, path),
        List(items, min, max) => return check_list(items, (*min, *max), value, path),
    };
    if matches { Ok(()) } else { Err(mismatch(path)) }
}

fn check_list(schema: &ValueSchema, (min, max): (usize, usize), value: &Value, path: &str) -> Result<(), String> {
    let items = value.as_array().filter(|items| (min..=max).contains(&items.len())).ok_or_else(|| mismatch(path))?;
    items.iter().try_for_each(|item| check_value(schema, item, path))
}

fn mismatch(path: &str) -> String {
    format!("Invalid Request: the value of property ({path}) does not match the schema")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_property_is_named() {
        let error = check(LIGHT_UPDATE, &json!({"colour": 1})).expect_err("refused");
        assert_eq!(error, "Invalid Request: Property [colour] cannot be specified for this request type");
    }

    #[test]
    fn values_out_of_range_and_of_another_type_are_refused() {
        for body in [
            json!({"dynamics": {"duration": -1}}),
            json!({"dimming": {"brightness": 101}}),
            json!({"color_temperature": {"mirek": 49}}),
            json!({"color": {"xy": {"x": 1.1, "y": 0.0}}}),
            json!({"on": true}),
            json!({"on": {"on": "yes"}}),
            json!([]),
        ] {
            assert!(check(LIGHT_UPDATE, &body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_sunrise_has_a_duration() {
        assert!(check_durations(&json!({"timed_effects": {"effect": "sunrise"}})).is_err());
        assert!(check_durations(&json!({"signaling": {"signal": "on_off"}})).is_err());
        assert_eq!(check_durations(&json!({"timed_effects": {"effect": "no_effect"}})), Ok(()));
        assert_eq!(check_durations(&json!({"timed_effects": {"effect": "sunrise", "duration": 1000}})), Ok(()));
    }

    #[test]
    fn a_duration_that_is_merely_too_long_is_not_a_matter_of_the_schema() {
        assert_eq!(check(LIGHT_UPDATE, &json!({"dynamics": {"duration": 6_000_001}})), Ok(()));
    }
}
