//! Formats the report of `plugin check` for one screen.

use std::iter;

use serde_json::Value;

use super::{Report, findings};
use crate::cli::text::{format_count, format_ms, format_size, truncate};

/// Limits the length of a description that is shown, in characters.
const MAX_DESCRIPTION_CHARS: usize = 100;

pub(super) fn text(report: &Report) -> String {
    let mut lines = vec![format!("{} ({})", report.file, format_size(report.bytes))];
    lines.extend(component(report));
    lines.extend(labelled(
        "imports",
        report
            .imports
            .iter()
            .map(|import| format!("{:<9} {:<23} {}", import.interface, import.standing(), import.functions.join(", "))),
    ));
    lines.extend(labelled(
        "tools",
        report.tools.iter().map(|tool| described(&signature(&tool.name, &tool.input_schema), &tool.description)),
    ));
    lines.extend(labelled(
        "prompts",
        report
            .prompts
            .iter()
            .map(|prompt| described(&format!("{}({})", prompt.name, prompt.arguments.join(", ")), &prompt.description)),
    ));
    lines.extend(labelled(
        "resources",
        report
            .resources
            .iter()
            .map(|resource| described(&resource.uri, resource.description.as_deref().unwrap_or_default())),
    ));
    lines.extend(report.errors.iter().map(|finding| line("error", finding)));
    lines.extend(report.warnings.iter().map(|finding| line("warning", finding)));
    lines.extend(report.to_grant.iter().map(|it| format!("\n{it}")));
    lines.push(line("verdict", &verdict(report)));
    lines.join("\n")
}

fn component(report: &Report) -> Vec<String> {
    let (Some(contract), Some(compile), Some(first)) = (&report.contract, report.compile_ms, report.first_call_ms)
    else {
        return Vec::new();
    };
    let exports = report.exports.join(", ");
    let world = format!("lamplighter:plugin@{contract}, exports {exports}; served as `{}`", report.name);
    let toolchain = report.toolchain.iter().map(|toolchain| line("toolchain", toolchain));
    let compiled = format!("in {}, once; then an instance lists its tools in {}", format_ms(compile), format_ms(first));
    iter::once(line("world", &world)).chain(toolchain).chain([line("compiled", &compiled)]).collect()
}

fn line(label: &str, text: &str) -> String {
    format!("  {label:<10} {text}")
}

/// Formats lines with the label before the first.
fn labelled(label: &str, texts: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    iter::once(label).chain(iter::repeat("")).zip(texts).map(|(label, text)| line(label, &text))
}

/// Formats an item with the first line of its description below it.
fn described(what: &str, description: &str) -> String {
    match description.lines().next() {
        Some(first) => format!("{what}\n{}", line("", &format!("  {}", truncate(first, MAX_DESCRIPTION_CHARS)))),
        None => what.to_owned(),
    }
}

fn verdict(report: &Report) -> String {
    let errors = format_count(report.errors.len(), "error");
    match (report.served, report.errors.len(), report.warnings.len()) {
        (false, ..) => format!("{errors}: it would not be served"),
        (true, 0, 0) => "good".to_owned(),
        (true, 0, warnings) => format!("good, with {}", format_count(warnings, "warning")),
        (true, ..) => format!("{errors} to fix, although it would be served"),
    }
}

/// Formats a tool's signature, for example as `sunset(minutes: number, room: string)`.
pub(in crate::cli::plugin) fn signature(tool: &str, schema: &Value) -> String {
    format!("{tool}({})", parameters(schema))
}

fn parameters(schema: &Value) -> String {
    let empty = serde_json::Map::new();
    let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name));
    let properties = schema["properties"].as_object().unwrap_or(&empty).iter();
    let shown = properties.map(|(name, property)| {
        let optional = if required(name) { "" } else { "?" };
        format!("{name}{optional}: {}", findings::type_of(property))
    });
    shown.collect::<Vec<_>>().join(", ")
}
