//! The log: to stderr, since stdout carries MCP and nothing else.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::config::{LogConfig, LogFormat};

/// Libraries that say too much at `info` and `debug`. A directive of the user's for the same target replaces these.
const QUIET: &str = "rmcp=error,wasmtime=warn,cranelift=warn,hyper=warn,h2=warn,reqwest=warn,rustls=warn";

/// Starts the log. Once per process; the second time is an error.
///
/// Lines carry the time in UTC by RFC 3339, the level and the module. Control characters in what plugins and the
/// bridge say are escaped by the subscriber; colours appear on a terminal only, and not under `NO_COLOR`.
pub(crate) fn init(config: &LogConfig) -> Result<(), String> {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.level)?)
        .with_writer(std::io::stderr)
        // The subscriber would tell stderr that stderr cannot be written, and panic over that.
        .log_internal_errors(false)
        .with_ansi(colours());
    let started = match config.format {
        LogFormat::Human => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).with_ansi(false).try_init(),
    };
    started.map_err(|error| format!("the log cannot be started: {error}"))
}

/// As [`init`], for commands that answer on stdout themselves: warnings only, unless the user asked for more.
pub(crate) fn init_for_a_command(config: &LogConfig) -> Result<(), String> {
    let level = if config.level == "info" { "warn".to_owned() } else { config.level.clone() };
    init(&LogConfig { level, format: config.format })
}

/// As [`init_for_a_command`], with what plugins say: their author listens.
pub(crate) fn init_for_an_author(config: &LogConfig) -> Result<(), String> {
    let level = if config.level == "info" { "warn,lamplighter::guest=info".to_owned() } else { config.level.clone() };
    init(&LogConfig { level, format: config.format })
}

/// What passes: a level, or directives such as `info,lamplighter=debug`.
///
/// Stricter than the filter's own parser, to which any lone word is a module to be logged in full: `wran` would be
/// taken without a word.
pub(crate) fn filter(level: &str) -> Result<EnvFilter, String> {
    // `[span]` alone is a directive too, and cannot be a slip of the pen.
    let unknown = |part: &&str| !part.contains(['=', '[']) && part.parse::<LevelFilter>().is_err();
    if let Some(word) = level.split(',').map(str::trim).find(unknown) {
        return Err(format!("`{word}` is not a level; {LEVELS}"));
    }
    // Directives that come later win over earlier ones for the same target.
    EnvFilter::builder().parse(format!("info,{QUIET},{level}")).map_err(|error| format!("{error}; {LEVELS}"))
}

const LEVELS: &str = "write off, error, warn, info, debug or trace, or directives such as info,lamplighter=debug";

fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !unwanted && std::io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::filter;

    fn understood(level: &str) -> String {
        filter(level).map_or_else(|problem| problem, |filter| filter.to_string())
    }

    #[test]
    fn a_level_keeps_the_libraries_quiet() {
        let filter = understood("debug");
        assert!(filter.contains("rmcp=error") && filter.ends_with("debug"), "{filter}");
    }

    #[test]
    fn a_directive_for_a_library_wins() {
        let filter = understood("rmcp=trace");
        assert!(filter.contains("rmcp=trace") && !filter.contains("rmcp=error"), "{filter}");
        assert!(filter.contains("info"), "{filter}");
    }

    #[test]
    fn a_misspelt_level_is_not_taken_for_a_module() {
        assert!(understood("wran").starts_with("`wran` is not a level"));
        assert!(understood("info,wran").starts_with("`wran` is not a level"));
        assert!(filter("lamplighter=loud").is_err());
        assert!(filter("info,lamplighter[call{tool}]=trace").is_ok());
    }
}
