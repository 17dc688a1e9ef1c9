//! A fault, with the requests it strikes.

use super::{Fault, Scope};

/// A fault, which requests it strikes, when, and how often.
///
/// As a text, the fault first, then what restricts it, separated by commas: `on=` and a [`Scope`], `after` for after
/// the bridge acted, `times=` and a number. So `reset,on=light-writes,after,times=1` loses the answer to the next
/// change of a light, which happens all the same.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a strike does nothing until it is given to a simulator"]
pub struct Strike {
    pub(crate) fault: Fault,
    pub(crate) scope: Scope,
    pub(crate) when: When,
    /// How often it still strikes; without end if there is no number.
    pub(crate) times: Option<u32>,
}

/// When a fault strikes a request that changes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum When {
    /// Before the bridge acts: nothing has changed.
    #[default]
    BeforeActing,
    /// After it acted: the change was made, and only its answer is lost or spoilt.
    AfterActing,
}

impl Strike {
    /// Strikes these requests only.
    pub fn on(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Strikes after the bridge acted.
    pub fn after_acting(mut self) -> Self {
        self.when = When::AfterActing;
        self
    }

    /// Strikes the next `count` requests that it concerns, and no more.
    pub fn times(mut self, count: u32) -> Self {
        self.times = Some(count);
        self
    }

    /// What goes wrong.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl From<Fault> for Strike {
    fn from(fault: Fault) -> Self {
        Self { fault, scope: Scope::default(), when: When::default(), times: None }
    }
}
