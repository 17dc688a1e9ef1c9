//! The tool `hue_check_health`, which checks the home, the bridge and the plugins.

use lamplighter_plugin::prelude::*;
use lamplighter_plugin::status::{self, Bucket, Connection, HealthReport, PluginHealth, PluginState};
use lamplighter_plugin::{Error, count_noun};

use crate::findings::HomeFindings;
use crate::schemas;

/// How everything is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Health {
    /// What a person should look at, in plain words, worst first; empty if all is well.
    problems: Vec<String>,
    /// Version of the host that answers.
    version: String,
    /// Seconds since the host started.
    uptime_seconds: u64,
    /// The bridge and the connection to it.
    bridge: Bridge,
    /// What may still be sent to the bridge now.
    budget: Budget,
    /// The plugins that the host knows.
    plugins: Vec<Plugin>,
    /// The house; null if the bridge was never reached.
    house: Option<HomeFindings>,
}

/// Describes the bridge and the connection to it.
#[derive(Serialize, JsonSchema)]
struct Bridge {
    /// Is `connecting`, `live`, `down` or `not_configured`.
    connection: String,
    /// Why it is not live, and what is tried.
    reason: Option<String>,
    /// Has 16 hexadecimal digits.
    id: Option<String>,
    /// Seconds since the host's picture of the home was last confirmed; null before it was first filled.
    mirror_age_seconds: Option<u64>,
    /// Number of lights that the bridge knows.
    lights: u32,
    /// Number of lights that the bridge cannot reach.
    unreachable_lights: u32,
    /// Requests that the bridge refused because it was overloaded.
    throttled: u64,
    /// Times the event stream was connected anew.
    reconnects: u64,
}

/// Describes the remaining budget for requests to the bridge.
#[derive(Serialize, JsonSchema)]
struct Budget {
    /// Requests of any kind that may be sent now.
    requests_available: f64,
    /// Light commands that may be sent now.
    lights_available: f64,
    /// Group commands and scene recalls that may be sent now.
    groups_available: f64,
    /// Requests that are on their way.
    in_flight: u32,
    /// Calls that wait for their turn.
    waiting: u32,
}

/// A plugin that the host knows.
#[derive(Serialize, JsonSchema)]
struct Plugin {
    /// Name.
    name: String,
    /// `loaded`, `loading`, `refused` or `kept_old` (an older version is served).
    state: String,
    /// Why it is not loaded.
    reason: Option<String>,
    /// Its tools that are served.
    tools: Vec<String>,
    /// Calls so far.
    calls: u64,
    /// Calls that failed.
    failures: u64,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_check_health",
        "Checks the Philips Hue home and this server: is the bridge connected, which lights are unreachable, which \
         batteries are low, which updates wait, which lights are in no room or have the same name, which plugins are \
         refused and why. Use it when something does not work, or when asked whether all is well. Problems come \
         first, in plain words.",
        schemas::HUE_CHECK_HEALTH,
        check,
    )
    .title("Check the house")
    .read_only()
}

fn check(_: NoArguments) -> Result<Report<Health>, ToolError> {
    let report = status::health()?;
    let house = match HomeFindings::inspect() {
        Ok(house) => Some(house),
        Err(Error::Unavailable(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let problems = problems(&report, house.as_ref());
    let message = match problems.len() {
        0 => "All is well.".to_owned(),
        count => format!("{}.", count_noun(count, "problem")),
    };
    let lines: Vec<_> = problems.iter().map(|problem| format!("- {problem}")).chain([summary(&report)]).collect();
    Ok(Report::success(message, Health::from_report(report, house, problems)).lines(lines))
}

/// Lists the problems of the host, of the plugins and of the home, in this order. A plugin that the host's own problems
/// name is left out.
fn problems(report: &HealthReport, house: Option<&HomeFindings>) -> Vec<String> {
    let mut problems = report.problems.clone();
    let told = |problems: &[String], name: &str| problems.iter().any(|problem| problem.contains(name));
    for plugin in &report.plugins {
        let (state, reason) = plugin_state(plugin);
        if let Some(reason) = reason.filter(|_| !told(&problems, &plugin.name)) {
            problems.push(format!("The plugin {} is {}: {reason}", plugin.name, state.replace('_', " ")));
        }
    }
    problems.extend(house.into_iter().flat_map(HomeFindings::problems));
    problems
}

fn summary(report: &HealthReport) -> String {
    let (connection, _) = connection_state(&report.bridge.connection);
    let loaded = report.plugins.iter().filter(|plugin| matches!(plugin.state, PluginState::Loaded)).count();
    format!(
        "Bridge {connection}, {}, {} unreachable; {loaded} of {} loaded; up {} s, version {}.",
        count_noun(report.bridge.lights, "light"),
        report.bridge.unreachable_lights,
        count_noun(report.plugins.len(), "plugin"),
        report.uptime_ms / 1000,
        report.version
    )
}

impl Health {
    fn from_report(report: HealthReport, house: Option<HomeFindings>, problems: Vec<String>) -> Self {
        Self {
            problems,
            uptime_seconds: report.uptime_ms / 1000,
            bridge: Bridge::from_report(&report),
            budget: Budget::from_report(&report),
            plugins: report.plugins.into_iter().map(Plugin::from_health).collect(),
            version: report.version,
            house,
        }
    }
}

impl Bridge {
    fn from_report(report: &HealthReport) -> Self {
        let bridge = &report.bridge;
        let (connection, reason) = connection_state(&bridge.connection);
        Self {
            connection: connection.to_owned(),
            reason,
            id: bridge.id.clone(),
            mirror_age_seconds: bridge.mirror_age_ms.map(|age| age / 1000),
            lights: bridge.lights,
            unreachable_lights: bridge.unreachable_lights,
            throttled: bridge.throttled,
            reconnects: bridge.reconnects,
        }
    }
}

impl Budget {
    fn from_report(report: &HealthReport) -> Self {
        let tenths = |bucket: Bucket| (bucket.available * 10.0).round() / 10.0;
        let budget = &report.budget;
        Self {
            requests_available: tenths(budget.requests),
            lights_available: tenths(budget.lights),
            groups_available: tenths(budget.groups),
            in_flight: budget.in_flight,
            waiting: budget.waiting,
        }
    }
}

impl Plugin {
    fn from_health(plugin: PluginHealth) -> Self {
        let (state, reason) = plugin_state(&plugin);
        let PluginHealth { name, tools, calls, failures, .. } = plugin;
        Self { name, state, reason, tools, calls, failures }
    }
}

fn connection_state(connection: &Connection) -> (&str, Option<String>) {
    match connection {
        Connection::Connecting => ("connecting", None),
        Connection::Live => ("live", None),
        Connection::Down(reason) => ("down", Some(reason.clone())),
        Connection::NotConfigured => ("not_configured", None),
        Connection::Other(state) => (state, None),
    }
}

fn plugin_state(plugin: &PluginHealth) -> (String, Option<String>) {
    match &plugin.state {
        PluginState::Loaded => ("loaded".to_owned(), None),
        PluginState::Loading => ("loading".to_owned(), None),
        PluginState::Refused(reason) => ("refused".to_owned(), Some(reason.clone())),
        PluginState::Held(reason) => ("held".to_owned(), Some(reason.clone())),
        PluginState::PutAside(reason) => ("put_aside".to_owned(), Some(reason.clone())),
        PluginState::KeptOld(reason) => ("kept_old".to_owned(), Some(reason.clone())),
        PluginState::Other(state) => (state.clone(), None),
    }
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::status;
    use lamplighter_plugin::testing::{FakeHost, FakeLight, call, structured, text};
    use serde_json::json;

    use super::*;
    use crate::ThisPlugin;

    fn report(plugin: PluginState, problems: &[&str]) -> HealthReport {
        let bucket = Bucket { available: 9.96, capacity: 10.0, per_second: 10.0 };
        HealthReport {
            version: "0.1.0".to_owned(),
            uptime_ms: 61_000,
            bridge: status::BridgeHealth {
                connection: Connection::Live,
                id: None,
                mirror_age_ms: Some(1500),
                lights: 1,
                unreachable_lights: 0,
                throttled: 0,
                reconnects: 0,
            },
            budget: status::Budget { requests: bucket, lights: bucket, groups: bucket, in_flight: 0, waiting: 0 },
            plugins: vec![PluginHealth {
                name: "wink".to_owned(),
                state: plugin,
                tools: Vec::new(),
                prompts: Vec::new(),
                resources: Vec::new(),
                digest: None,
                calls: 0,
                failures: 0,
            }],
            generation: 1,
            problems: problems.iter().map(|problem| (*problem).to_owned()).collect(),
        }
    }

    #[test]
    fn all_is_well_when_it_is() {
        let _host = FakeHost::new()
            .light(FakeLight::white("Hall").room("Hallway"))
            .health(report(PluginState::Loaded, &[]))
            .install();
        let output = call::<ThisPlugin>("hue_check_health", &json!({})).expect("it answers");
        assert_eq!(
            text(&output),
            "All is well.\nBridge live, 1 light, 0 unreachable; 1 of 1 plugin loaded; up 61 s, version 0.1.0."
        );
        assert_eq!(structured(&output)["data"]["budget"]["lights_available"], 10.0);
    }

    #[test]
    fn a_refused_plugin_is_told_once_with_its_reason() {
        let refused = || PluginState::Refused("it claims `hue_list_lights`".to_owned());
        let _host = FakeHost::new().health(report(refused(), &[])).install();
        let output = call::<ThisPlugin>("hue_check_health", &json!({})).expect("it answers");
        assert_eq!(
            structured(&output)["data"]["problems"],
            json!(["The plugin wink is refused: it claims `hue_list_lights`"])
        );
        let _host = FakeHost::new().health(report(refused(), &["wink: it claims a name"])).install();
        let output = call::<ThisPlugin>("hue_check_health", &json!({})).expect("it answers");
        assert_eq!(structured(&output)["data"]["problems"], json!(["wink: it claims a name"]));
    }
}
