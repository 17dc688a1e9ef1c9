//! The lamps of generated homes: each light with all the members that firmware sends.

use serde_json::{Value, json};

use crate::product::MANUFACTURER_NAME;
use crate::world::color::{GAMUT_C, black_body, quantise};
use crate::world::store;

/// The effects that colour lamps support.
const COLOR_EFFECTS: &[&str] = &[
    "no_effect",
    "candle",
    "fire",
    "prism",
    "sparkle",
    "opal",
    "glisten",
    "underwater",
    "cosmos",
    "sunbeam",
    "enchant",
];

/// The kind of a lamp, which decides its abilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LampKind {
    Color,
    /// A colour lightstrip, which has five points.
    Gradient,
    WhiteAmbiance,
    /// A lamp that has brightness only.
    Dimmable,
    /// A plug, which is only on or off.
    Plug,
    /// A white lamp of another make, without effects and power-up settings.
    ThirdParty,
}

/// A lamp, and the state that its light has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lamp<'a> {
    pub(super) name: &'a str,
    pub(super) kind: LampKind,
    pub(super) archetype: &'a str,
    pub(super) on: bool,
    /// Is in percent.
    pub(super) brightness: f64,
    pub(super) mirek: i64,
}

/// A hardware product: model id, product name, manufacturer and firmware.
pub(super) struct Product(pub(super) [&'static str; 4]);

impl LampKind {
    pub(super) fn product(self) -> Product {
        Product(match self {
            Self::Color => ["LCA006", "Hue color lamp", MANUFACTURER_NAME, "1.122.8"],
            Self::Gradient => ["LCX004", "Hue gradient lightstrip", MANUFACTURER_NAME, "1.122.8"],
            Self::WhiteAmbiance => ["LTA009", "Hue ambiance lamp", MANUFACTURER_NAME, "1.122.2"],
            Self::Dimmable => ["LWA017", "Hue white lamp", MANUFACTURER_NAME, "1.122.2"],
            Self::Plug => ["LOM007", "Hue smart plug", MANUFACTURER_NAME, "1.104.2"],
            Self::ThirdParty => ["T2-CCT-24V", "Extended color temperature light", "Northlight AB", "2.3.0"],
        })
    }

    pub(super) fn has_color(self) -> bool {
        matches!(self, Self::Color | Self::Gradient)
    }

    pub(super) fn has_mirek(self) -> bool {
        self.mirek_range().is_some()
    }

    pub(super) fn has_brightness(self) -> bool {
        self != Self::Plug
    }

    fn mirek_range(self) -> Option<(i64, i64)> {
        match self {
            Self::Color | Self::Gradient => Some((153, 500)),
            Self::WhiteAmbiance => Some((153, 454)),
            Self::ThirdParty => Some((158, 495)),
            Self::Dimmable | Self::Plug => None,
        }
    }

    fn effects(self) -> &'static [&'static str] {
        match self {
            Self::Color | Self::Gradient => COLOR_EFFECTS,
            Self::WhiteAmbiance => &["no_effect", "candle", "sparkle", "glisten"],
            Self::Dimmable => &["no_effect", "candle"],
            Self::Plug | Self::ThirdParty => &[],
        }
    }
}

impl Lamp<'_> {
    /// Returns the members that the light has, except its ids and its owner.
    pub(super) fn to_json(self) -> Value {
        let mut light = self.common();
        for part in
            [self.dimming(), self.color_temperature(), self.color(), self.gradient(), self.effects(), self.powerup()]
        {
            store::merge(&mut light, &part);
        }
        light
    }

    fn common(self) -> Value {
        let color = self.kind.has_color();
        let signals: &[&str] =
            if color { &["no_signal", "on_off", "on_off_color", "alternating"] } else { &["no_signal", "on_off"] };
        let dynamics: &[&str] = if color { &["none", "dynamic_palette"] } else { &["none"] };
        json!({
            "alert": {"action_values": ["breathe"]},
            "dynamics": {"speed": 0.0, "speed_valid": false, "status": "none", "status_values": dynamics},
            "identify": {}, "mode": "normal", "on": {"on": self.on},
            "metadata": {"archetype": self.archetype, "function": self.function(), "name": self.name},
            "product_data": {"function": self.function()},
            "service_id": 0,
            "signaling": {"signal_values": signals},
            "type": "light",
        })
    }

    fn function(self) -> &'static str {
        if self.kind.has_color() { "mixed" } else { "functional" }
    }

    fn dimming(self) -> Value {
        let min_dim_level = match self.kind {
            LampKind::Plug => return json!({}),
            // Lamps of other makes report no minimum.
            LampKind::ThirdParty => {
                return json!({"dimming": {"brightness": quantise(self.brightness)}, "dimming_delta": {}});
            }
            LampKind::Gradient => 0.02,
            LampKind::Dimmable => 2.0,
            LampKind::Color | LampKind::WhiteAmbiance => 0.2,
        };
        json!({"dimming": {"brightness": quantise(self.brightness), "min_dim_level": min_dim_level}, "dimming_delta": {}})
    }

    fn color_temperature(self) -> Value {
        let Some((min, max)) = self.kind.mirek_range() else { return json!({}) };
        let schema = json!({"mirek_minimum": min, "mirek_maximum": max});
        json!({
            "color_temperature": {"mirek": self.mirek, "mirek_schema": schema, "mirek_valid": true},
            "color_temperature_delta": {},
        })
    }

    fn color(self) -> Value {
        if !self.kind.has_color() {
            return json!({});
        }
        let xy = GAMUT_C.clamp(black_body(self.mirek)).to_json();
        json!({"color": {"gamut": GAMUT_C.to_json(), "gamut_type": "C", "xy": xy}})
    }

    fn gradient(self) -> Value {
        if self.kind != LampKind::Gradient {
            return json!({});
        }
        let modes = ["interpolated_palette", "interpolated_palette_mirrored", "random_pixelated"];
        json!({"gradient": {"mode": modes[0], "mode_values": modes, "pixel_count": 20, "points": [], "points_capable": 5}})
    }

    fn effects(self) -> Value {
        let values = self.kind.effects();
        if values.is_empty() {
            return json!({});
        }
        let timed = ["no_effect", "sunrise", "sunset"];
        json!({
            "effects": {"effect_values": values, "status": "no_effect", "status_values": values},
            "effects_v2": {"action": {"effect_values": values}, "status": {"effect": "no_effect", "effect_values": values}},
            "timed_effects": {"effect_values": timed, "status": "no_effect", "status_values": timed},
        })
    }

    fn powerup(self) -> Value {
        let mut powerup = json!({"configured": true, "on": {"mode": "on", "on": {"on": true}}, "preset": "safety"});
        if self.kind == LampKind::ThirdParty {
            return json!({});
        }
        if self.kind.has_brightness() {
            powerup["dimming"] = json!({"dimming": {"brightness": 100.0}, "mode": "dimming"});
        }
        if self.kind.has_mirek() {
            powerup["color"] = json!({"color_temperature": {"mirek": 366}, "mode": "color_temperature"});
        }
        json!({"powerup": powerup})
    }
}
