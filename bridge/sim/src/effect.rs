//! Effects, dynamics and signals of a light: what moves by itself.

use serde_json::{Value, json};

use crate::light::{Refusal, has};
use crate::store;

/// `effects`, the older form.
pub(crate) fn set(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "effects")?;
    let effect = &body["effects"]["effect"];
    known(effect, &light["effects"]["effect_values"])?;
    show(light, effect.clone());
    Ok(())
}

/// `effects_v2`, with parameters.
pub(crate) fn set_v2(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "effects_v2")?;
    let action = &body["effects_v2"]["action"];
    known(&action["effect"], &light["effects_v2"]["action"]["effect_values"])?;
    show(light, action["effect"].clone());
    if let Some(parameters) = action.get("parameters") {
        light["effects_v2"]["status"]["parameters"] = parameters.clone();
    }
    Ok(())
}

/// `timed_effects`: sunrise and sunset.
pub(crate) fn set_timed(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "timed_effects")?;
    let effect = &body["timed_effects"]["effect"];
    known(effect, &light["timed_effects"]["effect_values"])?;
    light["timed_effects"]["status"] = effect.clone();
    Ok(())
}

/// Refuses a value that the light does not list.
pub(crate) fn known(value: &Value, values: &Value) -> Result<(), Refusal> {
    let known = values.as_array().is_some_and(|values| values.contains(value));
    if known { Ok(()) } else { Err(Refusal::Invalid) }
}

fn show(light: &mut Value, effect: Value) {
    if light.get("effects").is_some() {
        light["effects"]["status"] = effect.clone();
    }
    if let Some(status) = light.pointer_mut("/effects_v2/status").and_then(Value::as_object_mut) {
        status.insert("effect".into(), effect);
        status.remove("parameters");
    }
}

/// Ends all that moves: a colour or a colour temperature was set.
pub(crate) fn end(light: &mut Value) {
    show(light, json!("no_effect"));
    end_timed(light);
    end_dynamics(light);
}

/// Ends a sunrise or sunset.
pub(crate) fn end_timed(light: &mut Value) {
    if light.get("timed_effects").is_some() {
        light["timed_effects"]["status"] = json!("no_effect");
    }
}

/// `signaling`: the status is there only while something is signalled.
pub(crate) fn set_signal(light: &mut Value, body: &Value) -> Result<(), Refusal> {
    has(light, "signaling")?;
    let signaling = &body["signaling"];
    known(&signaling["signal"], &light["signaling"]["signal_values"])?;
    end_signal(light);
    if signaling["signal"] != "no_signal" {
        light["signaling"]["status"] = json!({"signal": signaling["signal"]});
        if let Some(colors) = signaling.get("colors") {
            light["signaling"]["status"]["colors"] = colors.clone();
        }
    }
    Ok(())
}

/// Ends what a light signals.
pub(crate) fn end_signal(light: &mut Value) {
    if let Some(signaling) = light.get_mut("signaling").and_then(Value::as_object_mut) {
        signaling.remove("status");
    }
}

/// Ends the walk through a palette.
pub(crate) fn end_dynamics(light: &mut Value) {
    if light.get("dynamics").is_some() {
        light["dynamics"]["status"] = json!("none");
    }
}

/// Lets the light wander through the palette of its scene, if it can.
pub(crate) fn start_dynamics(light: &mut Value, speed: &Value) {
    if known(&json!("dynamic_palette"), &light["dynamics"]["status_values"]).is_ok() {
        store::merge(
            &mut light["dynamics"],
            &json!({"status": "dynamic_palette", "speed": speed, "speed_valid": true}),
        );
    }
}
