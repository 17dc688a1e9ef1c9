//! A fault with the requests that it applies to.

use super::{Fault, Scope};

/// A fault with its restrictions: which requests it applies to, when, and how often.
///
/// As text, the fault comes first and its restrictions follow, separated by commas: `on=` and a [`Scope`], `after` for
/// after the bridge acted, `times=` and a number. So `reset,on=light-writes,after,times=1` loses the answer to the next
/// change of a light, although the change is made.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a rule does nothing until it is given to a simulator"]
pub struct FaultRule {
    pub(crate) fault: Fault,
    pub(crate) scope: Scope,
    pub(crate) timing: FaultTiming,
    /// Counts the requests that the rule still applies to; `None` means without end.
    pub(crate) times: Option<u32>,
}

/// When a fault applies to a request that changes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FaultTiming {
    /// Before the bridge acts: nothing has changed.
    #[default]
    BeforeActing,
    /// After the bridge acted: the change is made, and only its answer is lost or corrupted.
    AfterActing,
}

impl FaultRule {
    /// Restricts the rule to these requests.
    pub fn on(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Applies the fault after the bridge acted.
    pub fn after_acting(mut self) -> Self {
        self.timing = FaultTiming::AfterActing;
        self
    }

    /// Restricts the rule to the next `count` matching requests.
    pub fn times(mut self, count: u32) -> Self {
        self.times = Some(count);
        self
    }

    /// Returns the fault that the rule applies.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self { fault, scope: Scope::default(), timing: FaultTiming::default(), times: None }
    }
}
