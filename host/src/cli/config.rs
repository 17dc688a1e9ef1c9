//! `lamplighter config show`: the settings in force, and where each was written.

use std::{collections::BTreeSet, process::ExitCode};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{SettingArgs, text};
use crate::{
    config::{Interface, Loaded, PluginConfig, Setting, is_plugin_name},
    registry::folder,
};

/// Defines the commands of `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show the settings in force, where each was written, and what each plugin may reach
    Show(ShowArgs),
}

/// Defines the arguments of `config show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    settings: SettingArgs,
    /// Write JSON for programs
    #[arg(long)]
    json: bool,
}

/// Shows the configuration; exit code 2 if it is wrong.
pub(crate) fn run(command: &ConfigCommand) -> ExitCode {
    let ConfigCommand::Show(args) = command;
    let loaded = match super::load_config("config", &args.settings.flags()) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let plugins = plugins(&loaded);
    let settings = loaded.provenance.settings(&loaded.config);
    if args.json {
        let plugins: serde_json::Map<String, Value> =
            plugins.into_iter().map(|(name, settings)| (name, json!(settings))).collect();
        out!("{:#}", json!({"settings": settings, "plugins": plugins, "warnings": loaded.warnings}));
        return ExitCode::SUCCESS;
    }
    let row = |setting: &Setting| vec![setting.key.clone(), format_value(&setting.value), setting.from.clone()];
    text::print_table(&["SETTING", "VALUE", "FROM"], &settings.iter().map(row).collect::<Vec<_>>());
    let rows: Vec<_> = plugins.iter().flat_map(|(name, settings)| rows(name, settings)).collect();
    if !rows.is_empty() {
        out!("");
        text::print_table(&["PLUGIN", "SETTING", "VALUE", "FROM"], &rows);
    }
    out!("\n{}", defaults());
    for warning in loaded.warnings {
        note!("Warning: {warning}");
    }
    ExitCode::SUCCESS
}

/// Lists the plugins that the configuration names, and those that are installed.
fn plugins(loaded: &Loaded) -> Vec<(String, Vec<Setting>)> {
    let Loaded { config, provenance, .. } = loaded;
    let mut names: BTreeSet<String> = config.plugins.keys().cloned().collect();
    // An unreadable folder counts as empty.
    let installed = folder::list_files(&config.plugins_dir).unwrap_or_default();
    names.extend(installed.keys().map(ToString::to_string).filter(|name| is_plugin_name(name)));
    names.into_iter().map(|name| (name.clone(), provenance.plugin_settings(&name, &config.plugin(&name)))).collect()
}

/// Formats a plugin's grants in one row, and each setting that differs from the default in a row of its own.
fn rows(plugin: &str, settings: &[Setting]) -> Vec<Vec<String>> {
    let is_grant = |setting: &&Setting| Interface::ALL.iter().any(|interface| interface.name() == setting.key);
    let may = settings.iter().filter(is_grant).filter(|setting| setting.value == true);
    let may: Vec<_> = may.map(|setting| setting.key.as_str()).collect();
    let mut rows = vec![vec![plugin.to_owned(), "may use".to_owned(), may.join(" "), String::new()]];
    rows.extend(settings.iter().filter(|setting| setting.is_written()).map(|setting| {
        let value = match (is_grant(&setting), &setting.value) {
            (true, Value::Bool(true)) => "granted".to_owned(),
            (true, _) => "denied".to_owned(),
            (false, value) => format_value(value),
        };
        vec![String::new(), setting.key.clone(), value, setting.from.clone()]
    }));
    rows
}

fn defaults() -> String {
    let limits = PluginConfig::default_for("any").limits.listed();
    let limits: Vec<_> = limits.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let limits: Vec<_> = limits.chunks(5).map(|some| some.join(", ")).collect();
    format!(
        "Every plugin may use `call` and `log` as well. Where nothing else is written: all rooms, no pin,\n{}.",
        limits.join(",\n")
    )
}

fn format_value(value: &Value) -> String {
    match value {
        Value::Null => "(none)".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
