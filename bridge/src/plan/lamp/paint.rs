//! Colours, shades of white and gradients.

use serde_json::{Value, json};

use super::{Fitting, Paint, Wish, direction, point, points};
use crate::{change::Adjustment, color::Xy};

/// Moving a colour less than this into the gamut is not worth a word.
const NOTICEABLE: f64 = 0.01;

/// The field of a request that a colour becomes.
pub(super) fn field(paint: Paint) -> (&'static str, Value) {
    match paint {
        Paint::Xy(xy) => ("color", point(xy)),
        Paint::Mirek(mirek) => ("color_temperature", json!({"mirek": mirek})),
        Paint::MirekDelta(delta) => {
            ("color_temperature_delta", json!({"action": direction(delta >= 0), "mirek_delta": delta.unsigned_abs()}))
        }
    }
}

impl Fitting<'_> {
    /// Colour or gradient; what goes along with an effect is left to [`Fitting::effect`].
    pub(super) fn paint(&mut self, wish: &Wish) {
        if wish.effect.as_deref().is_some_and(|effect| effect != "no_effect") {
            return;
        }
        if self.gradient(&wish.gradient) {
            return;
        }
        let paint = wish.paint.or(wish.gradient.first().copied().map(Paint::Xy));
        if let Some(fitted) = paint.and_then(|paint| self.fit_paint(paint)) {
            self.set(field(fitted));
            self.shows(fitted);
            self.out.after.effect = None;
        }
    }

    /// The colour as this lamp can show it; `None`, and said so, if it cannot.
    pub(super) fn fit_paint(&mut self, paint: Paint) -> Option<Paint> {
        let can = &self.light.can;
        match (paint, can.mirek) {
            (Paint::Xy(xy), _) if can.color => Some(Paint::Xy(self.clamp_xy(xy))),
            (Paint::Xy(xy), Some(range)) => {
                let mirek = xy.to_mirek().clamp(range.0, range.1);
                self.say(format!("it shows no colours: {xy} became the nearest white, {mirek} mirek"));
                Some(Paint::Mirek(mirek))
            }
            (Paint::Mirek(asked), Some(range)) => Some(Paint::Mirek(self.clamp_mirek(asked, range))),
            (Paint::Mirek(mirek), None) if can.color => {
                let xy = self.clamp_xy(Xy::from_mirek(mirek));
                self.say(format!("it has no colour temperature: {mirek} mirek became {xy}"));
                Some(Paint::Xy(xy))
            }
            (Paint::MirekDelta(delta), Some(_)) => Some(Paint::MirekDelta(delta)),
            (Paint::Xy(_), None) => self.cannot("color"),
            (Paint::Mirek(_) | Paint::MirekDelta(_), None) => self.cannot("color_temperature"),
        }
    }

    /// Whether the lamp shows the gradient; the others take its first colour.
    fn gradient(&mut self, colors: &[Xy]) -> bool {
        let most = usize::from(self.light.can.gradient_points);
        if colors.is_empty() || most < 2 {
            return false;
        }
        if colors.len() > most {
            let (asked, given) = (format!("{} colours", colors.len()), format!("{most} colours"));
            self.clamped("gradient", asked, given);
        }
        let clamped: Vec<Xy> = colors.iter().take(most).map(|xy| self.clamp_xy(*xy)).collect();
        self.set(("gradient", points(&clamped)));
        if let Some(first) = clamped.first() {
            self.shows(Paint::Xy(*first));
        }
        self.out.after.effect = None;
        self.out.after.gradient = clamped;
        true
    }

    /// What the mirror will show. A delta starts from a colour temperature, or from one that is not known.
    pub(super) fn shows(&mut self, paint: Paint) {
        let after = &mut self.out.after;
        after.gradient.clear();
        after.dynamic = false;
        match paint {
            Paint::Xy(xy) => (after.xy, after.mirek) = (Some(xy), None),
            Paint::Mirek(mirek) => {
                after.mirek = Some(mirek);
                after.xy = after.xy.map(|_| Xy::from_mirek(mirek));
            }
            Paint::MirekDelta(delta) => {
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
        if given.distance(xy) > NOTICEABLE {
            self.clamped("color", xy.to_string(), given.to_string());
        }
        given
    }

    fn clamp_mirek(&mut self, asked: u16, (least, most): (u16, u16)) -> u16 {
        let given = asked.clamp(least, most);
        if given != asked {
            self.clamped("color_temperature", format!("{asked} mirek"), format!("{given} mirek"));
        }
        given
    }

    fn cannot(&mut self, attribute: &'static str) -> Option<Paint> {
        self.unsupported(attribute);
        None
    }

    fn say(&mut self, text: String) {
        self.out.converted = true;
        self.out.adjustments.push(Adjustment::Other(text));
    }
}
