//! Colours, shades of white and gradients of a lamp's command.

use serde_json::{Value, json};

use super::{ColorTarget, CommandBuilder, DesiredState, direction, gradient_value, point};
use crate::{change::Adjustment, color::Xy, plan::effects::NO_EFFECT};

/// The least distance in the CIE 1931 diagram at which moving a colour into the gamut is reported.
const MIN_REPORTED_SHIFT: f64 = 0.01;

/// Returns the field of a request that sets a colour.
pub(super) fn field(target: ColorTarget) -> (&'static str, Value) {
    match target {
        ColorTarget::Xy(xy) => ("color", point(xy)),
        ColorTarget::Mirek(mirek) => ("color_temperature", json!({"mirek": mirek})),
        ColorTarget::MirekDelta(delta) => {
            ("color_temperature_delta", json!({"action": direction(delta >= 0), "mirek_delta": delta.unsigned_abs()}))
        }
    }
}

impl CommandBuilder<'_> {
    /// Sets colour or gradient. [`CommandBuilder::effect`] sets a colour that comes with an effect.
    pub(super) fn color(&mut self, desired: &DesiredState) {
        if desired.effect.as_deref().is_some_and(|effect| effect != NO_EFFECT) {
            return;
        }
        if self.gradient(&desired.gradient) {
            return;
        }
        let target = desired.color.or(desired.gradient.first().copied().map(ColorTarget::Xy));
        if let Some(possible) = target.and_then(|target| self.possible_color(target)) {
            self.set(field(possible));
            self.set_color_after(possible);
            self.command.after.effect = None;
        }
    }

    /// Returns the colour as this lamp can show it; reports it and returns `None` if it cannot.
    pub(super) fn possible_color(&mut self, target: ColorTarget) -> Option<ColorTarget> {
        let can = &self.light.can;
        match (target, can.mirek) {
            (ColorTarget::Xy(xy), _) if can.color => Some(ColorTarget::Xy(self.clamp_xy(xy))),
            (ColorTarget::Xy(xy), Some(range)) => {
                let mirek = xy.to_mirek().clamp(range.0, range.1);
                self.report_conversion(format!("it shows no colours: {xy} became the nearest white, {mirek} mirek"));
                Some(ColorTarget::Mirek(mirek))
            }
            (ColorTarget::Mirek(mirek), Some(range)) => Some(ColorTarget::Mirek(self.clamp_mirek(mirek, range))),
            (ColorTarget::Mirek(mirek), None) if can.color => {
                let xy = self.clamp_xy(Xy::from_mirek(mirek));
                self.report_conversion(format!("it has no colour temperature: {mirek} mirek became {xy}"));
                Some(ColorTarget::Xy(xy))
            }
            (ColorTarget::MirekDelta(delta), Some(_)) => Some(ColorTarget::MirekDelta(delta)),
            (ColorTarget::Xy(_), None) => self.report_unsupported("color"),
            (ColorTarget::Mirek(_) | ColorTarget::MirekDelta(_), None) => self.report_unsupported("color_temperature"),
        }
    }

    /// Sets the gradient and returns whether the lamp can show it. Other lamps take its first colour.
    fn gradient(&mut self, colors: &[Xy]) -> bool {
        let max_points = usize::from(self.light.can.gradient_points);
        if colors.is_empty() || max_points < 2 {
            return false;
        }
        if colors.len() > max_points {
            self.clamped("gradient", format!("{} colours", colors.len()), format!("{max_points} colours"));
        }
        let clamped: Vec<Xy> = colors.iter().take(max_points).map(|xy| self.clamp_xy(*xy)).collect();
        self.set(("gradient", gradient_value(&clamped)));
        if let Some(first) = clamped.first() {
            self.set_color_after(ColorTarget::Xy(*first));
        }
        self.command.after.effect = None;
        self.command.after.gradient = clamped;
        true
    }

    /// Sets the colour that the mirror will show. A delta on an unknown colour temperature leaves it unknown.
    pub(super) fn set_color_after(&mut self, target: ColorTarget) {
        let after = &mut self.command.after;
        after.gradient.clear();
        after.dynamic = false;
        match target {
            ColorTarget::Xy(xy) => (after.xy, after.mirek) = (Some(xy), None),
            ColorTarget::Mirek(mirek) => {
                after.mirek = Some(mirek);
                after.xy = after.xy.map(|_| Xy::from_mirek(mirek));
            }
            ColorTarget::MirekDelta(delta) => {
                let (least, most) = self.light.can.mirek.unwrap_or((50, 1000));
                after.mirek = self.before.mirek.map(|now| now.saturating_add_signed(delta).clamp(least, most));
                if let Some(mirek) = after.mirek {
                    after.xy = after.xy.map(|_| Xy::from_mirek(mirek));
                }
            }
        }
    }

    fn clamp_xy(&mut self, xy: Xy) -> Xy {
        let given = self.light.can.gamut.map_or(xy, |gamut| gamut.clamp(xy));
        if given.distance(xy) > MIN_REPORTED_SHIFT {
            self.clamped("color", xy.to_string(), given.to_string());
        }
        given
    }

    fn clamp_mirek(&mut self, requested: u16, (least, most): (u16, u16)) -> u16 {
        let given = requested.clamp(least, most);
        if given != requested {
            self.clamped("color_temperature", format!("{requested} mirek"), format!("{given} mirek"));
        }
        given
    }

    fn report_unsupported(&mut self, attribute: &'static str) -> Option<ColorTarget> {
        self.unsupported(attribute);
        None
    }

    fn report_conversion(&mut self, text: String) {
        self.command.converted = true;
        self.command.adjustments.push(Adjustment::Other(text));
    }
}
