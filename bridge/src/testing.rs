//! Generators that the property tests share.

use proptest::{
    prelude::*,
    test_runner::{Config, FileFailurePersistence},
};
use serde_json::{Value, json};

/// Configures as many cases as take about a second unoptimised, unless `PROPTEST_CASES` in the environment says
/// otherwise.
pub(crate) fn cases(count: u32) -> Config {
    let given = std::env::var_os("PROPTEST_CASES").is_some();
    let config = if given { Config::default() } else { Config::with_cases(count) };
    // A failure that was found has to become a test with a name, so no seed is kept.
    Config { failure_persistence: Some(Box::new(FileFailurePersistence::Off)), ..config }
}

/// Generates any JSON, with names from the bridge's documents, so that it comes close to them.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((any_name(), inner), 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any_name(),
        prop::sample::select(vec!["", "/lights/3", "\u{0}", "💡"]).prop_map(str::to_owned),
        ".{0,12}",
    ]
}

/// Generates a member name, a resource type or another text of the bridge's documents.
fn any_name() -> impl Strategy<Value = String> {
    let mut names = Vec::new();
    for document in documents() {
        collect_texts(&document, &mut names);
    }
    names.sort_unstable();
    names.dedup();
    prop::sample::select(names)
}

fn collect_texts(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(elements) => elements.iter().for_each(|element| collect_texts(element, texts)),
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            texts.push(name.clone());
            collect_texts(member, texts);
        }),
        _ => {}
    }
}

/// Replacements of values in a document; `None` removes the value.
#[derive(Clone, Debug)]
pub(crate) struct Mutations(Vec<(prop::sample::Index, Option<Value>)>);

pub(crate) fn mutations() -> impl Strategy<Value = Mutations> {
    let one = (any::<prop::sample::Index>(), prop::option::of(any_json()));
    prop::collection::vec(one, 1..8).prop_map(Mutations)
}

impl Mutations {
    pub(crate) fn apply(&self, document: &mut Value) {
        for (place, instead) in &self.0 {
            let pointers = pointers(document);
            let Some(pointer) = pointers.get(place.index(pointers.len().max(1))) else { return };
            match (document.pointer_mut(pointer), instead) {
                (Some(place), Some(instead)) => *place = instead.clone(),
                _ => remove(document, pointer),
            }
        }
    }
}

fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(name);
        }
        Some(Value::Array(elements)) => {
            let at = name.parse().unwrap_or(usize::MAX);
            if at < elements.len() {
                elements.remove(at);
            }
        }
        _ => {}
    }
}

/// Lists the JSON pointers of all values in a document.
pub(crate) fn pointers(document: &Value) -> Vec<String> {
    let mut pointers = Vec::new();
    collect(document, "", &mut pointers);
    pointers
}

fn collect(value: &Value, at: &str, pointers: &mut Vec<String>) {
    let mut step = |name: &str, value: &Value| {
        let pointer = format!("{at}/{name}");
        collect(value, &pointer, pointers);
        pointers.push(pointer);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| step(name, value)),
        Value::Array(elements) => elements.iter().enumerate().for_each(|(at, value)| step(&at.to_string(), value)),
        _ => {}
    }
}

/// Returns resources as old and new bridges have them: few of each type, but with all their members.
pub(crate) fn documents() -> Vec<Value> {
    let reference = |id: &str, kind: &str| json!({"rid": id, "rtype": kind});
    let gamut =
        json!({"red": {"x": 0.6915, "y": 0.3083}, "green": {"x": 0.17, "y": 0.7}, "blue": {"x": 0.1532, "y": 0.0475}});
    let values = json!(["no_effect", "candle", "fire"]);
    let points = json!([{"color": {"xy": {"x": 0.6, "y": 0.36}}}, {"color": {"xy": {"x": 0.43, "y": 0.45}}}]);
    vec![
        json!({"id": "l", "id_v1": "/lights/128", "type": "light", "owner": reference("d", "device"), "service_id": 0,
            "metadata": {"name": "Globes", "archetype": "string_globe", "function": "decorative"}, "mode": "normal",
            "on": {"on": true}, "dimming": {"brightness": 81.03, "min_dim_level": 0.02}, "dimming_delta": {},
            "color_temperature": {"mirek": null, "mirek_valid": false,
                "mirek_schema": {"mirek_minimum": 50, "mirek_maximum": 1000}},
            "color": {"xy": {"x": 0.6, "y": 0.36}, "gamut": gamut, "gamut_type": "C"},
            "dynamics": {"speed": 0.73, "speed_valid": true, "status": "dynamic_palette",
                "status_values": ["none", "dynamic_palette"]},
            "effects": {"effect_values": values, "status": "no_effect", "status_values": values},
            "effects_v2": {"action": {"effect_values": values}, "status": {"effect": "candle", "effect_values": values}},
            "gradient": {"mode": "interpolated_palette", "pixel_count": 20, "points_capable": 5, "points": points}}),
        json!({"id": "plug", "id_v1": "", "type": "light", "owner": reference("d2", "device"), "on": {"on": false}}),
        json!({"id": "d", "type": "device", "metadata": {"name": "Globes"}, "services": [reference("l", "light")],
            "product_data": {"model_id": "LCX012", "product_name": "Festavia", "software_version": "1.122.2"}}),
        json!({"id": "d2", "type": "device", "metadata": {"name": "Plug"}, "services": [reference("plug", "light")]}),
        json!({"id": "z", "type": "zigbee_connectivity", "owner": reference("d", "device"), "status": "connected"}),
        json!({"id": "p", "type": "device_power", "owner": reference("d2", "device"),
            "power_state": {"battery_level": 53, "battery_state": "normal"}}),
        json!({"id": "u", "type": "device_software_update", "owner": reference("d", "device"), "state": "no_update"}),
        json!({"id": "r", "id_v1": "/groups/3", "type": "room", "metadata": {"name": "Den", "archetype": "den"},
            "children": [reference("d", "device")], "services": [reference("l", "light")],
            "grouped_services": [reference("g", "grouped_light")]}),
        json!({"id": "zone", "type": "zone", "metadata": {"name": "Up"}, "children": [reference("l", "light")],
            "services": [reference("g2", "grouped_light")]}),
        json!({"id": "home", "id_v1": "/groups/0", "type": "bridge_home", "children": [reference("r", "room")]}),
        json!({"id": "g", "type": "grouped_light", "owner": reference("r", "room"), "on": {"on": true},
            "dimming": {"brightness": 68.99}, "color": {}, "dynamics": {}}),
        json!({"id": "s", "type": "scene", "metadata": {"name": "Relax"}, "group": reference("r", "room"),
            "actions": [{"target": reference("l", "light"), "action": {"on": {"on": true}, "gradient": {"points": points},
                "dimming": {"brightness": 46.85}, "effects_v2": {"action": {"effect": "fire"}}}}],
            "palette": {"color": []}, "speed": 0.6, "auto_dynamic": true, "recall": {},
            "status": {"active": "static", "last_recall": "2026-07-26T21:00:01.882Z"}}),
        json!({"id": "sm", "type": "smart_scene", "metadata": {"name": "Day"}, "group": reference("zone", "zone"),
            "state": "inactive", "week_timeslots": []}),
        json!({"id": "b", "type": "bridge", "bridge_id": "001788FFFE123456", "owner": reference("d2", "device")}),
        json!({"id": "m", "type": "motion", "owner": reference("d2", "device"), "enabled": true, "motion":
            {"motion": false, "motion_valid": true, "motion_report": {"changed": "2026-07-27T18:33:10Z", "motion": true}}}),
        json!({"id": "t", "type": "temperature", "owner": reference("d2", "device"), "enabled": true,
            "temperature": {"temperature": 22.55, "temperature_valid": true}}),
        json!({"id": "ll", "type": "light_level", "owner": reference("d2", "device"), "light": {"light_level": 20001}}),
        json!({"id": "bu", "type": "button", "owner": reference("d2", "device"), "metadata": {"control_id": 3}, "button":
            {"button_report": {"event": "short_release", "updated": "2026-01-01T00:00:00Z"}, "last_event": "repeat"}}),
        json!({"id": "ro", "type": "relative_rotary", "owner": reference("d2", "device"), "relative_rotary":
            {"rotary_report": {"action": "start", "rotation": {"direction": "clock_wise", "duration": 400, "steps": 15}}}}),
        json!({"id": "c", "type": "contact", "owner": reference("d2", "device"), "enabled": true,
            "contact_report": {"changed": "2026-07-27T17:18:42.957Z", "state": "no_contact"}}),
        json!({"id": "new", "type": "something_new", "children": [reference("l", "light")]}),
    ]
}
