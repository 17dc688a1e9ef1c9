//! The resource `light`. A scene's actions have the same fields.

use serde::Deserialize;

use super::{
    lenient::{List, lenient},
    reference::{Metadata, Reference},
};

lenient! {
    struct Light {
        id: String,
        id_v1: Option<String>,
        owner: Reference,
        metadata: Metadata,
        on: Option<On>,
        dimming: Option<Dimming>,
        color_temperature: Option<ColorTemperature>,
        color: Option<Color>,
        gradient: Option<Gradient>,
        dynamics: Option<Dynamics>,
        effects: Option<Effects>,
        effects_v2: Option<EffectsV2>,
    }

    struct On {
        on: Option<bool>,
    }

    struct Dimming {
        brightness: Option<f64>,
        min_dim_level: Option<f64>,
    }

    struct ColorTemperature {
        mirek: Option<u16>,
        mirek_valid: Option<bool>,
        mirek_schema: MirekSchema,
    }

    struct MirekSchema {
        mirek_minimum: Option<u16>,
        mirek_maximum: Option<u16>,
    }

    struct Color {
        xy: Option<Point>,
        gamut: Option<Gamut>,
        gamut_type: Option<String>,
    }

    struct Gradient {
        points_capable: Option<u8>,
        points: List<GradientPoint>,
    }

    struct GradientPoint {
        color: Color,
    }

    struct Dynamics {
        status: Option<String>,
        status_values: List<String>,
    }

    /// The older form of effects. Older firmware has no other.
    struct Effects {
        status: Option<String>,
        /// Is used in the actions of a scene.
        effect: Option<String>,
        effect_values: List<String>,
    }

    struct EffectsV2 {
        action: EffectAction,
        status: EffectAction,
    }

    struct EffectAction {
        effect: Option<String>,
        effect_values: List<String>,
    }
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
