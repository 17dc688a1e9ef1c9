//! `plugin check`: a report on one file, for its author and for the operator who installs it.

pub(super) mod findings;
mod page;

use std::{collections::BTreeMap, path::Path, process::ExitCode, time::Instant};

use serde::Serialize;
use serde_json::Value;

pub(super) use page::signature;

use crate::{
    approval,
    cli::text::{self, escape_deceptive, format_size},
    config::{Config, Grants, Interface, denied_text, denied_texts, is_plugin_name},
    contract::milliseconds,
    inspect::{self, Inspector},
    plugin::{self, Catalog, Plugin, Tool},
};

/// Limits the differences between two catalogs of the same plugin that are shown.
const MAX_CATALOG_DIFFERENCES: usize = 5;
/// The size in bytes from which a component takes seconds to compile: it contains its language's engine.
const LARGE_COMPONENT_BYTES: usize = 4_000_000;

/// Holds all findings about a file.
#[derive(Debug, Default, Serialize)]
struct Report {
    file: String,
    /// The name that the file would be served under.
    name: String,
    bytes: usize,
    /// The BLAKE3 digest, written in hexadecimal.
    digest: String,
    /// The version of the contract that it was built for.
    contract: Option<String>,
    /// The toolchain that built it, if it is a known one.
    toolchain: Option<String>,
    /// The interfaces of the contract that it exports.
    exports: Vec<String>,
    /// The time it took to compile; it is compiled for this report even if there is machine code already.
    compile_ms: Option<u64>,
    /// The time it took to make an instance and list its tools.
    first_call_ms: Option<u64>,
    imports: Vec<Import>,
    /// Says what to change in config.toml to grant all imports.
    to_grant: Vec<String>,
    tools: Vec<ToolReport>,
    prompts: Vec<PromptReport>,
    resources: Vec<ResourceReport>,
    /// Is set if the host would serve it as it is.
    served: bool,
    /// Lists what must be fixed.
    errors: Vec<String>,
    /// Lists what could be better.
    warnings: Vec<String>,
}

/// An interface that the component imports functions of.
#[derive(Debug, Serialize)]
pub(super) struct Import {
    interface: String,
    functions: Vec<String>,
    /// Is set if the interface is granted under the plugin's name.
    granted: bool,
    /// Is set if the interface is granted by default.
    by_default: bool,
    /// Says what to change in config.toml to grant it.
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
    /// The arguments' names; a `?` follows those that are optional.
    arguments: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ResourceReport {
    /// The URI that clients see, or its template.
    uri: String,
    name: String,
    description: Option<String>,
}

impl ResourceReport {
    fn new(resource: &plugin::Resource, plugin: &str) -> Self {
        let description = resource.description.clone().or_else(|| resource.title.clone());
        Self { uri: resource.uri(plugin), name: resource.name.clone(), description }
    }
}

/// Checks a file and prints the report; exit code 1 if there are errors.
pub(super) async fn run(config: Config, file: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let bytes = inspect::read(file)?;
    let inspector = Inspector::open(config, None, None)?;
    let name = inspect::plugin_name_for(file);
    let mut report = Report {
        file: file.display().to_string(),
        bytes: bytes.len(),
        digest: blake3::hash(&bytes).to_string(),
        served: true,
        name,
        ..Report::default()
    };
    if !is_plugin_name(&report.name) {
        report.refuse(format!(
            "{:?} is no plugin's name, which is 1 to 32 lower-case letters, digits and hyphens: rename the file",
            report.name
        ));
    }
    if file.file_stem().is_some_and(|stem| stem != report.name.as_str()) {
        report.warnings.push(format!("a plugin's name has no underscore: copy it as {}.wasm", report.name));
    }
    if report.bytes > LARGE_COMPONENT_BYTES && text::is_interactive() {
        note!("Compiling {}, which takes some seconds …", format_size(report.bytes));
    }
    match inspector.recompile(&report.name, bytes).await {
        Ok(plugin) => describe(&mut report, &plugin, &inspector).await,
        Err(error) => report.refuse(error.to_string()),
    }
    if json {
        out!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        out!("{}", escape_deceptive(&page::text(&report)));
    }
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Report {
    fn refuse(&mut self, reason: String) {
        self.served = false;
        self.errors.push(reason);
    }
}

async fn describe(report: &mut Report, plugin: &Plugin, inspector: &Inspector) {
    let began = Instant::now();
    match plugin.describe_again().await {
        Ok(again) => report.errors.extend(catalog_differences(&plugin.catalog, &again)),
        Err(error) => report.errors.push(format!("called a second time: {error}")),
    }
    report.first_call_ms = Some(milliseconds(began.elapsed()));
    report.compile_ms = plugin.compile_ms;
    report.contract = plugin.surface().contract_version().map(ToString::to_string);
    report.exports = plugin.surface().contract_exports().map(str::to_owned).collect();
    report.imports = imports(plugin);
    report.to_grant = to_grant(plugin);
    report.tools = plugin.catalog.tools.iter().map(|tool| tool_report(tool)).collect();
    report.prompts = plugin.catalog.prompts.iter().map(|prompt| prompt_report(prompt)).collect();
    report.resources = plugin.catalog.resources.iter().map(|it| ResourceReport::new(it, &plugin.name)).collect();
    let found = findings::of_plugin(plugin).await;
    report.toolchain = found.toolchain;
    report.errors.extend(found.errors);
    report.warnings.extend(found.warnings);
    // `check_collisions` ignores an installed version of the plugin itself, which it would replace.
    let others = inspector.installed().await.unwrap_or_default();
    let others = others.iter().filter_map(|installed| installed.plugin.as_ref().ok());
    others.filter_map(|other| plugin.check_collisions(other).err()).for_each(|error| report.refuse(error.to_string()));
    if let Err(conflict) = inspector.host.reader.snapshot().check_names(plugin) {
        report.refuse(conflict.to_string());
    }
}

/// Returns what to change in config.toml to grant every interface that the plugin imports.
pub(super) fn to_grant(plugin: &Plugin) -> Vec<String> {
    let asked = plugin.surface().contract_imports().filter_map(|(name, _)| Interface::granting(name));
    let missing: Vec<_> = asked.filter(|interface| !plugin.config.grants.allows(*interface)).collect();
    denied_texts(&plugin.name, &missing)
}

/// Compares two catalogs of a plugin, which must not depend on when it is asked.
fn catalog_differences(first: &Catalog, again: &Catalog) -> impl Iterator<Item = String> {
    let differences = approval::differences(&approval::catalog_surface(first), &approval::catalog_surface(again));
    differences
        .into_iter()
        .take(MAX_CATALOG_DIFFERENCES)
        .map(|line| format!("it lists something else each time: {line}"))
}

/// Lists the imported interfaces, and whether the operator's configuration grants them.
fn imports(plugin: &Plugin) -> Vec<Import> {
    let (surface, defaults) = (plugin.surface(), Grants::default_for(&plugin.name));
    let asked = surface.contract_imports().map(|(name, interface)| {
        let grantable: Option<Interface> = Interface::granting(name);
        let granted = grantable.is_none_or(|interface| plugin.config.grants.allows(interface));
        Import {
            interface: name.to_owned(),
            functions: interface.functions.clone(),
            granted,
            by_default: grantable.is_none_or(|interface| defaults.allows(interface)),
            to_grant: grantable.filter(|_| !granted).map(|interface| denied_text(&plugin.name, interface)),
        }
    });
    asked.collect()
}

impl Import {
    fn standing(&self) -> &'static str {
        match (self.granted, self.by_default) {
            (true, true) => "granted by default",
            (true, false) => "granted by config.toml",
            (false, true) => "DENIED by config.toml",
            (false, false) => "NOT GRANTED by default",
        }
    }
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
