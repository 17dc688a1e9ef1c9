//! The interfaces that a plugin imports, one file per WIT interface: each checks the grant, converts and delegates.
//!
//! This layer decides nothing about lamps; `hue-bridge` does. It knows the contract, and no plugin, registry or client.
//!
//! A new interface takes a file here, its line in the list of modules, and a variant of [`Interface`]. Its import in
//! the WIT world `everything` generates the rest, and links it.

mod call;
mod clip;
mod control;
mod convert;
mod home;
mod log;
mod rate_limiter;
mod rooms;
mod scenes;
mod selection;
mod settings;
mod status;
mod storage;

use std::{sync::Arc, time::Duration};

use hue_bridge::{Bridge, Connection, View};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Interface, PluginConfig, PluginLimits, denied_text},
    contract::{content, types},
    storage::{Storage, StorageError},
};

pub(crate) use home::SharedLights;
pub(crate) use rate_limiter::{RateLimiter, RateLimiters};
pub(crate) use status::StatusSource;

/// The time before a call's deadline at which the bridge must have answered, so that the guest can still answer.
const GUEST_ANSWER_TIME: Duration = Duration::from_millis(500);

/// The time within which a warm instance must be made.
const WARM_UP_TIMEOUT: Duration = Duration::from_secs(1);

/// Holds the services that all plugins share.
pub(crate) struct Services {
    /// Connects to the bridge; none if no bridge is configured.
    pub(crate) bridge: Option<Bridge>,
    /// Reports how the host itself is.
    pub(crate) status: Arc<dyn StatusSource>,
    /// Caches the lights, converted to records of the contract.
    pub(crate) lights: SharedLights,
    /// Stores the plugins' keys and values, or holds the error of opening the store.
    pub(crate) storage: Result<Storage, StorageError>,
}

/// Holds the rights and the state of one instance. It implements the contract's imports.
pub(crate) struct InstanceContext {
    plugin: Arc<str>,
    phase: Phase,
    call: Call,
    config: Arc<PluginConfig>,
    services: Arc<Services>,
    /// Reaches the bridge; its budget charges this plugin.
    bridge: Option<Bridge>,
    /// Holds the home that this call sees, from its first read on.
    view: Option<View>,
    rate_limiters: RateLimiters,
    dropped_log_lines: u64,
    last_progress: f64,
}

/// Distinguishes the two purposes of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The instance lists its tools. Only log, settings and clocks work, so that the list does not depend on the home.
    Describing,
    /// The instance serves a call, with its grants.
    Serving,
}

/// Describes the call that an instance is serving.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// Identifies the call in the log.
    pub(crate) id: Arc<str>,
    /// Is the time at which the call began.
    pub(crate) began: Instant,
    /// Is the time at which the host ends the call.
    pub(crate) deadline: Instant,
    /// Is cancelled when the caller gives up.
    pub(crate) cancelled: CancellationToken,
    /// Receives progress, if the caller asked for it.
    pub(crate) progress: Option<mpsc::Sender<Progress>>,
}

/// Reports how far a call is, in the tool's own unit.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Progress {
    /// Counts the part that is done.
    pub(crate) done: f64,
    /// Counts the whole, if the tool knows it.
    pub(crate) total: Option<f64>,
    /// Is a message for people.
    pub(crate) message: Option<String>,
}

impl Call {
    /// Makes a call that no client made.
    pub(crate) fn internal(id: &str, timeout: Duration) -> Self {
        let began = Instant::now();
        Self { id: id.into(), began, deadline: began + timeout, cancelled: CancellationToken::new(), progress: None }
    }
}

impl InstanceContext {
    /// Makes the context of an instance that serves `call`.
    pub(crate) fn new(
        plugin: Arc<str>,
        phase: Phase,
        call: Call,
        config: Arc<PluginConfig>,
        services: Arc<Services>,
        rate_limiters: RateLimiters,
    ) -> Self {
        let bridge = services.bridge.as_ref().map(|bridge| bridge.for_caller(Arc::clone(&plugin)));
        Self {
            plugin,
            phase,
            call,
            config,
            services,
            bridge,
            view: None,
            rate_limiters,
            dropped_log_lines: 0,
            last_progress: f64::NEG_INFINITY,
        }
    }

    /// Makes the context of a warm instance of the same plugin. Until its call it has only the rights of `list-tools`.
    pub(crate) fn for_warm_instance(&self) -> Self {
        let (config, services) = (self.config.clone(), self.services.clone());
        let call = Call::internal("warm-up", WARM_UP_TIMEOUT);
        Self::new(self.plugin.clone(), Phase::Describing, call, config, services, self.rate_limiters.clone())
    }

    /// Returns whether the instance serves a call, and does not list its tools.
    pub(crate) fn is_serving(&self) -> bool {
        self.phase == Phase::Serving
    }

    /// Returns the name that the plugin has.
    pub(crate) fn plugin(&self) -> &str {
        &self.plugin
    }

    /// Returns the limits that hold for the plugin.
    pub(crate) fn limits(&self) -> &PluginLimits {
        &self.config.limits
    }

    /// Returns the rate limiter that the plugin's log lines share.
    pub(crate) fn log_limiter(&self) -> &Arc<RateLimiter> {
        &self.rate_limiters.log
    }

    /// Returns the number of this call's log lines that were dropped by the rate limit.
    pub(crate) fn dropped_log_lines(&self) -> u64 {
        self.dropped_log_lines
    }

    /// Returns the call that this instance is serving.
    pub(crate) fn call(&self) -> &Call {
        &self.call
    }

    /// Checks that this instance may use an interface now.
    fn check_grant(&self, interface: Interface) -> Result<(), types::Error> {
        if self.phase == Phase::Describing && interface != Interface::Settings {
            return Err(types::Error::Denied(format!(
                "{interface} cannot be used in list-tools: only log, settings and clocks work there"
            )));
        }
        if self.config.grants.allows(interface) {
            return Ok(());
        }
        Err(self.denied(denied_text(&self.plugin, interface)))
    }

    /// Makes the error of a missing grant, and logs it for the operator.
    fn denied(&self, text: String) -> types::Error {
        if self.rate_limiters.log.try_acquire() {
            tracing::warn!(plugin = %self.plugin, text, "denied");
        }
        types::Error::Denied(text)
    }

    /// Charges commands to the plugin's rate limit per minute.
    fn spend_commands(&self, commands: usize) -> Result<(), types::Error> {
        let count = u32::try_from(commands).unwrap_or(u32::MAX);
        let Err(wait) = self.rate_limiters.commands.try_acquire_many(count) else { return Ok(()) };
        let most = self.config.limits.commands_per_minute;
        let limit = format!(
            "the plugin `{}` may send {most} commands a minute (commands_per_minute under [plugins.{0}] in config.toml)",
            self.plugin
        );
        if wait == Duration::MAX {
            return Err(types::Error::Invalid(format!("{limit}, and these are {count} at once")));
        }
        Err(convert::unavailable(format!("{limit}, and has sent them"), Some(wait)))
    }

    /// Returns the deadline for the bridge: [`GUEST_ANSWER_TIME`] before the call's own, so that the guest can still
    /// report the outcome of each light.
    fn bridge_deadline(&self) -> std::time::Instant {
        let deadline = self.call.deadline;
        deadline.checked_sub(GUEST_ANSWER_TIME).unwrap_or(deadline).into_std()
    }

    /// Returns the bridge.
    ///
    /// # Errors
    /// No bridge is configured.
    fn bridge(&self) -> Result<&Bridge, types::Error> {
        self.bridge.as_ref().ok_or_else(|| {
            let message = "no bridge is configured: set LAMPLIGHTER_BRIDGE_HOST, LAMPLIGHTER_BRIDGE_ID and \
                           LAMPLIGHTER_BRIDGE_KEY, or [bridge] in config.toml; or try `lamplighter serve --demo`";
            convert::unavailable(message.to_owned(), None)
        })
    }

    /// Returns the home that this call sees. It is taken at the first read, so that two reads agree.
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
        let cause = match self.bridge().map(|bridge| bridge.status().connection) {
            Ok(Connection::Down(error)) => error.to_string(),
            Ok(Connection::Connecting | Connection::Live) => "it is being connected to".to_owned(),
            Err(error) => return error,
        };
        let message = format!("the bridge has not been reached yet: {cause}");
        convert::unavailable(message, Some(Duration::from_secs(2)))
    }
}

// Interfaces without functions.
impl types::Host for InstanceContext {}
impl content::Host for InstanceContext {}
