//! The start of the host: the load of the plugins that the first scan finds.
//!
//! They load in parallel and are admitted in a fixed order, so that chance does not decide who gets a name. Lists wait
//! for first-party plugins, and for the others until a deadline.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::registry::{Changes, is_first_party, loading::StartPhase};

/// The first list waits this long for plugins that are not first-party.
const FIRST_LIST_TIMEOUT: Duration = Duration::from_secs(5);

/// The state of the start.
pub(super) struct Start {
    /// Is when lists stop waiting for plugins that are not first-party; `None` once it has passed.
    deadline: Option<Instant>,
    /// Holds the plugins that are not loaded or refused yet; `None` before the first scan.
    pending: Option<BTreeSet<Arc<str>>>,
    phase: StartPhase,
}

impl Start {
    pub(super) fn new(now: Instant) -> Self {
        Self { deadline: Some(now + FIRST_LIST_TIMEOUT), pending: None, phase: StartPhase::Scanning }
    }

    /// Takes the plugins that the first scan found.
    pub(super) fn begin(&mut self, found: impl Iterator<Item = Arc<str>>) {
        self.pending = Some(found.collect());
        self.phase = StartPhase::Loading;
    }

    pub(super) fn phase(&self) -> StartPhase {
        self.phase
    }

    /// Returns when lists stop waiting for plugins that are not first-party, if that is to come.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| self.is_ordered())
    }

    /// Returns whether the plugin was there at start and is not loaded or refused yet.
    pub(super) fn is_pending(&self, plugin: &str) -> bool {
        self.pending.as_ref().is_none_or(|pending| pending.contains(plugin))
    }

    /// Returns whether a plugin waits for those that are admitted before it.
    pub(super) fn is_ordered(&self) -> bool {
        self.phase.listed().is_none()
    }

    /// Returns whether lists need not wait for any plugin of the start that is `loading`.
    pub(super) fn is_listable(&self, now: Instant, loading: &BTreeSet<Arc<str>>) -> bool {
        let pending: Vec<_> = loading.iter().filter(|plugin| self.is_pending(plugin)).collect();
        let is_late = self.deadline.is_none_or(|deadline| deadline <= now);
        pending.is_empty() || (is_late && !pending.iter().any(|plugin| is_first_party(plugin)))
    }

    /// Moves on to the phase that holds now. `changes` are those that a list sees now. Returns whether plugins of the
    /// start are loading at its deadline.
    pub(super) fn advance(&mut self, now: Instant, loading: &BTreeSet<Arc<str>>, changes: Changes) -> bool {
        let is_listable = self.is_listable(now, loading);
        let Some(pending) = &mut self.pending else { return false };
        pending.retain(|plugin| loading.contains(plugin));
        let is_late = !pending.is_empty() && self.deadline.take_if(|deadline| *deadline <= now).is_some();
        self.phase = match self.phase.listed().or_else(|| is_listable.then_some(changes)) {
            None => StartPhase::Loading,
            Some(listed) if pending.is_empty() => StartPhase::Over(listed),
            Some(listed) => StartPhase::Listable(listed),
        };
        is_late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGES: Changes = Changes { tools: 3, prompts: 0, resources: 0 };

    fn started(plugins: &[&str]) -> (Start, Instant) {
        let now = Instant::now();
        let mut start = Start::new(now);
        start.begin(plugins.iter().map(|plugin| (*plugin).into()));
        (start, now)
    }

    /// Advances the start while these plugins are loading.
    fn phase(start: &mut Start, now: Instant, loading: &[&str], changes: Changes) -> StartPhase {
        start.advance(now, &loading.iter().map(|plugin| (*plugin).into()).collect(), changes);
        start.phase()
    }

    #[test]
    fn lists_wait_for_first_party_plugins_as_long_as_they_load() {
        let (mut start, now) = started(&["almanac", "rooms"]);
        let late = now + 100 * FIRST_LIST_TIMEOUT;
        assert_eq!(phase(&mut start, late, &["rooms"], CHANGES), StartPhase::Loading);
        assert_eq!(phase(&mut start, late, &[], CHANGES), StartPhase::Over(CHANGES));
    }

    #[test]
    fn lists_wait_for_other_plugins_until_the_deadline() {
        let (mut start, now) = started(&["almanac", "rooms"]);
        assert_eq!(phase(&mut start, now, &["almanac"], CHANGES), StartPhase::Loading);
        let deadline = start.deadline().unwrap();
        assert_eq!(phase(&mut start, deadline, &["almanac"], CHANGES), StartPhase::Listable(CHANGES));
        assert_eq!(start.deadline(), None);
        let more = Changes { tools: 4, ..CHANGES };
        assert_eq!(phase(&mut start, deadline, &[], more), StartPhase::Over(CHANGES), "every list has seen these");
    }

    #[test]
    fn what_is_late_is_told_once() {
        let (mut start, now) = started(&["almanac", "rooms"]);
        let (loading, late) = (["rooms".into()].into(), now + FIRST_LIST_TIMEOUT);
        let told = [now, late, late].map(|now| start.advance(now, &loading, CHANGES));
        assert_eq!(told, [false, true, false]);
        assert_eq!(start.deadline(), None, "nothing happens at that time any more");
    }

    #[test]
    fn a_plugin_that_comes_or_changes_later_does_not_prolong_the_start() {
        let (mut start, now) = started(&["rooms"]);
        assert_eq!(phase(&mut start, now, &["later"], CHANGES), StartPhase::Over(CHANGES));
        assert_eq!(phase(&mut start, now, &["rooms"], CHANGES), StartPhase::Over(CHANGES));
        assert!(!start.is_pending("rooms"));
    }

    #[test]
    fn an_empty_folder_is_listable_at_once_and_an_unread_one_is_not() {
        let (mut start, now) = started(&[]);
        assert_eq!(phase(&mut start, now, &[], CHANGES), StartPhase::Over(CHANGES));
        let mut unread = Start::new(now);
        assert_eq!(phase(&mut unread, now + FIRST_LIST_TIMEOUT, &[], CHANGES), StartPhase::Scanning);
        assert!(unread.is_pending("rooms"), "what the first scan finds was there at start");
    }
}
