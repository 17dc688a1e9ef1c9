//! The tool `hue_get_metrics`, which shows calls, durations and resources since the host started.

use lamplighter_plugin::count_noun;
use lamplighter_plugin::prelude::*;
use lamplighter_plugin::status::{self, MetricsReport, ToolMetrics};

use crate::schemas;

/// Selects the tools.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Shows only the tool of this name.
    #[schemars(length(min = 1, max = 64))]
    tool: Option<String>,
}

/// Figures since the host started.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Metrics {
    /// Calls of all tools.
    calls: u64,
    /// Calls that failed.
    failures: u64,
    /// Calls that are being served.
    in_progress: u32,
    /// Requests sent to the bridge.
    bridge_requests: u64,
    /// Per tool, the most called first.
    tools: Vec<ToolFigures>,
    /// The host's process.
    process: Process,
}

/// Figures of one tool. Times are in milliseconds.
#[derive(Serialize, JsonSchema)]
struct ToolFigures {
    /// Name of the tool.
    tool: String,
    /// Name of its plugin.
    plugin: String,
    /// Calls.
    calls: u64,
    /// Calls that failed.
    failures: u64,
    /// Calls that are being served.
    in_progress: u32,
    /// How long the shortest call took.
    min_ms: f64,
    /// How long a call took on average.
    mean_ms: f64,
    /// How long the longest call took.
    max_ms: f64,
    /// Half of the calls took no longer.
    p50_ms: f64,
    /// 90 of 100 calls took no longer.
    p90_ms: f64,
    /// 99 of 100 calls took no longer.
    p99_ms: f64,
}

/// Describes the host's process. A value that the machine does not provide is null.
#[derive(Serialize, JsonSchema)]
struct Process {
    /// Seconds since it started.
    uptime_seconds: u64,
    /// Memory that it holds.
    resident_bytes: Option<u64>,
    /// Processor time that it has used.
    cpu_ms: Option<u64>,
    /// Threads that it runs.
    threads: Option<u32>,
    /// File descriptors that it holds open.
    file_descriptors: Option<u32>,
}

pub(crate) fn tool() -> Tool {
    Tool::with_schemas(
        "hue_get_metrics",
        "Figures of this server since it started: calls, failures and times per tool, requests to the bridge, memory, \
         processor time. Use it when something is slow or fails often.",
        schemas::HUE_GET_METRICS,
        metrics,
    )
    .title("Show figures")
    .read_only()
}

fn metrics(Filter { tool }: Filter) -> Result<Report<Metrics>, ToolError> {
    let mut report = status::metrics()?;
    if let Some(name) = tool {
        report.tools.retain(|tool| tool.tool == name);
        if report.tools.is_empty() {
            return Err(ToolError::not_found(format!("No tool named \"{name}\" has been called.")));
        }
    }
    report.tools.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| a.tool.cmp(&b.tool)));
    let message = format!(
        "{}, {} failed, {} in progress; {} to the bridge.",
        count_noun(report.calls, "call"),
        report.failures,
        report.in_progress,
        count_noun(report.bridge_requests, "request")
    );
    let metrics = Metrics::from_report(report);
    let lines: Vec<_> = metrics.tools.iter().map(ToolFigures::text).collect();
    Ok(Report::success(message, metrics).lines(lines))
}

impl Metrics {
    fn from_report(report: MetricsReport) -> Self {
        let process = report.process;
        Self {
            calls: report.calls,
            failures: report.failures,
            in_progress: report.in_progress,
            bridge_requests: report.bridge_requests,
            tools: report.tools.into_iter().map(ToolFigures::from_metrics).collect(),
            process: Process {
                uptime_seconds: process.uptime_ms / 1000,
                resident_bytes: process.resident_bytes,
                cpu_ms: process.cpu_ms,
                threads: process.threads,
                file_descriptors: process.file_descriptors,
            },
        }
    }
}

impl ToolFigures {
    fn from_metrics(tool: ToolMetrics) -> Self {
        Self {
            tool: tool.tool,
            plugin: tool.plugin,
            calls: tool.calls,
            failures: tool.failures,
            in_progress: tool.in_progress,
            min_ms: tenths(tool.minimum_ms),
            mean_ms: tenths(tool.mean_ms),
            max_ms: tenths(tool.maximum_ms),
            p50_ms: tenths(tool.p50_ms),
            p90_ms: tenths(tool.p90_ms),
            p99_ms: tenths(tool.p99_ms),
        }
    }

    fn text(&self) -> String {
        format!(
            "{}: {}, {} failed, p50 {} ms, p99 {} ms",
            self.tool,
            count_noun(self.calls, "call"),
            self.failures,
            self.p50_ms,
            self.p99_ms
        )
    }
}

fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use lamplighter_plugin::status;
    use lamplighter_plugin::testing::{FakeHost, call, structured, text};
    use serde_json::json;

    use super::*;
    use crate::ThisPlugin;

    fn tool(name: &str, calls: u64) -> ToolMetrics {
        ToolMetrics {
            tool: name.to_owned(),
            plugin: "lights".to_owned(),
            calls,
            failures: 1,
            in_progress: 0,
            minimum_ms: 1.0,
            mean_ms: 2.04,
            maximum_ms: 9.0,
            p50_ms: 2.0,
            p90_ms: 3.0,
            p99_ms: 8.0,
        }
    }

    fn host() -> FakeHost {
        FakeHost::new().metrics(MetricsReport {
            tools: vec![tool("hue_get_light", 2), tool("hue_control_light", 5)],
            process: status::Process {
                uptime_ms: 5000,
                resident_bytes: None,
                cpu_ms: None,
                threads: None,
                file_descriptors: None,
            },
            calls: 7,
            failures: 2,
            in_progress: 0,
            bridge_requests: 12,
        })
    }

    #[test]
    fn the_most_called_tool_comes_first() {
        let _host = host().install();
        let output = call::<ThisPlugin>("hue_get_metrics", &json!({})).expect("it answers");
        assert_eq!(
            text(&output),
            "7 calls, 2 failed, 0 in progress; 12 requests to the bridge.\n\
             hue_control_light: 5 calls, 1 failed, p50 2 ms, p99 8 ms\n\
             hue_get_light: 2 calls, 1 failed, p50 2 ms, p99 8 ms"
        );
    }

    #[test]
    fn one_tool_can_be_picked_and_an_unknown_one_is_told() {
        let _host = host().install();
        let output = call::<ThisPlugin>("hue_get_metrics", &json!({"tool": "hue_get_light"})).expect("it answers");
        assert_eq!(structured(&output)["data"]["tools"][0]["mean_ms"], 2.0);
        assert!(call::<ThisPlugin>("hue_get_metrics", &json!({"tool": "toast"})).is_err());
    }
}
