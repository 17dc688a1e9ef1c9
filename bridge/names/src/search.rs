//! Searches the things of a home for the readings of a query.

use std::cell::OnceCell;

use crate::folded::Folded;
use crate::reading::{Place, Reading};
use crate::step::{Forms, Step};
use crate::{Kind, Thing, natural_key};

/// The most near misses that an error offers.
const MAX_NEAR_MISSES: usize = 5;
/// The least similarity that a near miss has, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.6;
/// The most readings of a query for which near misses are searched. A comparison is slow.
const MAX_SCORED_READINGS: usize = 4;

/// A search among the things of a home.
pub(crate) struct Search<'a> {
    things: &'a [Thing<'a>],
    /// Holds the forms of all names, once a name is compared by more than its bytes.
    forms: OnceCell<Vec<Forms>>,
}

/// The things that match best, and how strict the comparison was.
pub(crate) struct Match {
    pub(crate) step: Step,
    pub(crate) positions: Vec<usize>,
}

/// The part of the home in which a reading looks.
#[derive(Clone, Copy)]
enum Area<'a> {
    All,
    NoRoom,
    Group(&'a str),
}

impl<'a> Search<'a> {
    pub(crate) fn new(things: &'a [Thing<'a>]) -> Self {
        Self { things, forms: OnceCell::new() }
    }

    /// Returns the match of the reading that fits best; of equals, the first.
    pub(crate) fn best_match(&self, readings: &[Reading<'_>]) -> Option<Match> {
        let mut best: Option<Match> = None;
        for reading in readings {
            let found = self.match_reading(reading);
            let is_better = |found: &Match| best.as_ref().is_none_or(|best| found.step < best.step);
            if let Some(found) = found.filter(is_better) {
                best = Some(found);
            }
            if best.as_ref().is_some_and(|best| best.step <= Step::Verbatim) {
                break;
            }
        }
        best
    }

    /// Returns what the strictest step finds. An ambiguous room is a match of several rooms.
    fn match_reading(&self, reading: &Reading<'_>) -> Option<Match> {
        let mut of_kind = self.positions(reading, Area::All);
        if let Some(at) = of_kind.find(|at| self.things[*at].id == reading.name.trim()) {
            return Some(Match { step: Step::Id, positions: vec![at] });
        }
        let (area, least) = match &reading.place {
            Place::Anywhere => (Area::All, Step::Id),
            Place::NoRoom => (Area::NoRoom, Step::Id),
            Place::Group(readings) => {
                let group = self.best_match(readings)?;
                let [only] = group.positions[..] else { return Some(group) };
                (self.area(only), group.step)
            }
        };
        reading.steps.iter().find_map(|step| {
            let found = self.positions(reading, area).filter(|at| self.fits(*at, reading, *step)).collect();
            let positions = self.choose(found, reading.ordinal);
            (!positions.is_empty()).then(|| Match { step: least.max(*step), positions })
        })
    }

    fn area(&self, group: usize) -> Area<'a> {
        let group = &self.things[group];
        if group.kind == Kind::Home { Area::All } else { Area::Group(group.id) }
    }

    /// Returns the positions of the things that a reading may mean.
    fn positions(&self, reading: &Reading<'_>, area: Area<'a>) -> impl Iterator<Item = usize> + use<'a> {
        let kinds = reading.kinds;
        let is_inside = move |thing: &Thing<'_>| match area {
            Area::All => true,
            Area::NoRoom => thing.room.is_none_or(str::is_empty),
            Area::Group(id) => thing.groups.contains(&id),
        };
        let things = self.things.iter().enumerate();
        things.filter(move |(_, thing)| kinds.contains(thing.kind) && is_inside(thing)).map(|(at, _)| at)
    }

    /// Returns whether a step finds a thing by the reading's name. The whole home has only its whole name.
    fn fits(&self, at: usize, reading: &Reading<'_>, step: Step) -> bool {
        let thing = &self.things[at];
        match step {
            Step::Verbatim => thing.name == reading.name,
            Step::Number | Step::Prefix | Step::Substring if thing.kind == Kind::Home => false,
            Step::Number => thing.number.is_some() && thing.number == reading.name.trim().parse().ok(),
            _ => self.forms()[at].fit(&reading.forms, step),
        }
    }

    fn forms(&self) -> &[Forms] {
        self.forms.get_or_init(|| self.things.iter().map(|thing| Forms::new(thing.name)).collect())
    }

    /// Chooses the thing with this number, counted from 1, if nothing but their order tells the things apart.
    fn choose(&self, found: Vec<usize>, ordinal: Option<usize>) -> Vec<usize> {
        let Some(ordinal) = ordinal else { return found };
        let key = |at: &usize| (self.things[*at].kind, self.things[*at].name, self.things[*at].room);
        let are_alike = found.len() > 1 && found.iter().all(|at| key(at) == key(&found[0]));
        found.get(ordinal - 1).filter(|_| are_alike).copied().into_iter().collect()
    }

    /// Returns the things whose names are most alike, best first. A room that is not found is answered with rooms.
    pub(crate) fn near_misses(&self, readings: &[Reading<'_>]) -> Vec<usize> {
        let mut scored = Vec::new();
        for reading in readings.iter().filter(|reading| reading.ordinal.is_none()).take(MAX_SCORED_READINGS) {
            self.score(reading, &mut scored);
        }
        let by_name = |at: usize| natural_key(self.things[at].name);
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| by_name(a.1).cmp(&by_name(b.1))));
        let mut nearest = Vec::new();
        for (_, at) in scored {
            if nearest.len() < MAX_NEAR_MISSES && !nearest.contains(&at) {
                nearest.push(at);
            }
        }
        nearest
    }

    fn score(&self, reading: &Reading<'_>, scored: &mut Vec<(f64, usize)>) {
        let area = match &reading.place {
            Place::Anywhere => Area::All,
            Place::NoRoom => Area::NoRoom,
            Place::Group(readings) => match self.best_match(readings) {
                Some(group) => self.area(group.positions[0]),
                None => return readings.iter().for_each(|reading| self.score(reading, scored)),
            },
        };
        if reading.forms.folded.is_empty() {
            return;
        }
        let similarity = |at: usize| (self.similarity(at, &reading.forms.folded), at);
        scored.extend(self.positions(reading, area).map(similarity).filter(|(score, _)| *score >= MIN_SIMILARITY));
    }

    /// Returns how much alike a query is to the name of a thing, from 0 to 1. The name of its room may stand before it.
    fn similarity(&self, at: usize, query: &Folded) -> f64 {
        let rest = self.things[at].room.and_then(|room| query.after(&Folded::new(room)));
        let with_room = rest.filter(|rest| !rest.is_empty()).map(|rest| self.forms()[at].folded.similarity(&rest));
        with_room.unwrap_or_default().max(self.forms()[at].folded.similarity(query))
    }
}
