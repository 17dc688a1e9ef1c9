//! Arguments, results and settings that the first-party plugins share, so that lights and rooms change in the same way.
//!
//! The crate knows the vocabulary of `hue_control_light` and its siblings. It leaves the nature of a tool to
//! `lamplighter-plugin`.

mod apply_or_plan;
mod brightness;
mod change;
mod defaults;
mod describe;
mod reference;

pub use apply_or_plan::apply_or_plan;
pub use brightness::{HueBrightness, to_percent};
pub use change::{Action, ChangeArguments, Coordinate, TargetState, check_exactly_one, transition_ms};
pub use defaults::TurnOnDefaults;
pub use describe::{DataAge, LightEntry, light_lines, lines_by_room, shared_states};
pub use reference::Reference;
