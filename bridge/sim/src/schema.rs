//! The shape that request bodies must have; what differs is refused with status 400 before anything is changed.

use serde_json::Value;

/// The properties that an object may have.
pub(crate) type Fields = &'static [(&'static str, Kind)];

/// What a value must be.
#[derive(Debug)]
pub(crate) enum Kind {
    Any,
    Flag,
    Number(f64, f64),
    Whole(i64, i64),
    /// A text of one to this many characters.
    Text(usize),
    Choice(&'static [&'static str]),
    Object(Fields),
    /// A list of at least and at most so many values.
    List(&'static Kind, usize, usize),
}

use Kind::{Any, Choice, Flag, List, Number, Object, Text, Whole};

const REFERENCE: Kind = Object(&[("rid", Text(64)), ("rtype", Text(64))]);
const XY: Kind = Object(&[("x", Number(0.0, 1.0)), ("y", Number(0.0, 1.0))]);
const COLOR: Kind = Object(&[("xy", XY)]);
const ON: Kind = Object(&[("on", Flag)]);
const BRIGHTNESS: Kind = Object(&[("brightness", Number(0.0, 100.0))]);
const MIREK: Kind = Object(&[("mirek", Whole(50, 1000))]);
const DIRECTION: Kind = Choice(&["up", "down", "stop"]);
const DIMMING_DELTA: Kind = Object(&[("action", DIRECTION), ("brightness_delta", Number(0.0, 100.0))]);
const MIREK_DELTA: Kind = Object(&[("action", DIRECTION), ("mirek_delta", Whole(0, 950))]);
// The upper end of the duration is the application's own check, with an answer of its own.
const DYNAMICS: Kind = Object(&[("duration", Whole(0, i64::MAX)), ("speed", Number(0.0, 1.0))]);
const ALERT: Kind = Object(&[("action", Choice(&["breathe"]))]);
const SIGNALING: Kind = Object(&[
    ("signal", Choice(&["no_signal", "on_off", "on_off_color", "alternating"])),
    ("duration", Whole(0, 65_534_000)),
    ("colors", List(&COLOR, 1, 2)),
]);
const GRADIENT: Kind = Object(&[
    ("points", List(&Object(&[("color", COLOR)]), 0, 5)),
    (
        "mode",
        Choice(&["interpolated_palette", "interpolated_palette_mirrored", "random_pixelated", "segmented_palette"]),
    ),
]);
const EFFECT_ACTION: Kind = Object(&[
    ("effect", Text(32)),
    ("parameters", Object(&[("color", COLOR), ("color_temperature", MIREK), ("speed", Number(0.0, 1.0))])),
]);
const EFFECTS_V2: Kind = Object(&[("action", EFFECT_ACTION)]);
const METADATA: Kind = Object(&[
    ("name", Text(32)),
    ("archetype", Text(64)),
    ("function", Text(32)),
    ("image", REFERENCE),
    ("appdata", Text(16)),
]);
const IDENTIFY: Kind = Object(&[("action", Choice(&["identify"])), ("duration", Whole(0, 65_534_000))]);

pub(crate) const LIGHT: Fields = &[
    ("type", Any),
    ("metadata", METADATA),
    ("identify", IDENTIFY),
    ("on", ON),
    ("dimming", BRIGHTNESS),
    ("dimming_delta", DIMMING_DELTA),
    ("color_temperature", MIREK),
    ("color_temperature_delta", MIREK_DELTA),
    ("color", COLOR),
    ("dynamics", DYNAMICS),
    ("alert", ALERT),
    ("signaling", SIGNALING),
    ("gradient", GRADIENT),
    ("effects", Object(&[("effect", Text(32))])),
    ("effects_v2", EFFECTS_V2),
    ("timed_effects", Object(&[("effect", Text(32)), ("duration", Whole(0, 21_600_000))])),
    ("powerup", POWERUP),
    ("content_configuration", Any),
];

const POWERUP: Kind = Object(&[
    ("preset", Choice(&["safety", "powerfail", "last_on_state", "custom"])),
    ("on", Object(&[("mode", Choice(&["on", "toggle", "previous"])), ("on", ON)])),
    ("dimming", Object(&[("mode", Choice(&["dimming", "previous"])), ("dimming", BRIGHTNESS)])),
    (
        "color",
        Object(&[
            ("mode", Choice(&["color_temperature", "color", "previous"])),
            ("color_temperature", MIREK),
            ("color", COLOR),
        ]),
    ),
]);

pub(crate) const GROUPED_LIGHT: Fields = &[
    ("type", Any),
    ("on", ON),
    ("dimming", BRIGHTNESS),
    ("dimming_delta", DIMMING_DELTA),
    ("color_temperature", MIREK),
    ("color_temperature_delta", MIREK_DELTA),
    ("color", COLOR),
    ("alert", ALERT),
    ("signaling", SIGNALING),
    ("dynamics", DYNAMICS),
];

const SCENE_ACTION: Kind = Object(&[
    ("target", REFERENCE),
    (
        "action",
        Object(&[
            ("on", ON),
            ("dimming", BRIGHTNESS),
            ("color", COLOR),
            ("color_temperature", MIREK),
            ("gradient", GRADIENT),
            ("effects", Object(&[("effect", Text(32))])),
            ("effects_v2", EFFECTS_V2),
            ("dynamics", DYNAMICS),
        ]),
    ),
]);
const PALETTE: Kind = Object(&[
    ("color", List(&Any, 0, 9)),
    ("dimming", List(&Any, 0, 1)),
    ("color_temperature", List(&Any, 0, 1)),
    ("effects", List(&Any, 0, 3)),
    ("effects_v2", List(&Any, 0, 3)),
]);
const ACTIONS: Kind = List(&SCENE_ACTION, 0, 150);

pub(crate) const NEW_SCENE: Fields = &[
    ("type", Any),
    ("actions", ACTIONS),
    ("metadata", METADATA),
    ("group", REFERENCE),
    ("palette", PALETTE),
    ("speed", Number(0.0, 1.0)),
    ("auto_dynamic", Flag),
];
pub(crate) const SCENE: Fields = &[
    ("type", Any),
    ("actions", ACTIONS),
    ("metadata", METADATA),
    ("palette", PALETTE),
    ("speed", Number(0.0, 1.0)),
    ("auto_dynamic", Flag),
    (
        "recall",
        Object(&[
            ("action", Choice(&["active", "dynamic_palette", "static"])),
            ("duration", Whole(0, i64::MAX)),
            ("dimming", BRIGHTNESS),
        ]),
    ),
];
pub(crate) const NEW_SMART_SCENE: Fields = &[
    ("type", Any),
    ("metadata", METADATA),
    ("group", REFERENCE),
    ("week_timeslots", List(&Any, 1, 7)),
    ("transition_duration", Whole(0, 6_000_000)),
];
pub(crate) const SMART_SCENE: Fields = &[
    ("type", Any),
    ("metadata", METADATA),
    ("recall", Object(&[("action", Choice(&["activate", "deactivate"]))])),
    ("transition_duration", Whole(0, 6_000_000)),
];
pub(crate) const GROUP: Fields = &[("type", Any), ("metadata", METADATA), ("children", List(&REFERENCE, 0, 500))];
pub(crate) const DEVICE: Fields = &[("type", Any), ("metadata", METADATA), ("identify", IDENTIFY), ("usertest", Any)];
pub(crate) const BRIDGE: Fields = &[("type", Any), ("time_zone", Object(&[("time_zone", Text(64))]))];
pub(crate) const SENSOR: Fields =
    &[("type", Any), ("enabled", Flag), ("sensitivity", Object(&[("sensitivity", Whole(0, 10))]))];
pub(crate) const BEHAVIOR_INSTANCE: Fields = &[
    ("type", Any),
    ("script_id", Text(64)),
    ("enabled", Flag),
    ("configuration", Any),
    ("trigger", Any),
    ("metadata", METADATA),
];
pub(crate) const GEOFENCE_CLIENT: Fields = &[("type", Any), ("name", Text(32)), ("is_at_home", Flag)];

/// Checks a body; the error is the sentence for the client.
pub(crate) fn check(fields: Fields, body: &Value) -> Result<(), String> {
    if !body.is_object() {
        return Err("Invalid Request: the body must be an object".to_owned());
    }
    check_object(fields, body, "")
}

/// Checks that what shall last for a time says for how long.
pub(crate) fn check_durations(body: &Value) -> Result<(), String> {
    for (property, choice, none) in [("timed_effects", "effect", "no_effect"), ("signaling", "signal", "no_signal")] {
        let value = &body[property];
        if value.get(choice).is_some_and(|choice| choice != none) && value.get("duration").is_none() {
            return Err(format!("Invalid Request: required property (.{property}.duration) is missing"));
        }
    }
    Ok(())
}

fn check_object(fields: Fields, value: &Value, path: &str) -> Result<(), String> {
    let members = value.as_object().ok_or_else(|| wrong(path))?;
    for (name, value) in members {
        let (_, kind) = fields
            .iter()
            .find(|(known, _)| known == name)
            .ok_or_else(|| format!("Invalid Request: Property [{name}] cannot be specified for this request type"))?;
        check_value(kind, value, &format!("{path}.{name}"))?;
    }
    Ok(())
}

fn check_value(kind: &Kind, value: &Value, path: &str) -> Result<(), String> {
    let fits = match kind {
        Any => true,
        Flag => value.is_boolean(),
        Number(least, most) => value.as_f64().is_some_and(|it| (*least..=*most).contains(&it)),
        Whole(least, most) => value.as_i64().is_some_and(|it| (*least..=*most).contains(&it)),
        Text(most) => value.as_str().is_some_and(|it| (1..=*most).contains(&it.chars().count())),
        Choice(values) => value.as_str().is_some_and(|it| values.contains(&it)),
        Object(fields) => return check_object(fields, value, path),
        List(kind, least, most) => return check_list(kind, (*least, *most), value, path),
    };
    if fits { Ok(()) } else { Err(wrong(path)) }
}

fn check_list(kind: &Kind, (least, most): (usize, usize), value: &Value, path: &str) -> Result<(), String> {
    let items = value.as_array().filter(|items| (least..=most).contains(&items.len())).ok_or_else(|| wrong(path))?;
    items.iter().try_for_each(|item| check_value(kind, item, path))
}

fn wrong(path: &str) -> String {
    format!("Invalid Request: the value of property ({path}) does not match the schema")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_property_is_named() {
        let error = check(LIGHT, &json!({"colour": 1})).expect_err("refused");
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
            assert!(check(LIGHT, &body).is_err(), "{body}");
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
        assert_eq!(check(LIGHT, &json!({"dynamics": {"duration": 6_000_001}})), Ok(()));
    }
}
