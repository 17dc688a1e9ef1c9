//! The log. It goes to stderr, since stdout carries MCP and nothing else.

use std::io::IsTerminal;

use anyhow::anyhow;

use crate::config::{LogConfig, LogFormat, log_filter};

/// Starts the log of this process. A second start is an error.
///
/// Lines carry the time in UTC by RFC 3339, the level and the module. The subscriber escapes control characters in what
/// plugins and the bridge say. Colors appear on a terminal only, and not under `NO_COLOR`.
pub(crate) fn init(config: &LogConfig) -> anyhow::Result<()> {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(log_filter(&config.level)?)
        .with_writer(std::io::stderr)
        // The subscriber would report to stderr that it cannot write to stderr, and panic over that.
        .log_internal_errors(false)
        .with_ansi(wants_colors());
    let started = match config.format {
        LogFormat::Human => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).with_ansi(false).try_init(),
    };
    started.map_err(|error| anyhow!("the log cannot be started: {error}"))
}

/// Starts the log of a command that answers on stdout itself: warnings only, unless the user asked for more.
pub(crate) fn init_for_a_command(config: &LogConfig) -> anyhow::Result<()> {
    init_at_least(config, "warn")
}

/// As [`init_for_a_command`], with the log lines of plugins for their author. The loader's refusals are left out, since the
/// command prints them itself.
pub(crate) fn init_for_an_author(config: &LogConfig) -> anyhow::Result<()> {
    init_at_least(config, "warn,lamplighter::registry=error,lamplighter::guest=info")
}

/// Starts the log at `level` if the configuration leaves the default one.
fn init_at_least(config: &LogConfig, level: &str) -> anyhow::Result<()> {
    let level = if config.level == "info" { level } else { &config.level };
    init(&LogConfig { level: level.to_owned(), format: config.format })
}

fn wants_colors() -> bool {
    let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_unwanted && std::io::stderr().is_terminal()
}
