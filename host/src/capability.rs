//! What a plugin may reach: one file per interface of the contract. Each checks the grant, converts, delegates.
//!
//! Decisions about lamps are not made here but in `hue-bridge`.

mod allowance;
mod call;
mod clip;
mod control;
mod convert;
mod home;
mod log;
mod rooms;
mod scenes;
mod settings;
mod status;
mod storage;

use std::{sync::Arc, time::Duration};

use hue_bridge::{Bridge, Connection, View};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Interface, PluginConfig, PluginLimits, denied_text},
    health::metrics::Metrics,
    plugin::wit::{content, types},
    registry,
    storage::Storage,
};

pub(crate) use allowance::{Allowance, Allowances};
pub(crate) use home::SharedLights;

/// What a guest has left, after the bridge, to answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// An instance that stands by must be made within this.
const STANDBY_WITHIN: Duration = Duration::from_secs(1);

/// What all plugins share.
pub(crate) struct Services {
    /// None if no bridge is configured.
    pub(crate) bridge: Option<Bridge>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) registry: registry::Reader,
    /// The lights as plugins see them.
    pub(crate) lights: SharedLights,
    /// Or why there is none.
    pub(crate) storage: Result<Storage, String>,
}

/// What one instance of a plugin reaches: the contract's imports are implemented for it.
pub(crate) struct Reach {
    plugin: Arc<str>,
    phase: Phase,
    call: Call,
    config: Arc<PluginConfig>,
    services: Arc<Services>,
    /// The bridge, spending from its budget as this plugin.
    bridge: Option<Bridge>,
    /// The home this call sees, from its first read on.
    view: Option<View>,
    allowances: Allowances,
    log_dropped: u64,
    last_progress: f64,
}

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It lists its tools: only log, settings and clocks work, so that the list does not depend on the home.
    Describing,
    /// It works, with its grants.
    Serving,
}

/// The call an instance was made for.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) id: Arc<str>,
    pub(crate) began: Instant,
    pub(crate) deadline: Instant,
    /// Cancelled when the caller gave up.
    pub(crate) cancelled: CancellationToken,
    /// Where progress goes, if the caller asked for it.
    pub(crate) progress: Option<mpsc::Sender<Progress>>,
}

/// How far a tool is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    pub(crate) done: f64,
    pub(crate) total: Option<f64>,
    pub(crate) message: Option<String>,
}

impl Call {
    /// A call that no client made.
    pub(crate) fn internal(id: &str, within: Duration) -> Self {
        let began = Instant::now();
        Self { id: id.into(), began, deadline: began + within, cancelled: CancellationToken::new(), progress: None }
    }
}

impl Reach {
    pub(crate) fn new(
        plugin: Arc<str>,
        phase: Phase,
        call: Call,
        config: Arc<PluginConfig>,
        services: Arc<Services>,
        allowances: Allowances,
    ) -> Self {
        let last_progress = f64::NEG_INFINITY;
        let bridge = services.bridge.as_ref().map(|bridge| bridge.for_caller(Arc::clone(&plugin)));
        Self { plugin, phase, call, config, services, bridge, view: None, allowances, log_dropped: 0, last_progress }
    }

    /// Whether this is for a call, and not for listing what there is to call.
    pub(crate) fn serves(&self) -> bool {
        self.phase == Phase::Serving
    }

    /// What an instance of the same plugin reaches that is made now and waits for its call: what it would to list its
    /// tools.
    pub(crate) fn standing_by(&self) -> Self {
        let (config, services) = (self.config.clone(), self.services.clone());
        let call = Call::internal("standby", STANDBY_WITHIN);
        Self::new(self.plugin.clone(), Phase::Describing, call, config, services, self.allowances.clone())
    }

    /// Whose it is.
    pub(crate) fn plugin(&self) -> &str {
        &self.plugin
    }

    /// The plugin's limits.
    pub(crate) fn limits(&self) -> &PluginLimits {
        &self.config.limits
    }

    /// The plugin's log allowance.
    pub(crate) fn lines(&self) -> &Arc<Allowance> {
        &self.allowances.lines
    }

    /// Log lines of this call that were beyond the plugin's rate.
    pub(crate) fn log_dropped(&self) -> u64 {
        self.log_dropped
    }

    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// Whether this instance may use an interface now.
    fn allow(&self, interface: Interface) -> Result<(), types::Error> {
        if self.phase == Phase::Describing && interface != Interface::Settings {
            return Err(types::Error::Denied(format!(
                "{interface} cannot be used in list-tools: only log, settings and clocks work there"
            )));
        }
        if self.config.grants.allows(interface) {
            return Ok(());
        }
        Err(self.beyond(denied_text(&self.plugin, interface)))
    }

    /// What is not granted: for the caller as an error, and for the operator as a line of the log.
    fn beyond(&self, text: String) -> types::Error {
        if self.allowances.lines.admit() {
            tracing::warn!(plugin = %self.plugin, text, "denied");
        }
        types::Error::Denied(text)
    }

    /// Counts commands to the bridge against what this plugin may send in a minute.
    fn spend(&self, commands: usize) -> Result<(), types::Error> {
        let count = u32::try_from(commands).unwrap_or(u32::MAX);
        let Err(wait) = self.allowances.commands.admit_all(count) else { return Ok(()) };
        let most = self.config.limits.commands_per_minute;
        let limit = format!(
            "the plugin `{}` may send {most} commands a minute (commands_per_minute under [plugins.{0}] in config.toml)",
            self.plugin
        );
        if wait == Duration::MAX {
            return Err(types::Error::Invalid(format!("{limit}, and these are {count} at once")));
        }
        let message = format!("{limit}, and has sent them");
        let retry_after_ms = Some(convert::milliseconds(wait));
        Err(types::Error::Unavailable(types::Unavailable { message, retry_after_ms }))
    }

    /// When the bridge must have answered: a moment before the call's own end, so that the guest can still say what
    /// became of each light.
    fn bridge_deadline(&self) -> std::time::Instant {
        let deadline = self.call.deadline;
        deadline.checked_sub(ANSWER_WITHIN).unwrap_or(deadline).into_std()
    }

    /// The bridge, if there is one.
    fn bridge(&self) -> Result<&Bridge, types::Error> {
        self.bridge.as_ref().ok_or_else(|| {
            types::Error::Unavailable(types::Unavailable {
                message: "no bridge is configured: set LAMPLIGHTER_BRIDGE_HOST, LAMPLIGHTER_BRIDGE_ID and \
                          LAMPLIGHTER_BRIDGE_KEY, or [bridge] in config.toml; or try `lamplighter serve --demo`"
                    .to_owned(),
                retry_after_ms: None,
            })
        })
    }

    /// The home this call sees: taken at the first read, so that two reads agree.
    fn view(&mut self) -> Result<&View, types::Error> {
        if self.view.is_none() {
            let view = self.bridge()?.view();
            if view.freshness.age.is_none() {
                return Err(self.never_reached());
            }
            self.view = Some(view);
        }
        self.view.as_ref().ok_or_else(|| types::Error::Other("no view of the home".to_owned()))
    }

    fn never_reached(&self) -> types::Error {
        let why = match self.bridge().map(|bridge| bridge.status().connection) {
            Ok(Connection::Down(error)) => error.to_string(),
            Ok(Connection::Connecting | Connection::Live) => "it is being connected to".to_owned(),
            Err(error) => return error,
        };
        let message = format!("the bridge has not been reached yet: {why}");
        types::Error::Unavailable(types::Unavailable { message, retry_after_ms: Some(2_000) })
    }
}

// Interfaces of types only.
impl types::Host for Reach {}
impl content::Host for Reach {}
