//! Arguments and words that the first-party plugins share, so that a light and a room are changed in the same way.
//!
//! It knows the vocabulary of `hue_control_light` and its siblings; what a tool is, it leaves to `lamplighter-plugin`.

mod brightness;
mod change;
mod defaults;
mod describe;
mod perform;
mod reference;

pub use brightness::{Bri, percent_of};
pub use change::{Action, ChangeArguments, Subject, exactly_one, transition_ms};
pub use defaults::Defaults;
pub use describe::{Age, LightEntry, lines_by_room};
pub use perform::perform;
pub use reference::Reference;
