//! `plugin check`: one screen about a file, for its author and for who is to install it.

mod findings;

use std::{
    collections::BTreeMap,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::Value;

use super::table::{self, size};
use crate::{
    approval,
    cli::words::plain,
    config::{Config, Grants, Interface, denied_text, is_plugin_name},
    plugin::{self, Offer, Plugin, Tool},
    workshop::{self, Workshop},
};

/// Of what a plugin tells otherwise the second time, so much is shown.
const MOST_LIES: usize = 5;

/// All that is said of a file.
#[derive(Debug, Serialize)]
struct Report {
    file: String,
    /// As it would be served.
    name: String,
    bytes: usize,
    /// BLAKE3.
    digest: String,
    /// The contract's version that it was built for.
    contract: Option<String>,
    compile_ms: Option<u64>,
    /// An instance is made and lists its tools.
    first_call_ms: Option<u64>,
    imports: Vec<Import>,
    tools: Vec<ToolReport>,
    prompts: Vec<PromptReport>,
    resources: Vec<ResourceReport>,
    errors: Vec<String>,
    warnings: Vec<String>,
}

/// An interface whose functions it may call.
#[derive(Debug, Serialize)]
struct Import {
    interface: String,
    functions: Vec<String>,
    granted: bool,
    /// The lines of config.toml that would grant it.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_grant: Option<String>,
}

#[derive(Debug, Serialize)]
struct ToolReport {
    name: String,
    title: Option<String>,
    description: String,
    input_schema: Value,
    output_schema: Option<Value>,
    hints: BTreeMap<&'static str, bool>,
    expected_ms: Option<u64>,
}

#[derive(Debug, Serialize)]
struct PromptReport {
    name: String,
    description: String,
    /// A `?` follows those that may be left out.
    arguments: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ResourceReport {
    /// As clients see it, or the template of such.
    uri: String,
    name: String,
}

/// Checks a file and says what there is to say; exit code 1 if it would not be served as it is.
pub(super) async fn run(config: Config, file: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let bytes = workshop::read(file)?;
    let workshop = Workshop::open(config, None, None)?;
    let name = workshop::name_of(file);
    let mut report = Report {
        file: file.display().to_string(),
        bytes: bytes.len(),
        digest: blake3::hash(&bytes).to_string(),
        contract: None,
        compile_ms: None,
        first_call_ms: None,
        imports: Vec::new(),
        tools: Vec::new(),
        prompts: Vec::new(),
        resources: Vec::new(),
        errors: Vec::new(),
        warnings: Vec::new(),
        name,
    };
    if !is_plugin_name(&report.name) {
        report.errors.push(format!(
            "{}.wasm is no plugin's name: rename the file to [a-z0-9][a-z0-9-]{{0,31}}.wasm",
            report.name
        ));
    }
    match workshop.load(&report.name, bytes).await {
        Ok(plugin) => describe(&mut report, &plugin, &workshop).await?,
        Err(error) => report.errors.push(error.to_string()),
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", plain(&text(&report)));
    }
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn describe(report: &mut Report, plugin: &Plugin, workshop: &Workshop) -> anyhow::Result<()> {
    let began = Instant::now();
    match plugin.describe_again().await {
        Ok(again) => report.errors.extend(lies(&plugin.offer, &again)),
        Err(error) => report.errors.push(format!("called a second time: {error}")),
    }
    report.first_call_ms = Some(milliseconds(began.elapsed()));
    report.compile_ms = Some(plugin.compile_ms);
    report.contract = plugin.surface().contract().map(ToString::to_string);
    report.imports = imports(plugin);
    report.tools = plugin.offer.tools.iter().map(|tool| tool_report(tool)).collect();
    report.prompts = plugin.offer.prompts.iter().map(|prompt| prompt_report(prompt)).collect();
    let uri = |resource: &plugin::Resource| resource.uri(&plugin.name);
    report.resources =
        plugin.offer.resources.iter().map(|it| ResourceReport { uri: uri(it), name: it.name.clone() }).collect();
    for prompt in &plugin.offer.prompts {
        findings::of_prompt(prompt, &mut report.warnings);
    }
    for tool in &plugin.offer.tools {
        findings::of_tool(tool, &mut report.errors, &mut report.warnings);
    }
    // `keeps_clear_of` passes over a former version of itself, which it would replace.
    let others = workshop.installed().await.unwrap_or_default();
    let others = others.iter().filter_map(|installed| installed.plugin.as_ref().ok());
    report.errors.extend(others.filter_map(|other| plugin.keeps_clear_of(other).err()));
    if let Err(reason) = workshop.reader.snapshot().admits(plugin) {
        report.errors.push(reason);
    }
    Ok(())
}

/// What a plugin tells of its tools must not depend on when it is asked.
fn lies(first: &Offer, again: &Offer) -> impl Iterator<Item = String> {
    let differences = approval::differences(&approval::of_offer(first), &approval::of_offer(again));
    differences.into_iter().take(MOST_LIES).map(|line| format!("it lists something else each time: {line}"))
}

fn imports(plugin: &Plugin) -> Vec<Import> {
    let surface = plugin.surface();
    let asked = surface.asks_for().map(|(name, interface)| {
        let grantable: Option<Interface> = name.parse().ok();
        let granted = grantable.is_none_or(|interface| Grants::default_for(&plugin.name).allows(interface));
        let to_grant = grantable.filter(|_| !granted).map(|interface| denied_text(&plugin.name, interface));
        Import { interface: name.to_owned(), functions: interface.functions.clone(), granted, to_grant }
    });
    asked.collect()
}

fn tool_report(tool: &Tool) -> ToolReport {
    let hints = &tool.hints;
    let named = [
        ("read_only", hints.read_only),
        ("destructive", hints.destructive),
        ("idempotent", hints.idempotent),
        ("open_world", hints.open_world),
    ];
    ToolReport {
        name: tool.name.clone(),
        title: tool.title.clone(),
        description: tool.description.clone(),
        input_schema: Value::Object((*tool.input.document).clone()),
        output_schema: tool.output.as_ref().map(|schema| Value::Object((*schema.document).clone())),
        hints: named.into_iter().filter_map(|(name, hint)| Some((name, hint?))).collect(),
        expected_ms: tool.expected.map(milliseconds),
    }
}

fn prompt_report(prompt: &plugin::Prompt) -> PromptReport {
    let arguments = prompt.arguments.iter().map(|argument| {
        let optional = if argument.required { "" } else { "?" };
        format!("{}{optional}", argument.name)
    });
    PromptReport { name: prompt.name.clone(), description: prompt.description.clone(), arguments: arguments.collect() }
}

fn text(report: &Report) -> String {
    let mut lines = vec![format!("{} ({})", report.file, size(report.bytes))];
    if let (Some(contract), Some(compile), Some(first)) = (&report.contract, report.compile_ms, report.first_call_ms) {
        lines.push(format!("  world      lamplighter:plugin@{contract}, to be served as `{}`", report.name));
        lines.push(format!("  compiled   in {compile} ms; an instance answers in {first} ms"));
    }
    for (index, import) in report.imports.iter().enumerate() {
        let label = if index == 0 { "imports" } else { "" };
        let note = if import.granted { "granted by default" } else { "NOT GRANTED by default" };
        lines.push(format!("  {label:<10} {:<9} {note:<23} {}", import.interface, import.functions.join(", ")));
    }
    for (index, tool) in report.tools.iter().enumerate() {
        let label = if index == 0 { "tools" } else { "" };
        let first = tool.description.lines().next().unwrap_or_default();
        lines.push(format!("  {label:<10} {}({})", tool.name, parameters(&tool.input_schema)));
        lines.push(format!("  {:<12} {}", "", table::cut(first, 100)));
    }
    for (index, prompt) in report.prompts.iter().enumerate() {
        let label = if index == 0 { "prompts" } else { "" };
        lines.push(format!("  {label:<10} {}({})", prompt.name, prompt.arguments.join(", ")));
    }
    for (index, resource) in report.resources.iter().enumerate() {
        let label = if index == 0 { "resources" } else { "" };
        lines.push(format!("  {label:<10} {}", resource.uri));
    }
    let all = report.errors.iter().map(|error| ("error", error)).chain(report.warnings.iter().map(|w| ("warning", w)));
    lines.extend(all.map(|(kind, said)| format!("  {kind:<10} {said}")));
    for import in &report.imports {
        if let Some(to_grant) = &import.to_grant {
            lines.push(format!("\n{to_grant}"));
        }
    }
    let verdict = match (report.errors.len(), report.warnings.len()) {
        (0, 0) => "good".to_owned(),
        (0, warnings) => format!("good, with {warnings} warnings"),
        (errors, _) => format!("{errors} errors: it would not be served"),
    };
    lines.push(format!("  {:<10} {verdict}\n", "verdict"));
    lines.join("\n")
}

/// `light: string, brightness?: number`.
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

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
