//! Parses the level and the directives that `[log]` sets.

use serde::Serialize;
use tracing_subscriber::filter::{EnvFilter, LevelFilter, ParseError};

/// Directives for libraries that log too much at `info` and `debug`. A directive of the user for the same target
/// replaces them.
const LIBRARY_DIRECTIVES: &str = "rmcp=error,wasmtime=warn,cranelift=warn,hyper=warn,h2=warn,reqwest=warn,rustls=warn";

/// Ends each error.
const LEVEL_HELP: &str = "write off, error, warn, info, debug or trace, or directives such as info,lamplighter=debug";

/// How to log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogConfig {
    /// Holds a level, or directives such as `info,lamplighter=debug`.
    pub(crate) level: String,
    pub(crate) format: LogFormat,
}

/// Decides how log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Writes a line per event, for people.
    Human,
    /// Writes a JSON object per line, for programs.
    Json,
}

/// Why a log level cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogLevelError {
    /// A word is neither a level nor a directive.
    #[error("`{0}` is not a level; {LEVEL_HELP}")]
    UnknownLevel(String),
    #[error("{0}; {LEVEL_HELP}")]
    Directive(#[from] ParseError),
}

/// Parses a level, or directives such as `info,lamplighter=debug`, into a filter.
///
/// Stricter than the filter's own parser, which takes any lone word for a module that is logged in full: it would accept
/// `wran` silently.
pub(crate) fn log_filter(level: &str) -> Result<EnvFilter, LogLevelError> {
    // `[span]` alone is a directive too, and is no misspelt level.
    let is_unknown = |part: &&str| !part.contains(['=', '[']) && part.parse::<LevelFilter>().is_err();
    if let Some(word) = level.split(',').map(str::trim).find(is_unknown) {
        return Err(LogLevelError::UnknownLevel(word.to_owned()));
    }
    // A later directive wins over an earlier one for the same target.
    Ok(EnvFilter::builder().parse(format!("info,{LIBRARY_DIRECTIVES},{level}"))?)
}

#[cfg(test)]
mod tests {
    use super::log_filter;

    fn understood(level: &str) -> String {
        log_filter(level).map_or_else(|problem| problem.to_string(), |filter| filter.to_string())
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
        assert!(log_filter("lamplighter=loud").is_err());
        assert!(log_filter("info,lamplighter[call{tool}]=trace").is_ok());
    }
}
