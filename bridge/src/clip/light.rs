//! The resource `light`. A scene's actions have the same fields.

use serde::Deserialize;

use super::{
    lenient,
    resource::{Metadata, Reference},
};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Light {
    pub(crate) id: String,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) id_v1: Option<String>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) owner: Reference,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) metadata: Metadata,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) on: Option<On>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) dimming: Option<Dimming>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) color_temperature: Option<ColorTemperature>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) color: Option<Color>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) gradient: Option<Gradient>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) dynamics: Option<Dynamics>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) effects: Option<Effects>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) effects_v2: Option<EffectsV2>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct On {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) on: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Dimming {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) brightness: Option<f64>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) min_dim_level: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ColorTemperature {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) mirek: Option<u16>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) mirek_valid: Option<bool>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) mirek_schema: MirekSchema,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct MirekSchema {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) mirek_minimum: Option<u16>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) mirek_maximum: Option<u16>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Color {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) xy: Option<Point>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) gamut: Option<Gamut>,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) gamut_type: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Gamut {
    pub(crate) red: Point,
    pub(crate) green: Point,
    pub(crate) blue: Point,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Gradient {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) points_capable: Option<u8>,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) points: Vec<GradientPoint>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct GradientPoint {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) color: Color,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Dynamics {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) status: Option<String>,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) status_values: Vec<String>,
}

/// The older form of effects. Older firmware has no other.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Effects {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) status: Option<String>,
    /// Is used in the actions of a scene.
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) effect: Option<String>,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) effect_values: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EffectsV2 {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) action: EffectAction,
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) status: EffectAction,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct EffectAction {
    #[serde(deserialize_with = "lenient::field")]
    pub(crate) effect: Option<String>,
    #[serde(deserialize_with = "lenient::list")]
    pub(crate) effect_values: Vec<String>,
}
