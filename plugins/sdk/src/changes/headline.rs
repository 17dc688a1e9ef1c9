//! Counts lights by how far a change got, in one sentence for a model.

use std::fmt::Display;

use super::{DeliveryKind, LightResult};

/// The words for lights with the same delivery, in the order of the sentence.
const DELIVERY_PHRASES: [(DeliveryKind, &str); 5] = [
    (DeliveryKind::Confirmed, "followed"),
    (DeliveryKind::Accepted, "accepted but not yet confirmed"),
    (DeliveryKind::Unchanged, "unchanged"),
    (DeliveryKind::StoredWhileOff, "stored for when they are turned on"),
    (DeliveryKind::Unknown, "sent with unknown result"),
];

/// Says how many lights followed, and how many may follow: `1 of 3 lights followed, 1 accepted but not yet confirmed`.
pub(super) fn headline(lights: &[LightResult]) -> String {
    if lights.is_empty() {
        return "there are no lights to change".to_owned();
    }
    let all = count_noun(lights.len(), "light");
    let count = |kind| lights.iter().filter(|light| light.delivery == kind).count();
    let mut groups =
        DELIVERY_PHRASES.into_iter().map(|(kind, words)| (count(kind), words)).filter(|(count, _)| *count > 0);
    match groups.next() {
        None => format!("none of {all} followed"),
        Some((count, words)) if count == lights.len() => format!("all {all} {words}"),
        Some((count, words)) => {
            let rest = groups.map(|(count, words)| format!(", {count} {words}"));
            format!("{count} of {all} {words}{}", rest.collect::<String>())
        }
    }
}

/// Says how many lights a dry run would change, and how many it may change in a way that only the bridge knows.
pub(super) fn planned(lights: &[LightResult], requests: usize) -> String {
    if lights.is_empty() && requests > 0 {
        return "only the bridge knows which lights would change".to_owned();
    }
    let following = || lights.iter().filter(|light| light.reason.is_none());
    let unknown = following().filter(|light| light.state.is_none()).count();
    let known = following().count() - unknown;
    let would = format!("{known} of {} would change", count_noun(lights.len(), "light"));
    match (known, unknown) {
        (_, 0) => would,
        (0, may) => format!("{may} of {} may change as only the bridge knows", count_noun(lights.len(), "light")),
        (_, may) => format!("{would} and {may} may change as only the bridge knows"),
    }
}

/// Returns a number with its noun: `1 light`, `2 lights`.
pub fn count_noun<N: Copy + Display + From<u8> + PartialEq>(number: N, noun: &str) -> String {
    let plural = if number == N::from(1) { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
