//! What requests and the passing of time change: the document, and what is under way.

use crate::clock::{Moment, Time};
use crate::store::Store;

/// The home behind the bridge.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) time: Time,
}

impl World {
    pub(crate) fn new(store: Store, time: Time) -> Self {
        Self { store, time }
    }

    /// When something happens next by itself.
    #[allow(clippy::unused_self, reason = "nothing does yet")]
    pub(crate) fn due(&self) -> Option<Moment> {
        None
    }

    /// Lets happen what is due at a moment.
    #[allow(clippy::unused_self, clippy::needless_pass_by_ref_mut, reason = "nothing does yet")]
    pub(crate) fn pass(&mut self, _: Moment) {}
}
