//! What is asked of one light: checked, merged, in the bridge's units.

use std::time::Duration;

use crate::{
    change::{Brightness, Change, Color, LEAST_BRIGHTNESS, Power},
    color::{self, ColorValue, Xy},
    error::Error,
};

/// The bridge counts brightness in 253 steps: what was asked and what it makes of it are no further apart.
const ROUNDING: f64 = 0.4;

/// What is asked of one light, before anybody looked at the light.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Wish {
    pub(super) on: Option<bool>,
    pub(super) brightness: Option<Brightness>,
    /// Not asked, but lost by the bridge: what the light is to come back with.
    pub(super) lost_brightness: Option<f64>,
    pub(super) paint: Option<Paint>,
    pub(super) gradient: Vec<Xy>,
    pub(super) effect: Option<String>,
    pub(super) effect_speed: Option<f64>,
    pub(super) transition: Option<Duration>,
}

/// A colour, as the bridge takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Paint {
    Xy(Xy),
    Mirek(u16),
    MirekDelta(i16),
}

impl Wish {
    /// Checks a change. `any_on` resolves `toggle`: whether any light of its target is on.
    pub(super) fn new(change: &Change, any_on: bool) -> Result<Self, Error> {
        Ok(Self {
            on: change.power.map(|power| match power {
                Power::On => true,
                Power::Off => false,
                Power::Toggle => !any_on,
            }),
            brightness: change.brightness.map(brightness).transpose()?,
            lost_brightness: None,
            paint: change.color.as_ref().map(paint).transpose()?,
            gradient: gradient(&change.gradient)?,
            effect: change.effect.clone(),
            effect_speed: change.effect_speed.map(|speed| within("effect_speed", speed, 0.0, 1.0)).transpose()?,
            transition: change.transition,
        })
    }

    /// Takes a later wish over this one, attribute by attribute; a delta adds to what was asked before it. Colour and
    /// gradient are one attribute.
    pub(super) fn merge(&mut self, later: Self) {
        if later.paint.is_some() || !later.gradient.is_empty() {
            self.paint = later.paint.map(|later| after_paint(self.paint, later));
            self.gradient = later.gradient;
        }
        self.on = later.on.or(self.on);
        self.brightness = later.brightness.map(|later| after_brightness(self.brightness, later)).or(self.brightness);
        self.effect = later.effect.or_else(|| self.effect.take());
        self.effect_speed = later.effect_speed.or(self.effect_speed);
        self.transition = later.transition.or(self.transition);
    }

    /// Whether the two are equal as they were asked.
    pub(super) fn asks_the_same(&self, other: &Self) -> bool {
        let lost_brightness = other.lost_brightness;
        if self.lost_brightness == lost_brightness {
            return self == other;
        }
        Self { lost_brightness, ..self.clone() } == *other
    }

    /// Whether the bridge lost the same brightness of both, within what it rounds.
    pub(super) fn lost_the_same(&self, other: &Self) -> bool {
        match (self.lost_brightness, other.lost_brightness) {
            (Some(own), Some(other)) => (own - other).abs() <= ROUNDING,
            (own, other) => own == other,
        }
    }

    /// The brightness to be sent.
    pub(super) fn sent_brightness(&self) -> Option<Brightness> {
        self.brightness.or(self.lost_brightness.map(Brightness::Percent))
    }

    /// Whether a `grouped_light` can do it: it knows neither effects nor gradients.
    pub(super) fn suits_a_group(&self) -> bool {
        self.effect.is_none() && self.effect_speed.is_none() && self.gradient.is_empty() && !self.is_empty()
    }

    /// Whether sending it twice is as sending it once.
    pub(super) fn is_repeatable(&self) -> bool {
        !matches!(self.brightness, Some(Brightness::Delta(_))) && !matches!(self.paint, Some(Paint::MirekDelta(_)))
    }

    pub(super) fn is_empty(&self) -> bool {
        let Self { on, brightness, lost_brightness: _, paint, gradient, effect, effect_speed, transition: _ } = self;
        on.is_none()
            && brightness.is_none()
            && paint.is_none()
            && gradient.is_empty()
            && effect.is_none()
            && effect_speed.is_none()
    }
}

/// What a brightness comes to that was asked after another.
fn after_brightness(earlier: Option<Brightness>, later: Brightness) -> Brightness {
    match (earlier, later) {
        (Some(Brightness::Percent(percent)), Brightness::Delta(delta)) => {
            Brightness::Percent((percent + delta).clamp(LEAST_BRIGHTNESS, 100.0))
        }
        (Some(Brightness::Delta(first)), Brightness::Delta(second)) => {
            Brightness::Delta((first + second).clamp(-100.0, 100.0))
        }
        _ => later,
    }
}

/// What a colour comes to that was asked after another. A change of temperature has no meaning for a colour.
fn after_paint(earlier: Option<Paint>, later: Paint) -> Paint {
    match (earlier, later) {
        (Some(Paint::Mirek(mirek)), Paint::MirekDelta(delta)) => {
            Paint::Mirek(mirek.saturating_add_signed(delta).clamp(50, 1000))
        }
        (Some(Paint::MirekDelta(first)), Paint::MirekDelta(second)) => {
            Paint::MirekDelta(first.saturating_add(second).clamp(-950, 950))
        }
        _ => later,
    }
}

fn brightness(brightness: Brightness) -> Result<Brightness, Error> {
    match brightness {
        Brightness::Percent(percent) if percent > 0.0 && percent <= 100.0 => Ok(brightness),
        Brightness::Percent(percent) => Err(Error::Invalid(format!(
            "brightness is above 0 to 100 percent, not {percent}; to turn a light off, set its power"
        ))),
        Brightness::Delta(delta) => within("the change of brightness", delta, -100.0, 100.0).map(Brightness::Delta),
    }
}

fn paint(color: &Color) -> Result<Paint, Error> {
    match color {
        Color::Text(text) => match color::parse(text).map_err(Error::Invalid)? {
            ColorValue::Xy(xy) => Ok(Paint::Xy(xy)),
            ColorValue::Mirek(mirek) => Ok(Paint::Mirek(mirek)),
        },
        Color::Mirek(mirek @ 50..=1000) => Ok(Paint::Mirek(*mirek)),
        Color::Mirek(mirek) => Err(Error::Invalid(format!("a colour temperature is 50 to 1000 mirek, not {mirek}"))),
        Color::Kelvin(kelvin @ 1000..=20_000) => Ok(Paint::Mirek(color::mirek_of(*kelvin))),
        Color::Kelvin(kelvin) => Err(Error::Invalid(format!("a colour temperature is 1000 to 20000 K, not {kelvin}"))),
        Color::Xy(xy) => {
            within("x", xy.x, 0.0, 1.0)?;
            within("y", xy.y, 0.0, 1.0)?;
            Ok(Paint::Xy(*xy))
        }
        Color::MirekDelta(delta) if delta.unsigned_abs() <= 950 => Ok(Paint::MirekDelta(*delta)),
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
        .map(|color| match paint(color)? {
            Paint::Xy(xy) => Ok(xy),
            Paint::Mirek(mirek) => Ok(Xy::from_mirek(mirek)),
            Paint::MirekDelta(_) => Err(Error::Invalid("a gradient takes no delta".to_owned())),
        })
        .collect()
}

fn within(what: &str, value: f64, least: f64, most: f64) -> Result<f64, Error> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Error::Invalid(format!("{what} is {least} to {most}, not {value}")))
}
