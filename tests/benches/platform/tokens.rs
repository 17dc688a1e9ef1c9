//! Row 12: what the list of tools costs a model.

use anyhow::Result;
use lamplighter_tests::figures::{Figure, Goal, Sample, Unit};
use serde_json::Value;

use crate::Bench;
use crate::simulator::{DEMO_HOME, Simulator};
use crate::start;
use crate::version::{TODAY, Version};

/// The bytes that count as a token.
const BYTES_PER_TOKEN: f64 = 4.0;

/// The size of a list, in tokens.
struct Size {
    without_output_schemas: Sample,
    output_schemas: Sample,
}

/// Measures the tools of the first-party plugins, as they are sent.
pub(crate) fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let (ours, today) = (size(&bench.ours)?, size(&bench.today)?);
    let figure = |name, ours, today, goal| {
        Figure::alone("12", name, Unit::Tokens, ours).beside(TODAY, today).aims_at(Goal::AtMost(goal))
    };
    Ok(vec![
        figure("tool list without output schemas", ours.without_output_schemas, today.without_output_schemas, 4_200.0),
        figure("output schemas", ours.output_schemas, today.output_schemas, 2_500.0),
    ])
}

/// Returns the size of a version's list, without what its output schemas take and of these alone.
fn size(version: &Version) -> Result<Size> {
    let simulator = Simulator::start(DEMO_HOME)?;
    let mut tools = Value::from(start::warm(&start::server(version, &simulator)?)?.list()?);
    let all = bytes(&tools)?;
    for tool in tools.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        tool.remove("outputSchema");
    }
    let rest = bytes(&tools)?;
    let tokens = |bytes: f64| Sample::exact(bytes / BYTES_PER_TOKEN);
    Ok(Size { without_output_schemas: tokens(rest), output_schemas: tokens(all - rest) })
}

/// Counts the bytes of compact JSON, as it is sent.
fn bytes(tools: &Value) -> Result<f64> {
    Ok(u32::try_from(tools.to_string().len())?.into())
}
