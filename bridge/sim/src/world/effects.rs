//! Effects, timed effects, dynamics and signals of a light: what changes without further commands.

use serde_json::{Value, json};

use super::attribute::{AttributeError, require_allowed, require_property};
use super::store;

/// Sets an effect by `effects`, the older form; the newer one is `effects_v2`.
pub(super) fn set_effect(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "effects")?;
    let effect = &body["effects"]["effect"];
    require_allowed(effect, &light["effects"]["effect_values"])?;
    show_effect(light, effect.clone());
    Ok(())
}

/// Sets an effect by `effects_v2`, which may have parameters.
pub(super) fn set_effect_v2(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "effects_v2")?;
    let action = &body["effects_v2"]["action"];
    require_allowed(&action["effect"], &light["effects_v2"]["action"]["effect_values"])?;
    show_effect(light, action["effect"].clone());
    if let Some(parameters) = action.get("parameters") {
        light["effects_v2"]["status"]["parameters"] = parameters.clone();
    }
    Ok(())
}

/// Starts or ends a timed effect: a sunrise or sunset.
pub(super) fn set_timed(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "timed_effects")?;
    let effect = &body["timed_effects"]["effect"];
    require_allowed(effect, &light["timed_effects"]["effect_values"])?;
    light["timed_effects"]["status"] = effect.clone();
    Ok(())
}

fn show_effect(light: &mut Value, effect: Value) {
    if light.get("effects").is_some() {
        light["effects"]["status"] = effect.clone();
    }
    if let Some(status) = light.pointer_mut("/effects_v2/status").and_then(Value::as_object_mut) {
        status.insert("effect".into(), effect);
        status.remove("parameters");
    }
}

/// Ends effect, timed effect and dynamics, as a new colour or colour temperature does.
pub(super) fn end_all(light: &mut Value) {
    show_effect(light, json!("no_effect"));
    end_timed(light);
    end_dynamics(light);
}

/// Ends a timed effect that runs.
pub(super) fn end_timed(light: &mut Value) {
    if light.get("timed_effects").is_some() {
        light["timed_effects"]["status"] = json!("no_effect");
    }
}

/// Starts or ends a signal. The light has a signal status only while it signals.
pub(super) fn set_signal(light: &mut Value, body: &Value) -> Result<(), AttributeError> {
    require_property(light, "signaling")?;
    let signaling = &body["signaling"];
    require_allowed(&signaling["signal"], &light["signaling"]["signal_values"])?;
    end_signal(light);
    if signaling["signal"] != "no_signal" {
        light["signaling"]["status"] = json!({"signal": signaling["signal"]});
        if let Some(colors) = signaling.get("colors") {
            light["signaling"]["status"]["colors"] = colors.clone();
        }
    }
    Ok(())
}

/// Ends a signal.
pub(super) fn end_signal(light: &mut Value) {
    if let Some(signaling) = light.get_mut("signaling").and_then(Value::as_object_mut) {
        signaling.remove("status");
    }
}

/// Ends the dynamics, by which a light moves through a palette.
pub(super) fn end_dynamics(light: &mut Value) {
    if light.get("dynamics").is_some() {
        light["dynamics"]["status"] = json!("none");
    }
}

/// Starts the dynamics of a light through the palette of its scene, if the light supports them.
pub(super) fn start_dynamics(light: &mut Value, speed: &Value) {
    if require_allowed(&json!("dynamic_palette"), &light["dynamics"]["status_values"]).is_ok() {
        store::merge(
            &mut light["dynamics"],
            &json!({"status": "dynamic_palette", "speed": speed, "speed_valid": true}),
        );
    }
}
