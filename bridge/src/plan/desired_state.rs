//! The desired state of one light: checked, merged, in the bridge's units.

use std::time::Duration;

use super::effects;
use crate::{
    change::{Brightness, Change, Color, MIN_BRIGHTNESS, Power},
    color::{self, ColorValue, Xy},
    error::Error,
    home::BRIGHTNESS_STEP,
};

/// The desired state of one light, before it is adapted to what the light can do.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DesiredState {
    pub(super) on: Option<bool>,
    pub(super) brightness: Option<Brightness>,
    /// The brightness in percent that the bridge has forgotten, for a light that is turned on without one.
    pub(super) restored_brightness: Option<f64>,
    pub(super) color: Option<ColorTarget>,
    pub(super) gradient: Vec<Xy>,
    pub(super) effect: Option<String>,
    pub(super) effect_speed: Option<f64>,
    pub(super) transition: Option<Duration>,
}

/// A colour, converted to the bridge's units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ColorTarget {
    Xy(Xy),
    Mirek(u16),
    MirekDelta(i16),
}

impl DesiredState {
    /// Checks a change. `any_on` says whether any light of the target is on: it resolves `toggle`.
    pub(super) fn new(change: &Change, any_on: bool) -> Result<Self, Error> {
        Ok(Self {
            on: change.power.map(|power| match power {
                Power::On => true,
                Power::Off => false,
                Power::Toggle => !any_on,
            }),
            brightness: change.brightness.map(check_brightness).transpose()?,
            restored_brightness: None,
            color: change.color.as_ref().map(color_target).transpose()?,
            gradient: gradient(&change.gradient)?,
            effect: change.effect.as_deref().map(effects::canonical_word),
            effect_speed: change.effect_speed.map(|speed| check_range("effect_speed", speed, 0.0, 1.0)).transpose()?,
            transition: change.transition,
        })
    }

    /// Merges a later state over this one, attribute by attribute. A delta adds to the earlier value. Colour and
    /// gradient are one attribute.
    pub(super) fn merge(&mut self, later: Self) {
        if later.color.is_some() || !later.gradient.is_empty() {
            self.color = later.color.map(|later| merge_color(self.color, later));
            self.gradient = later.gradient;
        }
        self.on = later.on.or(self.on);
        self.brightness = later.brightness.map(|later| merge_brightness(self.brightness, later)).or(self.brightness);
        self.effect = later.effect.or_else(|| self.effect.take());
        self.effect_speed = later.effect_speed.or(self.effect_speed);
        self.transition = later.transition.or(self.transition);
    }

    /// Returns whether the commands ask the same of both lights. A restored brightness does not count.
    pub(super) fn is_same_request(&self, other: &Self) -> bool {
        let restored_brightness = other.restored_brightness;
        if self.restored_brightness == restored_brightness {
            return self == other;
        }
        Self { restored_brightness, ..self.clone() } == *other
    }

    /// Returns whether both lights get back the same brightness, within the bridge's rounding.
    pub(super) fn restores_same_brightness(&self, other: &Self) -> bool {
        match (self.restored_brightness, other.restored_brightness) {
            (Some(own), Some(other)) => (own - other).abs() <= BRIGHTNESS_STEP,
            (own, other) => own == other,
        }
    }

    /// Returns the brightness to send: the desired one, or the restored one.
    pub(super) fn brightness_to_send(&self) -> Option<Brightness> {
        self.brightness.or(self.restored_brightness.map(Brightness::Percent))
    }

    /// Returns whether a `grouped_light` can take it: that has neither effects nor gradients.
    pub(super) fn suits_a_group(&self) -> bool {
        self.effect.is_none() && self.effect_speed.is_none() && self.gradient.is_empty() && !self.is_empty()
    }

    /// Returns whether sending it twice has the same result as sending it once.
    pub(super) fn is_repeatable(&self) -> bool {
        !matches!(self.brightness, Some(Brightness::Delta(_)))
            && !matches!(self.color, Some(ColorTarget::MirekDelta(_)))
    }

    /// Returns whether no attribute is set. A transition alone changes nothing.
    pub(super) fn is_empty(&self) -> bool {
        let rest = Self { restored_brightness: None, transition: None, ..self.clone() };
        rest == Self::default()
    }
}

/// Returns the brightness that two commands result in.
fn merge_brightness(earlier: Option<Brightness>, later: Brightness) -> Brightness {
    match (earlier, later) {
        (Some(Brightness::Percent(percent)), Brightness::Delta(delta)) => {
            Brightness::Percent((percent + delta).clamp(MIN_BRIGHTNESS, 100.0))
        }
        (Some(Brightness::Delta(first)), Brightness::Delta(second)) => {
            Brightness::Delta((first + second).clamp(-100.0, 100.0))
        }
        _ => later,
    }
}

/// Returns the colour after two commands. A change of temperature has no meaning for an xy colour.
fn merge_color(earlier: Option<ColorTarget>, later: ColorTarget) -> ColorTarget {
    match (earlier, later) {
        (Some(ColorTarget::Mirek(mirek)), ColorTarget::MirekDelta(delta)) => {
            ColorTarget::Mirek(mirek.saturating_add_signed(delta).clamp(50, 1000))
        }
        (Some(ColorTarget::MirekDelta(first)), ColorTarget::MirekDelta(second)) => {
            ColorTarget::MirekDelta(first.saturating_add(second).clamp(-950, 950))
        }
        _ => later,
    }
}

fn check_brightness(brightness: Brightness) -> Result<Brightness, Error> {
    match brightness {
        Brightness::Percent(percent) if percent > 0.0 && percent <= 100.0 => Ok(brightness),
        Brightness::Percent(percent) => Err(Error::Invalid(format!(
            "brightness is above 0 to 100 percent, not {percent}; to turn a light off, set its power"
        ))),
        Brightness::Delta(delta) => {
            check_range("the change of brightness", delta, -100.0, 100.0).map(Brightness::Delta)
        }
    }
}

fn color_target(color: &Color) -> Result<ColorTarget, Error> {
    match color {
        Color::Text(text) => match color::parse(text).map_err(Error::Invalid)? {
            ColorValue::Xy(xy) => Ok(ColorTarget::Xy(xy)),
            ColorValue::Mirek(mirek) => Ok(ColorTarget::Mirek(mirek)),
        },
        Color::Mirek(mirek @ 50..=1000) => Ok(ColorTarget::Mirek(*mirek)),
        Color::Mirek(mirek) => Err(Error::Invalid(format!("a colour temperature is 50 to 1000 mirek, not {mirek}"))),
        Color::Kelvin(kelvin @ 1000..=20_000) => Ok(ColorTarget::Mirek(color::kelvin_to_mirek(*kelvin))),
        Color::Kelvin(kelvin) => Err(Error::Invalid(format!("a colour temperature is 1000 to 20000 K, not {kelvin}"))),
        Color::Xy(xy) => {
            check_range("x", xy.x, 0.0, 1.0)?;
            check_range("y", xy.y, 0.0, 1.0)?;
            Ok(ColorTarget::Xy(*xy))
        }
        Color::MirekDelta(delta) if delta.unsigned_abs() <= 950 => Ok(ColorTarget::MirekDelta(*delta)),
        Color::MirekDelta(delta) => {
            Err(Error::Invalid(format!("a change of colour temperature is -950 to 950 mirek, not {delta}")))
        }
    }
}

fn gradient(colors: &[Color]) -> Result<Vec<Xy>, Error> {
    if !matches!(colors.len(), 0 | 2..=5) {
        return Err(Error::Invalid(format!("a gradient has 2 to 5 colours, not {}", colors.len())));
    }
    colors
        .iter()
        .map(|color| match color_target(color)? {
            ColorTarget::Xy(xy) => Ok(xy),
            ColorTarget::Mirek(mirek) => Ok(Xy::from_mirek(mirek)),
            ColorTarget::MirekDelta(_) => Err(Error::Invalid("a gradient takes no delta".to_owned())),
        })
        .collect()
}

fn check_range(name: &str, value: f64, minimum: f64, maximum: f64) -> Result<f64, Error> {
    if (minimum..=maximum).contains(&value) {
        return Ok(value);
    }
    Err(Error::Invalid(format!("{name} is {minimum} to {maximum}, not {value}")))
}
