//! `plugin check`: one screen about a file, for its author and for who is to install it.

pub(super) mod findings;
mod page;

use std::{collections::BTreeMap, path::Path, process::ExitCode, time::Instant};

use serde::Serialize;
use serde_json::Value;

pub(super) use page::signature;

use super::table;
use crate::{
    approval,
    cli::text::{self, escape_deceptive},
    config::{Config, Grants, Interface, denied_text, is_plugin_name},
    contract::milliseconds,
    inspect::{self, Inspector},
    plugin::{self, Catalog, Plugin, Tool},
};

/// Of what a plugin tells otherwise the second time, so much is shown.
const MOST_LIES: usize = 5;
/// A component that brings its language's engine, in bytes.
const LARGE: usize = 4_000_000;

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
    /// The interfaces of the contract that it exports.
    exports: Vec<String>,
    /// Compiled for this report, whatever was compiled before.
    compile_ms: Option<u64>,
    /// An instance is made and lists its tools.
    first_call_ms: Option<u64>,
    imports: Vec<Import>,
    tools: Vec<ToolReport>,
    prompts: Vec<PromptReport>,
    resources: Vec<ResourceReport>,
    /// Whether the host takes it as it is.
    served: bool,
    /// What has to be mended.
    errors: Vec<String>,
    /// What could be better.
    warnings: Vec<String>,
}

/// An interface whose functions it may call.
#[derive(Debug, Serialize)]
pub(super) struct Import {
    interface: String,
    functions: Vec<String>,
    /// Under the name that it would be served as.
    granted: bool,
    /// Whether that is so without a word of config.toml.
    by_default: bool,
    /// What to change in config.toml to grant it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_grant: Option<String>,
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
    description: Option<String>,
}

impl ResourceReport {
    fn new(resource: &plugin::Resource, plugin: &str) -> Self {
        let description = resource.description.clone().or_else(|| resource.title.clone());
        Self { uri: resource.uri(plugin), name: resource.name.clone(), description }
    }
}

/// Checks a file and says what there is to say; exit code 1 if there is something to mend.
pub(super) async fn run(config: Config, file: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let bytes = inspect::read(file)?;
    let inspector = Inspector::open(config, None, None)?;
    let name = inspect::plugin_name_for(file);
    let mut report = Report {
        file: file.display().to_string(),
        bytes: bytes.len(),
        digest: blake3::hash(&bytes).to_string(),
        contract: None,
        exports: Vec::new(),
        compile_ms: None,
        first_call_ms: None,
        imports: Vec::new(),
        tools: Vec::new(),
        prompts: Vec::new(),
        resources: Vec::new(),
        served: true,
        errors: Vec::new(),
        warnings: Vec::new(),
        name,
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
    if report.bytes > LARGE && text::is_interactive() {
        note!("Compiling {}, which takes some seconds …", table::size(report.bytes));
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
        Ok(again) => report.errors.extend(lies(&plugin.catalog, &again)),
        Err(error) => report.errors.push(format!("called a second time: {error}")),
    }
    report.first_call_ms = Some(milliseconds(began.elapsed()));
    report.compile_ms = plugin.compile_ms;
    report.contract = plugin.surface().contract_version().map(ToString::to_string);
    report.exports = plugin.surface().contract_exports().map(str::to_owned).collect();
    report.imports = imports(plugin);
    report.tools = plugin.catalog.tools.iter().map(|tool| tool_report(tool)).collect();
    report.prompts = plugin.catalog.prompts.iter().map(|prompt| prompt_report(prompt)).collect();
    report.resources = plugin.catalog.resources.iter().map(|it| ResourceReport::new(it, &plugin.name)).collect();
    let found = findings::of_plugin(plugin);
    report.errors.extend(found.errors);
    report.warnings.extend(found.warnings);
    // `check_collisions` passes over a former version of itself, which it would replace.
    let others = inspector.installed().await.unwrap_or_default();
    let others = others.iter().filter_map(|installed| installed.plugin.as_ref().ok());
    others.filter_map(|other| plugin.check_collisions(other).err()).for_each(|error| report.refuse(error.to_string()));
    if let Err(conflict) = inspector.reader.snapshot().check_names(plugin) {
        report.refuse(conflict.to_string());
    }
}

/// What a plugin tells of what it offers must not depend on when it is asked.
fn lies(first: &Catalog, again: &Catalog) -> impl Iterator<Item = String> {
    let differences = approval::differences(&approval::catalog_surface(first), &approval::catalog_surface(again));
    differences.into_iter().take(MOST_LIES).map(|line| format!("it lists something else each time: {line}"))
}

/// What it may call, and whether the operator's configuration lets it.
pub(super) fn imports(plugin: &Plugin) -> Vec<Import> {
    let (surface, defaults) = (plugin.surface(), Grants::default_for(&plugin.name));
    let asked = surface.contract_imports().map(|(name, interface)| {
        let grantable: Option<Interface> = Interface::from_name(name);
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
