//! The reports behind the interface `status`, made from the bridge, the registry and the metrics.

use std::sync::Arc;

use hue_bridge as hue;

use super::{PluginEntry, Reader, Snapshot};
use crate::{
    capability::StatusSource,
    config::Publication,
    contract::{milliseconds, status},
    health::{
        self,
        metrics::{Metrics, ToolMetrics},
    },
    plugin::{Catalog, Plugin, portability},
};

/// Reports the health and metrics of this process. Names no caller and no address, and holds no secret.
pub(crate) struct StatusReporter {
    /// Connects to the bridge; none if no bridge is configured.
    pub(crate) bridge: Option<hue::Bridge>,
    /// Counts calls.
    pub(crate) metrics: Arc<Metrics>,
    /// Lists the plugins.
    pub(crate) registry: Reader,
    /// Tells whether tools are rewritten that some model interfaces refuse.
    pub(crate) publication: Publication,
}

impl StatusSource for StatusReporter {
    fn health(&self) -> status::HealthReport {
        let snapshot = self.registry.snapshot();
        let bridge = self.bridge.as_ref().map(hue::Bridge::status);
        let plugins = plugins(&self.metrics, &snapshot);
        status::HealthReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_ms: milliseconds(self.metrics.uptime()),
            problems: problems(bridge.as_ref(), &plugins).into_iter().chain(self.refused_tools(&snapshot)).collect(),
            bridge: self.bridge_health(bridge.as_ref()),
            budget: budget(bridge.as_ref()),
            plugins,
            generation: snapshot.generation,
        }
    }

    fn metrics(&self) -> status::MetricsReport {
        let snapshot = self.metrics.snapshot();
        let process = health::process::sample_process();
        let requests = self.bridge.as_ref().map_or(0, |bridge| bridge.status().requests);
        status::MetricsReport {
            tools: snapshot.tools.iter().map(tool).collect(),
            process: status::Process {
                uptime_ms: milliseconds(self.metrics.uptime()),
                resident_bytes: process.resident_bytes,
                cpu_ms: process.cpu_ms,
                threads: process.threads,
                file_descriptors: process.file_descriptors,
            },
            calls: snapshot.calls,
            failures: snapshot.failures,
            in_progress: count(snapshot.in_progress),
            bridge_requests: requests,
        }
    }
}

impl StatusReporter {
    /// Lists the tools that some model interface refuses.
    fn refused_tools(&self, snapshot: &Snapshot) -> impl Iterator<Item = String> {
        let tools = snapshot.tools.values();
        tools.filter_map(|(plugin, tool)| portability::problem(&plugin.name, tool, self.publication))
    }

    fn bridge_health(&self, bridge: Option<&hue::Status>) -> status::BridgeHealth {
        let id = self.bridge.as_ref().and_then(|bridge| bridge.view().home.bridge.as_ref().map(|info| info.id.clone()));
        status::BridgeHealth {
            connection: bridge.map_or(status::Connection::NotConfigured, |bridge| connection(&bridge.connection)),
            id,
            mirror_age_ms: bridge.and_then(|bridge| bridge.mirror_age).map(milliseconds),
            lights: bridge.map_or(0, |bridge| count(bridge.lights)),
            unreachable_lights: bridge.map_or(0, |bridge| count(bridge.unreachable_lights)),
            throttled: bridge.map_or(0, |bridge| bridge.throttled),
            reconnects: bridge.map_or(0, |bridge| bridge.reconnects),
        }
    }
}

fn connection(connection: &hue::Connection) -> status::Connection {
    match connection {
        hue::Connection::Connecting => status::Connection::Connecting,
        hue::Connection::Live => status::Connection::Live,
        hue::Connection::Down(error) => status::Connection::Down(error.to_string()),
    }
}

fn budget(bridge: Option<&hue::Status>) -> status::Budget {
    let none = status::Bucket { available: 0.0, capacity: 0.0, per_second: 0.0 };
    let Some(budget) = bridge.map(|bridge| &bridge.budget) else {
        return status::Budget { requests: none, lights: none, groups: none, in_flight: 0, waiting: 0 };
    };
    status::Budget {
        requests: bucket(&budget.requests),
        lights: bucket(&budget.lights),
        groups: bucket(&budget.groups),
        in_flight: count(budget.in_flight),
        waiting: count(budget.waiting),
    }
}

fn bucket(bucket: &hue::Bucket) -> status::Bucket {
    status::Bucket { available: bucket.available, capacity: bucket.capacity, per_second: bucket.per_second }
}

fn plugins(metrics: &Metrics, snapshot: &Snapshot) -> Vec<status::PluginHealth> {
    let metrics = metrics.snapshot();
    snapshot
        .plugins
        .iter()
        .map(|(name, entry)| {
            let own = metrics.tools.iter().filter(|tool| *tool.plugin == **name);
            let (calls, failures) = own.fold((0, 0), |(c, f), tool| (c + tool.calls, f + tool.failures));
            let serving = entry.serving.as_ref();
            status::PluginHealth {
                name: name.to_string(),
                state: state(entry),
                tools: names(serving, |catalog| catalog.tools.iter().map(|tool| tool.name.clone()).collect()),
                prompts: names(serving, |catalog| catalog.prompts.iter().map(|prompt| prompt.name.clone()).collect()),
                resources: names(serving, |catalog| catalog.resources.iter().map(|it| it.uri(name)).collect()),
                digest: serving.map(|plugin| plugin.digest.to_string()),
                calls,
                failures,
            }
        })
        .collect()
}

fn names(serving: Option<&Arc<Plugin>>, list: impl Fn(&Catalog) -> Vec<String>) -> Vec<String> {
    serving.map(|plugin| list(&plugin.catalog)).unwrap_or_default()
}

fn state(entry: &PluginEntry) -> status::PluginState {
    if let Some(open) = entry.serving.as_ref().and_then(|plugin| plugin.breaker.open()) {
        return status::PluginState::PutAside(open.to_string());
    }
    if let Some(new) = &entry.held {
        return status::PluginState::Held(new.clone());
    }
    match (&entry.refused, &entry.serving) {
        (Some(reason), Some(_)) => status::PluginState::KeptOld(reason.clone()),
        (Some(reason), None) => status::PluginState::Refused(reason.clone()),
        (None, Some(_)) => status::PluginState::Loaded,
        (None, None) => status::PluginState::Loading,
    }
}

/// Lists the problems that need the operator, the worst first.
fn problems(bridge: Option<&hue::Status>, plugins: &[status::PluginHealth]) -> Vec<String> {
    let mut problems = match bridge {
        None => vec!["no bridge is configured".to_owned()],
        Some(bridge) => bridge_problems(&bridge.connection, bridge.throttled),
    };
    for plugin in plugins {
        match &plugin.state {
            status::PluginState::Refused(reason) => {
                problems.push(format!("the plugin {} is refused: {reason}", plugin.name));
            }
            status::PluginState::KeptOld(reason) => problems.push(format!(
                "the new file of the plugin {} is refused, its old version still serves: {reason}",
                plugin.name
            )),
            status::PluginState::Held(new) => problems.push(format!(
                "new bytes of the plugin {0} wait for approval (`lamplighter plugin approve {0}`): {new}",
                plugin.name
            )),
            status::PluginState::PutAside(why) => {
                problems.push(format!("the plugin {} is {why}", plugin.name));
            }
            _ => {}
        }
    }
    problems
}

fn bridge_problems(connection: &hue::Connection, throttled: u64) -> Vec<String> {
    let down = match connection {
        // The reason is a sentence about the bridge.
        hue::Connection::Down(reason) => Some(reason.to_string()),
        hue::Connection::Connecting | hue::Connection::Live => None,
    };
    let times = match throttled {
        0 => None,
        1 => Some("once".to_owned()),
        count => Some(format!("{count} times")),
    };
    let busy = times.map(|times| format!("the bridge was too busy {times}: does another app use it?"));
    down.into_iter().chain(busy).collect()
}

fn tool(tool: &ToolMetrics) -> status::ToolMetrics {
    status::ToolMetrics {
        tool: tool.tool.to_string(),
        plugin: tool.plugin.to_string(),
        calls: tool.calls,
        failures: tool.failures,
        in_progress: count(tool.in_progress),
        minimum_ms: tool.minimum_ms,
        mean_ms: tool.mean_ms,
        maximum_ms: tool.maximum_ms,
        p50_ms: tool.p50_ms,
        p90_ms: tool.p90_ms,
        p99_ms: tool.p99_ms,
    }
}

fn count<N: TryInto<u32>>(number: N) -> u32 {
    number.try_into().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_of_the_bridge_is_said_once() {
        let refused = hue::Error::Unavailable { reason: "the connection was refused".to_owned(), retry_after: None };
        assert_eq!(
            bridge_problems(&hue::Connection::Down(refused), 1),
            [
                "the bridge cannot be reached: the connection was refused",
                "the bridge was too busy once: does another app use it?"
            ]
        );
        let live = bridge_problems(&hue::Connection::Live, 2);
        assert_eq!(live, ["the bridge was too busy 2 times: does another app use it?"]);
        assert!(bridge_problems(&hue::Connection::Live, 0).is_empty());
    }
}
