//! Name resolution: finds the one thing that a person means, and never guesses. The bridge library and the SDK's fake
//! home both use it.
//!
//! A query is an id, a name, or a v1 number. These steps compare it with every thing, from strict to loose:
//!
//! 1. the id, equal as written;
//! 2. the name, equal byte by byte;
//! 3. the name, equal as it looks: without spaces at its ends and without regard to Unicode composition;
//! 4. the name, equal but for case;
//! 5. the name, folded: without accents, spaces and punctuation (see the module `folded`);
//! 6. the v1 number: `3` for `/lights/3`;
//! 7. the beginning of a folded name;
//! 8. any part of a folded name, of three letters at least.
//!
//! The strictest step with a match decides. One match is the answer. Several are [`NoMatch::Ambiguous`] with all of
//! them. None is [`NoMatch::NotFound`] with the names that are most alike. The whole home is never found by a number or
//! a part, and its name `all` is no part of another.
//!
//! A query may qualify the name, if the name alone is not enough (see the module `reading`):
//!
//! | query | finds |
//! |---|---|
//! | `Office/Spot` | the light or scene in that room or zone, as the argument `within` does |
//! | `/Spot` | the light in no room |
//! | `zone:Upstairs` | the thing of that kind; `room:` finds a zone too if no room has the name |
//! | `Spot #2` | the second of several that have the same name, kind and room, in the order of the list |
//! | `Spot (Office)`, `Upstairs (a zone)` | the same, as candidates are shown |
//! | `"A/B"/"Spot #2"` | the light `Spot #2` in the room `A/B`: signs between quotes belong to the name |
//!
//! A name may look like a qualified one, so the whole query is tried as a name first. [`spellings`] returns the queries
//! for a thing; in any home, one of them finds it.

mod folded;
mod natural;
mod reading;
mod search;
mod spelling;
mod step;

pub use natural::natural_key;
pub use spelling::{Named, spellings};

use self::reading::read_query;
use self::search::Search;

/// The kind of a thing that a name can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A name can mean a light.
    Light,
    /// A name can mean a room.
    Room,
    /// A name can mean a zone.
    Zone,
    /// The whole home is always called `all`.
    Home,
    /// A name can mean a scene or smart scene.
    Scene,
}

impl Kind {
    /// Returns the word by which a query names the kind: `light`, `room`, `zone`, `home` or `scene`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Room => "room",
            Self::Zone => "zone",
            Self::Home => "home",
            Self::Scene => "scene",
        }
    }
}

/// A set of kinds to search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set, as in the contract's flags")]
pub struct Kinds {
    /// Includes lights.
    pub light: bool,
    /// Includes rooms.
    pub room: bool,
    /// Includes zones.
    pub zone: bool,
    /// Includes the whole home.
    pub home: bool,
    /// Includes scenes.
    pub scene: bool,
}

impl Kinds {
    /// Includes nothing.
    pub const NONE: Self = Self { light: false, room: false, zone: false, home: false, scene: false };
    /// Includes everything.
    pub const ALL: Self = Self { light: true, room: true, zone: true, home: true, scene: true };
    /// Includes lights only.
    pub const LIGHTS: Self = Self { light: true, ..Self::NONE };
    /// Includes rooms, zones and the home.
    pub const GROUPS: Self = Self { room: true, zone: true, home: true, ..Self::NONE };
    /// Includes scenes only.
    pub const SCENES: Self = Self { scene: true, ..Self::NONE };

    /// Returns whether a kind is in the set.
    pub fn contains(self, kind: Kind) -> bool {
        match kind {
            Kind::Light => self.light,
            Kind::Room => self.room,
            Kind::Zone => self.zone,
            Kind::Home => self.home,
            Kind::Scene => self.scene,
        }
    }

    /// Returns the set without any other kind than this.
    fn only(self, kind: Kind) -> Self {
        let is = |other| self.contains(kind) && kind == other;
        Self {
            light: is(Kind::Light),
            room: is(Kind::Room),
            zone: is(Kind::Zone),
            home: is(Kind::Home),
            scene: is(Kind::Scene),
        }
    }
}

/// A thing of the home, with everything that can find it.
#[derive(Clone, Debug)]
pub struct Thing<'a> {
    /// Says which kind of thing it is.
    pub kind: Kind,
    /// Is its CLIP v2 id.
    pub id: &'a str,
    /// Is its name.
    pub name: &'a str,
    /// Names the room that a light is in, or the room or zone that a scene belongs to.
    pub room: Option<&'a str>,
    /// Is its v1 number.
    pub number: Option<u32>,
    /// Lists the ids of the rooms and zones that a light is in or a scene belongs to.
    pub groups: Vec<&'a str>,
}

/// The reason why a query has no single answer. Holds positions in the list of things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoMatch {
    /// Nothing matches. Holds the things whose names are most alike, best first, five at most.
    NotFound(Vec<usize>),
    /// Several things match. Holds all of them.
    Ambiguous(Vec<usize>),
}

/// Finds the one thing that a person means, and returns its position in `things`.
///
/// `things` holds the whole home: rooms and zones narrow a search of lights or scenes. `within` narrows it to a room or
/// zone, which is given by its name, id or number.
pub fn find(things: &[Thing<'_>], query: &str, kinds: Kinds, within: Option<&str>) -> Result<usize, NoMatch> {
    if query.trim().is_empty() {
        return Err(NoMatch::NotFound(Vec::new()));
    }
    let search = Search::new(things);
    let readings = read_query(query, kinds, within);
    match search.best_match(&readings) {
        Some(found) => match found.positions[..] {
            [only] => Ok(only),
            _ => Err(NoMatch::Ambiguous(found.positions)),
        },
        None => Err(NoMatch::NotFound(search.near_misses(&readings))),
    }
}
