//! Builds lights for the fake host.

use crate::Error;
use crate::home::{Capabilities, Light, LightState, MirekRange, Reachability};

/// A light for a [`FakeHost`](super::FakeHost). It begins off, at 100 %, reachable and in no room.
#[derive(Debug, Clone)]
pub struct FakeLight {
    pub(super) light: Light,
    pub(super) failure: Option<Error>,
}

impl FakeLight {
    /// Makes a light that can only be turned on and off.
    pub fn plug(name: &str) -> Self {
        Self::new(name, capabilities(false, None, false))
    }

    /// Makes a light that can be dimmed.
    pub fn white(name: &str) -> Self {
        Self::new(name, capabilities(true, None, false))
    }

    /// Makes a light with colour temperatures from 153 to 454 mirek.
    pub fn ambiance(name: &str) -> Self {
        Self::new(name, capabilities(true, Some((153, 454)), false))
    }

    /// Makes a light with all colours, and colour temperatures from 153 to 500 mirek.
    pub fn color(name: &str) -> Self {
        Self::new(name, capabilities(true, Some((153, 500)), true))
    }

    /// Puts the light into a room. The fake host creates a new room by its name.
    #[must_use]
    pub fn room(mut self, room: &str) -> Self {
        self.light.room = Some(room.to_owned());
        self
    }

    /// Gives the light a v1 number.
    #[must_use]
    pub fn number(mut self, number: u32) -> Self {
        self.light.number = Some(number);
        self
    }

    /// Turns the light on.
    #[must_use]
    pub fn on(mut self) -> Self {
        self.light.state.on = true;
        self
    }

    /// Sets the brightness in percent.
    #[must_use]
    pub fn brightness(mut self, percent: f64) -> Self {
        self.light.state.brightness = Some(percent);
        self
    }

    /// Makes the light unreachable, as without power.
    #[must_use]
    pub fn unreachable(mut self) -> Self {
        self.light.reachability = Reachability::Unreachable("connectivity_issue".to_owned());
        self
    }

    /// Makes every change of the light fail with an error.
    #[must_use]
    pub fn failing(mut self, error: Error) -> Self {
        self.failure = Some(error);
        self
    }

    fn new(name: &str, can: Capabilities) -> Self {
        let state = LightState {
            on: false,
            brightness: can.dimming.then_some(100.0),
            color_temperature: can.color_temperature.map(|_| 366),
            xy: None,
            hex: None,
            effect: None,
        };
        let light = Light {
            id: super::state::id_of("light", name),
            number: None,
            name: name.to_owned(),
            room_id: None,
            room: None,
            zones: Vec::new(),
            device_id: super::state::id_of("device", name),
            archetype: Some("sultan_bulb".to_owned()),
            product_name: None,
            model_id: None,
            reachability: Reachability::Connected,
            can,
            state,
        };
        Self { light, failure: None }
    }
}

fn capabilities(dimming: bool, mirek: Option<(u16, u16)>, color: bool) -> Capabilities {
    Capabilities {
        dimming,
        color,
        color_temperature: mirek.map(|(minimum, maximum)| MirekRange { minimum, maximum }),
        gradient_points: 0,
        effects: if color { vec!["candle".to_owned(), "fire".to_owned()] } else { Vec::new() },
        gamut: color.then(|| "C".to_owned()),
    }
}
